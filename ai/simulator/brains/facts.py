"""What is known about one thing, by concept, and which concept a schema's property means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Value: TypeAlias = "str | float | bool | Facts | list[str] | list[Facts] | None"

SYNONYMS: Final[dict[str, str]] = {
    "title": "title heading headline name_of_scene scene_title slug slugline "
    "project_title film_title suggested_title",
    "name": "name full_name",
    "label": "label caption",
    "logline": "logline premise pitch one_liner tagline hook",
    "summary": "summary synopsis abstract action what_happens content text overview",
    "description": "description desc details detail notes note body prompt",
    "scenes": "scenes scene_list outline structure sequences segments",
    "beats": "beats shots moments beat_list turns actions",
    "location": "location place setting where set site",
    "locations": "locations places settings sets",
    "time_of_day": "time_of_day time timeofday when hour daytime",
    "interior": "interior int_ext interior_exterior inside",
    "characters": "characters cast people persons character_names on_screen who names",
    "speaker": "speaker said_by character",
    "props": "props objects things items",
    "styles": "styles looks",
    "duration": "duration duration_s length runtime screen_time estimated_duration running_time",
    "eighths": "eighths page_eighths",
    "order": "order index number position scene_number sequence_number",
    "purpose": "purpose intent function why goal reason dramatic_purpose",
    "mood": "mood atmosphere feeling emotion",
    "moods": "moods",
    "tone": "tone voice",
    "era": "era period decade epoch",
    "palette": "palette colors colours hex_colors color_palette dominant_colors",
    "color": "color colour dominant_color main_color",
    "visual_style": "visual_style look aesthetic_style style",
    "references": "references influences inspirations",
    "tags": "tags keywords labels topics",
    "category": "category kind type class",
    "aspect": "aspect aspect_ratio ratio orientation",
    "brightness": "brightness lightness exposure",
    "contrast": "contrast",
    "saturation": "saturation",
    "temperature": "temperature warmth",
    "text_seen": "text_seen visible_text ocr written_text",
    "workflow": "workflow layout",
    "id": "id scene_id beat_id entry_id project_id target_id asset_id uuid",
    "ids": "ids scene_ids order_of_ids",
    "status": "status state",
    "query": "query search q",
    "reply": "reply answer message response assistant_message",
    "language": "language lang locale",
    "confidence": "confidence score certainty",
    "urls": "urls links",
    "genre": "genre",
}
_CONCEPT: Final = {word: concept for concept, words in SYNONYMS.items() for word in words.split()}
_UNIT: Final = re.compile(r"_(?:s|sec|secs|seconds|ms|minutes|min|px)$")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

NEARBY: Final[dict[str, tuple[str, ...]]] = {
    "title": ("name", "label", "summary"),
    "name": ("title", "label"),
    "label": ("title", "name"),
    "logline": ("summary", "description"),
    "summary": ("description", "logline", "reply"),
    "description": ("summary", "logline", "reply", "name"),
    "reply": ("summary", "description"),
    "text_seen": (),
    "moods": ("mood",),
    "color": ("palette",),
    "query": ("title", "name", "summary"),
    "ids": ("id",),
    "shots": ("beats",),
}


@dataclass(slots=True)
class Facts:
    """One thing (a film, a scene, a person, a picture) and what is known about it."""

    values: dict[str, Value] = field(default_factory=dict)
    around: "Facts | None" = None
    """The thing this one belongs to; asked when this one does not know."""

    def get(self, concept: str) -> Value:
        """Return what is known under a concept or one near it, None if nothing is."""
        for name in (concept, *NEARBY.get(concept, ())):
            value = self.values.get(name)
            if value not in (None, "", []):
                return value
        return None

    def has(self, concept: str) -> bool:
        """Tell whether something is known under exactly this concept."""
        return self.values.get(concept) not in (None, "")

    def __str__(self) -> str:
        value = self.get("name") or self.get("title") or self.get("summary")
        return str(value or "")


def concept_of(name: str, known: Mapping[str, Value] | None = None) -> str:
    """Return the concept a property name means; an unknown name is its own concept."""
    snake = _CAMEL.sub("_", name).lower().replace("-", "_").replace(" ", "_")
    bare = _UNIT.sub("", snake)
    for candidate in (snake, bare):
        if known and candidate in known:
            return candidate
        if candidate in _CONCEPT:
            return _CONCEPT[candidate]
    parts = bare.split("_")
    for tail in ("_".join(parts[-2:]), parts[-1], parts[0]):
        if tail in _CONCEPT:
            return _CONCEPT[tail]
    return bare

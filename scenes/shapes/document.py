"""The web app's `SceneProject`: a whole project as one document.

A member with a default here is optional: left out, it means its default, and None is "absent".
"""

import json
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from scenes.prompts.slots import PromptSlots
from scenes.shapes.times import Time

SCENES_LIMIT: Final = 500
LIST_LIMIT: Final = 1_000
MAP_BYTES: Final = 16 * 1024
NUMBER_LIMIT: Final = 2**53


def _bounded_map(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False).encode()) > MAP_BYTES:
        raise PydanticCustomError("too-large", f"This holds at most {MAP_BYTES} bytes of JSON.")
    _refuse_huge_numbers(value)
    return value


def _refuse_huge_numbers(value: object) -> None:
    """Refuse floats that PostgreSQL would give back as integers too long for JavaScript."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _refuse_huge_numbers(item)
    elif isinstance(value, float) and abs(value) > NUMBER_LIMIT:
        raise PydanticCustomError("number-out-of-range", "Numbers reach from -2^53 to 2^53.")


Key = Annotated[str, Field(min_length=1, max_length=120)]
"""The client's own id of something, or ours."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Label = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=1_000)]
WordList = Annotated[list[Words], Field(max_length=LIST_LIMIT)]
Text = Annotated[str, Field(max_length=100_000)]
Address = Annotated[str, Field(max_length=1_000_000)]
"""A URL; browsers also keep `data:` and `blob:` ones here."""

FreeMap = Annotated[dict[str, Any], AfterValidator(_bounded_map)]


class DocumentPart(BaseModel):
    """Part of a document: camelCase, strict, closed to unknown members."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, allow_inf_nan=False
    )


class DocumentMedia(DocumentPart):
    """One generated or uploaded medium of a scene. `metadata` is a free map."""

    id: Key
    url: Address
    timestamp: Time
    status: Literal["processing", "completed", "failed"]
    metadata: FreeMap | None = None


class DocumentVersion(DocumentPart):
    """One iteration of a scene's compiled prompt."""

    id: Key
    prompt: Text
    thumbnail: Address = ""
    timestamp: Time
    notes: Text = ""
    metadata: FreeMap | None = None


class DocumentSnapshot(DocumentPart):
    """One frozen state of a scene."""

    id: Key
    prompt: Text
    thumbnail: Address = ""
    notes: Text
    created_at: Time
    prompt_slots: PromptSlots


class DocumentScene(DocumentPart):
    """One scene. The list's own order and `order` agree in what is sent out."""

    id: Key
    order: int = Field(ge=0, lt=2**31)
    title: Name
    selected_model: Label
    prompt_slots: PromptSlots
    compiled_prompt: Text
    generated_media: list[DocumentMedia] = Field(max_length=LIST_LIMIT)
    status: Literal["exploring", "refining", "locked"]
    versions: list[DocumentVersion] = Field(max_length=LIST_LIMIT)
    snapshots: list[DocumentSnapshot] = Field(max_length=LIST_LIMIT)
    created_at: Time
    modified_at: Time
    notes: Text = ""


class DocumentCharacterRef(DocumentPart):
    """Who a character is, for prompts that know no bible."""

    name: Label
    description: Text
    image_url: Address | None = None


class DocumentGlobalStyle(DocumentPart):
    """What holds for every scene of a project."""

    palette: WordList | None = None
    character_refs: list[DocumentCharacterRef] | None = Field(default=None, max_length=LIST_LIMIT)
    brand_guidelines: Text | None = None
    visual_theme: Text | None = None
    consistency_notes: Text | None = None


class DocumentEntry(DocumentPart):
    """One character or location."""

    id: Key
    name: Name
    description: Text


class DocumentAesthetic(DocumentPart):
    """How the film looks and feels."""

    palette: WordList = []
    mood: WordList = []
    era: Words = ""


class DocumentAsset(DocumentPart):
    """One picture. A `url` of ours comes back in its present form, any other as it was given."""

    id: Key
    url: Address
    category: Literal["character", "location", "prop", "style", "shot_ref"]
    label: Label
    description: Text
    tags: WordList
    created_at: Time


class DocumentBible(DocumentPart):
    """The visual bible, as far as the web app knows it."""

    characters: list[DocumentEntry] = Field(default=[], max_length=LIST_LIMIT)
    locations: list[DocumentEntry] = Field(default=[], max_length=LIST_LIMIT)
    aesthetic: DocumentAesthetic = DocumentAesthetic()
    visual_assets: list[DocumentAsset] = Field(default=[], max_length=LIST_LIMIT)


class SceneProject(DocumentPart):
    """A whole project: scenes, bible and style; chat and beats are not part of it."""

    id: Key
    title: Name
    description: Text = ""
    created: Time
    modified: Time
    scenes: list[DocumentScene] = Field(max_length=SCENES_LIMIT)
    global_style: DocumentGlobalStyle = DocumentGlobalStyle()
    bible: DocumentBible = DocumentBible()
    tags: WordList = []
    is_archived: bool = False

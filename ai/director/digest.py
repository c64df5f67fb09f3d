"""What the director is told about the project: plain data for the holes of its prompt."""

import json
from typing import TYPE_CHECKING, Any, Final

from scenes import selectors
from scenes.services.bible import blank_aesthetic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scenes.models import Project, VisualAsset

MOST_ENTRIES: Final = 120
MOST_SCENES: Final = 200
MOST_REFERENCES: Final = 120
LONGEST_TEXT: Final = 600


def of_project(project: "Project") -> dict[str, str]:
    """Write title, bible, references and scenes as texts for the prompt's holes."""
    entries = selectors.entries_of(project=project)[:MOST_ENTRIES]
    bible: dict[str, Any] = {
        "aesthetic": {k: v for k, v in (blank_aesthetic() | project.aesthetic).items() if v}
    }
    for entry in entries:
        bible.setdefault(f"{entry.category}s", []).append(
            {"name": entry.name, "description": _short(entry.description)}
            | ({"aliases": entry.aliases} if entry.aliases else {})
        )
    return {
        "project_title": project.title,
        "language_note": "",
        "bible": _json(bible),
        "references": _lines(
            f"[{asset.category.upper()}] {asset.label}: {_short(asset.description)}"
            for asset in _described(project)[:MOST_REFERENCES]
        ),
        "scenes": _json(
            [
                {
                    "id": str(scene.pk),
                    "title": scene.title,
                    "status": scene.status,
                    "summary": _short(scene.notes),
                    "location": scene.location,
                    "characters": scene.cast,
                }
                for scene in selectors.scenes_of(project=project)[:MOST_SCENES]
            ]
        ),
    }


def _described(project: "Project") -> "list[VisualAsset]":
    return [asset for asset in selectors.assets_of(project=project) if asset.description]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _json(value: Any) -> str:  # noqa: ANN401 JSON
    return json.dumps(value, ensure_ascii=False)


def _lines(lines: "Iterable[str]") -> str:
    return "\n".join(lines) or "None"

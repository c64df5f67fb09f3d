"""The frozen set: cases of our own writing that ship with the service and never change unseen.

Its digest stands in every run, so that only runs of the same set are compared. A case that is
edited makes another digest, and a test says so.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ai.director import offer, tools
from ai.lab import pictures, wordings
from ai.lab.expectations import checks_of
from ai.models import Task
from ai.services.outlines import in_words
from canvas.core.errors import Fault, Invalid

_FOLDER: Final = Path(__file__).parent / "cases"
DIGEST_CHARACTERS: Final = 12


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """The cases of one task, as they are written."""

    task: str
    version: int
    digest: str
    cases: tuple[dict[str, Any], ...]

    @property
    def keys(self) -> list[str]:
        """The cases' names, in their order."""
        return [case["key"] for case in self.cases]


@cache
def frozen_set(task: str) -> FrozenSet:
    """Read the set of one task; a running process keeps what it has read."""
    written = json.loads((_FOLDER / f"{task}.json").read_text(encoding="utf-8"))
    hashed = hashlib.sha256(json.dumps(written, sort_keys=True).encode())
    for case in written["cases"]:
        checks_of(task, case["expect"])
        if "drawing" in case:
            hashed.update(pictures.draw(case["drawing"]).tobytes())
    digest = hashed.hexdigest()[:DIGEST_CHARACTERS]
    return FrozenSet(task, written["version"], digest, tuple(written["cases"]))


def chosen(task: str, keys: Sequence[str] | None) -> list[dict[str, Any]]:
    """Give cases of the set as a run keeps them; None is all of them.

    Raises:
        Invalid: `unknown-case`, with a pointer to each.
    """
    own = frozen_set(task)
    faults = [
        Fault(f"/cases/{place}", "unknown-case", f"The {task} set has no case {key}.")
        for place, key in enumerate(keys or ())
        if key not in own.keys
    ]
    if faults:
        raise Invalid(faults[0].detail, code="unknown-case", faults=faults)
    wanted = own.keys if keys is None else set(keys)
    return [as_kept(task, case) for case in own.cases if case["key"] in wanted]


def as_kept(task: str, case: dict[str, Any]) -> dict[str, Any]:
    """Write one case out in full: what fills the holes of the wording, and what is expected."""
    kept: dict[str, Any] = {
        "key": case["key"],
        "about": case["about"],
        "values": filled(task, **_values(task, case)),
        "expect": case["expect"],
    }
    if task == Task.CHAT:
        kept["messages"] = case["said"]
        kept["tools"] = offered(case["said"][-1]["content"], len(case["project"]["scenes"]))
    if task == Task.VISION:
        kept["picture"] = {"drawing": case["drawing"]}
    return kept


def filled(task: str, **values: str) -> dict[str, str]:
    """Fill every hole of the task's wording; what is not said stays blank."""
    return dict.fromkeys(sorted(wordings.holes_of(task)), "") | values


def offered(message: str, scene_count: int) -> list[str]:
    """Name the tools that a turn would be offered."""
    return list(offer.offered(tools.ALL, message=message, scene_count=scene_count))


def _values(task: str, case: dict[str, Any]) -> dict[str, str]:
    if task == Task.CHAT:
        project = case["project"]
        return {
            "project_title": project["title"],
            "bible": json.dumps(project["bible"], ensure_ascii=False),
            "references": "None",
            "scenes": json.dumps(project["scenes"], ensure_ascii=False),
        }
    if task == Task.OUTLINE:
        return {
            "project_title": case["title"],
            "target": in_words(case["target"]),
            "source_kind": case["source"],
            "source": case["text"],
        }
    return {"project_title": case["title"]}

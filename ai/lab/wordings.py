"""The prompt versions of a run: the shipped one, and those that somebody wants to try."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, Final

from django.conf import settings

from ai.models import Task
from ai.prompts import DIGEST_CHARACTERS, Wording
from ai.recipes import DIRECTOR, OUTLINE, VISION, Recipe, Voice
from canvas.core.errors import Fault, Invalid

QUESTIONS: Final[Mapping[str, Recipe[Any] | Voice]] = {
    Task.CHAT: DIRECTOR,
    Task.OUTLINE: OUTLINE,
    Task.VISION: VISION,
}
MOST_WORDINGS: Final = 4
LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 40_000
# Without it the model would not see what it is asked about.
_NEEDED: Final = {Task.OUTLINE: "source"}


def shipped(task: str) -> Wording:
    """Give the wording in the files, whatever was published or configured over it.

    Results are compared over months and workspaces, so nobody's own words are mixed in.
    """
    folder = Path(settings.BASE_DIR) / "templates" / "prompts" / QUESTIONS[task].prompt
    user = folder / "user.md"
    return _made(
        QUESTIONS[task].prompt,
        (folder / "system.md").read_text(encoding="utf-8"),
        user.read_text(encoding="utf-8") if user.exists() else "",
    )


def holes_of(task: str) -> set[str]:
    """Name what a wording of this task may be filled with."""
    own = shipped(task)
    return {*own.system.get_identifiers(), *own.user.get_identifiers()}


def kept(task: str, given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Check the given wordings and write them as a run keeps them; what is left out is as shipped.

    Raises:
        Invalid: `wording`, a hole that nobody fills, a `$` that is none, or a name said twice.
    """
    faults: list[Fault] = []
    own = shipped(task)
    found = []
    for place, one in enumerate(given):
        system = one.get("system") or own.system.template
        user = one.get("user") or own.user.template
        faults += _faults(task, f"/wordings/{place}", system, user)
        digest = _made(own.name, system, user).digest
        found.append({"name": one["name"], "system": system, "user": user, "digest": digest})
    names = [one["name"] for one in found]
    for place, name in enumerate(names):
        if name in names[:place]:
            faults.append(Fault(f"/wordings/{place}/name", "wording", "Give each its own name."))
    if faults:
        raise Invalid(faults[0].detail, code="wording", faults=faults)
    return found


def of_run(task: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Wording]:
    """Read what a run keeps: wordings by their names; the one in the files has none."""
    if not rows:
        return {"": shipped(task)}
    name = QUESTIONS[task].prompt
    return {row["name"]: _made(name, row["system"], row["user"]) for row in rows}


def _faults(task: str, pointer: str, system: str, user: str) -> list[Fault]:
    holes, found = holes_of(task), []
    used: set[str] = set()
    for part, text in (("system", system), ("user", user)):
        template = Template(text)
        if not template.is_valid():
            found.append(Fault(f"{pointer}/{part}", "wording", "Write $$ for a dollar sign."))
            continue
        used |= set(template.get_identifiers())
        if strange := sorted(set(template.get_identifiers()) - holes):
            known = ", ".join(f"${name}" for name in sorted(holes))
            said = f"Nothing fills ${strange[0]}. There are: {known}."
            found.append(Fault(f"{pointer}/{part}", "wording", said))
    if task == Task.CHAT and user:
        said = "A conversation has no user text: what the person says stands there."
        found.append(Fault(f"{pointer}/user", "wording", said))
    needed = _NEEDED.get(Task(task))
    if needed and needed not in used:
        found.append(Fault(pointer, "wording", f"${needed} has to stand in it."))
    return found


def _made(name: str, system: str, user: str) -> Wording:
    digest = hashlib.sha256(f"{system}\0{user}".encode()).hexdigest()[:DIGEST_CHARACTERS]
    return Wording(name, Template(system), Template(user), digest)

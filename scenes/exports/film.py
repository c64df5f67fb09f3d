"""What the writers read: one film, its scenes and beats, without any row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_CAMERA: Final = ("camera", "shotType", "size", "framing", "angle")
_LENS: Final = ("lens", "focalLength")
_MOVEMENT: Final = ("movement",)


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat. `shot` is its camera set-up, a free map; `seconds` None: not known."""

    text: str
    purpose: str = ""
    seconds: float | None = None
    shot: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene; `slots` is its structured prompt as on the wire, `prompt` the compiled one."""

    title: str
    notes: str = ""
    location: str = ""
    cast: Sequence[str] = ()
    seconds: float | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    prompt: str = ""
    beats: Sequence[Beat] = ()

    @property
    def time_of_day(self) -> str:
        """The time that its light was given; "" when nobody said."""
        said = words(inner_map(self.slots, "lighting").get("timeOfDay"))
        return "" if said.casefold() == "unspecified" else said


@dataclass(frozen=True, slots=True)
class Film:
    """One film, scenes in order."""

    title: str
    logline: str = ""
    scenes: Sequence[Scene] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """How the camera sees one shot, in words; "" where neither beat nor scene says."""

    camera: str
    lens: str
    movement: str


NO_SETUP: Final = Setup("", "", "")


def setup_of(shot: Mapping[str, Any], usual: Setup = NO_SETUP) -> Setup:
    """Read a camera set-up out of a free map; what it does not say is as usual."""
    said = {**shot, **inner_map(shot, "camera")}
    return Setup(
        _said(said, _CAMERA) or usual.camera,
        _said(said, _LENS) or usual.lens,
        _said(said, _MOVEMENT) or usual.movement,
    )


def words(value: object) -> str:
    """Write a value of a free map: texts, numbers and lists of them; anything else is ""."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(words, value)))
    return ""


def _said(shot: Mapping[str, Any], names: Iterable[str]) -> str:
    said = (words(shot.get(name)) for name in names)
    return ", ".join(dict.fromkeys(filter(None, said)))


def inner_map(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a map inside a free map; an empty one where there is none."""
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}

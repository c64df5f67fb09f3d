"""What can be expected of an answer: each a small check that is met or not. Pure shapes.

One list of checks belongs to each case of a run. They stand in JSON, in the frozen set and in what
a person sends, so their names are those of the wire.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ai.contracts.vision import Category, Colour
from ai.lab.language import Language
from canvas.core.errors import Fault, Invalid

MOST_CHECKS: Final = 30
NEAR_COLOUR: Final = 60  # of the 441 between black and white, as the crow flies in RGB
_PATH: Final = re.compile(r"[A-Za-z]\w*(\[\])?(\.[A-Za-z]\w*(\[\])?)*")

Words = Annotated[str, Field(min_length=1, max_length=200)]
Some = Annotated[list[Words], Field(min_length=1, max_length=30)]


class _Check(BaseModel):
    """A check is closed: a key that nobody reads would look like one that was met."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Where(_Check):
    """What an argument of a tool call must be like. Case does not count."""

    path: Annotated[str, Field(max_length=200)]
    """Where it stands: `characters[].name` is the name of each character."""
    is_: Annotated[Words | None, Field(alias="is")] = None
    """A value is this and nothing else."""
    has: Some | None = None
    """Each of these stands in some value."""
    any: Some | None = None
    """At least one of these stands in some value."""
    least: Annotated[int | None, Field(ge=0, le=1_000)] = None
    """How many values there are at least."""
    most: Annotated[int | None, Field(ge=0, le=1_000)] = None

    @model_validator(mode="after")
    def _says_something(self) -> "Where":
        """Raises: ValueError."""
        if not _PATH.fullmatch(self.path):
            raise ValueError("a path is written like characters[].name")
        if all(value is None for value in (self.is_, self.has, self.any, self.least, self.most)):
            raise ValueError("one of is, has, any, least and most has to be there")
        return self


class Calls(_Check):
    """A tool is called, with arguments that pass its contract and look like this."""

    check: Literal["calls"]
    tool: Words
    where: Annotated[list[Where], Field(max_length=10)] = []


class Avoids(_Check):
    """A tool is not called; without a name: none is."""

    check: Literal["avoids"]
    tool: Words | None = None


class Asks(_Check):
    """So many questions are asked."""

    check: Literal["asks"]
    least: Annotated[int, Field(ge=0, le=50)] = 0
    most: Annotated[int, Field(ge=0, le=50)] = 50


class Speaks(_Check):
    """The answer is written in this language."""

    check: Literal["language"]
    is_: Annotated[Language, Field(alias="is")]


class Says(_Check):
    """At least one of these stands in the answer. Case does not count."""

    check: Literal["says"]
    any: Some


class Unsaid(_Check):
    """None of these stands anywhere in the answer, arguments of calls included."""

    check: Literal["unsaid"]
    any: Some


class Length(_Check):
    """The answer has at most so many words."""

    check: Literal["words"]
    most: Annotated[int, Field(ge=1, le=100_000)]


class Scenes(_Check):
    """An outline has so many scenes."""

    check: Literal["scenes"]
    least: Annotated[int, Field(ge=1, le=500)] = 1
    most: Annotated[int, Field(ge=1, le=500)] = 500


class Runtime(_Check):
    """The scenes of an outline last about so long together."""

    check: Literal["runtime"]
    seconds: Annotated[float, Field(gt=0, le=86_400, strict=False)]
    tolerance: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.2


class Names(_Check):
    """All these people are in an outline's cast."""

    check: Literal["names"]
    all: Some


class Places(_Check):
    """All these places are among an outline's locations."""

    check: Literal["places"]
    all: Some


class InOrder(_Check):
    """Each of these is told in a scene, none before the one that stands before it here."""

    check: Literal["order"]
    words: Some


class Agrees(_Check):
    """An outline agrees with itself: cast and places are listed, beats fill their scenes."""

    check: Literal["agrees"]


class Categorised(_Check):
    """A picture is put into one of these categories."""

    check: Literal["category"]
    any: Annotated[list[Category], Field(min_length=1)]


class Palette(_Check):
    """Each of these colours has one near it in a picture's palette."""

    check: Literal["palette"]
    colours: Annotated[list[Colour], Field(min_length=1, max_length=6)]
    within: Annotated[int, Field(ge=1, le=441)] = NEAR_COLOUR


class Reads(_Check):
    """The writing in a picture is read; null: there is none, and none is made up."""

    check: Literal["text"]
    reads: Words | None


_OF_ALL = Says | Unsaid | Speaks | Length
ChatCheck = Calls | Avoids | Asks | _OF_ALL
OutlineCheck = Scenes | Runtime | Names | Places | InOrder | Agrees | _OF_ALL
VisionCheck = Categorised | Palette | Reads | _OF_ALL
Check = ChatCheck | OutlineCheck | VisionCheck


def _list_of(kind: Any) -> TypeAdapter[list[Any]]:  # noqa: ANN401 a union of classes
    one = Annotated[kind, Field(discriminator="check")]
    return TypeAdapter(Annotated[list[one], Field(max_length=MOST_CHECKS)])


_LISTS: Final = {
    "chat": _list_of(ChatCheck),
    "outline": _list_of(OutlineCheck),
    "vision": _list_of(VisionCheck),
}


def checks_of(task: str, written: Sequence[Any], *, pointer: str = "") -> list[Check]:
    """Read the checks of one case.

    Args:
        task: chat, outline or vision; each has checks of its own.
        written: as JSON.
        pointer: where it stands in the body.

    Raises:
        Invalid: `expectations`, with a pointer to each wrong place.
    """
    try:
        found: list[Check] = _LISTS[task].validate_python(list(written))
    except ValidationError as exc:
        faults = [_fault(pointer, one["loc"], one["msg"]) for one in exc.errors(include_url=False)]
        raise Invalid(
            "These expectations cannot be read.", code="expectations", faults=faults
        ) from exc
    return found


def _fault(pointer: str, loc: tuple[int | str, ...], message: str) -> Fault:
    # Behind the place in the list stands the kind of check, which is no part of the body.
    parts = [str(part) for place, part in enumerate(loc) if place != 1]
    return Fault("/".join([pointer, *parts]), "expectations", message)

"""What a model sees in one reference picture."""

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from ai.contracts.base import Contract, Text

MAX_SENTENCES: Final = 2

Category = Literal["character", "location", "prop", "style", "shot_ref"]

_HEX: Final = re.compile(r"#?(?:([0-9a-f]{6})|([0-9a-f]{3}))")
# Full stops only where a sentence surely ends: not after a single letter ("J. Doe") or "Dr.".
_SENTENCE_END: Final = re.compile(
    r"""(?<!\b\w)(?<!\b(?:Mr|Ms|Dr|St|vs))(?<!\bMrs)[.!?]["')\]]*\s+(?=["'(\[]?[A-Z\d])"""
)


def _colour(value: object) -> object:
    """Write a hex colour as `#rrggbb`; leave anything else for the pattern to refuse."""
    if not isinstance(value, str):
        return value
    match = _HEX.fullmatch(value.strip().lower())
    if not match:
        return value
    long, short = match.groups()
    return "#" + (long or "".join(digit * 2 for digit in short))


def _first_sentences(value: object) -> object:
    """Keep the first two sentences: a caption that says more is not worth a second paid call."""
    if not isinstance(value, str):
        return value
    ends = list(_SENTENCE_END.finditer(value))
    return value[: ends[MAX_SENTENCES - 1].end()] if len(ends) >= MAX_SENTENCES else value


def _seen(value: object) -> object:
    """Read the words that models use for "no text" as null."""
    nothing = isinstance(value, str) and value.strip().lower() in {"", "null", "none", "n/a"}
    return None if nothing else value


Colour = Annotated[str, BeforeValidator(_colour), Field(pattern=r"^#[0-9a-f]{6}$")]
"""A colour as `#rrggbb`, lower case."""

Tag = Annotated[Text, Field(min_length=1, max_length=40)]


class ImageAnalysis(Contract):
    """One reference picture, described so that others can draw or film the same again."""

    label: Annotated[Text, Field(min_length=1, max_length=120)] = Field(
        description="What it is, in two to five words, as a caption on a pin board."
    )
    category: Category = Field(
        description="What the picture is good for: a person, a place, a thing, a look, "
        "or `shot_ref` for a framing or composition to copy."
    )
    description: Annotated[
        Text, BeforeValidator(_first_sentences), Field(min_length=1, max_length=600)
    ] = Field(description="At most two sentences: subject, setting, light, framing.")
    tags: list[Tag] = Field(
        min_length=3, max_length=8, description="Single words or short phrases, most telling first."
    )
    palette: list[Colour] = Field(
        min_length=3, max_length=6, description="The main colours as #rrggbb, largest area first."
    )
    mood: Annotated[Text, Field(min_length=1, max_length=200)] = Field(
        description="The feeling of the picture in a few words."
    )
    text_seen: Annotated[
        Annotated[Text, Field(max_length=2_000)] | None, BeforeValidator(_seen)
    ] = Field(
        description="Writing that can be read in the picture, word for word; null if there is none."
    )

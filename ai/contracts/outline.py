"""A whole film in one answer: title, logline, cast, places, scenes and their beats."""

from collections import Counter
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from ai.contracts.base import Contract, Name, Text

MOST_EQUAL_SCENES: Final = 3

TimeOfDay = Literal["day", "night", "dawn", "dusk", "continuous", "unspecified"]


class OutlineEntry(Contract):
    """Someone or somewhere that must stay the same from scene to scene."""

    name: Name = Field(
        description="One name, spelled the same way everywhere in the answer.",
    )
    description: Annotated[Text, Field(min_length=1, max_length=1_000)] = Field(
        description="What a camera would see, in one or two sentences; only what the source says."
    )


class OutlineBeat(Contract):
    """One change in the story: someone wants, acts, meets resistance or turns."""

    summary: Annotated[Text, Field(min_length=1, max_length=600)] = Field(
        description="What happens and what it changes, in one sentence, in the present tense."
    )
    duration_s: float = Field(gt=0, le=3_600, description="Screen time of this beat in seconds.")


class OutlineScene(Contract):
    """One place and one time, with the beats that happen there."""

    title: Name = Field(
        description="A short working title, as on an index card; no number in front."
    )
    summary: Annotated[Text, Field(min_length=1, max_length=2_000)] = Field(
        description="What we see and hear, in one to three sentences, in the present tense."
    )
    location: Name = Field(
        description="The place, without INT. or EXT.; the same words as in `locations`."
    )
    time_of_day: TimeOfDay = Field(
        description="`continuous` follows the scene before without a break; "
        "`unspecified` if the source does not say."
    )
    characters: list[Name] = Field(
        max_length=60,
        description="Names of those on screen, as in `characters` of the outline; may be empty.",
    )
    beats: list[OutlineBeat] = Field(
        min_length=1, max_length=60, description="The turns of the scene, in order."
    )
    duration_s: float = Field(
        gt=0, le=14_400, description="Screen time of the scene in seconds: the sum of its beats."
    )
    purpose: Annotated[Text, Field(min_length=1, max_length=500)] = Field(
        description="Why the film needs this scene, in one sentence."
    )


class Outline(Contract):
    """A whole film in one page: logline first, then who and where, then the scenes in order."""

    title: Name = Field(description="The title of the film.")
    logline: Annotated[Text, Field(min_length=1, max_length=1_000)] = Field(
        description="The story in one sentence: who wants what, and what stands in the way."
    )
    # Cast and places stand before the scenes: whoever writes in this order names them the same way,
    # and an answer that is cut inside the scenes has them whole.
    characters: list[OutlineEntry] = Field(
        max_length=200, description="Everyone who is named in a scene, once; may be empty."
    )
    locations: list[OutlineEntry] = Field(
        max_length=200, description="Every place that a scene happens in, once; may be empty."
    )
    scenes: list[OutlineScene] = Field(
        min_length=1, max_length=500, description="The scenes in the order of the film."
    )

    @field_validator("scenes")
    @classmethod
    def _are_no_loop(cls, scenes: list[OutlineScene]) -> list[OutlineScene]:
        """Refuse the answer of a model that wrote one scene again and again until it was cut.

        Raises:
            ValueError: more scenes than a film would repeat are the same, word for word.
        """
        most = max(Counter(scene.model_dump_json() for scene in scenes).values())
        if most > MOST_EQUAL_SCENES:
            msg = f"{most} scenes are the same, word for word; each scene stands here once"
            raise ValueError(msg)
        return scenes

"""What the director passes to its tools. Names on the wire are those of the existing web app."""

from typing import Annotated, Literal

from pydantic import Field

from ai.contracts.arguments import ToolArguments
from ai.contracts.base import Name, Text

Phrase = Annotated[Text, Field(min_length=1, max_length=200)]
Description = Annotated[Text, Field(min_length=1, max_length=4_000)]

Workflow = Literal[
    "standard",
    "stacked_frames",
    "storyboard",
    "poster",
    "character_sheet",
    "moodboard",
    "temporal_progression",
    "shot-list",
    "dialogue",
    "action",
]


class BibleFact(ToolArguments):
    """Something that must look the same in every scene."""

    name: Name = Field(
        description="The name it already has in the bible, or a new one; one name per thing."
    )
    description: Description = Field(
        description="The whole description as it stands now, concrete and visible: "
        "what was known before plus what is new."
    )
    aliases: list[Name] | None = Field(
        max_length=20, description="Other names that people use for it, or null."
    )


class AestheticFacts(ToolArguments):
    """The look of the whole film. Null leaves a part as it is."""

    palette: list[Phrase] | None = Field(
        max_length=24, description="Colours to add, as #rrggbb or as words."
    )
    mood: list[Phrase] | None = Field(
        max_length=24, description="Moods to add, one or two words each."
    )
    era: Phrase | None = Field(description="When the film plays, or what period it looks like.")
    tone: Phrase | None = Field(description="How the film speaks: dry, tender, deadpan.")
    visual_style: Annotated[Text, Field(min_length=1, max_length=500)] | None = Field(
        description="The look in one phrase: camera, light, texture."
    )
    references: list[Phrase] | None = Field(
        max_length=24, description="Films, painters, photographers to add."
    )


class UpdateBible(ToolArguments):
    """New or changed facts for the visual bible. Null leaves a part as it is."""

    characters: list[BibleFact] | None = Field(
        max_length=50, description="People and creatures that are new or changed."
    )
    locations: list[BibleFact] | None = Field(
        max_length=50, description="Places that are new or changed."
    )
    props: list[BibleFact] | None = Field(
        max_length=50, description="Things that matter to the story and are new or changed."
    )
    styles: list[BibleFact] | None = Field(
        max_length=50, description="Named looks that are new or changed."
    )
    aesthetic: AestheticFacts | None = Field(
        description="The look of the whole film, as far as it was just decided."
    )


class CreateScene(ToolArguments):
    """One scene to add after the last one."""

    title: Name = Field(description="A short working title, as on an index card.")
    description: Description = Field(
        description="What we see and hear, in one to three sentences, in the present tense."
    )
    location: Name | None = Field(
        description="The place, with the name that it has in the bible; null if open."
    )
    characters: list[Name] | None = Field(
        max_length=60, description="Names of those on screen, as in the bible; null if open."
    )


class ProposeStructure(ToolArguments):
    """A structure for the whole film, for the person to accept, edit or reject."""

    title: Name = Field(description="The title of the film.")
    logline: Annotated[Text, Field(min_length=1, max_length=1_000)] | None = Field(
        description="The story in one sentence, or null if it is not clear yet."
    )
    scenes: list[CreateScene] = Field(
        min_length=1, max_length=200, description="The scenes in the order of the film."
    )


class ApplyDirectorWorkflow(ToolArguments):
    """A layout that a scene's prompt asks for."""

    workflow: Workflow = Field(
        description="The layout: `poster` is a film poster, `stacked_frames` puts frames above "
        "each other in one picture."
    )
    scene_id: Annotated[Text, Field(min_length=1, max_length=120)] | None = Field(
        description="Id of the scene it is for, as given; null is the scene being discussed."
    )

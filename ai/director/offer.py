"""Which tools a turn is offered: by the project's state and the words of the last message."""

from typing import Final

from ai.director.toolbox import Tool

STRUCTURE_WORDS: Final = ("structure", "outline", "plan", "organize")
WORKFLOW_WORDS: Final = ("workflow", "storyboard", "shot list", "dialogue", "action", "poster",
                         "character sheet", "moodboard", "stacked", "panels")  # fmt: skip


def offered(tools: dict[str, Tool], *, message: str, scene_count: int) -> dict[str, Tool]:
    """Choose the tools for one turn, so that small models are not drowned in them."""
    said = message.casefold()
    names = ["update_bible", "create_scene"]
    if scene_count == 0 or any(word in said for word in STRUCTURE_WORDS):
        names.append("propose_structure")
    if scene_count > 0 or any(word in said for word in WORKFLOW_WORDS):
        names.append("apply_director_workflow")
    return {name: tools[name] for name in names}

"""Slots to one line of text, as the web app has always written it."""

from collections.abc import Mapping
from typing import Any

from scenes.prompts.phrases import phrases


def compile_slots(slots: Mapping[str, Any]) -> str:
    """Write a scene's prompt slots as its prompt, the same for every target.

    Pieces are joined as they are: nothing is trimmed, escaped or said once only. Shot type, time
    of day, the reference image and the advanced slots are not part of the text.
    """
    return ", ".join(phrase.text for phrase in phrases(slots))

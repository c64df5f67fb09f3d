"""One line of text that says what a model can: made here, searched by filters."""

import re
from collections.abc import Iterable
from typing import Final

_WORD: Final = re.compile(r"[\w.:/+-]{1,80}")


def line(
    inputs: Iterable[str] = (), outputs: Iterable[str] = (), parameters: Iterable[str] = ()
) -> str:
    """Write ` in:text out:text can:tools `: a blank at both ends and one between two words.

    A name with a blank in it, or none at all, would be two words or nothing: it is left out.
    """
    words = [
        *(f"in:{name}" for name in _words(inputs)),
        *(f"out:{name}" for name in _words(outputs)),
        *(f"can:{name}" for name in _words(parameters)),
    ]
    return f" {' '.join(words)} " if words else " "


def _words(names: Iterable[str]) -> list[str]:
    """Keep each name once, in its order."""
    return [name for name in dict.fromkeys(names) if _WORD.fullmatch(name)]

"""Names of several words: a title and a name, a name and a surname."""
# ruff: noqa: RUF001 - words of other languages are meant

import re
from collections import Counter
from typing import Final

from ai.simulator.brains.vocabulary import words

_TITLES: Final = words(
    "mr mrs ms miss mister dr doctor prof professor sir lady lord madam captain inspector "
    "detective sergeant colonel father sister brother uncle aunt judge monsieur madame "
    "mademoiselle mme mlle maître capitaine docteur professeur oncle tante père sœur "
    "señor señora señorita don doña sr sra capitán doctora tío tía "
    "herr frau fräulein doktor kapitän kommissar onkel pater "
    "господин госпожа товарищ доктор профессор капитан дядя тётя тетя отец"
)
_TITLED: Final = re.compile(
    rf"(?<!\w)(?:(?P<title>{'|'.join(sorted(_TITLES, key=len, reverse=True))})\.?\s+)?$",
    re.IGNORECASE,
)
_LOOK_BACK_CHARS: Final = 24
_STEM_FROM: Final = 4
_LEAST_PART: Final = 3
_NO_FIRST_CASE: Final = tuple("уюыеи")
_MOST_ENDING: Final = 2
_HAN_FROM: Final = "\u2e80"


def is_title(word: str) -> bool:
    """Tell whether a word is a title that stands before a name."""
    return word.lower().rstrip(".") in _TITLES


def is_named(name: str, text: str) -> bool:
    """Tell whether a text names a person, in any case of the name, whole or by one part of it."""
    if _occurrences(name, text):
        return True
    parts = name.split()
    if len(parts) == 1:
        return False
    title = parts[0].lower() if is_title(parts[0]) else ""
    bare = [part for part in parts if not is_title(part) and len(part) >= _LEAST_PART]
    return any(
        _title_before(text, start) in ("", title)
        for part in bare
        if not re.search(rf"(?<!\w){re.escape(part.lower())}(?!\w)", text)
        for start in _occurrences(part, text)
    )


def same_word(one: str, other: str) -> bool:
    """Tell whether two words differ in a short ending only."""
    stem = max(_LEAST_PART - 1, min(len(one), len(other)) - _MOST_ENDING + 1)
    return one[:stem] == other[:stem] and abs(len(one) - len(other)) <= _MOST_ENDING


def first_case(forms: Counter[str]) -> str:
    """Choose among the cases of a Russian name the one that looks like the first."""
    return max(
        forms,
        key=lambda name: (
            sum(not part.endswith(_NO_FIRST_CASE) for part in name.split()),
            forms[name],
            name.endswith(("а", "я", "й")),
        ),
    )


def _occurrences(name: str, text: str) -> list[int]:
    """Return where a text names somebody: the name in any case, or in capitals."""
    stems = [
        re.escape(part[:-1]) + r"\w{0,3}"
        if len(part) >= _STEM_FROM and not part.isascii()
        else re.escape(part)
        for part in name.split()
    ]
    whole = r"\.?\s+".join(stems)
    pattern = rf"(?<!\w)(?:{whole}|{re.escape(name.upper())})s?(?!\w)"
    if name[0] >= _HAN_FROM:
        pattern = re.escape(name)
    return [found.start() for found in re.finditer(pattern, text)]


def _title_before(text: str, start: int) -> str:
    """Return the title that stands before a place in a text, or ""."""
    found = _TITLED.search(text[max(0, start - _LOOK_BACK_CHARS) : start])
    return (found["title"] or "").lower() if found else ""

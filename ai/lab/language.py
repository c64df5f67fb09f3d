"""Which language a text is written in: by its script, else by its little words. Pure."""

import re
from collections import Counter
from typing import Final, Literal, get_args

Language = Literal["en", "de", "fr", "es", "it", "pt", "nl", "ru", "el", "ja", "zh", "ko", "ar"]

LEAST_SHARE: Final = 0.3  # of the letters that a script must have, to be the text's
_SCRIPTS: Final = {
    "ja": re.compile(r"[\u3040-\u30ff]"),  # before zh: Japanese has Han characters as well
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
}
_LITTLE_WORDS: Final = {
    "en": "the and of to is in that it with for are was you what who does she her his from",
    "de": "der die das und ist nicht ein mit für den dem wir was wer wie im zu",  # codespell:ignore
    "fr": "le la les et est des une dans que qui pour avec sur pas elle il nous vous quelle au",
    "es": "el los las y es una en que con por para del se no qué quién cómo está su ella",
    "it": "il lo gli e è una che con per di non della nel sono chi come cosa lei suo si",
    "pt": "o os as e é uma em que com para não do da no na quem como ela seu está",
    "nl": "de het een en is van in dat niet met voor op zijn wie wat hoe ze haar naar aan",
}
_WORD: Final = re.compile(r"[^\W\d_]+")
_OWN: Final = {name: frozenset(words.split()) for name, words in _LITTLE_WORDS.items()}

assert set(_SCRIPTS) | set(_OWN) == set(get_args(Language))  # noqa: S101 both name every language


def language_of(text: str) -> str | None:
    """Say which language a text is written in; None when it has too few words to tell."""
    letters = sum(map(str.isalpha, text))
    for name, script in _SCRIPTS.items():
        if letters and len(script.findall(text)) >= LEAST_SHARE * letters:
            return name
    counts: Counter[str] = Counter()
    for word in _WORD.findall(text.casefold()):
        counts.update(name for name, words in _OWN.items() if word in words)
    best = counts.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]

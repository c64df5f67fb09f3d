"""Words about the look of a film: moods, colours, eras, and the words that tell most."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import re
from collections import Counter
from typing import Final

from ai.simulator.brains.language import STOPWORDS, WORD
from ai.simulator.brains.vocabulary import words

COLOURS: Final = {
    "black": "#101010",
    "white": "#f5f5f5",
    "red": "#c62828",
    "green": "#2e7d32",
    "blue": "#1e50a2",
    "yellow": "#f2c530",
    "orange": "#e8762b",
    "purple": "#6a3d9a",
    "violet": "#7f4fbf",
    "pink": "#e58fb1",
    "brown": "#6d4c33",
    "grey": "#808080",
    "gray": "#808080",
    "teal": "#12797c",
    "cyan": "#27b6c8",
    "magenta": "#c2257d",
    "gold": "#c99a2e",
    "golden": "#c99a2e",
    "silver": "#b8bcc2",
    "rust": "#a3482b",
    "amber": "#e0962c",
    "ivory": "#f3ecd9",
    "cream": "#efe5cb",
    "navy": "#14213d",
    "turquoise": "#2fb5a8",
    "crimson": "#a3142f",
    "scarlet": "#c9211e",
    "olive": "#6f7030",
    "ochre": "#bd8330",
    "sepia": "#704a2b",
    "indigo": "#34308a",
    "lavender": "#b9a8dc",
    "beige": "#d9c9a8",
    "maroon": "#6b1a2b",
    "mint": "#a5dcc0",
    "schwarz": "#101010",
    "weiß": "#f5f5f5",
    "rot": "#c62828",
    "grün": "#2e7d32",
    "blau": "#1e50a2",
    "gelb": "#f2c530",
    "braun": "#6d4c33",
    "grau": "#808080",
    "noir": "#101010",
    "blanc": "#f5f5f5",
    "rouge": "#c62828",
    "vert": "#2e7d32",
    "bleu": "#1e50a2",
    "jaune": "#f2c530",
    "negro": "#101010",
    "blanco": "#f5f5f5",
    "rojo": "#c62828",
    "verde": "#2e7d32",
    "azul": "#1e50a2",
    "amarillo": "#f2c530",
    "чёрный": "#101010",
    "белый": "#f5f5f5",
    "красный": "#c62828",
    "зелёный": "#2e7d32",
    "синий": "#1e50a2",
    "жёлтый": "#f2c530",
    "серый": "#808080",
    "золотой": "#c99a2e",
}
_MOODS: Final = words(
    "moody melancholic melancholy tense dreamy gloomy hopeful nostalgic eerie playful "
    "tender quiet dark bright warm cold lonely romantic menacing serene gritty "
    "whimsical bittersweet sombre somber joyful haunting intimate bleak ominous calm "
    "wistful melancholisch düster angespannt verträumt hoffnungsvoll einsam zärtlich "
    "still warm kalt heiter mélancolique sombre tendu rêveur nostalgique tendre "
    "inquiétant serein froid chaud melancólico melancólica sombrío tenso soñador "
    "nostálgico tierno inquietante sereno frío cálido меланхолия меланхоличный "
    "меланхоличное мрачный мрачное тревожный тревожное нежный нежное тихий тихое "
    "светлый холодный тёплый тёплое напряжённый одинокий"
)
_ERA: Final = re.compile(
    r"\b(?:early |late |mid[- ])?(?:1[5-9]|20)\d0s\b|\b[2-9]0s\b|\b\d0er(?:[- "
    r"]Jahre)?\b|\bannées \d0\b|\baños \d0\b"
    r"|\b(?:1[5-9]|20)\d0-[ех]\w*(?: год\w+)?|\b[2-9]0-[ех]\w*(?: год\w+)?"
    r"|\b(?:1[5-9]\d\d|20[0-4]\d)\b|\b(?:victorian|medieval|edwardian|baroque|"
    r"retro futuristic|near future|postwar|post-war)\b",
    re.IGNORECASE,
)
_HEX: Final = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_SHORT_DIGITS: Final = 3
_TELLING_LETTERS: Final = 5
_ALL_STOPWORDS: Final = frozenset().union(*STOPWORDS.values())


def palette_words(text: str) -> list[str]:
    """Return the colours a text names, as it names them."""
    named = [word.lower() for word in WORD.findall(text) if word.lower() in COLOURS]
    return list(dict.fromkeys([*(code.lower() for code in _HEX.findall(text)), *named]))


def palette_codes(text: str) -> list[str]:
    """Return the colours a text names, as `#rrggbb`."""
    return list(
        dict.fromkeys(
            _long(word) if word.startswith("#") else COLOURS[word] for word in palette_words(text)
        )
    )


def mood_words(text: str) -> list[str]:
    """Return the words of mood in a text."""
    return list(
        dict.fromkeys(word.lower() for word in WORD.findall(text) if word.lower() in _MOODS)
    )


def era_in(text: str) -> str:
    """Return the period a text names, or ""."""
    found = _ERA.search(text)
    return found[0] if found else ""


def telling_words(text: str, *, most: int = 5) -> list[str]:
    """Return the long words a text repeats, most frequent first."""
    words = [word.lower() for word in WORD.findall(text)]
    counted = Counter(w for w in words if len(w) >= _TELLING_LETTERS and w not in _ALL_STOPWORDS)
    return [word for word, _ in counted.most_common(most)]


def _long(code: str) -> str:
    """Write a three-digit colour with six digits."""
    digits = code.lstrip("#").lower()
    return "#" + ("".join(d * 2 for d in digits) if len(digits) == _SHORT_DIGITS else digits)

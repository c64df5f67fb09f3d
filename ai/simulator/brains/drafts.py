"""What the brains pass to each other: a story as it was read out of a text."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

from dataclasses import dataclass, field
from typing import Final

from ai.simulator.brains.language import STOPWORDS, WORD, clip, sentences

_SECONDS_PER_WORD: Final = 0.4
_SHORTEST_BEAT_S: Final = 2.0
_HAN_CHARS_PER_WORD: Final = 2
_HAN_FROM: Final = "\u2e80"
_TITLE_WORDS: Final = 6
_TITLE_CHARS: Final = 60
_ALL_STOPWORDS: Final = frozenset[str]().union(*STOPWORDS.values())


@dataclass(slots=True)
class Beat:
    """One turn of a scene: what is seen, or what somebody says."""

    text: str
    speaker: str = ""

    @property
    def duration_s(self) -> float:
        """Screen time, from the number of words."""
        return max(_SHORTEST_BEAT_S, round(count_words(self.text) * _SECONDS_PER_WORD, 1))

    def told(self) -> str:
        """Return the beat as one line."""
        return f"{self.speaker}: {self.text}" if self.speaker else self.text


@dataclass(slots=True)
class Scene:
    """One place and one time, as the text has it."""

    title: str = ""
    place: str = ""
    time: str = ""
    interior: str = ""
    characters: list[str] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of the scene's words."""
        return "\n".join(beat.text for beat in self.beats)

    @property
    def duration_s(self) -> float:
        """Screen time: the sum of the beats."""
        return round(sum(beat.duration_s for beat in self.beats), 1)

    def summary(self) -> str:
        """Return the scene in at most two of its own sentences."""
        actions = [beat.text for beat in self.beats if not beat.speaker]
        told = actions or [beat.told() for beat in self.beats]
        return clip(" ".join(sentences(" ".join(told))[:2]), 400)


@dataclass(slots=True)
class Story:
    """A whole text: its title and its scenes."""

    title: str
    scenes: list[Scene]
    as_written: bool = False
    """The scenes stand in the text with headings of their own."""


def count_words(text: str) -> int:
    """Count words; of a script without spaces, two characters make one."""
    han = sum(1 for letter in text if letter >= _HAN_FROM)
    return len(WORD.findall(text)) if not han else max(1, han // _HAN_CHARS_PER_WORD)


def short_title(text: str) -> str:
    """Make an index-card title of a text's first words."""
    first = next(iter(sentences(text)), text).strip("\"'«»“”„ ")
    words = first.split()[:_TITLE_WORDS]
    while len(words) > 1 and words[-1].lower().strip(",;:") in _ALL_STOPWORDS:
        words.pop()
    head = " ".join(words).rstrip(" ,;:.!?…—–-") or first
    return clip(head, _TITLE_CHARS).removesuffix("…").rstrip(" ,;:")

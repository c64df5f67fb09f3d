"""Turn a text into a story: scenes, people, places, beats; any text, any of several languages."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import itertools
import re
from typing import Final

from ai.simulator.brains.drafts import Beat, Scene, Story, count_words, short_title
from ai.simulator.brains.facts import Facts, Value
from ai.simulator.brains.language import PHRASES, Language, clip, detect, sentences
from ai.simulator.brains.people import people_in
from ai.simulator.brains.prose import (
    chat_to_prose,
    is_sectioned,
    join_scenes,
    read_prose,
    split_scene,
)
from ai.simulator.brains.reading import Reading, fenced_code
from ai.simulator.brains.screenplay import is_screenplay, opening_words, read_screenplay
from ai.simulator.brains.titles import is_named
from ai.simulator.brains.vocabulary import words
from ai.simulator.brains.words import era_in, mood_words, palette_words, telling_words
from ai.simulator.wire import Json

DEFAULT_SCHEMA: Final[dict[str, Json]] = {
    "type": "object",
    "required": ["title", "logline", "scenes"],
    "properties": {
        "title": {"type": "string"},
        "logline": {"type": "string"},
        "scenes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["title", "description", "location", "characters"],
                "properties": {
                    "title": {"type": "string"},
                    "description": {"type": "string"},
                    "location": {"type": "string"},
                    "characters": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}

_NUMBERS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "zwei": 2,
    "drei": 3,
    "vier": 4,
    "fünf": 5,
    "sechs": 6,
    "sieben": 7,
    "acht": 8,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "dos": 2,
    "tres": 3,
    "cuatro": 4,
    "cinco": 5,
    "seis": 6,
    "две": 2,
    "три": 3,
    "четыре": 4,
    "пять": 5,
    "шесть": 6,
    "семь": 7,
}
_COUNT: Final = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
_TARGET: Final = re.compile(
    rf"(?<![\w-])(?P<low>{_COUNT})(?:\s*(?:-|–|to|and|bis|und|à|et|a|y|"
    rf"до|и)\s*(?P<high>{_COUNT}))?\s+(?:[\w-]+\s+)?"
    r"(?:scenes?|szenen|scènes|escenas|сцен\w*)\b",
    re.IGNORECASE,
)
_TARGET_FIELD: Final = re.compile(r"(?:scenes?|target)\w*\W{1,4}(?P<low>\d{1,3})\b", re.IGNORECASE)
_STORY_BLOCKS: Final = words(
    "screenplay script text source story treatment idea conversation chat history "
    "logline said message"
)
_OTHER_BLOCKS: Final = words(
    "bible schema rules style title target project project_title references scenes note existing "
    "errors error"
)
_BLANKS: Final = re.compile(r"[^\S\n]{2,}")
_LOGLINE_WORDS: Final = 45
_CLAUSE: Final = re.compile(
    r"\s*[,;:—–]\s+|\s+(?=(?:and|but|until|when|while|und|aber|als|bis|et|mais|quand|"
    r"y|pero|cuando|и|но|когда|пока)\s)"
)
_LEADING: Final = re.compile(r"^(?:and|und|et|y|и|а)\s+", re.IGNORECASE)
_MIN_CLAUSE_WORDS: Final = 2
_LEAST_SCENES: Final = 3
_PLACE_LIMIT: Final = 200


def story_text(reading: Reading) -> str:
    """Return the text to be structured: the telling data block, else the person's own words."""
    blocks = [
        block
        for block in reading.blocks
        if block.text.strip() and block.name.lower() not in _OTHER_BLOCKS
    ]
    named = [block for block in blocks if any(word in block.name.lower() for word in _STORY_BLOCKS)]
    if named or blocks:
        return max((block.text for block in named or blocks), key=len)
    fenced = fenced_code(reading.said)
    return fenced or "\n\n".join(
        reading.history if len(reading.history) > 1 else [_after_request(reading.said)]
    )


def scene_target(instructions: str) -> tuple[int, int] | None:
    """Return the least and the greatest number of scenes the instructions ask for, or None."""
    found = _TARGET.search(instructions) or _TARGET_FIELD.search(instructions)
    if not found:
        return None
    low = _number(found["low"])
    high = _number(found.groupdict().get("high") or found["low"])
    return (low, max(low, high)) if low else None


def read_story(text: str, *, title: str = "", target: tuple[int, int] | None = None) -> Story:
    """Read a text into a story with the number of scenes that was asked for, if one was."""
    text = _BLANKS.sub(" ", text)
    written = is_screenplay(text)
    if written:
        found, scenes = read_screenplay(text)
        if opening := opening_words(text):
            scenes = [*read_prose(opening), *scenes]
    else:
        text = chat_to_prose(text)
        found, scenes = "", _from_prose(text, wants=target[0] if target else _LEAST_SCENES)
    scenes = scenes or [Scene(beats=[Beat(text.strip() or "…")])]
    _cast(scenes, _told(scenes) if written else text)
    if target:
        scenes = _to_target(scenes, *target)
    _distinct_titles(scenes)
    first = scenes[0].text if written else text.strip()
    return Story(title or found or short_title(first or "…"), scenes, written)


def story_facts(story: Story, text: str) -> Facts:
    """Return everything a schema may ask about a story."""
    language = detect(text)
    film = Facts()
    scenes = [
        _scene_facts(scene, number, film, language) for number, scene in enumerate(story.scenes)
    ]
    cast = list(dict.fromkeys(name for scene in story.scenes for name in scene.characters))
    places = list(dict.fromkeys(scene.place for scene in story.scenes if scene.place))
    film.values |= {
        "title": story.title,
        "logline": _logline(story),
        "summary": clip(" ".join(scene.summary() for scene in story.scenes), 600),
        "scenes": scenes,
        "characters": [_mention(name, story, film) for name in cast],
        "locations": [_place_facts(place, story, film) for place in places]
        or _open_place(story, language),
        "duration": round(sum(scene.duration_s for scene in story.scenes), 1),
        "props": [],
        "mood": mood_words(text) or None,
        "palette": palette_words(text) or None,
        "era": era_in(text) or None,
        "tags": telling_words(text),
        "language": language,
    }
    return film


def _scene_facts(scene: Scene, number: int, film: Facts, language: Language) -> Facts:
    """Return what is known about one scene."""
    phrases = PHRASES[language]
    first = scene.beats[0].told() if scene.beats else scene.title
    values: dict[str, Value] = {
        "title": scene.title,
        "summary": scene.summary() or scene.title,
        "location": scene.place or phrases.unknown_place,
        "time_of_day": scene.time or None,
        "interior": scene.interior or None,
        "characters": list(scene.characters),
        "beats": [_beat_facts(beat, index, film) for index, beat in enumerate(scene.beats)],
        "duration": scene.duration_s,
        "eighths": max(1.0, round(scene.duration_s / 7.5)),
        "order": number,
        "purpose": phrases.purpose.format(clip(first, 80)),
        "mood": mood_words(scene.text) or None,
        "tags": telling_words(scene.text) or [scene.title],
        "props": [],
    }
    return Facts(values, film)


def _beat_facts(beat: Beat, index: int, film: Facts) -> Facts:
    """Return what is known about one beat."""
    told = clip(beat.told(), 500)
    values: dict[str, Value] = {
        "summary": told,
        "title": short_title(beat.text),
        "duration": beat.duration_s,
        "speaker": beat.speaker or None,
        "order": index,
    }
    return Facts(values, film)


def _mention(name: str, story: Story, film: Facts) -> Facts:
    """Describe a person with the first sentence that names them."""
    beats = [beat for scene in story.scenes for beat in scene.beats]
    beats.sort(key=lambda beat: bool(beat.speaker))
    told = (line for beat in beats for line in sentences(beat.told()) if is_named(name, line))
    return Facts({"name": name, "title": name, "description": clip(next(told, name), 300)}, film)


def _place_facts(place: str, story: Story, film: Facts) -> Facts:
    """Describe a place with the first words of its first scene."""
    scene = next(scene for scene in story.scenes if scene.place == place)
    return Facts(
        {
            "name": place,
            "title": place,
            "description": clip(scene.summary() or place, _PLACE_LIMIT),
        },
        film,
    )


def _open_place(story: Story, language: Language) -> list[Facts]:
    """Name the place of scenes that have none, so that the list agrees with the scenes."""
    name = PHRASES[language].unknown_place
    return [Facts({"name": name, "description": story.scenes[0].summary()})] if story.scenes else []


def _logline(story: Story) -> str:
    """Tell the story in its own first and last sentence."""
    told = [_telling_sentence(scene) for scene in story.scenes if scene.beats]
    return clip(" ".join(dict.fromkeys(told[:1] + told[-1:])), 300) or story.title


def _telling_sentence(scene: Scene) -> str:
    """Return the first sentence of a scene that names somebody, else its first."""
    lines = sentences(scene.summary())
    return next(
        (line for line in lines if any(is_named(name, line) for name in scene.characters)),
        scene.summary(),
    )


def _from_prose(text: str, *, wants: int) -> list[Scene]:
    """Read prose; a logline is opened up into an opening, a turn and an ending."""
    if count_words(text) > _LOGLINE_WORDS or "\n\n" in text.strip() or is_sectioned(text):
        return read_prose(text)
    language = detect(text)
    said = sentences(text)
    if len(said) < wants:
        said = [
            clause
            for line in said
            for clause in _CLAUSE.split(line)
            if count_words(clause) >= _MIN_CLAUSE_WORDS
        ]
    groups = _in_groups(said or [text], max(wants, 1))
    whole = read_prose(text)
    place = next((scene.place for scene in whole if scene.place), "")
    names = PHRASES[language].opening
    return [
        Scene(
            f"{names[_phase(i, len(groups))]}: {short_title(group)}",
            place,
            "",
            "",
            [],
            [Beat(group)],
        )
        for i, group in enumerate(groups)
    ]


def _in_groups(clauses: list[str], count: int) -> list[str]:
    """Deal clauses into groups, in order; the longest is halved while there are too few."""
    clauses = [_LEADING.sub("", clause) for clause in clauses]
    while len(clauses) < count:
        at = max(range(len(clauses)), key=lambda i: len(clauses[i]))
        clauses[at : at + 1] = _halved(clauses[at])
    edges = [round(i * len(clauses) / count) for i in range(count + 1)]
    return [" ".join(clauses[a:b]) for a, b in itertools.pairwise(edges)]


def _phase(index: int, count: int) -> int:
    """Return 0 for the opening, 2 for the ending, 1 for what lies between."""
    return 0 if index == 0 else 2 if index == count - 1 else 1


def _halved(clause: str) -> list[str]:
    """Halve a clause at a word near its middle; a single word comes twice."""
    words = clause.split()
    middle = len(words) // 2
    return [" ".join(words[:middle]), " ".join(words[middle:])] if middle else [clause, clause]


def _told(scenes: list[Scene]) -> str:
    """Return what the scenes tell, a beat a line: without headings and title page."""
    return "\n".join(beat.told() for scene in scenes for beat in scene.beats)


def _cast(scenes: list[Scene], text: str) -> None:
    """Give every scene the people of the whole text whom it names."""
    cues = dict.fromkeys(name for scene in scenes for name in scene.characters)
    people = [name for name in people_in(text) if not any(part in cues for part in name.split())]
    names = [*cues, *people]
    for scene in scenes:
        words = " ".join(beat.told() for beat in scene.beats)
        named = [name for name in names if name not in scene.characters and is_named(name, words)]
        scene.characters += [
            name for name in named if not _within_other(name, scene.characters + named)
        ]


def _within_other(name: str, names: list[str]) -> bool:
    """Tell whether a name is only a part of a longer one in the list."""
    return any(name != other and name in other.split() for other in names)


def _to_target(scenes: list[Scene], low: int, high: int) -> list[Scene]:
    """Join the shortest neighbours or halve the longest scenes until the number is right."""
    scenes = list(scenes)
    while len(scenes) > high:
        at = min(
            range(len(scenes) - 1), key=lambda i: scenes[i].duration_s + scenes[i + 1].duration_s
        )
        scenes[at : at + 2] = [join_scenes(scenes[at], scenes[at + 1])]
    while len(scenes) < low:
        if not _halve_longest(scenes):
            scenes.append(Scene(**{name: getattr(scenes[-1], name) for name in Scene.__slots__}))
    return scenes


def _halve_longest(scenes: list[Scene]) -> bool:
    """Halve the longest scene that can be halved; False when none can."""
    for at in sorted(range(len(scenes)), key=lambda i: -scenes[i].duration_s):
        halves = split_scene(scenes[at])
        if halves:
            scenes[at : at + 1] = halves
            return True
    return False


def _distinct_titles(scenes: list[Scene]) -> None:
    """Number the scenes that would share a title."""
    seen: dict[str, int] = {}
    for scene in scenes:
        scene.title = scene.title or short_title(scene.text)
        seen[scene.title] = seen.get(scene.title, 0) + 1
        if seen[scene.title] > 1:
            scene.title = f"{scene.title} ({seen[scene.title]})"


def _after_request(said: str) -> str:
    """Leave out a first line that only asks: "Outline this in 5 scenes:"."""
    head, _, tail = said.partition("\n")
    asks = _TARGET.search(head) or head.rstrip().endswith(":")
    return tail.strip() if asks and tail.strip() else said


def _number(word: str) -> int:
    """Read a number written in digits or in letters."""
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]

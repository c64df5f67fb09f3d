"""Prose, treatments, chats and loglines, split into scenes."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import json
import re
from typing import Final

from ai.simulator.brains.clock import is_time, time_in
from ai.simulator.brains.drafts import Beat, Scene, count_words, short_title
from ai.simulator.brains.language import Language, clip, detect, sentences
from ai.simulator.brains.screenplay import spoken_line
from ai.simulator.brains.titles import is_title
from ai.simulator.brains.vocabulary import words

_MARKER: Final = re.compile(
    r"^\s*(?:#{1,6}\s+|\*\*)?(?P<word>scene|szene|scène|escena|сцена|akt|act|acte|"
    r"acto|акт|chapter|kapitel|chapitre|capítulo|"
    r"глава|эпизод|bild|sequence|第)\s*(?P<number>[\dIVXivx一二三四五六七八九十]+|one|two|"
    r"three|four|five|six)\s*(?:场|幕|章)?\s*"
    r"[.:)\-–—：]*\s*(?P<title>[^\n]*?)(?:\*\*)?\s*$",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"^\s*(?:\d{1,3}[.)]|[IVX]{1,5}\.)\s+(?P<title>\S.*)$")
_HASH: Final = re.compile(r"^\s*#{1,6}\s+(?P<title>\S.*)$")
_RULE: Final = re.compile(r"^\s*(?:\*\s*){3,}$|^\s*-{3,}\s*$|^\s*_{3,}\s*$|^\s*§+\s*$")
_CHAT: Final = re.compile(
    r"^\s*(?P<role>user|assistant|human|director|ai|you)\s*[:>]\s*", re.IGNORECASE
)
_SEVERAL: Final = 2
_SCENE_WORDS: Final = 45
_PREPOSITIONS: Final[dict[Language, str]] = {
    "en": r"(?:in|at|on|inside|outside|into|near|behind|under|across|through|to|"
    r"from)\s+(?:the|a|an|his|her|their|my|our)\s+",
    "de": r"(?:im|am|in der|in einem|in einer|in den|in die|ins|auf dem|auf der|auf den|"
    r"an der|an den|vor dem|vor der|hinter dem|unter der|bei der|beim|zum|zur)\s+",
    "fr": r"(?:dans|sur|devant|derrière|sous|chez|près de|à|au|aux|du)\s+"
    r"(?:(?:la|le|les|un|une|des|son|sa|ses|leur|leurs|ce|cet|cette)\s+|l['’])?",
    "es": r"(?:en|sobre|junto a|frente a|bajo|hacia|hasta|por)\s+(?:el|la|los|las|un|una|su)\s+",
    "ru": r"(?:в|во|на|у|около|возле|перед|за|под|над|из|внутри|среди)\s+",
    "zh": r"(?:在)",
}
_KEEPS_LEAD: Final = frozenset({"de"})
_BARE_LEADS: Final = frozenset(("dans", "sur", "devant", "derrière", "sous", "près de", "à", "du"))
_JOINTS: Final = words("de du des la le les del los las y san saint sainte")
_ROMANCE_ADJECTIVES: Final = words(
    "petit petite grand grande vieux vieil vieille ancien ancienne nouveau nouvelle beau belle "
    "haut haute pequeño pequeña gran viejo vieja antiguo antigua nuevo nueva"
)
_NOT_PLACES: Final = words(
    "queen king man woman boy girl friend police first last end middle way moment time "
    "hour hand hands face eyes voice door table "
    "head arms beginning back front other same erste letzte ende moment hand händen "
    "gesicht augen seite schluss tisch tür fin début main mains bras bouche poing "
    "poings lèvres genoux pied pieds dos tête épaule peine fois coup côté tour mano cabeza "
    "yeux voix final manos ojos "
    "voz руки руку руке глаза глазах конце начале время секунду минуту раз миг лицо "
    "голос прощание самом себя него неё меня тебя нас вас том этом этот это то что"
)
_PLACE_END: Final = re.compile(
    r"[,.;:!?…—–\"«»“”()\n]|\s(?:and|with|where|while|when|who|that|as|for|of|to|"
    r"und|mit|wo|als|die|der|et|avec|où|qui|y|con|donde|que|и|с|где|который|"
    r"которая|а|но)\s"
)
_PLACE_WORDS: Final = 3
_PLACE_CHARS: Final = 120
_PLACE_WORDS_RU: Final = 2
# How a noun may end after an adjective with this ending.
_RU_NOUN_AFTER: Final = {
    "ую": "уюь",
    "юю": "уюь",
    "ом": "еуими",
    "ем": "еуими",
    "ой": "еийьюыбвгджзклмнпрсфхцчшщ",
    "ей": "еийьюы",
    "ых": "хв",
    "их": "хв",
    "ый": "бвгджзйклмнпрстфхцчшщь",
    "ий": "бвгджзйклмнпрстфхцчшщь",
    "го": "ая",
}
_EN_STOPS: Final = words(
    "is are was were has had he she they it i you we in at on by from before after "
    "until again alone then there"
)
_HAN_PLACE: Final = re.compile(
    r"在(?P<place>[\u3400-\u9fff]{2,6}?)(?:里|中|上|下|边|前|的|，|。|等|坐|站|看)"
)


def read_prose(text: str) -> list[Scene]:
    """Split a text without screenplay headings into its scenes."""
    text = chat_to_prose(text)
    scenes = [_scene(title, body) for title, body in _sections(text) if body.strip() or title]
    _carry_places(scenes)
    return scenes


def chat_to_prose(text: str) -> str:
    """Take the story out of a chat history: what the person said; else the text itself."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        said = [
            str(item.get("content") or "") for item in value if item.get("role", "user") == "user"
        ]
        return "\n\n".join(said)
    lines = text.splitlines()
    if sum(bool(_CHAT.match(line)) for line in lines) < _SEVERAL:
        return text
    return "\n\n".join(_person_turns(lines))


def is_sectioned(text: str) -> bool:
    """Tell whether a text numbers or names its own sections."""
    return any(len(_by_marker(text, pattern)) > 1 for pattern in (_MARKER, _NUMBERED, _HASH))


def place_in(text: str, language: Language) -> str:
    """Return the first place a text names with a preposition, or ""."""
    if language == "zh":
        found = _HAN_PLACE.search(text)
        return found["place"] if found else ""
    for match in re.finditer(rf"(?<!\w){_PREPOSITIONS[language]}", text, re.IGNORECASE):
        rest = _PLACE_END.split(text[match.end() : match.end() + _PLACE_CHARS], maxsplit=1)[0]
        limit = _PLACE_WORDS_RU if language == "ru" else _PLACE_WORDS
        words = _place_words(rest.split()[:limit], language)
        if (
            words
            and _names_place(match[0], words[0], language)
            and not is_time(" ".join(words))
            and words[-1].lower() not in _NOT_PLACES
        ):
            lead = match[0] if language in _KEEPS_LEAD else ""
            name = (lead + " ".join(words)).strip()
            return name[:1].upper() + name[1:]
    return ""


def split_scene(scene: Scene) -> tuple[Scene, Scene] | None:
    """Cut a scene in two at the middle of its beats; None when it has only one."""
    beats = scene.beats
    if len(beats) == 1:
        said = sentences(beats[0].text)
        beats = [Beat(sentence, beats[0].speaker) for sentence in said]
    if len(beats) < _SEVERAL:
        return None
    half = len(beats) // 2
    first, second = _part(scene, beats[:half]), _part(scene, beats[half:])
    second.title = short_title(second.text)
    return first, second


def join_scenes(first: Scene, second: Scene) -> Scene:
    """Make one scene of two neighbours."""
    cast = list(dict.fromkeys([*first.characters, *second.characters]))
    return Scene(
        first.title,
        first.place,
        first.time or second.time,
        first.interior,
        cast,
        first.beats + second.beats,
    )


def _part(scene: Scene, beats: list[Beat]) -> Scene:
    """Make a scene of some of another one's beats."""
    words = " ".join(beat.told() for beat in beats)
    cast = [name for name in scene.characters if name in words]
    return Scene(scene.title, scene.place, scene.time, scene.interior, cast, beats)


def _person_turns(lines: list[str]) -> list[str]:
    """Keep the turns of the person in a chat written as lines."""
    turns: list[str] = []
    mine = True
    for line in lines:
        if found := _CHAT.match(line):
            mine = found["role"].lower() in ("user", "human", "you")
            if mine:
                turns.append(line[found.end() :])
        elif mine and line.strip():
            turns[-1:] = [f"{turns[-1]} {line}"] if turns else [line]
    return turns


def _sections(text: str) -> list[tuple[str, str]]:
    """Split by headings, by rules, by paragraphs, else by groups of sentences."""
    for pattern in (_MARKER, _NUMBERED, _HASH):
        marked = _by_marker(text, pattern)
        if len(marked) > 1:
            return marked
    blocks = _by_rule(text)
    if len(blocks) < _SEVERAL:
        blocks = _gathered([block for block in re.split(r"\n\s*\n", text) if block.strip()])
    if len(blocks) == 1:
        blocks = _gathered(
            blocks[0].splitlines() if "\n" in blocks[0].strip() else sentences(blocks[0])
        )
    return [("", block) for block in blocks]


def _by_marker(text: str, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Split at lines that match a heading pattern; words before the first one are left out."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if match := pattern.match(line):
            title, _, tail = match["title"].strip(" *").partition(". ")
            found.append((title.rstrip(".:"), [tail] if tail else []))
        elif found:
            found[-1][1].append(line)
    return [(title, "\n".join(lines)) for title, lines in found]


def _by_rule(text: str) -> list[str]:
    """Split at lines of stars or dashes."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if _RULE.match(line):
            blocks.append([])
        else:
            blocks[-1].append(line)
    return [block for lines in blocks if (block := "\n".join(lines)).strip()]


def _gathered(pieces: list[str]) -> list[str]:
    """Gather pieces until a scene is long enough, or until the place or the hour changes."""
    scenes: list[str] = []
    language = detect("\n".join(pieces))
    for piece in pieces:
        if scenes and not _begins_scene(scenes[-1], piece, language):
            scenes[-1] += f"\n{piece}"
        else:
            scenes.append(piece)
    return scenes


def _begins_scene(so_far: str, piece: str, language: Language) -> bool:
    """Tell whether a piece moves the story elsewhere."""
    head = next(iter(sentences(piece)), piece)
    time, place = time_in(head), place_in(head, language)
    new_time = bool(time) and time != time_in(so_far)
    new_place = bool(place) and place.lower() not in so_far.lower()
    long_enough = count_words(so_far) >= _SCENE_WORDS
    return new_time or (new_place and count_words(so_far) > _SCENE_WORDS // 5) or long_enough


def _scene(title: str, body: str) -> Scene:
    """Read one piece of prose as a scene."""
    language = detect(body or title)
    beats: list[Beat] = []
    for line in (body or title).splitlines():
        spoken = spoken_line(line)
        if spoken:
            beats.append(Beat(spoken[1], spoken[0]))
        else:
            beats.extend(Beat(sentence) for sentence in sentences(line))
    whole = f"{title}\n{body}"
    place = place_in(body, language) or place_in(title, language)
    cast = list(dict.fromkeys(beat.speaker for beat in beats if beat.speaker))
    return Scene(
        clip(title, 120) or short_title(body),
        place,
        time_in(whole),
        "",
        cast,
        beats or [Beat(title)],
    )


def _carry_places(scenes: list[Scene]) -> None:
    """Let a scene that names no place happen where the one before it did."""
    before = ""
    for scene in scenes:
        scene.place = scene.place or before
        before = scene.place


def _place_words(words: list[str], language: Language) -> list[str]:
    """Keep the words of a place's name: up to the noun in German, no verbs after it elsewhere."""
    kept: list[str] = []
    for word in words:
        if language == "ru" and kept and not _agrees(kept[-1], word):
            break
        if language in ("fr", "es") and kept and not _goes_on(kept[-1], word):
            break
        kept.append(word.strip("'’"))
        if language == "de" and word[:1].isupper():
            break
    while kept and kept[-1].lower() in _JOINTS:
        kept.pop()
    if language == "en":
        kept = _until_verb(kept)
    return [word for word in kept if word]


def _names_place(lead: str, first: str, language: Language) -> bool:
    """Tell whether a French lead without article goes before a name: "à Paris", not "à boire"."""
    if is_title(first):
        return False
    return language != "fr" or lead.strip().lower() not in _BARE_LEADS or first[:1].isupper()


def _agrees(adjective: str, noun: str) -> bool:
    """Tell whether a Russian word may be an adjective and the next one its noun."""
    endings = _RU_NOUN_AFTER.get(adjective.lower()[-2:], "")
    return noun.lower()[-1:] in tuple(endings)


def _goes_on(word: str, after: str) -> bool:
    """Tell whether a French or Spanish place goes on: "salle de bains", "rue Monge"."""
    small, then = word.lower(), after.lower()
    return (
        small in _JOINTS | _ROMANCE_ADJECTIVES
        or then in _JOINTS
        or then.startswith(("d'", "d’"))
        or (after[:1].isupper() and not word[:1].isupper())
    )


def _until_verb(words: list[str]) -> list[str]:
    """Cut an English phrase at its first word that cannot belong to a place."""
    kept: list[str] = []
    for word in words:
        small = word.lower()
        if kept and (
            small in _EN_STOPS or small.endswith(("ing", "ed", "ly", "s")) & (len(kept) > 1)
        ):
            break
        kept.append(word)
    return [] if kept and kept[0].lower() in _EN_STOPS else kept

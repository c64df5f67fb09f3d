"""What a person wants from the director's tools, read from their words in five languages."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import re
from dataclasses import dataclass, field
from typing import Final

from ai.simulator.brains.language import WORD, sentences
from ai.simulator.brains.outline import scene_target
from ai.simulator.brains.vocabulary import words
from ai.simulator.brains.words import era_in, mood_words, palette_words

_MAKE: Final = (
    r"create|add|make|write|insert|new|erstell\w*|füge?n?|mach\w*|schreib\w*|neue|"
    r"lege?|crée\w*|créer|ajoute\w*|écri\w*|nouvelle|"
    r"crea\w*|añad\w*|agreg\w*|escrib\w*|haz|nueva|созда\w*|добав\w*|сдела\w*|напиш\w*|новую|новая"
)
_SCENE: Final = r"scene|szene|scène|escena|сцен\w*"
_CREATE: Final = re.compile(
    rf"\b(?:{_MAKE})\b[^.!?\n]{{0,40}}?\b(?:{_SCENE})\b(?!\s+(?:by\s+scene|structure))",
    re.IGNORECASE,
)
_TITLED: Final = re.compile(
    r"\b(?:titled|called|named|entitled|with the title|namens|mit dem titel|"
    r"genannt|intitulée?|appelée?|nommée?|titulada|llamada|"
    r"con el título|под названием|с названием|по имени|названную)\s*:?\s*",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"“„«‘']\s*(?P<words>[^\"“”„«»‘’]+?)\s*[\"”“»’'](?!\w)")
_TITLE_END: Final = re.compile(
    r"[,.;:!?\n]|\s(?:at|in|with|on|where|im|in der|am|mit|wo|dans|à|avec|où|en|"
    r"con|donde|в|на|с|где)\s",
    re.IGNORECASE,
)
_AT: Final = re.compile(
    r"\s(?:at|in|on|inside|im|in der|am|auf dem|auf der|dans|à|au|sur|en|в|"
    r"на)\s+(?P<place>(?:the |a |an |la |le |les |l'|el |los |las "
    r")?[^,.;:!?\n]+?)"
    r"(?=\s+(?:with|where|when|mit|wo|avec|où|con|donde|с|со|где)\s|[,.;:!?\n]|$)",
    re.IGNORECASE,
)
_WITH: Final = re.compile(
    r"\s(?:with|featuring|starring|mit|avec|con|с|со)\s+(?P<names>[^.;:!?\n]+)", re.IGNORECASE
)
_AND: Final = re.compile(r"\s*(?:,|\band\b|\bund\b|\bet\b|\by\b|\bи\b|&)\s*", re.IGNORECASE)
_COLON_TAIL: Final = re.compile(r":\s*(?P<tail>.+)$", re.DOTALL)

_REMEMBER: Final = (
    r"(?:(?:please\s+)?(?:remember|note|save|store|keep|merke?|merk\s+dir|"
    r"notiere?|speicher\w*|retiens|retenez|note[zr]?|souviens-toi de|recuerda|"
    r"anota|guarda|запомни\w*|запиши\w*|сохрани\w*)\s+"
    r"(?:that\s+|dass\s+|que\s+|что\s+|dir\s+)?)"
)
_CATEGORIES: Final = {
    "characters": r"character|person|hero|heroine|figur|charakter|heldin|held|personnage|"
    r"héroïne|personaje|protagonista|персонаж\w*|геро\w*",
    "locations": r"location|place|setting|set|ort|schauplatz|lieu|décor|lugar|localización|"
    r"место|локаци\w*",
    "props": r"prop|object|requisite?|gegenstand|accessoire|objet|utilería|objeto|реквизит|предмет",
    "styles": r"style|look|stil|estilo|стиль",
}
_ARTICLE: Final = (
    r"(?:the|a|an|our|my|die|der|das|den|unsere?|le|la|les|l['’]|el|los|las|un|una)?\s*"
    r"(?:new|main|neue|nouveau|nuevo|нового|новый|главного)?\s*"
)
_ENTRY: Final = {
    category: re.compile(
        rf"^(?:{_REMEMBER})?{_ARTICLE}\b(?:{words})\b\s*(?:is\s+|named\s+|"
        rf"called\s+)?[\"“„«]?(?P<name>[^:—–\"”»]{{1,60}}?)[\"”»]?\s*"
        r"(?::|—|–|,?\s+(?:is|ist|est|es)\s+)\s*(?P<description>.+)$",
        re.IGNORECASE | re.DOTALL,
    )
    for category, words in _CATEGORIES.items()
}
_ENTRY_ONLY: Final = {
    category: re.compile(
        rf"^(?:{_REMEMBER})?{_ARTICLE}\b(?:{words})\b\s*:\s*(?P<description>.+)$",
        re.IGNORECASE | re.DOTALL,
    )
    for category, words in _CATEGORIES.items()
}
_IS: Final = re.compile(
    rf"^(?:{_REMEMBER})?(?P<name>[^\W\d_a-zа-я][\w'’-]*(?:\s+[^\W\d_a-zа-я][\w'’-]*){{0,2}})\s*"
    r"(?:,?\s+(?:is|ist|est|es|wears|trägt|porte|lleva)\s+|\s+[—–-]\s+|:\s+)(?P<description>\S.+)$",
    re.DOTALL,
)
_NOT_SUBJECTS: Final = words(
    "it he she they this that there here what who where when how why i we you mood "
    "palette era tone style es er sie das dies was wo wer wie ich ce cela il elle c on "
    "qui que el ella esto eso qué quién это он она оно кто что где note"
)
_ACT: Final = re.compile(rf"(?<=[.!?;])\s+(?={_REMEMBER}|(?:{_MAKE})\b)", re.IGNORECASE)
_AESTHETIC: Final = re.compile(
    r"\b(?:palette|mood|era|tone|look|aesthetic|colou?rs?|atmosphere|visual style|"
    r"palette|stimmung|farben|ton|epoche|stil|ambiance|couleurs|époque|"
    r"ambiente|colores|época|paleta|tono|палитр\w*|настроени\w*|атмосфер\w*|эпох\w*|цвет\w*|тон)\b",
    re.IGNORECASE,
)
_TONE: Final = re.compile(
    r"\b(?:tone|ton|tono|тон)\b\s*(?:is|ist|est|es|:|—)?\s*(?P<tone>[^,.;\n]{2,60})", re.IGNORECASE
)
_STYLE: Final = re.compile(
    r"\b(?:visual style|look|style|stil|estilo|стиль)\b\s*(?:is|ist|est|es|:|"
    r"—)\s*(?P<style>[^.;\n]{2,120})",
    re.IGNORECASE,
)
_REFERENCES: Final = re.compile(
    r"\b(?:inspired by|references?:|in the style of|inspiriert von|inspiré de|"
    r"inspirado en|в духе|вдохновлено)\s+(?P<names>[^.;\n]{2,120})",
    re.IGNORECASE,
)
_STRUCTURE: Final = re.compile(
    r"\b(?:structure|outline|scene breakdown|break (?:it|this|that) (?:down|up)|"
    r"plan (?:the|out|a|it|my)|struktur|gliederung|szenenplan|structurer?|"
    r"découpage|plan de|"
    r"estructura|escaleta|desglose|структур\w*|план\w*|поэпизодн\w*)\b",
    re.IGNORECASE,
)
WORKFLOWS: Final = {
    "stacked_frames": r"stacked[ _-]?frames?|vertical panels|gestapelte bilder",
    "character_sheet": r"character[ _-]?sheet|model sheet|figurenblatt|charakterblatt|fiche "
    r"personnage|hoja de personaje|лист персонажа",
    "temporal_progression": r"temporal[ _-]?progression|time[ -]?lapse sequence|before and after",
    "storyboard": r"story[ _-]?boards?|раскадровк\w*|scénarimage|guion gráfico",
    "moodboard": r"mood[ _-]?boards?|мудборд\w*",
    "poster": r"posters?|key art|plakat|affiche|cartel|постер\w*|афиш\w*",
    "shot-list": r"shot[ _-]?lists?|einstellungsliste|liste de plans|lista de planos|список кадров",
}
_WORKFLOW: Final = {
    name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in WORKFLOWS.items()
}
_MOST_NAME_WORDS: Final = 5
_HEARD_CHARS: Final = 20_000
_BLANKS: Final = re.compile(r"[^\S\n]{2,}")


@dataclass(frozen=True, slots=True)
class Wish:
    """One tool call a sentence asks for: the tool's name and what is known, by concept."""

    tool: str
    values: dict[str, object] = field(default_factory=dict)


def wishes(text: str) -> list[Wish]:
    """Return what a message asks for, in its order; facts said in passing together last."""
    found: list[Wish] = []
    bible: dict[str, object] = {}
    for sentence in _parts(text):
        wish = _explicit(sentence)
        if wish:
            found.append(wish)
        else:
            _collect(sentence, bible)
    if bible:
        found.append(Wish("update_bible", bible))
    return found


def _parts(text: str) -> list[str]:
    """Split a message into lines and sentences; an act begins a sentence whatever stands before."""
    head = _BLANKS.sub(" ", text[:_HEARD_CHARS])
    lines = [piece for line in head.splitlines() for piece in _ACT.split(line)]
    return [part for line in lines for part in sentences(line)]


def _explicit(sentence: str) -> Wish | None:
    """Return the act a sentence asks for in so many words."""
    for name, pattern in _WORKFLOW.items():
        if pattern.search(sentence) and not _CREATE.search(sentence):
            return Wish("apply_director_workflow", {"workflow": name})
    if _CREATE.search(sentence) and not scene_target(sentence):
        return Wish("create_scene", _scene_values(sentence))
    if re.match(_REMEMBER, sentence, re.IGNORECASE) and (entry := _entry(sentence)):
        return Wish("update_bible", entry)
    if _STRUCTURE.search(sentence) or scene_target(sentence):
        return Wish("propose_structure")
    return None


def _scene_values(sentence: str) -> dict[str, object]:
    """Read title, place, people and description of a scene to be made."""
    begun = _CREATE.search(sentence)
    after = sentence[begun.end() :] if begun else sentence
    title, rest = _title(after)
    place = _AT.search(f" {rest}")
    cast = _WITH.search(f" {rest}")
    tail = _COLON_TAIL.search(rest)
    names = [name.strip() for name in _AND.split(cast["names"]) if name.strip()] if cast else []
    names = [name for name in names if name[:1].isupper() and len(name.split()) <= _MOST_NAME_WORDS]
    where = _bare_place(place["place"]) if place else ""
    title = title or where or " ".join(rest.strip(" .!?:").split()[:6]) or "Scene"
    values: dict[str, object] = {
        "title": title[:1].upper() + title[1:],
        "description": (tail["tail"] if tail else sentence).strip(),
        "summary": (tail["tail"] if tail else sentence).strip(),
    }
    if where:
        values["location"] = where
    if names:
        values["characters"] = names
    return values


def _title(after: str) -> tuple[str, str]:
    """Take the title from the words after "create a scene"; return it and what is left."""
    titled = _TITLED.search(after)
    start = titled.end() if titled else 0
    quoted = _QUOTED.match(after, start) if titled else _QUOTED.search(after)
    if quoted:
        return quoted["words"].strip(), after[quoted.end() :]
    if not titled:
        colon = re.match(r"\s*:\s*(?P<title>[^.:!?\n]{2,80})", after)
        return (colon["title"].strip(), after[colon.end() :]) if colon else ("", after)
    rest = after[start:]
    end = _TITLE_END.search(rest)
    return (rest[: end.start()].strip(), rest[end.start() :]) if end else (rest.strip(" ."), "")


def _bare_place(place: str) -> str:
    """Write a place without its article, with a capital."""
    bare = re.sub(
        r"^(?:the|a|an|la|le|les|l'|el|los|las)\s+", "", place.strip(' ."“”«»'), flags=re.IGNORECASE
    )
    return bare[:1].upper() + bare[1:]


def _entry(sentence: str) -> dict[str, object] | None:
    """Read "character Mara: a tired courier" and its kin."""
    bare = sentence.strip().rstrip(".")
    for category, pattern in _ENTRY.items():
        if found := pattern.match(bare):
            return {category: [(found["name"].strip(" ,"), found["description"].strip())]}
    for category, pattern in _ENTRY_ONLY.items():
        if found := pattern.match(bare):
            words = found["description"].strip()
            return {
                category: [
                    (" ".join(re.split(r"[,;:—–]", words)[0].split()[:_MOST_NAME_WORDS]), words)
                ]
            }
    found_is = _IS.match(bare)
    if (
        found_is
        and found_is["name"].lower() not in _NOT_SUBJECTS
        and not _AESTHETIC.search(found_is["name"])
    ):
        return {"characters": [(found_is["name"], found_is["description"].strip())]}
    return None


def _collect(sentence: str, bible: dict[str, object]) -> None:
    """Add the facts a sentence says in passing."""
    aesthetic = (
        _aesthetic(sentence) if _AESTHETIC.search(sentence) or _REFERENCES.search(sentence) else {}
    )
    if aesthetic:
        _join(bible, "aesthetic", aesthetic)
    elif not sentence.rstrip().endswith("?") and (entry := _entry(sentence)):
        for category, items in entry.items():
            known = bible.setdefault(category, [])
            if isinstance(known, list) and isinstance(items, list):
                known.extend(items)


def _join(bible: dict[str, object], key: str, values: dict[str, object]) -> None:
    """Join the looks of several sentences."""
    known = bible.setdefault(key, {})
    if isinstance(known, dict):
        known.update(values)


def _aesthetic(sentence: str) -> dict[str, object]:
    """Read palette, mood, era, tone, style and references."""
    tone, style, names = (
        _TONE.search(sentence),
        _STYLE.search(sentence),
        _REFERENCES.search(sentence),
    )
    found: dict[str, object] = {
        "palette": palette_words(sentence),
        "mood": mood_words(sentence) or _after_word(sentence),
        "era": era_in(sentence),
        "tone": tone["tone"].strip() if tone else "",
        "visual_style": style["style"].strip() if style else "",
        "references": [name.strip() for name in _AND.split(names["names"]) if name.strip()]
        if names
        else [],
    }
    return {name: value for name, value in found.items() if value}


def _after_word(sentence: str) -> list[str]:
    """Take the words after "mood:" when none of them is known as a mood."""
    found = re.search(
        r"\b(?:mood|stimmung|ambiance|ambiente|настроение)\b\s*(?:is|ist|est|es|:|"
        r"—)\s*(?P<words>[^.;\n]+)",
        sentence,
        re.IGNORECASE,
    )
    return (
        [" ".join(WORD.findall(part)) for part in _AND.split(found["words"])][:3] if found else []
    )

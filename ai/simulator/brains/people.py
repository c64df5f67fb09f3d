"""Names of people in prose, without a dictionary: capitals, repetition and grammar's company."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import re
from collections import Counter
from typing import Final

from ai.simulator.brains.clock import is_time
from ai.simulator.brains.language import STOPWORDS, Language, detect, sentences
from ai.simulator.brains.screenplay import spoken_line
from ai.simulator.brains.vocabulary import words

_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]")
_POSSESSIVE: Final = re.compile(r"(?<=[^\W\d_])['’]s$")
_ARTICLES: Final = words(
    "der die das den dem des ein eine einen einem einer eines im am zum zur vom ins ans "
    "beim kein keine keinen mein meine sein seine seinen ihr ihre ihren ihrem dieser "
    "diese dieses jeder jede jedes alte alten altes neue neuen neues leere leeren roten "
    "rote the a an le la les un une el los las"
)
_PLACE_LEADS: Final = words(
    "in at on near from to of into across through inside outside nach aus bei in à en "
    "de du des dans vers chez desde hacia hasta в на из у к по до от под над"
)
_NOT_NAMES: Final = words(
    "monday tuesday wednesday thursday friday saturday sunday january february march "
    "april may june july august september october november december god scene act int "
    "ext montag dienstag mittwoch donnerstag freitag samstag sonntag szene lundi mardi "
    "mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes "
    "sábado domingo создай сцена понедельник вторник среда четверг пятница суббота "
    "воскресенье english french german russian spanish one suddenly later then now "
    "meanwhile finally outside inside nobody someone everyone plötzlich später dann "
    "jetzt draußen drinnen niemand jemand alle nur beide вдруг потом затем теперь никто "
    "кто-то однажды там здесь все всё тогда после наутро снаружи внутри luego después "
    "entonces ahora nadie alguien puis ensuite alors soudain personne dehors dedans "
    "heute gestern morgen hier dort wenn während bald endlich überall vielleicht "
    "manchmal dear let create add please remember make give write show tell exactly no "
    "yes ja nein non oui sí да нет"
)
_NOUN_ENDINGS: Final = ("ung", "heit", "keit", "schaft", "chen", "tion", "nis", "tum")
_MIN_LETTERS: Final = 2
_SURE: Final = 2
_STEM: Final = 3
_ENDING: Final = 2


def people_in(text: str, *, most: int = 12) -> list[str]:
    """Return the names in a text, most certain first kept, in the order of first appearance."""
    language = detect(text)
    if language == "zh":
        return list(dict.fromkeys(s[0] for line in text.splitlines() if (s := spoken_line(line))))[
            :most
        ]
    scores = _scores(text, language)
    if language == "ru":
        scores = _merged(scores)
    names = [name for name, score in scores.items() if score >= _SURE]
    best = sorted(names, key=lambda name: -scores[name])[:most]
    return sorted(best, key=text.find)


def _scores(text: str, language: Language) -> Counter[str]:
    """Weigh every capitalised word; two points make a name."""
    scores: Counter[str] = Counter()
    lower = {token for token in _TOKEN.findall(text) if token.islower()}
    for line in text.splitlines():
        if spoken := spoken_line(line):
            scores[spoken[0]] += 2
            line = spoken[1]  # noqa: PLW2901 - the speech, without its cue
        for sentence in sentences(line):
            _weigh(_tokens(sentence), scores, lower, language)
    return Counter({name: score for name, score in scores.items() if score > 0})


def _tokens(sentence: str) -> list[str]:
    """Split a sentence; “Mara's bag” speaks of Mara."""
    return [_POSSESSIVE.sub("", token) for token in _TOKEN.findall(sentence)]


def _weigh(tokens: list[str], scores: Counter[str], lower: set[str], language: Language) -> None:
    """Weigh the words of one sentence."""
    inside = False
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else ""
        if _may_be_name(token, lower, language):
            scores[token] += _weight(
                before, tokens[index + 1 : index + 2], inside=inside, language=language
            )
        inside = inside or token[0].isalpha()
        if token in ("«", "“", "„", '"', "—"):
            inside = False


def _weight(before: str, after: list[str], *, inside: bool, language: Language) -> int:
    """Weigh one occurrence: inside a sentence a capital says more, after an article nothing."""
    lead = before.lower()
    if language == "de":
        if (
            lead in _ARTICLES
            or lead in _PLACE_LEADS
            or before.endswith(("en", "er", "es", "em")) & before.islower()
        ):
            return -2
        verb = bool(after) and after[0].islower() and after[0].endswith(("t", "n", "te"))
        return 2 if verb and not inside and lead not in STOPWORDS["de"] else 1
    if lead in _ARTICLES and language != "ru":
        return 0
    if not inside:
        return 1
    return 1 if lead in _PLACE_LEADS else 2


def _may_be_name(token: str, lower: set[str], language: Language) -> bool:
    """Tell whether a word can be a name at all."""
    small = token.lower()
    return (
        len(token) >= _MIN_LETTERS
        and token[0].isupper()
        and not token.isupper()
        and small not in lower
        and small not in STOPWORDS[language]
        and small not in _NOT_NAMES
        and small not in _ARTICLES
        and small not in _PLACE_LEADS
        and not is_time(small)
        and not (language == "de" and small.endswith(_NOUN_ENDINGS))
    )


def _merged(scores: Counter[str]) -> Counter[str]:
    """Join the cases of one Russian name under the form that is met most."""
    merged: Counter[str] = Counter()
    for name, score in sorted(scores.items(), key=lambda item: -item[1]):
        home = next((known for known in merged if _same_name(known, name)), name)
        merged[home] += score
    return Counter({_nominative(home, scores): score for home, score in merged.items()})


def _same_name(one: str, other: str) -> bool:
    """Tell whether two words differ in their ending only."""
    stem = max(_STEM - 1, min(len(one), len(other)) - _ENDING + 1)
    return one[:stem] == other[:stem] and abs(len(one) - len(other)) <= _ENDING


def _nominative(home: str, scores: Counter[str]) -> str:
    """Choose among the cases of a name the one that ends like a first case."""
    forms = [name for name in scores if _same_name(home, name)]
    return max(forms, key=lambda name: (scores[name], name.endswith(("а", "я", "й"))))

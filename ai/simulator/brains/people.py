"""Names of people in prose, without a dictionary: capitals, repetition and grammar's company."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import re
from collections import Counter
from typing import Final

from ai.simulator.brains.clock import is_time
from ai.simulator.brains.language import STOPWORDS, Language, detect, sentences
from ai.simulator.brains.screenplay import spoken_line
from ai.simulator.brains.titles import first_case, is_title, same_word
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
    "manchmal quand lorsque chaque après avant pendant cuando mientras cada antes yesterday "
    "today tonight tomorrow both even only still perhaps maybe after before during until since "
    "because although every each another some many most dear let create add please remember "
    "make give write show tell exactly no yes ja nein non oui sí да нет"
)
_NOUN_ENDINGS: Final = ("ung", "heit", "keit", "schaft", "chen", "tion", "nis", "tum")
# After these a Russian name is a place far more often than a person.
_RU_PLACE_LEADS: Final = frozenset(("в", "во", "на", "из"))
_MIN_LETTERS: Final = 2
_SURE: Final = 2
_PAIR: Final = 2
_MOST_WHOLES: Final = 200
_MOST_ALONE: Final = 1000
_MOST_MERGED: Final = 400
# In these languages two capitals inside a sentence are one person; elsewhere a noun or another one.
_INNER_PAIRS: Final = frozenset(("en", "fr", "es"))


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
    return sorted(best, key=lambda name: text.find(name.split()[-1]))


def _scores(text: str, language: Language) -> Counter[str]:
    """Weigh every capitalised word; two points make a name."""
    scores: Counter[str] = Counter()
    lower = {token for token in _TOKEN.findall(text) if token.islower()}
    wholes = _wholes(text, lower, language)
    for line in text.splitlines():
        if spoken := spoken_line(line):
            scores[spoken[0]] += 2
            line = spoken[1]  # noqa: PLW2901 - the speech, without its cue
        for sentence in sentences(line):
            _weigh(_joined(_tokens(sentence), wholes), scores, lower, language)
    return Counter({name: score for name, score in scores.items() if score > 0})


def _tokens(sentence: str) -> list[str]:
    """Split a sentence; “Mara's bag” speaks of Mara."""
    tokens = [_POSSESSIVE.sub("", token) for token in _TOKEN.findall(sentence)]
    pairs = zip(["", *tokens], tokens, strict=False)
    return [word for before, word in pairs if not (word == "." and is_title(before))]


def _wholes(text: str, lower: set[str], language: Language) -> dict[tuple[str, ...], str]:
    """Return the names of several words, and for each part of one the whole name."""
    pairs: Counter[str] = Counter()
    sure: set[str] = set()
    alone: Counter[str] = Counter()
    for sentence in (found for line in text.splitlines() for found in sentences(line)):
        tokens = _tokens(sentence)
        index = 0
        while index < len(tokens):
            run = _run(tokens, index, lower, language)
            if len(run) == 1:
                alone[run[0]] += 1
            elif run:
                led = index > 0 and tokens[index - 1].lower() in _PLACE_LEADS
                pairs[" ".join(run)] += is_title(run[0]) or not led
                if is_title(run[0]) or (index > 0 and not led and language in _INNER_PAIRS):
                    sure.add(" ".join(run))
            index += max(len(run), 1)
    pairs = Counter(dict(pairs.most_common(_MOST_WHOLES)))
    lone_words = [word for word, _ in alone.most_common(_MOST_ALONE)]
    wholes: dict[tuple[str, ...], str] = {}
    for pair in pairs:
        forms = Counter({each: n for each, n in pairs.items() if _same_whole(each, pair)})
        lone = language != "de" and not _is_met(pair.split()[-1], lone_words)
        if sure & set(forms) or forms.total() >= _PAIR or (lone and forms.total()):
            wholes[tuple(pair.split())] = first_case(forms) if language == "ru" else pair
    return _with_parts(wholes, lone_words if language == "ru" else [])


def _with_parts(
    wholes: dict[tuple[str, ...], str], other_cases: list[str]
) -> dict[tuple[str, ...], str]:
    """Add each name and surname, in all its cases, as a part of the first whole name it is in."""
    found = dict(wholes)
    for run, whole in wholes.items():
        for part in (part for part in run if not is_title(part)):
            found.setdefault((part,), whole)
            for word in other_cases:
                if same_word(part, word):
                    found.setdefault((word,), whole)
    return found


def _is_met(word: str, others: list[str]) -> bool:
    """Tell whether a word, in any case, is among others."""
    return any(same_word(word, other) for other in others)


def _run(tokens: list[str], index: int, lower: set[str], language: Language) -> list[str]:
    """Return the words of one name that begins at a token: a title, and at most two words."""
    titled = is_title(tokens[index]) and tokens[index][0].isupper()
    start = index + titled
    end = start
    while end < len(tokens) and end - start < _PAIR and _may_be_name(tokens[end], lower, language):
        end += 1
    return tokens[index:end] if end > start else []


def _same_whole(one: str, other: str) -> bool:
    """Tell whether two names of several words are cases of one."""
    first, second = one.split(), other.split()
    return len(first) == len(second) and all(map(same_word, first, second))


def _joined(tokens: list[str], wholes: dict[tuple[str, ...], str]) -> list[str]:
    """Write every name of several words, or a part of one, as one token."""
    joined: list[str] = []
    index = 0
    while index < len(tokens):
        for length in (_PAIR + 1, _PAIR, 1):
            if whole := wholes.get(tuple(tokens[index : index + length])):
                joined.append(whole)
                index += length
                break
        else:
            joined.append(tokens[index])
            index += 1
    return joined


def _weigh(tokens: list[str], scores: Counter[str], lower: set[str], language: Language) -> None:
    """Weigh the words of one sentence."""
    inside = False
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else ""
        if _may_be_name(token, lower, language):
            scores[token] += _weight(
                before, tokens[index + 1 : index + 2], inside=inside, language=language
            )
            scores[token] += " " in token and before.lower() not in _PLACE_LEADS
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
    if language == "ru" and lead in _RU_PLACE_LEADS:
        return 0
    if not inside:
        return 1
    return 1 if lead in _PLACE_LEADS else 2


def _may_be_name(token: str, lower: set[str], language: Language) -> bool:
    """Tell whether a word can be a name at all."""
    small = token.lower()
    return (
        len(token) >= _MIN_LETTERS
        and not is_title(token)
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
    for name, score in scores.most_common(_MOST_MERGED):
        home = next((known for known in merged if same_word(known, name)), name)
        merged[home] += score
    return Counter({_nominative(home, scores): score for home, score in merged.items()})


def _nominative(home: str, scores: Counter[str]) -> str:
    """Choose among the cases of a name the one that ends like a first case."""
    return first_case(Counter({name: n for name, n in scores.items() if same_word(home, name)}))

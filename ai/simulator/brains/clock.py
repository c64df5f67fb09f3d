"""Times of day, in the words of several languages."""

import re
from typing import Final

from ai.simulator.brains.language import WORD
from ai.simulator.brains.vocabulary import words

TIMES: Final[dict[str, frozenset[str]]] = {
    "dawn": words(
        "dawn sunrise daybreak рассвет рассвете morgendämmerung morgengrauen aube amanecer "
        "alba 黎明 清晨"
    ),
    "morning": words(
        "morning mornings утро утром утра утру morgen morgens matin mañana 早晨 早上 晨"
    ),
    "day": words(
        "day noon midday afternoon день днём днем полдень tag tags mittag mittags "
        "nachmittag jour midi après-midi día tarde mediodía 日 白天 中午 下午"
    ),
    "golden hour": frozenset(["sundown", "золотой", "黄金时刻"]),
    "dusk": words(
        "dusk sunset twilight сумерки сумерках закат закате dämmerung abenddämmerung "
        "crépuscule atardecer anochecer 黄昏 傍晚"
    ),
    "evening": words("evening evenings вечер вечером вечера abend abends soir soirée 晚上 夕"),
    "night": words(
        "night nights midnight ночь ночью ночи полночь nacht nachts mitternacht nuit minuit "
        "noche medianoche 夜 深夜 夜晚 晚"
    ),
    "continuous": words(
        "continuous later same fortlaufend später suite continuo продолжение позже 连续"
    ),
}
NEAREST: Final = {
    "morning": ("day", "dawn"),
    "evening": ("dusk", "night"),
    "golden hour": ("dusk", "evening"),
    "dawn": ("morning",),
    "dusk": ("evening",),
}
_TIME_OF_WORD: Final = {word: name for name, words in TIMES.items() for word in words}
_HAN_TIMES: Final = re.compile(
    "|".join(w for w in sorted(_TIME_OF_WORD, key=len, reverse=True) if w[0] > "\u3000")
)


def is_time(phrase: str) -> bool:
    """Tell whether a piece of a scene heading is a time of day."""
    words = [word.lower() for word in WORD.findall(phrase)]
    return bool(words) and (words[0] in _TIME_OF_WORD or words[-1] in _TIME_OF_WORD)


def time_in(text: str) -> str:
    """Return the time of day a text names first, in our own English word, or ""."""
    for word in WORD.findall(text):
        if name := _TIME_OF_WORD.get(word.lower()):
            return name
    found = _HAN_TIMES.search(text)
    return _TIME_OF_WORD[found[0]] if found else ""

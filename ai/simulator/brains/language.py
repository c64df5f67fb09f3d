"""Which language a text is in, and the few sentences the simulator says in each."""
# ruff: noqa: RUF001 - words and quotes of other languages are meant

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ai.simulator.brains.vocabulary import words

Language: TypeAlias = Literal["en", "de", "fr", "es", "ru", "zh"]

WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SENTENCE_END: Final = re.compile(r"(?<=[.!?…。！？])[\"'»”“)\]]*\s*(?=\S)")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_HAN: Final = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:INT|EXT|EST|ESC|Mr|Mrs|Ms|Dr|St|Nr|bzw|z\. ?B|ИНТ|НАТ|г|ул)|(?<!\w)\w)\.$"
)

STOPWORDS: Final[dict[Language, frozenset[str]]] = {
    "en": words(
        "the a an and of to in is are was with that it he she they his her on at for from "
        "this not but as by we you i my me our what who when where how there into then "
        "their them has have be do can"
    ),
    "de": words(
        "der die das den dem des ein eine einen einem einer und oder ist sind war mit nicht "
        "auf im in zu zum zur von vom er sie es ich du wir ihr für an als auch sich wie "
        "noch dann aber nach aus bei hat haben wird über einmal"
    ),
    "fr": words(
        "le la les un une des et ou est sont était avec dans sur pour par pas il elle ils "
        "elles je tu nous vous que qui ce cette au aux du de en ne se son sa ses mais comme "
        "leur puis crée"
    ),
    "es": words(
        "el la los las un una unos y o es son era con en para por no que se su sus del al "
        "de él ella ellos yo tú nos pero como muy más este esta hay una crea"
    ),
    "ru": words(
        "и в на с со к по из у о за от до не что как это он она они его её их но а же бы мы "
        "вы я ты при для или был была было были под над потом когда где кто"
    ),
    "zh": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Phrases:
    """The simulator's own words in one language; `{}` is filled by the caller."""

    heard: str
    known: str
    done: str
    refused: str
    """First the act, then why it was refused, a sentence."""
    questions: tuple[str, str, str]
    acts: dict[str, str]
    act_other: str
    unknown_place: str
    purpose: str
    opening: tuple[str, str, str]


def _acts(character: str, scene: str, structure: str, workflow: str) -> dict[str, str]:
    """Name the acts of the four tools every client offers."""
    return {
        "update_bible": character,
        "create_scene": scene,
        "propose_structure": structure,
        "apply_director_workflow": workflow,
    }


PHRASES: Final[dict[Language, Phrases]] = {
    "en": Phrases(
        heard="I hear it: “{}”",
        known="What stands so far: {}.",
        done="Done: {}.",
        refused="Nothing was done: {} was refused. The reason: {}",
        questions=(
            "Whose eyes do we see this through?",
            "What does the light do when it turns?",
            "What must the audience feel last?",
        ),
        acts=_acts("visual bible updated", "scene added", "structure proposed", "workflow applied"),
        act_other="{} carried out",
        unknown_place="Place not named",
        purpose="It carries the story from “{}” on.",
        opening=("Opening", "Turn", "Ending"),
    ),
    "de": Phrases(
        heard="Verstanden: „{}“",
        known="Bisher steht fest: {}.",
        done="Erledigt: {}.",
        refused="Es ist nichts geschehen: {} wurde abgelehnt. Der Grund: {}",
        questions=(
            "Durch wessen Augen sehen wir das?",
            "Was macht das Licht, wenn es kippt?",
            "Was soll das Publikum zuletzt fühlen?",
        ),
        acts=_acts(
            "Bibel ergänzt", "Szene angelegt", "Struktur vorgeschlagen", "Workflow angewendet"
        ),
        act_other="{} ausgeführt",
        unknown_place="Ort offen",
        purpose="Sie trägt die Geschichte ab „{}“ weiter.",
        opening=("Auftakt", "Wendung", "Schluss"),
    ),
    "fr": Phrases(
        heard="Je vous entends : « {} »",
        known="Ce qui est acquis : {}.",
        done="C'est fait : {}.",
        refused="Rien n'a été fait : {} a été refusé. La raison : {}",
        questions=(
            "Par quels yeux voyons-nous cela ?",
            "Que fait la lumière au moment où tout bascule ?",
            "Que doit ressentir le public à la fin ?",
        ),
        acts=_acts(
            "bible visuelle mise à jour", "scène ajoutée", "structure proposée", "workflow appliqué"
        ),
        act_other="{} exécuté",
        unknown_place="Lieu non précisé",
        purpose="Elle porte l'histoire à partir de « {} ».",
        opening=("Ouverture", "Bascule", "Fin"),
    ),
    "es": Phrases(
        heard="Te escucho: «{}»",
        known="Lo que ya está: {}.",
        done="Hecho: {}.",
        refused="No se hizo nada: {} fue rechazado. El motivo: {}",
        questions=(
            "¿Por qué ojos vemos esto?",
            "¿Qué hace la luz cuando todo cambia?",
            "¿Qué debe sentir el público al final?",
        ),
        acts=_acts(
            "biblia visual actualizada", "escena añadida", "estructura propuesta", "flujo aplicado"
        ),
        act_other="{} ejecutado",
        unknown_place="Lugar sin nombrar",
        purpose="Lleva la historia desde «{}».",
        opening=("Apertura", "Giro", "Final"),
    ),
    "ru": Phrases(
        heard="Слышу: «{}»",
        known="Уже известно: {}.",
        done="Готово: {}.",
        refused="Ничего не сделано: {} — отказ. Причина: {}",
        questions=(
            "Чьими глазами мы это видим?",
            "Что делает свет в момент поворота?",
            "Что зритель должен почувствовать в конце?",
        ),
        acts=_acts("библия обновлена", "сцена добавлена", "структура предложена", "приём применён"),
        act_other="{} выполнено",
        unknown_place="Место не указано",
        purpose="Она ведёт историю дальше от «{}».",
        opening=("Начало", "Поворот", "Финал"),
    ),
    "zh": Phrases(
        heard="我听到了：“{}”",
        known="目前已知：{}。",
        done="已完成：{}。",
        refused="没有执行：{} 被拒绝。原因：{}",
        questions=("我们透过谁的眼睛看？", "转折时光线如何变化？", "观众最后应该感受到什么？"),
        acts=_acts("视觉设定已更新", "场景已添加", "结构已提出", "流程已应用"),
        act_other="{} 已执行",
        unknown_place="地点未定",
        purpose="从“{}”推动故事。",
        opening=("开场", "转折", "结尾"),
    ),
}


def detect(text: str) -> Language:
    """Return the language of a text: by script first, then by its little words."""
    cyrillic, han = len(_CYRILLIC.findall(text)), len(_HAN.findall(text))
    latin = len(_LATIN.findall(text))
    if cyrillic > latin:
        return "ru"
    if han * 3 > latin:
        return "zh"
    said = [word.lower() for word in WORD.findall(text[:20_000])]
    latins: tuple[Language, ...] = ("en", "de", "fr", "es")
    scores = {code: sum(word in STOPWORDS[code] for word in said) for code in latins}
    return max(latins, key=lambda code: scores[code] + _letters(text, code))


def sentences(text: str) -> list[str]:
    """Split a text into sentences; abbreviations and initials do not end one."""
    found: list[str] = []
    for piece in SENTENCE_END.split(" ".join(text.split())):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {piece}"
        elif piece.strip():
            found.append(piece.strip())
    return found


def clip(text: str, chars: int) -> str:
    """Cut a text at a word's end so that it holds at most so many characters."""
    text = " ".join(text.split())
    if len(text) <= chars:
        return text
    head = text[: max(chars - 1, 0)]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:-–—") + "…"


def _letters(text: str, code: Language) -> float:
    """Count letters that only one of the languages uses."""
    own = {"de": "äöüßÄÖÜ", "fr": "èêçœàùâîôû", "es": "ñ¿¡áíóú"}.get(code, "")
    return sum(text.count(letter) for letter in own) / 2

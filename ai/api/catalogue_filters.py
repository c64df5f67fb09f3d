"""Query parameters of the catalogue: described for the OpenAPI document, read strictly."""

import re
from collections.abc import Sequence
from typing import Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from ai.catalogue.find import ABILITIES, DataPolicy, Wanted
from ai.models import PriceTier
from canvas.core.errors import Fault, Malformed
from scenes.api import queries

LONGEST_WORD: Final = 120
MOST_WORDS: Final = 20
LARGEST_CONTEXT: Final = 2**31 - 1
_ONE: Final = r"[A-Za-z0-9_.~/-]{1,120}"
_WORD: Final = re.compile(_ONE)
_NAME: Final = re.compile(r"[^,]{1,200}")
_DIGITS: Final = len(str(LARGEST_CONTEXT))


def _words(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, several(_ONE, MOST_WORDS), description=f"{description} Commas mean: all of them."
    )


def _name(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, several(_ONE, 1), description=description)


def several(one: str, most: int) -> dict[str, str]:
    """Describe a text of 1 to so many words with commas between them, each by this pattern."""
    more = f"(,{one}){{0,{most - 1}}}" if most > 1 else ""
    return {"type": "string", "pattern": f"^{one}{more}$"}


POLICY: Final = (
    queries.flags("training", "Known to train on prompts, or known not to."),
    queries.flags("retention", "Known to keep prompts, or known not to."),
    queries.flags("zdr", "Zero data retention, as OpenRouter lists it."),
)
GONE: Final = queries.flags("gone", "True lists what is not offered any more instead.")
MODELS: Final = (
    _words("modality", "Takes or gives: text, image, audio, video, file."),
    _words("input", "Takes: text, image, audio, video, file."),
    _words("output", "Gives: text, image, audio."),
    _words("parameter", "Supports a parameter of requests, such as `seed`."),
    queries.flags("tools", "Calls tools, or is known not to."),
    queries.flags("structuredOutput", "Keeps to a JSON schema, or is known not to."),
    queries.flags("reasoning", "Can think first, or is known not to."),
    OpenApiParameter(
        "contextAtLeast",
        {"type": "integer", "minimum": 0, "maximum": LARGEST_CONTEXT},
        description="Tokens of context.",
    ),
    OpenApiParameter(
        "tier",
        {"type": "string", "maxLength": LONGEST_WORD, "examples": ["low"]},
        description="A price tier by its key: free, very-low, low, medium, high, or as staff set.",
    ),
    queries.flags("free", "Costs nothing, or is known to cost something."),
    _name("provider", "Served by this provider (its slug)."),
    _name("author", "Made by this author: the first part of the id."),
    *POLICY,
    GONE,
    queries.SEARCH,
)
PROVIDERS: Final = (*POLICY, GONE, queries.SEARCH)


def wanted_models(request: Request, scale: Sequence[PriceTier]) -> Wanted:
    """Read what models are looked for.

    Raises:
        Malformed: a value that its parameter does not take.
    """
    abilities = {name: queries.flag(request, name) for name in ABILITIES}
    return Wanted(
        modalities=_words_of(request, "modality"),
        inputs=_words_of(request, "input"),
        outputs=_words_of(request, "output"),
        parameters=_words_of(request, "parameter"),
        abilities={name: has for name, has in abilities.items() if has is not None},
        context_at_least=_whole(request, "contextAtLeast"),
        tier=queries.choice(request, "tier", [tier.key for tier in scale]),
        free=queries.flag(request, "free"),
        provider=_one(request, "provider"),
        author=_one(request, "author"),
        policy=policy(request),
        gone=gone(request),
        search=search(request),
    )


def policy(request: Request) -> DataPolicy:
    """Read what providers may do with data."""
    return DataPolicy(
        trains=queries.flag(request, "training"),
        retains=queries.flag(request, "retention"),
        zdr=queries.flag(request, "zdr"),
    )


def names(request: Request, name: str, *, most: int) -> list[str]:
    """Read names of models with commas between them; [] when the parameter is not there.

    Raises:
        Malformed: too many, or one that is blank or very long.
    """
    return _split(request, name, _NAME, most)


def gone(request: Request) -> bool:
    """Read whether what is gone is looked for."""
    return bool(queries.flag(request, "gone"))


def search(request: Request) -> str:
    """Read what to search for."""
    return queries.search_text(request)


def refuse_unknown(request: Request, parameters: Sequence[OpenApiParameter]) -> None:
    """Refuse parameters that an address does not have, as lists do."""
    known = [one.name for one in parameters]
    for name in request.query_params:
        if name not in known:
            detail = f"This address knows {', '.join(known)}." if known else "It takes none."
            fault = Fault(f"?{name}", "unknown-parameter", detail)
            raise Malformed(f"There is no parameter {name} here. {detail}", faults=[fault])


def wrong(name: str, detail: str) -> Malformed:
    """Make the error for a parameter whose value is not taken."""
    fault = Fault(f"?{name}", "wrong-parameter", detail)
    return Malformed(f"The parameter {name} is wrong. {detail}", faults=[fault])


def _words_of(request: Request, name: str) -> list[str]:
    return _split(request, name, _WORD, MOST_WORDS)


def _split(request: Request, name: str, shape: re.Pattern[str], most: int) -> list[str]:
    text: str | None = request.query_params.get(name)
    if text is None:
        return []
    found = [word.strip() for word in text.split(",", most)]
    if len(found) > most or not all(shape.fullmatch(word) for word in found):
        raise wrong(name, f"1 to {most}, with commas between them." if most > 1 else "One name.")
    return found


def _one(request: Request, name: str) -> str:
    text: str = request.query_params.get(name, "")
    if name in request.query_params and not _WORD.fullmatch(text):
        raise wrong(name, "One slug.")
    return text


def _whole(request: Request, name: str) -> int | None:
    text: str | None = request.query_params.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= LARGEST_CONTEXT:
        return int(text)
    raise wrong(name, f"A whole number up to {LARGEST_CONTEXT}.")

"""Write good answers in odd shapes: what strict decoders do not take, and usage that is thin."""

from collections.abc import Callable
from typing import Final

from ai.simulator.faults import Fault
from ai.simulator.wire import Json

_THIN: Final = frozenset(
    {"system_fingerprint", "service_tier", "provider", "created", "logprobs",
     "native_finish_reason", "refusal"}
)  # fmt: skip
_SEPARATORS: Final = "\u2028\u0085\u2029"

Document = dict[str, Json]


def odd(document: Document, fault: Fault | None) -> Document:
    """Return a reply or a chunk in the shape a fault asks for."""
    if fault is None:
        return document
    if fault.kind == "no_choices":
        return _without_choices(document, fault.how)
    if fault.kind == "odd_reply":
        return _WAYS[fault.how](document)
    return document


def thin_usage(usage: Document, fault: Fault | None) -> Document:
    """Return `{"usage": …}` as a fault leaves it, {} when it is missing."""
    if fault is None or fault.kind != "no_usage":
        return {"usage": usage}
    details = [name for name, value in usage.items() if isinstance(value, dict)]
    ways: dict[str, Document] = {
        "absent": {},
        "null": {"usage": None},
        "no_cost": {"usage": _without(usage, "cost", "cost_details")},
        "null_details": {"usage": usage | dict.fromkeys(details)},
        "no_details": {"usage": _without(usage, *details, "is_byok")},
        "zero": {"usage": {name: 0 for name in usage if name not in details}},
    }
    return ways[fault.how]


def _without(document: Document, *names: str) -> Document:
    """Return a document without some of its keys."""
    return {name: value for name, value in document.items() if name not in names}


def _without_choices(document: Document, how: str) -> Document:
    """Take the choices away in one of three ways."""
    if how == "absent":
        return _without(document, "choices")
    return document | {"choices": None if how == "null" else []}


def _choices(document: Document, change: Callable[[Document], Document]) -> Document:
    """Change every choice."""
    return document | {"choices": [change(choice) for choice in document["choices"]]}


def _said(document: Document, change: Callable[[Document], Json]) -> Document:
    """Change the message or the delta of every choice."""
    return _choices(
        document,
        lambda choice: {
            name: change(value) if name in ("message", "delta") else value
            for name, value in choice.items()
        },
    )


def _thin(document: Document) -> Document:
    """Leave out what not every provider sends, in the reply and in its choices."""
    bare = _said(document, lambda said: _without(said, *_THIN))
    return _without(_choices(bare, lambda choice: _without(choice, *_THIN)), *_THIN)


def _worded(change: Callable[[str], Json]) -> Callable[[Document], Document]:
    """Change the words of a message or delta, where there are any."""
    return lambda document: _said(
        document,
        lambda said: said | {"content": change(said["content"])} if said.get("content") else said,
    )


def _finished(choice: Document) -> Document:
    """Give a finished choice a reason that is in no list."""
    return choice | {"finish_reason": "eos"} if choice["finish_reason"] else choice


def _with_unknown(document: Document) -> Document:
    """Put a key that nobody knows on every level."""
    unknown: Document = {"x_unknown": {"nested": [1, None]}}
    marked = _said(document, lambda said: said | unknown)
    return _choices(marked, lambda choice: choice | unknown) | unknown


_WAYS: Final[dict[str, Callable[[Document], Document]]] = {
    "nested": lambda document: {"provider": document},
    "thin": _thin,
    "unknown_finish": lambda document: _choices(document, _finished),
    "unknown_tier": lambda document: document | {"service_tier": "standard"},
    "content_parts": _worded(lambda words: [{"type": "text", "text": words}]),
    "no_message": lambda document: _choices(
        document, lambda choice: _without(choice, "message", "delta")
    ),
    "null_message": lambda document: _said(document, lambda _said: None),
    "unknown_keys": _with_unknown,
    "line_separators": _worded(lambda words: words + _SEPARATORS),
}

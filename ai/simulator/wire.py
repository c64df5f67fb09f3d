"""JSON and ids as the service writes them: decimals literally, ids of the real shape."""

import json
import random
import re
import secrets
import string
import time
from decimal import Decimal
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""A value at the JSON edge; whoever reads it checks what it is."""

_ID_LETTERS: Final = string.ascii_letters + string.digits
_ID_LENGTH: Final = 20
_MARK: Final = f"exact-{secrets.token_hex(8)}:"
_MARKED: Final = re.compile(f'"{_MARK}([^"]*)"')


def dumps(value: Json) -> bytes:
    """Write compact UTF-8 JSON in which a Decimal stands digit for digit, never as a float."""
    text = json.dumps(value, default=_mark, ensure_ascii=False, separators=(",", ":"))
    if _MARK in text:
        text = _MARKED.sub(r"\1", text)
    return text.encode("utf-8", "replace")


def quoted(text: str) -> str:
    """Write one string as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def plain(amount: Decimal) -> str:
    """Write a decimal without an exponent and without trailing zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def new_id(prefix: str = "gen", *, now_s: float | None = None) -> str:
    """Make an id such as `gen-1763060305-<20 characters>`."""
    moment = int(time.time() if now_s is None else now_s)
    tail = "".join(random.choices(_ID_LETTERS, k=_ID_LENGTH))  # noqa: S311 - an id, not a secret
    return f"{prefix}-{moment}-{tail}"


def event(value: Json) -> bytes:
    """Write one server-sent data event."""
    return b"data: " + dumps(value) + b"\n\n"


def _mark(value: object) -> str:
    """Leave a mark where a Decimal stands; `dumps` puts its digits there."""
    if isinstance(value, Decimal):
        return _MARK + plain(value)
    raise TypeError(f"{type(value).__name__} is not JSON")

"""The one JSON door: what comes in is bounded, finite and storable; what goes out is compact UTF-8.

PostgreSQL stores neither NUL nor lone surrogates, no database stores NaN, and JavaScript loses
integers past 2**53; so all of these are refused here, with a pointer, before any view sees them.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any, Final

from django.conf import settings
from django.http import QueryDict
from rest_framework import parsers, renderers
from rest_framework.request import Request

from canvas.core.errors import Fault, Malformed, TooLarge, Unreadable

DEPTH_LIMIT: Final = 32
INTEGER_LIMIT: Final = 2**53
FAULTS_SHOWN: Final = 20


class _Doubled(dict[str, Any]):
    """An object that named a member twice; `name` is that member."""

    name: str = ""


def pointer_to(pointer: str, part: str | int) -> str:
    """Append one step to a JSON pointer.

    Source: RFC 6901, section 3.
    """
    return f"{pointer}/{str(part).replace('~', '~0').replace('/', '~1')}"


def text_fault(text: str) -> tuple[str, str] | None:
    """Name what makes a text unstorable, as (code, detail), or give None."""
    if "\x00" in text:
        return "nul-character", "Text must not contain the NUL character."
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "lone-surrogate", "Text must not contain half of a surrogate pair."
    return None


def clean_json(value: Any, pointer: str = "") -> Any:  # noqa: ANN401 any JSON value
    """Return a JSON value unchanged, once every text, number and depth in it is storable.

    Raises:
        Malformed: with a fault for each wrong place, the first 20 of them.
    """
    faults = list(islice(_faults(value, pointer, 0), FAULTS_SHOWN))
    if faults:
        raise Malformed("The JSON holds values that cannot be stored.", faults=faults)
    return value


def clean_query(query: QueryDict) -> None:
    """Refuse query parameters and form fields that hold unstorable text.

    Raises:
        Malformed: naming each parameter, as `?name`.
    """
    faults = [
        Fault(f"?{name if text_fault(name) is None else '…'}", *fault)
        for name, values in query.lists()
        for text in (name, *values)
        if isinstance(text, str) and (fault := text_fault(text))
    ]
    if faults:
        raise Malformed("A parameter holds text that cannot be stored.", faults=faults)


def read_json(body: bytes) -> Any:  # noqa: ANN401 any JSON value
    """Read one JSON document; an empty one reads as {}.

    Raises:
        Malformed: not UTF-8, not JSON, or see `clean_json`.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Malformed("The body is not UTF-8.", code="not-utf-8") from exc
    if not text.strip():
        return {}
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except RecursionError as exc:
        raise Malformed("The JSON is nested too deeply.", code="too-deep") from exc
    except json.JSONDecodeError as exc:
        place = f"line {exc.lineno}, column {exc.colno}"
        raise Malformed(f"The body is not JSON: {exc.msg} at {place}.") from exc
    except ValueError as exc:  # Python refuses to convert thousands of digits
        raise Malformed("The JSON holds a number with too many digits.") from exc
    return clean_json(value)


class JSONParser(parsers.BaseParser):
    """DRF's way through the door."""

    media_type = "application/json"
    renderer_class = None

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 any JSON value
        """Read the request's body, never more of it than the limit."""
        request: Request = (parser_context or {})["request"]
        _require_utf8(request)
        limit_bytes = settings.JSON_BODY_LIMIT_BYTES
        body = stream.read(limit_bytes + 1)
        if len(body) > limit_bytes:
            raise TooLarge(f"A JSON body may have at most {limit_bytes} bytes.")
        return read_json(body)


class MergePatchParser(JSONParser):
    """The same JSON under the name that RFC 7396 gives it."""

    media_type = "application/merge-patch+json"


class JSONRenderer(renderers.JSONRenderer):
    """Compact UTF-8; Decimals as strings, times in RFC 3339 with Z; NaN is a bug and raises."""

    compact = True
    ensure_ascii = False
    strict = True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counts = Counter(name for name, _ in pairs)
    doubled = _Doubled(found)
    doubled.name = counts.most_common(1)[0][0]
    return doubled


def _faults(value: Any, pointer: str, depth: int) -> Iterator[Fault]:  # noqa: ANN401 any JSON value
    if isinstance(value, str):
        if fault := text_fault(value):
            yield Fault(pointer, *fault)
    elif isinstance(value, dict | list):
        if depth >= DEPTH_LIMIT:
            yield Fault(pointer, "too-deep", f"Nesting ends at depth {DEPTH_LIMIT}.")
        else:
            yield from _faults_inside(value, pointer, depth)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield Fault(pointer, "not-finite", "NaN and Infinity are not JSON numbers.")
    elif isinstance(value, int) and abs(value) > INTEGER_LIMIT:
        yield Fault(pointer, "number-out-of-range", "Integers reach from -2^53 to 2^53.")


def _faults_inside(value: dict[str, Any] | list[Any], pointer: str, depth: int) -> Iterator[Fault]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{pointer}/{index}", depth + 1)
        return
    if isinstance(value, _Doubled):
        place = pointer_to(pointer, value.name) if text_fault(value.name) is None else pointer
        yield Fault(place, "duplicate-key", "An object names a member once.")
    for name, item in value.items():
        if fault := text_fault(name):
            yield Fault(pointer, *fault)
        else:
            yield from _faults(item, pointer_to(pointer, name), depth + 1)


def _require_utf8(request: Request) -> None:
    charset = request.content_type and _charset(str(request.content_type))
    if charset and charset.lower() not in {"utf-8", "utf8"}:
        raise Unreadable("JSON is read as UTF-8 only.", code="unsupported-media-type")


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""

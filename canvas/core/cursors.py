"""Cursors of paged lists as one word of an address: the order they belong to, and a place in it."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from canvas.core.errors import Fault, Malformed
from canvas.core.json import JSONRenderer, read_json

LONGEST: Final = 4_000


def write(order: Sequence[str], values: Sequence[str], *, backward: bool) -> str:
    """Write a cursor.

    Args:
        order: the columns of the list, "-" for descending.
        values: the texts of one row in these columns.
        backward: the page before the row is meant, not the one behind it.
    """
    body = JSONRenderer().render({"o": list(order), "v": list(values), "b": backward})
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def read(text: str, order: Sequence[str]) -> tuple[list[str], bool]:
    """Read the values of a cursor of this order, and whether it goes backward.

    Raises:
        Malformed: it is none, or of another order.
    """
    refusal = wrong("cursor", "Not a cursor of this list, or of another ordering.")
    if len(text) > LONGEST:
        raise refusal
    try:
        padded = text + "=" * (-len(text) % 4)
        found = read_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, Malformed) as exc:
        raise refusal from exc
    match found:
        case {"o": asked, "v": [*values], "b": bool(backward)} if (
            asked == list(order)
            and len(values) == len(order)
            and all(isinstance(value, str) for value in values)
        ):
            return values, backward
    raise refusal


def wrong(parameter: str, detail: str) -> Malformed:
    """Say what is wrong with a query parameter."""
    fault = Fault(f"?{parameter}", f"wrong-{parameter}", detail)
    return Malformed(f"The parameter {parameter} is wrong. {detail}", faults=[fault])

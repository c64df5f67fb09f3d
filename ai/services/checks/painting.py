"""The step of a live run that has a picture drawn, by whoever draws it cheapest."""

from decimal import Decimal
from typing import Final

from ai.openrouter.errors import NotFoundError
from ai.openrouter.images import ImageReply
from ai.openrouter.wire import ImageRequest
from ai.services.checks.abilities import Json, price_of
from ai.services.checks.findings import CheckFailedError
from ai.services.checks.visit import Visit

_MOST_IMAGE_MODELS: Final = 60
_TOKENS_OF_A_PICTURE: Final = 5_000


def picture(visit: Visit) -> str:
    """Have one picture drawn by the cheapest model of the images route."""
    slug, price_usd = _cheapest_painter(visit)
    order = ImageRequest(model=slug, prompt="A red circle on white paper")
    with visit.purse.paying(price_usd):
        drawn = visit.api.images(order)
    visit.purse.book(drawn.usage, price_usd)
    return f"{slug}: {_told(drawn)}"


def _cheapest_painter(visit: Visit) -> tuple[str, Decimal]:
    priced: list[tuple[Decimal, str]] = []
    for row in visit.api.image_models()[:_MOST_IMAGE_MODELS]:
        slug = str(row.get("id", ""))
        author, _, name = slug.partition("/")
        try:
            endpoints = visit.api.image_endpoints(author, name)
        except NotFoundError:
            continue  # listed, and served by nobody today
        told = [price for price in map(_price_at, endpoints) if price is not None]
        if told:
            priced.append((max(told), slug))
    if not priced:
        raise CheckFailedError("no image model has a known price")
    price, slug = min(priced)
    return slug, price


def _price_at(endpoint: Json) -> Decimal | None:
    """Return the most that one picture costs at an endpoint; None when it does not tell."""
    tokens = {"token": _TOKENS_OF_A_PICTURE}
    lines = endpoint.get("pricing")
    prices = [
        price * tokens.get(str(line.get("unit")), 1)
        for line in (lines if isinstance(lines, list) else [])
        if line.get("billable") == "output_image"
        and (price := price_of(line.get("cost_usd"))) is not None
    ]
    return max(prices, default=None)


def _told(drawn: ImageReply) -> str:
    first = drawn.pictures[0]
    return f"{first.media_type}, {len(first.content)} bytes"

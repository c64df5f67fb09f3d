"""The steps of a live run that only read. Each returns what it saw, or raises."""

from ai.openrouter.errors import PermissionDeniedError
from ai.services.checks.abilities import of_wire
from ai.services.checks.findings import CheckFailedError
from ai.services.checks.visit import Visit


def key(visit: Visit) -> str:
    """GET /key."""
    status = visit.api.key()
    left = "without limit" if status.remaining_usd is None else f"{status.remaining_usd:f} USD left"
    return f"{left}, {'free tier' if status.is_free_tier else 'paid'}"


def credits_left(visit: Visit) -> str:
    """GET /credits; only a management key may ask, so a 403 is as good an answer."""
    try:
        account = visit.api.credits()
    except PermissionDeniedError:
        return "refused with 403: the key is no management key"
    return f"{account.total_usd} USD bought, {account.used_usd} used"


def models(visit: Visit) -> str:
    """GET /models; fills `visit.known`."""
    rows = visit.api.models()
    visit.known = {ability.slug: ability for ability in map(of_wire, rows)}
    if not visit.known:
        raise CheckFailedError("the list is empty")
    return f"{len(rows)} models"


def model(visit: Visit) -> str:
    """GET /model/{author}/{slug}."""
    slug = visit.cheapest().slug
    found = visit.api.model(*_parts(slug))
    if found.get("id") != slug:
        raise CheckFailedError(f"asked for {slug}, told of {found.get('id')}")
    return slug


def endpoints(visit: Visit) -> str:
    """GET /models/{author}/{slug}/endpoints."""
    slug = visit.cheapest().slug
    found = visit.api.model_endpoints(*_parts(slug)).get("endpoints")
    if not isinstance(found, list) or not found:
        raise CheckFailedError(f"nobody serves {slug}")
    return f"{slug} is served at {len(found)}"


def providers(visit: Visit) -> str:
    """GET /providers."""
    found = visit.api.providers()
    if not found:
        raise CheckFailedError("the list is empty")
    return f"{len(found)} providers"


def generation(visit: Visit) -> str:
    """GET /generation for the last answer that came whole."""
    if visit.generation_id is None:
        raise CheckFailedError("no answer had an id")
    bill = visit.bill(visit.generation_id)
    if bill.cost_usd is None:
        raise CheckFailedError("the bill has no cost")
    return f"{bill.cost_usd:f} USD, {bill.completion_tokens} tokens, by {bill.provider}"


def _parts(slug: str) -> tuple[str, str]:
    author, _, name = slug.partition("/")
    return author, name

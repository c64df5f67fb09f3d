"""Saved lists, of the public shape or that of the service's web pages: each record as it is."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ai.catalogue import frontend, wire
from ai.catalogue.fetch import add_endpoints
from ai.catalogue.records import Listing
from ai.catalogue.values import Json
from ai.openrouter import jsontext


def read_files(paths: Iterable[Path]) -> Listing:
    """Read saved answers into one listing; a file that cannot be read is a problem in words."""
    listing = Listing()
    for path in paths:
        try:
            parsed = jsontext.parse(path.read_text(encoding="utf-8", errors="replace"))
        except (OSError, ValueError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else exc  # its words name the folder
            listing.problems.append(f"{path.name}: could not be read: {why}")
            continue
        _add(listing, parsed, path.name)
    if not (listing.models or listing.providers or listing.endpoints):
        listing.failure = "no record could be read"
    return listing


def _add(listing: Listing, parsed: Any, name: str) -> None:  # noqa: ANN401 any JSON value
    data = parsed.get("data", parsed) if isinstance(parsed, dict) else parsed
    if isinstance(parsed, dict):
        listing.is_simulated |= parsed.get("simulated") is True
    if isinstance(data, dict) and isinstance(data.get("endpoints"), list):
        _add_answer(listing, data, name)
        return
    if not isinstance(data, list):
        listing.problems.append(f"{name}: neither a list nor endpoints of a model")
        return
    for number, raw in enumerate(data):
        try:
            _add_record(listing, raw)
        except wire.RefusedRecordError as exc:
            listing.refuse(f"{name}, record {number + 1}", str(exc))
    if isinstance(parsed, dict) and _is_whole(parsed, data):
        listing.has_all_models = True


def _is_whole(parsed: Json, data: list[Any]) -> bool:
    """Say whether a file holds the whole list of models: only one that says so itself."""
    links = parsed.get("links")
    has_more = isinstance(links, dict) and links.get("next")
    is_models = any(isinstance(raw, dict) and "architecture" in raw for raw in data)
    return is_models and not has_more and parsed.get("total_count") == len(data)


def _add_answer(listing: Listing, data: Json, name: str) -> None:
    try:
        slug = wire.slug_of(data.get("id"))
    except wire.RefusedRecordError as exc:
        listing.refuse(name, str(exc))
        return
    add_endpoints(listing, slug, data)


def _add_record(listing: Listing, raw: object) -> None:
    if not isinstance(raw, dict):
        raise wire.RefusedRecordError("it is no object")
    if frontend.is_endpoint(raw):
        _add_front_end_endpoint(listing, raw)
    elif frontend.is_provider(raw):
        listing.add_provider(frontend.provider(raw))
    elif frontend.is_model(raw):
        listing.add_model(frontend.model(raw))
        inner = raw.get("endpoint")
        if isinstance(inner, dict) and frontend.is_endpoint(inner):
            listing.add_endpoint(frontend.endpoint(inner))
    elif "provider_name" in raw and "model_id" in raw:
        listing.add_endpoint(wire.endpoint(raw))
    elif "privacy_policy_url" in raw or ("slug" in raw and "id" not in raw):
        listing.add_provider(wire.provider(raw))
    else:
        listing.add_model(wire.model(raw))


def _add_front_end_endpoint(listing: Listing, raw: Json) -> None:
    """Take in an endpoint, and the model inside it where no list told of that."""
    record = frontend.endpoint(raw)
    inner = raw.get("model")
    if isinstance(inner, dict) and record.slug not in listing.models:
        own = {name: value for name, value in raw.items() if name != "model"}
        listing.add_model(frontend.model(inner | {"slug": record.slug, "endpoint": own}))
    listing.add_endpoint(record)

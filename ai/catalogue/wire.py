"""Records of the public lists: /models, /providers, endpoints, /images/models.

Permissive: a record is refused only when it does not say whose it is.

Source: https://openrouter.ai/docs/api_reference/models/get-models
"""

import re
from typing import Any, Final

from ai.catalogue import prices
from ai.catalogue.records import (
    EndpointRecord,
    ModelRecord,
    ProviderRecord,
    kept_wire,
    told,
)
from ai.catalogue.values import Json, Reader, modalities, storable
from ai.openrouter.text import clean

LONGEST_SLUG: Final = 200
LONGEST_KEY: Final = 290  # one may get a number behind it
_SLUG: Final = re.compile(r"~?[^\s/~]+/[^\s/][^\s]*")
_NOT_IN_A_SLUG: Final = re.compile(r"[^a-z0-9.]+")
_IN_PERCENT: Final = 100.0
_LONGEST_DESCRIPTION: Final = 20_000


class RefusedRecordError(ValueError):
    """A record that says nothing of whom it speaks."""


def slug_of(value: object) -> str:
    """Read the id of a model.

    Raises:
        RefusedRecordError: it is none, or one that no table can hold.
    """
    if not isinstance(value, str):
        raise RefusedRecordError(f"{prices.shown(value)} is no id")
    if clean(value) != value or not _SLUG.fullmatch(value) or len(value) > LONGEST_SLUG:
        raise RefusedRecordError(f"{prices.shown(clean(value))} is no id of a model")
    return value


def other_slug(reader: Reader, name: str) -> str | None:
    """Read another id of a model."""
    value = reader.record.get(name)
    if value is None or value == "":
        return None
    try:
        return slug_of(value)
    except RefusedRecordError as exc:
        reader.odd(name, str(exc))
        return None


def model(raw: object) -> ModelRecord:
    """Read a record of /models.

    Raises:
        RefusedRecordError: it has no id.
    """
    if not isinstance(raw, dict):
        raise RefusedRecordError(f"{prices.shown(raw)} is no record")
    slug = slug_of(raw.get("id"))
    reader = Reader(raw)
    shape = reader.inside("architecture")
    both = modalities(shape.record.get("modality")) or (None, None)
    inputs = shape.names("input_modalities") or both[0]
    outputs = shape.names("output_modalities") or both[1]
    top = reader.inside("top_provider")
    columns = told(
        name=reader.text("name", 200),
        author=slug.split("/")[0].lstrip("~")[:120],
        canonical_slug=other_slug(reader, "canonical_slug"),
        description=reader.text("description", _LONGEST_DESCRIPTION),
        context_length=reader.count("context_length") or top.count("context_length"),
        max_output_tokens=top.count("max_completion_tokens"),
        input_modalities=inputs,
        output_modalities=outputs,
        supported_parameters=reader.names("supported_parameters"),
        reasoning=storable(reader.inside("reasoning").record) or None,
        listed_at=reader.moment("created"),
    )
    if "expiration_date" in raw:  # here null says something: no end is announced (any more)
        end = reader.moment("expiration_date")
        if end is not None or raw["expiration_date"] is None:
            columns["expires_at"] = end
    pricing, varies = reader.inside("pricing").prices()
    return ModelRecord(
        key=slug,
        columns=columns,
        pricing=meant(pricing, slug=slug, inputs=inputs, outputs=outputs),
        varies=varies,
        wire=kept_wire(raw, reader.problems),
        problems=reader.problems,
        partial=reader.partial,
        alias_target=other_slug(reader.inside("alias_target"), "slug") or "",
    )


def meant(
    pricing: dict[str, str], *, slug: str, inputs: list[str] | None, outputs: list[str] | None
) -> dict[str, str]:
    """Leave out zeros that are no price: of tokens where pictures are paid, of pictures unseen.

    The lists must name a price for tokens and write "0" where there is none.
    """
    drop: set[str] = set()
    if outputs and "text" not in outputs and not slug.endswith(":free"):
        drop |= {"prompt", "completion"}
    if inputs and "image" not in inputs:
        drop |= {"image"}
    if outputs and "image" not in outputs:
        drop |= {"image_output"}
    return {unit: text for unit, text in pricing.items() if unit not in drop or text != "0"}


def provider(raw: object) -> ProviderRecord:
    """Read a record of /providers, which says nothing of what is done with data.

    Raises:
        RefusedRecordError: it has neither slug nor name.
    """
    if not isinstance(raw, dict):
        raise RefusedRecordError(f"{prices.shown(raw)} is no record")
    reader = Reader(raw)
    name = reader.text("name", 120)
    slug = reader.text("slug", 120) or provider_slug(name or "")
    if not slug:
        raise RefusedRecordError("a provider without slug and name")
    return ProviderRecord(
        key=slug,
        columns=told(
            name=name or slug,
            headquarters=reader.text("headquarters", 8),
            privacy_url=reader.text("privacy_policy_url", 2_000),
            terms_url=reader.text("terms_of_service_url", 2_000),
            status_url=reader.text("status_page_url", 2_000),
        ),
        wire=kept_wire(raw, reader.problems),
        problems=reader.problems,
    )


def provider_slug(name: str) -> str:
    """Make the slug that a provider of this name most likely has."""
    return _NOT_IN_A_SLUG.sub("-", name.lower()).strip("-")[:120]


def endpoint(raw: object, slug: object = None) -> EndpointRecord:
    """Read an endpoint of a model.

    Args:
        raw: a record of /models/{author}/{slug}/endpoints or of /endpoints/zdr.
        slug: whose it is; None where the record says so itself.

    Raises:
        RefusedRecordError: it does not say whose it is, or who serves.
    """
    if not isinstance(raw, dict):
        raise RefusedRecordError(f"{prices.shown(raw)} is no record")
    owner = slug_of(raw.get("model_id") if slug is None else slug)
    reader = Reader(raw)
    name, tag = reader.text("provider_name", 120), reader.text("tag", 120)
    if not (name or tag):
        raise RefusedRecordError(f"an endpoint of {owner} without provider")
    server = tag.split("/")[0] if tag else provider_slug(name or "")
    quantization = reader.text("quantization", 16)
    pricing, varies = reader.inside("pricing").prices()
    uptime = reader.number("uptime_last_30m", most=_IN_PERCENT)
    return EndpointRecord(
        key=endpoint_key(owner, tag or server, quantization, reader.text("service_tier", 40)),
        slug=owner,
        provider=ProviderRecord(key=server, columns={"name": name or server}),
        columns=told(
            name=reader.text("name", 300),
            tag=tag,
            quantization=quantization,
            context_length=reader.count("context_length"),
            max_output_tokens=reader.count("max_completion_tokens"),
            max_prompt_tokens=reader.count("max_prompt_tokens"),
            uptime_ratio=None if uptime is None else uptime / _IN_PERCENT,
            is_free=is_free(pricing),
            parameters=reader.names("supported_parameters"),
        ),
        pricing=pricing,
        varies=varies,
        wire=kept_wire(raw, reader.problems),
        problems=reader.problems,
        partial=reader.partial,
    )


def endpoint_key(slug: str, tag: str, quantization: str | None, tier: str | None = None) -> str:
    """Name an endpoint: its model, its tag, and what tells it from others of the same tag."""
    known = quantization not in {None, "", "unknown"} and f"/{quantization}" not in tag
    key = f"{slug}@{tag}" + (f"/{quantization}" if known else "") + (f":{tier}" if tier else "")
    return key[:LONGEST_KEY]


def is_free(pricing: dict[str, str]) -> bool | None:
    """Say whether words cost nothing; None while one of the two prices is unknown."""
    both = pricing.get("prompt"), pricing.get("completion")
    return None if None in both else both == ("0", "0")


def images_api(raw: Json, lines: list[Any]) -> tuple[Json, dict[str, str]]:
    """Read what the images route tells of a model, and the prices of its pictures.

    Args:
        raw: a record of /images/models.
        lines: the `pricing` of its endpoints, one after the other.

    Returns:
        What is kept in `wire.images_api`, and exact prices: the cheapest picture made, and a
        reference seen.
    """
    cheapest: dict[str, Any] = {}
    units = {"output_image": "image_output", "input_reference": "image", "input_image": "image"}
    for line in lines:
        unit = units.get(str(line.get("billable"))) if isinstance(line, dict) else None
        if unit is None or line.get("unit") != "image":
            continue
        try:
            price = prices.read(line.get("cost_usd"), unit=unit)
        except ValueError:
            continue
        if price != prices.VARIES and (unit not in cheapest or price < cheapest[unit]):
            cheapest[unit] = price
    kept = {
        name: raw[name] for name in ("supported_parameters", "supports_streaming") if name in raw
    }
    found = {unit: prices.exact(price) for unit, price in cheapest.items()}
    return kept_wire(kept | {"pricing": lines}, []), found

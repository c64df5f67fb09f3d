"""The richer records of the service's own web pages: models, all providers, endpoints of a model.

They are no published interface. Two lists below keep what the product's notes say of them: fields
that never hold what their name promises (their mark is [X]), which are not read, and fields whose
type or purpose is an assumption (their mark is [?]), which are kept in `wire` and not relied on.
"""

from collections.abc import Mapping
from typing import Final

from ai.catalogue import wire
from ai.catalogue.records import EndpointRecord, ModelRecord, ProviderRecord, kept_wire, told
from ai.catalogue.values import Json, Reader, storable

USELESS: Final[Mapping[str, frozenset[str]]] = {
    "provider": frozenset({"baseUrl", "editors", "owners"}),
    "model": frozenset({"hf_updated_at", "default_system", "router"}),
}
ASSUMED: Final[Mapping[str, frozenset[str]]] = {
    "provider": frozenset({"icon.invertRequired"}),
    "model": frozenset({"model_version_group_id", "instruct_type"}),
    "endpoint": frozenset(
        {
            "provider_group", "max_tokens_per_image", "is_byok", "pricing.input_cache_read",
            "pricing.internal_reasoning", "variable_pricings", "limit_rpm_cf",
            "features.supported_parameters", "supports_document_url",
        }
    ),
}  # fmt: skip
_STANDARD: Final = "standard"


def is_model(raw: Json) -> bool:
    """Say whether a record has the shape of models.json."""
    return "permaslug" in raw or ("slug" in raw and "input_modalities" in raw)


def is_provider(raw: Json) -> bool:
    """Say whether a record has the shape of all-providers.json."""
    return "dataPolicy" in raw or "displayName" in raw


def is_endpoint(raw: Json) -> bool:
    """Say whether a record has the shape of a model's endpoint file."""
    return "model_variant_slug" in raw or "provider_info" in raw


def model(raw: Json) -> ModelRecord:
    """Read a record of models.json. What it can and costs is told by its endpoint, if it has one.

    Raises:
        RefusedRecordError: it has no slug.
    """
    reader = Reader(raw)
    shown = reader.inside("endpoint")
    slug = wire.slug_of(raw.get("slug"))
    variant = shown.record.get("variant")
    if isinstance(variant, str) and variant not in {"", _STANDARD} and ":" not in slug:
        slug = wire.slug_of(shown.record.get("model_variant_slug") or f"{slug}:{variant}")
    inputs, outputs = reader.names("input_modalities"), reader.names("output_modalities")
    pricing, varies = shown.inside("pricing").prices()
    parameters = shown.record.get("supported_parameters")
    return ModelRecord(
        key=slug,
        columns=told(
            name=reader.text("name", 200),
            author=reader.text("author", 120) or slug.split("/")[0],
            canonical_slug=wire.other_slug(reader, "permaslug"),
            description=reader.text("description", 20_000),
            context_length=reader.count("context_length"),
            max_output_tokens=shown.count("max_completion_tokens"),
            input_modalities=inputs,
            output_modalities=outputs,
            supported_parameters=parameters_of(shown) if parameters is not None else None,
            reasoning=storable(reader.inside("reasoning_config").record) or None,
            listed_at=reader.moment("created_at"),
        ),
        pricing=wire.meant(pricing, slug=slug, inputs=inputs, outputs=outputs),
        varies=varies,
        wire=_kept(raw, "model", reader.problems),
        problems=reader.problems,
        partial=reader.partial,
    )


def parameters_of(endpoint: Reader) -> list[str] | None:
    """Read what an endpoint takes; two flags say it where the list does not."""
    names = endpoint.names("supported_parameters")
    flags = {"supports_tool_parameters": "tools", "supports_reasoning": "reasoning"}
    said = [name for flag, name in flags.items() if endpoint.record.get(flag) is True]
    return list(dict.fromkeys([*(names or ()), *said])) if names or said else names


def provider(raw: Json) -> ProviderRecord:
    """Read a record of all-providers.json, with what it does with data.

    Raises:
        RefusedRecordError: it has neither slug nor name.
    """
    reader = Reader(raw)
    name = reader.text("name", 120)
    slug = reader.text("slug", 120) or wire.provider_slug(name or "")
    if not slug:
        raise wire.RefusedRecordError("a provider without slug and name")
    policy = reader.inside("dataPolicy")
    return ProviderRecord(
        key=slug,
        columns=told(
            name=name or slug,
            display_name=reader.text("displayName", 120),
            headquarters=reader.text("headquarters", 8),
            has_chat_completions=reader.flag("hasChatCompletions"),
            is_abortable=reader.flag("isAbortable"),
            moderation_required=reader.flag("moderationRequired"),
            byok_enabled=reader.flag("byokEnabled"),
            requires_user_ids=policy.flag("requiresUserIDs"),
            privacy_url=policy.text("privacyPolicyURL", 2_000),
            terms_url=policy.text("termsOfServiceURL", 2_000),
            data_policy_url=policy.text("dataPolicyUrl", 2_000),
            status_url=reader.text("statusPageUrl", 2_000),
            **handling(policy),
        ),
        wire=_kept(raw, "provider", reader.problems),
        problems=reader.problems,
    )


def handling(policy: Reader) -> Json:
    """Read what happens to prompts of paid models; flags beside `paidModels` override it."""
    paid = policy.inside("paidModels")
    found = {
        "trains": (paid.flag("training"), policy.flag("training")),
        "retains_prompts": (paid.flag("retainsPrompts"), policy.flag("retainsPrompts")),
        "retention_days": (_days(paid), _days(policy)),
    }
    return told(**{k: mine if own is None else own for k, (mine, own) in found.items()})


def _days(policy: Reader) -> int | None:
    return 0 if policy.record.get("retentionDays") == 0 else policy.count("retentionDays")


def endpoint(raw: Json) -> EndpointRecord:
    """Read a record of a model's endpoint file.

    Raises:
        RefusedRecordError: it does not say whose it is, or who serves.
    """
    reader = Reader(raw)
    inner = reader.inside("model").record
    slug = wire.slug_of(raw.get("model_variant_slug") or inner.get("slug"))
    info = raw.get("provider_info")
    name = reader.text("provider_name", 120)
    if isinstance(info, dict) and is_provider(info):
        server = provider(info)
    elif name:
        server = ProviderRecord(key=wire.provider_slug(name), columns={"name": name})
    else:
        raise wire.RefusedRecordError(f"an endpoint of {slug} without provider")
    quantization = reader.text("quantization", 16)
    pricing, varies = reader.inside("pricing").prices()
    free = reader.flag("is_free")
    return EndpointRecord(
        key=wire.endpoint_key(slug, server.key, quantization),
        slug=slug,
        provider=server,
        columns=told(
            name=reader.text("name", 300),
            quantization=quantization,
            context_length=reader.count("context_length"),
            max_output_tokens=reader.count("max_completion_tokens"),
            max_prompt_tokens=reader.count("max_prompt_tokens"),
            max_prompt_images=reader.count("max_prompt_images"),
            is_free=wire.is_free(pricing) if free is None else free,
            is_disabled=reader.flag("is_disabled"),
            limit_rpm=reader.count("limit_rpm"),
            limit_rpd=reader.count("limit_rpd"),
            parameters=parameters_of(reader),
            **handling(reader.inside("data_policy")),
        ),
        pricing=pricing,
        varies=varies,
        wire=_kept(raw, "endpoint", reader.problems),
        problems=reader.problems,
        partial=reader.partial,
    )


def _kept(raw: Json, kind: str, problems: list[str]) -> Json:
    """Keep a record without what says nothing, and without the records inside it."""
    drop = USELESS.get(kind, frozenset()) | {"endpoint", "provider_info", "model"}
    return kept_wire({name: value for name, value in raw.items() if name not in drop}, problems)


def doubts() -> list[str]:
    """Say which fields are not relied on, in words for a report."""
    useless = sorted(f"{kind}.{name}" for kind, names in USELESS.items() for name in names)
    assumed = sorted(f"{kind}.{name}" for kind, names in ASSUMED.items() for name in names)
    return [
        f"not read, for it never holds what its name says: {', '.join(useless)}",
        f"kept and not relied on, its type or purpose being an assumption: {', '.join(assumed)}",
    ]

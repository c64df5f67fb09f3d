"""The models this simulator serves: ids, abilities and prices, read from the shipped list."""

import difflib
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from ai.simulator.errors import PROVIDER, Refusal
from ai.simulator.wire import Json

VARIANTS: Final = ("nitro", "floor", "exacto", "extended", "online", "thinking")
_MAX_OUTPUT_TOKENS: Final = 65_536
_DATE_TAIL: Final = re.compile(r"[-_@]?(20\d{6}|20\d\d-\d\d-\d\d)$")
_RIGHT_IDS: Final = {
    "anthropic/claude-3.5-haiku-20241022": "anthropic/claude-haiku-4.5",
    "anthropic/claude-sonnet-4-20250514": "anthropic/claude-sonnet-4.5",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the list, with the questions the endpoints ask about it."""

    row: dict[str, Json]

    @property
    def slug(self) -> str:
        """The id a request names."""
        return str(self.row["id"])

    @property
    def served_as(self) -> str:
        """The dated permaslug a reply names."""
        return str(self.row["canonical_slug"])

    @property
    def family(self) -> str:
        """The author part of the slug."""
        return self.slug.split("/")[0]

    @property
    def max_output_tokens(self) -> int:
        """What one answer may hold when the request says nothing."""
        return self.row["top_provider"]["max_completion_tokens"] or _MAX_OUTPUT_TOKENS

    @property
    def context_tokens(self) -> int:
        """What a request and its answer may hold together."""
        return int(self.row["context_length"])

    def reads(self, modality: str) -> bool:
        """Tell whether the model takes this kind of input."""
        return modality in self.row["architecture"]["input_modalities"]

    def writes(self, modality: str) -> bool:
        """Tell whether the model answers with this kind of output."""
        return modality in self.row["architecture"]["output_modalities"]

    def supports(self, parameter: str) -> bool:
        """Tell whether the model advertises a request parameter."""
        return parameter in self.row["supported_parameters"]

    def price_usd(self, unit: str) -> Decimal | None:
        """Return USD per token or piece, None where the list does not know."""
        value = self.row["pricing"].get(unit)
        return None if value is None else Decimal(value)

    def picture_usd(self, resolution: str) -> Decimal:
        """Return the price of one made picture at a resolution such as 1K."""
        lines = [line for line in self._image_lines() if line["billable"] == "output_image"]
        exact = [line for line in lines if line.get("variant") == resolution]
        return Decimal((exact or lines)[0]["cost_usd"]) if lines else Decimal(0)

    def reference_usd(self) -> Decimal:
        """Return the price of one reference picture on the images route."""
        lines = [line for line in self._image_lines() if line["billable"] == "input_reference"]
        return Decimal(lines[0]["cost_usd"]) if lines else Decimal(0)

    def _image_lines(self) -> list[dict[str, Json]]:
        """Return the price lines of the images route."""
        lines: list[dict[str, Json]] = self.row.get("images_api", {}).get("pricing", [])
        return lines


class Catalogue:
    """Every model by its id."""

    def __init__(self, path: Path) -> None:
        rows = json.loads(path.read_text(encoding="utf-8"))["data"]
        self._entries = {row["id"]: Entry(row) for row in rows}

    def entries(self) -> list[Entry]:
        """Return all models in the order of the list."""
        return list(self._entries.values())

    def get(self, slug: str) -> Entry:
        """Return the model a request names, routing shortcuts such as `:nitro` taken off.

        Raises:
            Refusal: 400 "... is not a valid model ID", with the right id where one is known.
        """
        base, _, variant = slug.partition(":")
        entry = self._entries.get(slug) or (
            self._entries.get(base) if variant in VARIANTS else None
        )
        if entry is None:
            raise _unknown(slug, self.suggestion(slug))
        return entry

    def suggestion(self, slug: str) -> str | None:
        """Return the id that was probably meant, or None."""
        if slug in _RIGHT_IDS:
            return _RIGHT_IDS[slug]
        for entry in self._entries.values():
            if slug in (entry.served_as, entry.slug.split("/")[-1]):
                return entry.slug
        undated = _DATE_TAIL.sub("", slug)
        close = difflib.get_close_matches(undated, list(self._entries), n=1, cutoff=0.8)
        return close[0] if close else None


def _unknown(slug: str, suggestion: str | None) -> Refusal:
    """Make the refusal of a model id nobody serves."""
    hint = f". Did you mean {suggestion}?" if suggestion else ""
    availability = {
        "code": "model_not_found",
        "retryable": False,
        "requested_models": [slug],
        "docs_url": "https://openrouter.ai/models",
    }
    if suggestion:
        availability["fallback_models"] = [suggestion]
    return Refusal(400, f"{slug} is not a valid model ID{hint}", availability=availability)


def shown_pricing(entry: Entry) -> dict[str, Json]:
    """Return the prices as lists show them: they must name two, and write -1 for "it depends"."""
    known: dict[str, Json] = entry.row["pricing"]
    return {"prompt": "-1", "completion": "-1"} | known


def endpoint_row(entry: Entry) -> dict[str, Json]:
    """Describe the one endpoint at which the simulator serves a model."""
    top = entry.row["top_provider"]
    return {
        "name": f"{PROVIDER} | {entry.served_as}",
        "model_id": entry.slug,
        "model_name": entry.row["name"],
        "provider_name": PROVIDER,
        "tag": "simulator",
        "quantization": None,
        "context_length": entry.row["context_length"],
        "max_completion_tokens": top["max_completion_tokens"],
        "max_prompt_tokens": None,
        "pricing": shown_pricing(entry),
        "supported_parameters": entry.row["supported_parameters"],
        "supports_implicit_caching": False,
        "supports_diarization": False,
        "service_tier": None,
        "native_tools": {},
        "supports_tool_choice": _tool_choice(entry),
        "status": 0,
        "uptime_last_30m": 100,
        "uptime_last_5m": 100,
        "uptime_last_1d": 100,
        "latency_last_30m": None,
        "throughput_last_30m": None,
    }


def _tool_choice(entry: Entry) -> dict[str, bool]:
    """Tell which values of `tool_choice` the endpoint takes."""
    able = entry.supports("tool_choice")
    return {"auto": able, "none": able, "required": able, "function": able}

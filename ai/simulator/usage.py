"""What an answer costs: tokens counted here, prices from the list, decimals throughout."""

from dataclasses import dataclass
from decimal import Decimal

from ai.simulator.answer import Answer
from ai.simulator.catalogue import Entry
from ai.simulator.wire import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The figures of one request; pictures with their own price are not charged as tokens."""

    prompt_tokens: int
    picture_tokens: int
    pictures: int
    completion_tokens: int
    reasoning_tokens: int = 0
    made_picture_tokens: int = 0
    prompt_usd: Decimal
    completion_usd: Decimal

    @property
    def cost_usd(self) -> Decimal:
        """The whole cost."""
        return self.prompt_usd + self.completion_usd

    def wire(self) -> dict[str, Json]:
        """Return the `usage` object of a reply."""
        prompt = self.prompt_tokens + self.picture_tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": self.completion_tokens,
            "total_tokens": prompt + self.completion_tokens,
            "cost": self.cost_usd,
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": 0,
                "cache_write_tokens": 0,
                "audio_tokens": 0,
                "video_tokens": 0,
            },
            "cost_details": {
                "upstream_inference_cost": None,
                "upstream_inference_prompt_cost": self.prompt_usd,
                "upstream_inference_completions_cost": self.completion_usd,
            },
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "image_tokens": self.made_picture_tokens,
                "audio_tokens": 0,
            },
        }


def prompt_usd(entry: Entry, text_tokens: int, picture_tokens: int, pictures: int) -> Decimal:
    """Price a prompt: words by token, pictures by piece where the list has a price for them."""
    per_token = entry.price_usd("prompt") or Decimal(0)
    per_picture = entry.price_usd("image")
    seen = per_token * picture_tokens if per_picture is None else per_picture * pictures
    return per_token * text_tokens + seen


def spent_on(
    entry: Entry,
    answer: Answer,
    *,
    text_tokens: int,
    picture_tokens: int = 0,
    pictures: int = 0,
    produced_tokens: int | None = None,
) -> Spent:
    """Price an answer, or the part of it that was produced before it broke off."""
    produced = answer.tokens if produced_tokens is None else produced_tokens
    words = produced - (answer.picture_tokens if produced_tokens is None else 0)
    per_token = entry.price_usd("completion") or Decimal(0)
    made = entry.price_usd("image_output") or Decimal(0)
    made_usd = made * len(answer.images) if produced_tokens is None else Decimal(0)
    asked_usd = prompt_usd(entry, text_tokens, picture_tokens, pictures)
    charged = Decimal(answer.finish_reason != "error")  # what failed at the provider is free
    return Spent(
        prompt_tokens=text_tokens,
        picture_tokens=picture_tokens,
        pictures=pictures,
        completion_tokens=produced,
        reasoning_tokens=min(answer.reasoning_tokens, produced),
        made_picture_tokens=answer.picture_tokens if produced_tokens is None else 0,
        prompt_usd=charged * asked_usd,
        completion_usd=charged * (per_token * words + made_usd),
    )

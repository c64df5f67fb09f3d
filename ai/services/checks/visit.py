"""One run against the live service: what it knows so far, and what its steps share."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ai.openrouter.client import OpenRouter
from ai.openrouter.errors import NotFoundError
from ai.openrouter.wire import ChatReply, Generation
from ai.services.checks.abilities import Ability
from ai.services.checks.findings import CheckFailedError
from ai.services.checks.purse import Purse

PROMPT_TOKENS: Final = 2_000  # more than any question here has, its picture included
_FIRST_WAIT_S: Final = 0.25


@dataclass(slots=True, kw_only=True)
class Visit:
    """What the steps of a run hand on to each other."""

    api: OpenRouter
    purse: Purse
    slugs: list[str]
    """The models of all stacks: only what is used is tried."""
    look_up_s: float
    known: dict[str, Ability] = field(default_factory=dict)
    """Filled by the step `models`."""
    generation_id: str | None = None
    """Of the last answer that came whole."""
    is_simulated: bool = False

    def cheapest(self, *needs: str, inputs: Collection[str] = ()) -> Ability:
        """Return the cheapest model of the stacks that can do this.

        Models that think come last, since thoughts are paid for; free ones, since they are limited
        by the day.

        Raises:
            CheckFailedError: none can.
        """
        able = [
            ability
            for ability in (self.known.get(slug) for slug in self.slugs)
            if ability is not None
            and ability.token_usd is not None
            and ability.parameters >= set(needs)
            and ability.inputs >= set(inputs)
        ]
        if not able:
            wanted = ", ".join((*needs, *inputs)) or "a known price"
            raise CheckFailedError(f"no model of the stacks has {wanted}")
        return min(able, key=_rank)

    def worst_usd(self, ability: Ability, max_tokens: int) -> Decimal:
        """Return what one call may cost."""
        prompt, completion = ability.prompt_usd or Decimal(0), ability.completion_usd or Decimal(0)
        return PROMPT_TOKENS * prompt + max_tokens * completion

    def heard(self, reply: ChatReply, worst_usd: Decimal) -> None:
        """Note what a whole answer cost and whose it was."""
        self.purse.book(reply.usage, worst_usd)
        self.generation_id = reply.generation_id or self.generation_id
        self.is_simulated = self.is_simulated or reply.simulated

    def bill(self, generation_id: str) -> Generation:
        """Ask for a bill until it is there.

        Raises:
            CheckFailedError: it did not come in time.
            OpenRouterError: the service says something else than "not yet".
        """
        until_s, wait_s = time.monotonic() + self.look_up_s, _FIRST_WAIT_S
        while True:
            try:
                return self.api.generation(generation_id)
            except NotFoundError:
                if time.monotonic() + wait_s > until_s:
                    raise CheckFailedError(f"no bill after {self.look_up_s:.0f} s") from None
            time.sleep(wait_s)
            wait_s *= 2


def _rank(ability: Ability) -> tuple[bool, bool, Decimal]:
    price = ability.token_usd or Decimal(0)
    return "reasoning" in ability.parameters, not price, price

"""What a run may spend, and what it has spent."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from ai.openrouter.errors import OpenRouterError, RateLimitedError, RejectedError
from ai.openrouter.wire import Usage
from ai.services.checks.findings import CheckFailedError


class Purse:
    """Refuses a call that might cost more than is left; an untold cost counts as the worst."""

    def __init__(self, most_usd: Decimal) -> None:
        self.spent_usd = Decimal(0)
        self._most_usd = most_usd

    @contextmanager
    def paying(self, worst_usd: Decimal) -> Iterator[None]:
        """Pay for a call that is made inside; one that fails may have cost what it might.

        Raises:
            CheckFailedError: the worst case does not fit; nothing may be sent.
        """
        self._refuse(worst_usd)
        try:
            yield
        except (RejectedError, RateLimitedError):
            raise  # never charged
        except OpenRouterError as exc:
            if not exc.never_sent:
                self.book(exc.usage, worst_usd)
            raise

    def give_back(self, usd: Decimal) -> None:
        """Take off what was counted too much."""
        self.spent_usd -= usd

    def _refuse(self, worst_usd: Decimal) -> None:
        if self.spent_usd + worst_usd > self._most_usd:
            raise CheckFailedError(
                f"left out: up to {worst_usd:f} USD on top of {self.spent_usd:f} "
                f"is more than the {self._most_usd:f} that may be spent"
            )

    def book(self, usage: Usage | None, worst_usd: Decimal) -> None:
        """Count what a call cost."""
        told = None if usage is None else usage.cost_usd
        self.spent_usd += worst_usd if told is None else told

"""One chat completion being answered: everything its two writers need."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ai.simulator.answer import Answer
from ai.simulator.bill import Bill, Line
from ai.simulator.catalogue import Entry
from ai.simulator.errors import PROVIDER
from ai.simulator.faults import Fault
from ai.simulator.odd import thin_usage
from ai.simulator.settings import Settings
from ai.simulator.usage import Spent
from ai.simulator.web import Request
from ai.simulator.wire import Json

_SLOW_S: Final = 1.0


@dataclass(slots=True, kw_only=True)
class Turn:
    """A request, its answer, its accident and its bill."""

    request: Request
    body: dict[str, Json]
    entry: Entry
    answer: Answer
    fault: Fault | None
    settings: Settings
    generation_id: str
    bill: Bill
    price: Callable[[int | None], Spent]
    """Price the whole answer (None) or so many produced tokens."""
    created: int
    billed: bool = False

    @property
    def spent(self) -> Spent:
        """The price of the whole answer."""
        return self.price(None)

    def usage(self) -> dict[str, Json]:
        """Return the usage as its key and value, as far as a fault leaves it."""
        return thin_usage(self.spent.wire(), self.fault)

    @property
    def streamed(self) -> bool:
        """Tell whether the request asked for a stream."""
        return self.body.get("stream") is True

    @property
    def ending(self) -> int:
        """The stream ending that is normal here."""
        return self.settings.ending

    @property
    def keepalive_s(self) -> float:
        """Longest silence before a comment."""
        return self.settings.keepalive_s

    @property
    def latency_s(self) -> float:
        """Time to the first token."""
        fault = self.fault
        if fault and fault.kind == "slow" and fault.word("at", "") != "headers":
            return fault.number("latency_s", fault.number("seconds", _SLOW_S))
        return self.settings.first_token_s

    @property
    def token_s(self) -> float:
        """Time for one token."""
        if self.fault and self.fault.kind == "slow":
            return self.fault.number("token_s", 1 / self.settings.tokens_per_second)
        return 1 / self.settings.tokens_per_second

    @property
    def leaves_out_content(self) -> bool:
        """Tell whether even the key of the words is missing."""
        fault = self.fault
        return fault is not None and fault.kind == "empty" and fault.how == "absent"

    def clock(self) -> float:
        """Return a steady time in seconds."""
        return time.monotonic()

    def envelope(self, kind: str) -> dict[str, Json]:
        """Return the keys that every reply and every chunk carry."""
        keys: dict[str, Json] = {
            "id": self.generation_id,
            "object": kind,
            "created": self.created,
            "model": self.entry.served_as,
            "provider": PROVIDER,
            "service_tier": None,
            "simulated": True,
        }
        return keys if kind.endswith("chunk") else keys | {"system_fingerprint": None}

    def settle(self, *, produced_tokens: int | None, completed: bool) -> None:
        """Write the line of the bill, once."""
        if self.billed:
            return
        self.billed = True
        spent = self.price(produced_tokens)
        self.bill.add(
            Line(
                generation_id=self.generation_id,
                model=self.entry.slug,
                prompt_tokens=spent.prompt_tokens + spent.picture_tokens,
                completion_tokens=spent.completion_tokens,
                cost_usd=spent.cost_usd,
                endpoint="chat",
                streamed=self.streamed,
                completed=completed,
                cancelled=self.request.presence.gone and not completed,
                call_id=(self.body.get("metadata") or {}).get("call_id"),
                finish_reason=self.answer.finish_reason if completed else None,
            )
        )

"""What one simulator remembers between requests."""

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

from ai.simulator.bill import Bill
from ai.simulator.catalogue import Catalogue
from ai.simulator.faults import Script
from ai.simulator.settings import Settings

if TYPE_CHECKING:
    from ai.simulator.wire import Json


class Simulator:
    """Settings, catalogue, bill, fault script and the last requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalogue = Catalogue(settings.models_path)
        self.bill = Bill()
        self.script = Script()
        self.requests: deque[dict[str, Json]] = deque(maxlen=settings.requests_kept)
        self.answered = 0

    def credit_left_usd(self) -> Decimal | None:
        """Return what is left of the account, None when it has no end."""
        credit = self.settings.credit_usd
        return None if credit is None else credit - self.bill.total_usd()

    def reset(self) -> None:
        """Forget bill, faults and requests."""
        self.bill.clear()
        self.script.clear()
        self.requests.clear()
        self.answered = 0

"""How one simulator behaves."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

SHIPPED_MODELS: Final = Path(__file__).resolve().parents[1] / "catalogue" / "shipped.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Speed, budget and temper of one simulator; the defaults are fast and friendly."""

    first_token_s: float = 0.01
    tokens_per_second: float = 2_000.0
    keepalive_s: float = 5.0
    """Silence after which a waiting reply gets a comment (stream) or a newline (plain)."""
    seed: int = 0
    credit_usd: Decimal | None = None
    """What the account can spend; None = without end."""
    obedient: bool = False
    """Obey words inside fenced data too, as a model that falls for an injection would."""
    ending: int = 3
    """Which of the six real stream endings is the normal one."""
    generation_misses: int = 0
    """How often GET /generation answers 404 for an id before it knows it."""
    requests_kept: int = 200
    models_path: Path = SHIPPED_MODELS

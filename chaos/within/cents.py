"""The coin of the ledger's experiments."""

from typing import Final

CENT_NUSD: Final = 10_000_000

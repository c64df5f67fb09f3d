"""Letting what fails rest, for all workers at once; then one call at a time tries it.

A model rests, or one of its providers while the catalogue knows another. A rate limit closes at
once, an outage the third time in a row. Each rest is twice the one before, at least what the
service asked for. Whoever comes meanwhile waits without a call, or goes to another provider.
"""

from ai.health.breaker import (
    FIRST_REST_S,
    LONGEST_ASKED_S,
    LONGEST_REST_S,
    OUTAGES_BEFORE_REST,
)
from ai.health.watch import Watch, watched

__all__ = [
    "FIRST_REST_S",
    "LONGEST_ASKED_S",
    "LONGEST_REST_S",
    "OUTAGES_BEFORE_REST",
    "Watch",
    "watched",
]

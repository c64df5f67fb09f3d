"""Which errors say that the database went away, and not that a statement was wrong."""

from typing import Final

from django.db import InterfaceError, InternalError, OperationalError
from psycopg.errors import IdleInTransactionSessionTimeout

OUTAGES: Final = (OperationalError, InterfaceError)


def is_outage(exc: BaseException) -> bool:
    """Say whether the database went away, or has ended a session that stood still too long.

    The latter is an internal error to psycopg, as mistakes of ours are.
    """
    stood_still = isinstance(exc.__cause__, IdleInTransactionSessionTimeout)
    return isinstance(exc, OUTAGES) or (isinstance(exc, InternalError) and stood_still)

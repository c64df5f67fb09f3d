"""The one door to the budget: hold the worst case, then write what it cost. Nothing else may.

    reserve   one conditional UPDATE holds the money, one INSERT keeps the call         reserved
    sent      about to leave                                                            sent
    named     the headers are here, and the generation's id with them                   sent
    settle    the cost is known: counted once, the hold is gone                         settled
    owe       it has ended, and its cost is not known yet: the hold stays               unknown
    fail      nothing is charged: the hold is gone                                      failed
    abandon   its worker died: what was sent is owed, what was not sent has failed

Each is a durable transaction of its own, whatever becomes of the job.
"""

from ai.ledger.calls import (
    Terms,
    abandon,
    abandon_orphans,
    expire,
    fail,
    named,
    owe,
    refuse_exhausted,
    reserve,
    sent,
    settle,
)
from ai.ledger.prices import tokens_of, worst_case_nusd

__all__ = [
    "Terms",
    "abandon",
    "abandon_orphans",
    "expire",
    "fail",
    "named",
    "owe",
    "refuse_exhausted",
    "reserve",
    "sent",
    "settle",
    "tokens_of",
    "worst_case_nusd",
]

"""Whether the counters equal the sums of the ledger's rows, and making them so.

One statement compares every purse with its calls, so it sees one moment, whatever is booked beside.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from ai.jobs.schedule import Act, register
from ai.ledger import reconcile, rows, warnings
from ai.models import Budget, CheckKind, LedgerCheck
from canvas.core.money import usd_text

logger = logging.getLogger(__name__)

COUNTERS: Final = ("spent_nusd", "hold_nusd", "tokens", "hold_tokens", "images")
MOST_TOLD: Final = 200
_SUMS: Final = """
    SUM(CASE WHEN status = 'settled' THEN cost_nusd ELSE 0 END) AS spent_nusd,
    SUM(hold_nusd) AS hold_nusd,
    SUM(CASE WHEN status = 'settled'
        THEN COALESCE(prompt_tokens, 0) + COALESCE(completion_tokens, 0) ELSE 0 END) AS tokens,
    SUM(hold_tokens) AS hold_tokens,
    SUM(images) AS images
"""
_FROM: Final = "FROM ai_upstreamcall"
# What each purse should say: months and days of workspaces, and projects.
_SHOULD: Final = f"""
    SELECT workspace_id, workspace_id AS scope_id, SUBSTR(day, 1, 7) AS period, payer, {_SUMS}
    {_FROM} GROUP BY workspace_id, SUBSTR(day, 1, 7), payer
    UNION ALL
    SELECT workspace_id, workspace_id AS scope_id, day AS period, payer, {_SUMS}
    {_FROM} GROUP BY workspace_id, day, payer
    UNION ALL
    SELECT workspace_id, project_id AS scope_id, '{rows.ALWAYS}' AS period, payer, {_SUMS}
    {_FROM} WHERE project_id IS NOT NULL GROUP BY workspace_id, project_id, payer
"""
_KEYS: Final = (
    "own.scope_id = should.scope_id AND own.period = should.period AND own.payer = should.payer"
)
_DIFFERS: Final = " OR ".join(f"COALESCE(own.{name}, 0) <> should.{name}" for name in COUNTERS)
_SAYS: Final = ", ".join(f"COALESCE(own.{name}, 0)" for name in COUNTERS)
_SHOULD_SAY: Final = ", ".join(f"should.{name}" for name in COUNTERS)
_LEFT_OVER: Final = " OR ".join(f"own.{name} <> 0" for name in COUNTERS)
_COMPARE: Final = f"""
    WITH should AS ({_SHOULD})
    SELECT should.workspace_id, should.scope_id, should.period, should.payer, {_SAYS}, {_SHOULD_SAY}
    FROM should LEFT JOIN ai_budget own ON {_KEYS}
    WHERE own.id IS NULL OR {_DIFFERS}
    UNION ALL
    SELECT own.workspace_id, own.scope_id, own.period, own.payer, {_SAYS}, 0, 0, 0, 0, 0
    FROM ai_budget own LEFT JOIN should ON {_KEYS}
    WHERE should.scope_id IS NULL AND ({_LEFT_OVER})
"""  # noqa: S608 our own words


NIGHTLY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)
KEYS_EVERY: Final = timedelta(minutes=2)


def schedule() -> None:
    """Have the books checked by the clock."""
    register(Act("ledger-counters", every=NIGHTLY, do=_nightly, first_after=HOURLY))
    register(Act("ledger-books", every=HOURLY, do=reconcile.compare, first_after=KEYS_EVERY))
    register(Act("ledger-keys", every=KEYS_EVERY, do=reconcile.probe, first_after=KEYS_EVERY))
    register(Act("budget-warnings", every=HOURLY, do=_rearm, first_after=HOURLY))


@dataclass(frozen=True, slots=True)
class Difference:
    """One purse whose counters are not the sums of its calls."""

    workspace_id: UUID
    scope_id: UUID
    period: str
    payer: str
    says: tuple[int, ...]
    should: tuple[int, ...]

    @property
    def words(self) -> str:
        """Say what is wrong."""
        what = "project" if self.period == rows.ALWAYS else "workspace"
        told = [
            f"{name.removesuffix('_nusd')} {_shown(name, says)} instead of {_shown(name, should)}"
            for name, says, should in zip(COUNTERS, self.says, self.should, strict=True)
            if says != should
        ]
        wrong = "; ".join(told) or "has no counters"
        return f"{what} {self.scope_id}, {self.period}, {self.payer}: {wrong}"


def differences() -> list[Difference]:
    """List the purses whose counters are not what their calls add up to."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE)
        found = [_difference(row) for row in cursor.fetchall()]
    return sorted(found, key=lambda one: (str(one.scope_id), one.period, one.payer))


def check() -> LedgerCheck:
    """Compare, and keep what was found."""
    found = differences()
    told = [one.words for one in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        told.append(f"and {len(found) - MOST_TOLD} more")
    months = [one for one in found if len(one.period) == len("YYYY-MM")]
    return LedgerCheck.objects.create(
        kind=CheckKind.COUNTERS,
        is_ok=not found,
        ours_nusd=sum(one.should[0] for one in months) if found else None,
        theirs_nusd=sum(one.says[0] for one in months) if found else None,
        detail=told,
    )


def mend(difference: Difference) -> bool:
    """Write what the calls add up to into a purse's counters, under its lock.

    Whoever books meanwhile waits for the lock, or has committed and is in the sums.

    Returns:
        False when the purse was right by now, or what it is about is gone.
    """
    project = difference.scope_id if difference.period == rows.ALWAYS else None
    key = {
        "scope_id": difference.scope_id,
        "period": difference.period,
        "payer": difference.payer,
    }
    with transaction.atomic():
        row = Budget(workspace_id=difference.workspace_id, project_id=project, **key)
        Budget.objects.bulk_create([row], ignore_conflicts=True)
        Budget.objects.select_for_update(no_key=True).get(**key)
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH should AS ({_SHOULD}) SELECT {_SHOULD_SAY} FROM should"  # noqa: S608 our own words
                " WHERE scope_id = %s AND period = %s AND payer = %s",
                [_as_stored(difference.scope_id), difference.period, difference.payer],
            )
            sums = cursor.fetchone() or (0,) * len(COUNTERS)
        right = {name: int(value) for name, value in zip(COUNTERS, sums, strict=True)}
        wrong = Budget.objects.filter(**key).exclude(**right)
        return wrong.update(**right) > 0


def _nightly() -> str:
    found = check()
    if found.is_ok:
        return "all counters equal the sums of their calls"
    logger.error("the ledger's counters are wrong: %s", "; ".join(found.detail[:10]))
    return f"wrong: {'; '.join(found.detail)}"


def _rearm() -> str:
    return f"{warnings.rearm()} purses may warn again"


def _difference(row: tuple[Any, ...]) -> Difference:
    workspace, scope, period, payer, *counters = row
    numbers = tuple(int(value) for value in counters)
    half = len(COUNTERS)
    return Difference(_id(workspace), _id(scope), period, payer, numbers[:half], numbers[half:])


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _as_stored(key: UUID) -> UUID | str:
    return key if connection.vendor == "postgresql" else key.hex


def _shown(name: str, value: int) -> str:
    return f"{usd_text(value)} USD" if name.endswith("_nusd") else str(value)

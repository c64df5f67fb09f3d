"""A sync: read the lists, then bring the tables up to them in one transaction, and report.

A sync that fails changes nothing: the last good state stays, and the report says why. What calls
itself simulated is refused unless it was asked for.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from ai import exchange
from ai.catalogue import report
from ai.catalogue.apply import HalfListError, apply
from ai.catalogue.fetch import Connect, fetch
from ai.catalogue.files import read_files
from ai.catalogue.records import Listing
from ai.jobs.schedule import Act, register
from ai.jobs.watchdog import Limits, watchdog
from ai.models import (
    CatalogueChange,
    CatalogueSync,
    Configuration,
    Source,
    Stack,
    SyncStatus,
)
from ai.openrouter.client import OpenRouter

logger = logging.getLogger(__name__)

Endpoints = Literal["stacks", "all", "none"]

ACT: Final = "catalogue-sync"
FIRST_AFTER: Final = timedelta(seconds=60)
BATCH: Final = 500
READ_TIMEOUT_S: Final = 60.0
LONGEST_S: Final = 300.0  # acts are done one at a time: a slow list must not keep the others
_MODELS: Final = ("chat_model", "outline_model", "vision_model", "image_model")
_SIMULATED: Final = (
    "simulated: the lists come from the simulator, which knows nothing of prices; nothing was "
    "changed. For its figures all the same, sync with --simulated."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sync ended. `sync` has no row when nothing was kept of it."""

    sync: CatalogueSync
    changes: Sequence[CatalogueChange] = ()

    @property
    def is_good(self) -> bool:
        """Whether the tables are as the lists say, odd records left aside."""
        return self.sync.status != SyncStatus.FAILED

    @property
    def headline(self) -> str:
        """The first line of the report."""
        return self.sync.report.split("\n", 1)[0]


def sync(
    *,
    endpoints: Endpoints = "stacks",
    simulated: bool = False,
    force: bool = False,
    dry_run: bool = False,
    connect: Connect | None = None,
) -> Outcome:
    """Read the lists of the service and bring the catalogue up to them.

    Args:
        endpoints: which models' endpoints to ask for: of those that stacks and configurations
            name, of all, of none.
        simulated: take the simulator's figures; they change no row that OpenRouter told.
        force: believe a list that lacks more than a third of our models.
        dry_run: keep nothing, and say what would change.
        connect: makes a client; by the settings when None.
    """
    started = time.monotonic()
    in_use = models_in_use() if endpoints == "stacks" else frozenset()

    def wanted(listing: Listing) -> list[str]:
        if endpoints == "none" or (listing.is_simulated and not simulated):
            return []
        return [slug for slug in listing.models if endpoints == "all" or slug in in_use]

    _let_go()
    listing = fetch(connect or _connect, endpoints_of=wanted)
    return _kept(listing, started, simulated=simulated, force=force, dry_run=dry_run)


def sync_files(
    paths: Sequence[Path], *, simulated: bool = False, force: bool = False, dry_run: bool = False
) -> Outcome:
    """Bring the catalogue up to saved lists; for arguments see `sync`."""
    started = time.monotonic()
    return _kept(read_files(paths), started, simulated=simulated, force=force, dry_run=dry_run)


def models_in_use() -> frozenset[str]:
    """Give the models that stacks and configurations name."""
    slugs = {
        slug
        for first, others in Stack.objects.values_list("model_slug", "fallback_slugs")
        for slug in (first, *others)
    }
    for chosen in Configuration.objects.values_list(*_MODELS):
        slugs |= set(chosen)
    return frozenset(slugs - {""})


def schedule() -> None:
    """Have the catalogue synced by the clock."""
    every = timedelta(seconds=settings.CATALOGUE_SYNC_EVERY_S)
    register(Act(ACT, every=every, do=by_the_clock, first_after=FIRST_AFTER))


def by_the_clock() -> str:
    """Sync once, and say in a few words how it went."""
    if not settings.OPENROUTER_API_KEY:
        return "no key: nothing was asked and nothing changed"
    return sync().headline


def _kept(
    listing: Listing, started: float, *, simulated: bool, force: bool, dry_run: bool
) -> Outcome:
    """Apply what was read, and keep the sync with its history."""
    source = Source.SIMULATOR if listing.is_simulated else Source.OPENROUTER
    row = CatalogueSync(source=source)
    if listing.is_simulated and not simulated:
        return _failed(row, listing, _SIMULATED, started, keep=False)
    if listing.failure:
        return _failed(row, listing, listing.failure, started, keep=not dry_run)
    try:
        with transaction.atomic(durable=True):
            outcome = _applied(row, listing, started, source=source, force=force)
            if dry_run:
                transaction.set_rollback(True)
    except (HalfListError, DatabaseError) as exc:
        return _failed(row, listing, str(exc), started, keep=not dry_run)
    logger.info("catalogue synced: %s", outcome.headline)
    return outcome


def _applied(
    row: CatalogueSync, listing: Listing, started: float, *, source: Source, force: bool
) -> Outcome:
    tally = apply(listing, source=source, force=force)
    row.counts = tally.shown(refused=listing.refused)
    row.status = SyncStatus.PARTIAL if tally.problems else SyncStatus.SUCCEEDED
    row.problems = tally.problems[: report.MOST_PROBLEMS]
    row.report = report.write(row.counts, tally.changes, tally.problems)
    row.seconds = round(time.monotonic() - started, 3)
    row.save(force_insert=True)
    for change in tally.changes:
        change.sync = row
    CatalogueChange.objects.bulk_create(tally.changes, BATCH)
    return Outcome(row, tally.changes)


def _failed(
    row: CatalogueSync, listing: Listing, why: str, started: float, *, keep: bool
) -> Outcome:
    problems = listing.all_problems()
    row.status = SyncStatus.FAILED
    row.counts = report.Tally().shown(refused=listing.refused)
    row.problems = [why, *problems][: report.MOST_PROBLEMS]
    row.report = "\n".join([why, *(f"- {problem}" for problem in row.problems[1:])])
    row.seconds = round(time.monotonic() - started, 3)
    if keep:
        row.save(force_insert=True)
    logger.warning("catalogue not synced: %s", why)
    return Outcome(row)


@contextmanager
def _connect() -> Iterator[OpenRouter]:
    """Lend a client, and end its calls when all of them together take too long."""
    with (
        exchange.new_client(read_timeout_s=READ_TIMEOUT_S) as api,
        watchdog.watching(uuid4(), api.abort, Limits(LONGEST_S, LONGEST_S, LONGEST_S)),
    ):
        yield api


def _let_go() -> None:
    """Hold no connection of the database while the network is awaited."""
    if not connection.in_atomic_block:
        connection.close()

"""What was read, into the tables: rows that changed, and one line of history for each change.

Called inside one transaction. Statements: one read a table, one write a batch of rows, whatever
the number of models.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Model
from django.utils import timezone

from ai.catalogue import aliases
from ai.catalogue.diff import NAME_ONLY, Row, merge
from ai.catalogue.records import EndpointRecord, Listing, ProviderRecord, Record
from ai.catalogue.report import LISTED, Tally
from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider, Source

BATCH: Final = 500
LOST: Final = 3  # a list that lacks more than a third of what is known is half a list


class HalfListError(Exception):
    """The list lacks so many models that it is more likely broken than true."""


def apply(listing: Listing, *, source: str, force: bool = False) -> Tally:
    """Bring the tables up to what was read.

    Args:
        listing: what was read.
        source: of the figures; what the simulator says changes no row that OpenRouter told.
        force: take a list for whole although it lacks more than a third of our models.

    Raises:
        HalfListError: nothing was changed.
    """
    tally, now = Tally(problems=listing.all_problems()), timezone.now()
    entries = {row.slug: row for row in CatalogueEntry.objects.select_for_update().order_by("slug")}
    if listing.has_all_models and source != Source.SIMULATOR and not force:
        refuse_half(entries, listing.seen)
    _models(listing, entries, source, now, tally)
    providers = _providers(listing, source, now, tally)
    _endpoints(listing, entries, providers, source, now, tally, force=force)
    aliases.learn(listing.models.values())
    return tally


def refuse_half(entries: Mapping[str, CatalogueEntry], seen: set[str]) -> None:
    """Refuse a list that lacks more than a third of our live models.

    Of those that came with this service, and of no list yet, it may lack many: unless the list is
    shorter than what we know, that says nothing.

    Raises:
        HalfListError: with both numbers.
    """
    live = [row for row in entries.values() if row.gone_at is None]
    heard = [row for row in live if row.source == Source.OPENROUTER]
    for known, counts in ((heard, True), (live, len(seen) < len(live))):
        lost = sum(row.slug not in seen for row in known)
        if counts and lost * LOST > len(known):
            raise HalfListError(
                f"half a list: {lost} of {len(known)} live models are not in it; nothing was "
                "changed. If they are really gone, sync once with --force."
            )


def _models(
    listing: Listing, entries: dict[str, CatalogueEntry], source: str, now: datetime, tally: Tally
) -> None:
    rows: list[Row] = []
    for record in listing.models.values():
        row = entries.get(record.key)
        is_new = row is None
        if row is None:
            row = entries[record.key] = CatalogueEntry(slug=record.key, name=record.key)
        if _put(row, record, kind="model", is_new=is_new, source=source, tally=tally):
            rows.append(row)
    if listing.has_all_models and source != Source.SIMULATOR:
        gone = [row for slug, row in entries.items() if slug not in listing.seen]
        rows += _leave(gone, "model", now, tally)
    _save(CatalogueEntry, rows, ["slug"])


def _providers(
    listing: Listing, source: str, now: datetime, tally: Tally
) -> dict[str, CatalogueProvider]:
    known = {row.slug: row for row in CatalogueProvider.objects.all()}
    by_name = {row.name: row for row in known.values()}
    rows: dict[str, Row] = {}
    for record in [*listing.providers.values(), *_served_by(listing)]:
        row, told = known.get(record.key), record
        if row is None and set(record.columns) <= NAME_ONLY:
            row = by_name.get(record.columns.get("name", ""))  # its slug was only guessed
        if row is not None and set(record.columns) <= NAME_ONLY:
            known.setdefault(record.key, row)
            if row.gone_at is None:
                continue
            told = ProviderRecord(key=row.slug)  # it serves again; its guessed name says nothing
        is_new = row is None
        if row is None:
            row = known[record.key] = CatalogueProvider(slug=record.key, name=record.key)
            by_name[record.columns.get("name", record.key)] = row
        if _put(row, told, kind="provider", is_new=is_new, source=source, tally=tally):
            rows[row.slug] = row
    if listing.has_all_providers and source != Source.SIMULATOR:
        served = {record.provider.key for record in listing.endpoints.values() if record.provider}
        heard = set(listing.providers) | {known[slug].slug for slug in served} | _serving()
        gone = [row for slug, row in known.items() if slug == row.slug and slug not in heard]
        if len(gone) * LOST > len(known) and len(listing.providers) < len(known):
            tally.problems.append(
                f"half a list: {len(gone)} of {len(known)} providers are not in it; all were kept"
            )
        else:
            rows |= {str(row.pk): row for row in _leave(gone, "provider", now, tally)}
    _save(CatalogueProvider, rows.values(), ["slug"])
    return known


def _serving() -> set[str]:
    """Give the providers that have a live endpoint: they serve, whatever their list says."""
    live = CatalogueEndpoint.objects.filter(gone_at=None, provider__isnull=False)
    return set(live.values_list("provider_id", flat=True).order_by().distinct())


def _served_by(listing: Listing) -> list[ProviderRecord]:
    """Give the providers that only endpoints tell of, once each."""
    found: dict[str, ProviderRecord] = {}
    for record in listing.endpoints.values():
        server = record.provider
        if server is not None and server.key not in listing.providers:
            other = found.get(server.key)
            if other is None or set(other.columns) <= NAME_ONLY:
                found[server.key] = server
    return list(found.values())


def _endpoints(
    listing: Listing,
    entries: Mapping[str, CatalogueEntry],
    providers: Mapping[str, CatalogueProvider],
    source: str,
    now: datetime,
    tally: Tally,
    *,
    force: bool,
) -> None:
    if not listing.endpoints and not listing.endpoints_of and listing.zdr is None:
        return
    known = {row.key: row for row in CatalogueEndpoint.objects.select_related("entry")}
    rows: dict[str, Row] = {}
    for record in listing.endpoints.values():
        entry = entries.get(record.slug)
        if entry is None:
            tally.problems.append(f"{record.key}: the catalogue has no model {record.slug}")
            continue
        row, is_new = known.get(record.key), record.key not in known
        server = providers.get(record.provider.key) if record.provider else None
        if row is None:
            row = known[record.key] = CatalogueEndpoint(key=record.key, entry=entry)
        _serve(row, record, server, listing.zdr)
        if _put(row, record, kind="endpoint", is_new=is_new, source=source, tally=tally):
            rows[str(row.pk)] = row
    if source != Source.SIMULATOR:
        rows |= _left_out(listing, known, now, tally, force=force)
    _save(CatalogueEndpoint, rows.values(), ["key"])


def _serve(
    row: CatalogueEndpoint,
    record: EndpointRecord,
    server: CatalogueProvider | None,
    zdr: set[str] | None,
) -> None:
    """Say who serves and whether nothing is kept, as columns of the record."""
    if server is not None and row.provider_id != server.slug:
        record.columns["provider_id"] = server.slug
        row.provider = server
        row.wire = {}  # so that the row is written
    if zdr is not None:
        record.columns["is_zdr"] = record.key in zdr


def _left_out(
    listing: Listing,
    known: Mapping[str, CatalogueEndpoint],
    now: datetime,
    tally: Tally,
    *,
    force: bool,
) -> dict[str, Row]:
    """Mark endpoints that are not listed any more, and those that are on no list of ZDR."""
    told = listing.endpoints_of if force else listing.endpoints_of - _emptied(listing, known, tally)
    gone = [
        row for key, row in known.items() if row.entry_id in told and key not in listing.endpoints
    ]
    rows = {str(row.pk): row for row in _leave(gone, "endpoint", now, tally)}
    if listing.zdr is not None:
        for key, row in known.items():
            if row.is_zdr and key not in listing.zdr and row.source != Source.SHIPPED:
                tally.note("endpoint", key, "is_zdr", before=True, after=False)
                row.is_zdr = False
                rows[str(row.pk)] = row
    return rows


def _emptied(listing: Listing, known: Mapping[str, CatalogueEndpoint], tally: Tally) -> set[str]:
    """Name the models whose list of endpoints is empty now and was not."""
    heard = {record.slug for record in listing.endpoints.values()}
    live = Counter(row.entry_id for row in known.values() if row.gone_at is None)
    empty = {slug for slug in listing.endpoints_of - heard if live[slug]}
    tally.problems += [
        f"{slug}: its list of endpoints is empty; all {live[slug]} were kept"
        for slug in sorted(empty)
    ]
    return empty


def _put(row: Row, record: Record, *, kind: str, is_new: bool, source: str, tally: Tally) -> bool:
    """Put a record into its row; True when the row is to be written."""
    if source == Source.SIMULATOR and not is_new and row.source == Source.OPENROUTER:
        return False
    found = merge(row, record)
    tally.problems += found.problems
    if is_new:
        row.source = source
        tally.count(kind, "new")
        tally.note(kind, record.key, LISTED, before=None, after=True)
        return True
    is_back = row.gone_at is not None
    if is_back:
        row.gone_at = None
        tally.count(kind, "back")
        tally.note(kind, record.key, LISTED, before=False, after=True)
    for name, before, after in found.fields:
        tally.note(kind, record.key, name, before, after)
    if found.is_repriced:
        tally.count(kind, "repriced")
    if found.is_changed:
        tally.count(kind, "changed")
    is_resourced = row.source != source
    row.source = source
    return found.is_touched or is_back or is_resourced


def _leave(rows: Iterable[Row], kind: str, now: datetime, tally: Tally) -> list[Row]:
    """Mark live rows as gone; they stay, for jobs, stacks and the ledger name them."""
    left = [row for row in rows if row.gone_at is None]
    for row in left:
        row.gone_at = now
        key = row.key if isinstance(row, CatalogueEndpoint) else row.slug
        tally.count(kind, "gone")
        tally.note(kind, key, LISTED, before=True, after=False)
    return left


def _save(table: type[Model], rows: Iterable[Any], unique: Sequence[str]) -> None:
    """Write rows, new and known, a batch a statement, in an order that cannot deadlock."""
    ordered = sorted(rows, key=lambda row: str(getattr(row, unique[0])))
    keep = {*unique, table._meta.pk.name if table._meta.pk else ""}
    names = [column.name for column in table._meta.concrete_fields if column.name not in keep]
    table._default_manager.bulk_create(
        ordered, BATCH, update_conflicts=True, unique_fields=unique, update_fields=names
    )

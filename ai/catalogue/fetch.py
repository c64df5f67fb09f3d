"""Reading the lists over the network: all of them first, no table touched meanwhile.

Each list may fail by itself. Only without the first page of /models there is nothing to go by.
"""

import contextlib
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Final
from urllib.parse import quote

from ai.catalogue import wire
from ai.catalogue.records import Listing
from ai.openrouter.client import OpenRouter
from ai.openrouter.errors import OpenRouterError
from ai.openrouter.lists import Page

Connect = Callable[[], AbstractContextManager[OpenRouter]]

MOST_PAGES: Final = 100
AT_ONCE: Final = 8
_MODELS_QUERY: Final = {"output_modalities": "all", "offset": "0", "limit": "1000"}


class _Pages:
    """All pages of one list, as far as they could be read."""

    def __init__(self, api: OpenRouter, path: str, query: dict[str, str] | None = None) -> None:
        self.records: list[Any] = []
        self.problem = ""
        self.pages = 0
        self.total: int | None = None
        self.is_simulated = False
        try:
            for page in _follow(api, path, query):
                self.records += page.records
                self.pages += 1
                self.total = page.total_count if page.total_count is not None else self.total
                self.is_simulated |= bool(page.simulated)
        except (OpenRouterError, _CircleError) as exc:
            self.problem = f"{path}: page {self.pages + 1} could not be read: {exc}"
        if not self.problem and self.total is not None and self.total > len(self.records):
            self.problem = f"{path}: it has {self.total} records and {len(self.records)} came"


class _CircleError(Exception):
    """A list that leads back to where it was, or has no end."""


def _follow(api: OpenRouter, path: str, query: dict[str, str] | None) -> Iterator[Page]:
    asked: list[dict[str, str] | None] = []
    while True:
        if query in asked or len(asked) == MOST_PAGES:
            raise _CircleError("the link to the next page leads in a circle")
        asked.append(query)
        page = api.page(path, query)
        yield page
        if page.next_query is None:
            return
        query = page.next_query


def fetch(connect: Connect, *, endpoints_of: Callable[[Listing], Sequence[str]]) -> Listing:
    """Read every list.

    Args:
        connect: makes a client; each belongs to one thread.
        endpoints_of: says which of the models that were found to ask for endpoints.
    """
    listing = Listing()
    with connect() as api:
        _read_models(api, listing)
        if listing.failure:
            return listing
        _read_providers(api, listing)
        asked = list(dict.fromkeys(endpoints_of(listing)))
        if asked:
            _read_endpoints(connect, listing, asked)
            _read_images(api, listing, set(asked))
            _read_zdr(api, listing)
    return listing


def _read_models(api: OpenRouter, listing: Listing) -> None:
    pages = _Pages(api, "/models", _MODELS_QUERY)
    listing.is_simulated = pages.is_simulated
    if not pages.records:
        listing.failure = pages.problem or "/models: the list is empty"
        return
    listing.has_all_models = not pages.problem
    if pages.problem:
        listing.problems.append(f"{pages.problem}; nothing was taken for gone")
    add_models(listing, pages.records)


def add_models(listing: Listing, records: Sequence[Any]) -> None:
    """Read records of /models into a listing."""
    for number, raw in enumerate(records):
        try:
            listing.add_model(wire.model(raw))
        except wire.RefusedRecordError as exc:
            listing.refuse(f"model {number + 1} of the list", str(exc))


def _read_providers(api: OpenRouter, listing: Listing) -> None:
    pages = _Pages(api, "/providers")
    if pages.problem:
        listing.problems.append(pages.problem)
    for number, raw in enumerate(pages.records):
        try:
            listing.add_provider(wire.provider(raw))
        except wire.RefusedRecordError as exc:
            listing.refuse(f"provider {number + 1} of the list", str(exc))
    listing.has_all_providers = bool(pages.records) and not pages.problem


def _read_endpoints(connect: Connect, listing: Listing, slugs: Sequence[str]) -> None:
    """Ask for the endpoints of many models, a few at a time."""
    paths = [f"/models/{quote(slug, safe='/:~@')}/endpoints" for slug in slugs]
    with (
        _clients(connect, min(AT_ONCE, len(slugs))) as ask,
        ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="catalogue") as pool,
    ):
        answers = list(pool.map(ask, paths))
    for slug, answer in zip(slugs, answers, strict=True):
        if isinstance(answer, OpenRouterError):
            listing.problems.append(f"{slug}: its endpoints could not be read: {answer}")
        else:
            add_endpoints(listing, slug, answer.data)


@contextlib.contextmanager
def _clients(connect: Connect, count: int) -> Iterator[Callable[[str], "Page | OpenRouterError"]]:
    """Lend one of a few clients to whichever thread asks."""
    with contextlib.ExitStack() as stack:
        free: queue.SimpleQueue[OpenRouter] = queue.SimpleQueue()
        for _ in range(count):
            free.put(stack.enter_context(connect()))

        def ask(path: str) -> Page | OpenRouterError:
            api = free.get()
            try:
                return api.page(path)
            except OpenRouterError as exc:
                return exc
            finally:
                free.put(api)

        yield ask


def add_endpoints(listing: Listing, slug: str, data: object) -> None:
    """Read the answer about one model's endpoints into a listing."""
    rows = data.get("endpoints") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        listing.problems.append(f"{slug}: an answer without its list of endpoints")
        return
    whole = True
    for raw in rows:
        try:
            listing.add_endpoint(wire.endpoint(raw, slug))
        except wire.RefusedRecordError as exc:
            listing.refuse(f"an endpoint of {slug}", str(exc))
            whole = False
    if whole:
        listing.endpoints_of.add(slug)


def _read_images(api: OpenRouter, listing: Listing, wanted: set[str]) -> None:
    """Ask what pictures cost, of the wanted models that the images route has."""
    pages = _Pages(api, "/images/models")
    if pages.problem:
        listing.problems.append(pages.problem)
    for raw in pages.records:
        slug = raw.get("id") if isinstance(raw, dict) else None
        record = listing.models.get(slug) if isinstance(slug, str) and slug in wanted else None
        if record is None:
            continue
        try:
            answer = api.page(f"/images/models/{quote(record.key, safe='/:~@')}/endpoints").data
        except OpenRouterError as exc:
            listing.problems.append(f"{slug}: its pictures' prices could not be read: {exc}")
            continue
        served = answer.get("endpoints") if isinstance(answer, dict) else None
        lines = [
            line
            for one in served if isinstance(one, dict) and isinstance(one.get("pricing"), list)
            for line in one["pricing"]
        ] if isinstance(served, list) else []  # fmt: skip
        kept, prices = wire.images_api(raw, lines)
        record.wire["images_api"] = kept
        record.pricing |= prices


def _read_zdr(api: OpenRouter, listing: Listing) -> None:
    """Note which endpoints keep nothing; those that no other list told are taken in."""
    pages = _Pages(api, "/endpoints/zdr")
    if pages.problem:
        listing.problems.append(pages.problem)
        return
    listing.zdr = set()
    for number, raw in enumerate(pages.records):
        try:
            record = wire.endpoint(raw)
        except wire.RefusedRecordError as exc:
            listing.refuse(f"ZDR endpoint {number + 1} of the list", str(exc))
            continue
        listing.zdr.add(record.key)
        if record.key not in listing.endpoints and record.slug in listing.models:
            record.is_listed = False
            listing.add_endpoint(record)

"""The bible of a document against the rows: characters, locations and pictures."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from scenes.models import BibleEntry, Category, VisualAsset
from scenes.services.bible import name_key
from scenes.services.changes import Recording
from scenes.services.documents import members
from scenes.services.documents.addresses import asset_address, asset_columns
from scenes.services.documents.canvas import Canvas
from scenes.services.documents.lists import Differences, Item, matched, missing, pointers
from scenes.services.documents.members import changed, columns

_LISTS: Final = {"characters": Category.CHARACTER, "locations": Category.LOCATION}
_NAME_KEY_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One entry of the document, and which of the two lists it stands in."""

    category: Category
    item: Item
    pointer: str

    @property
    def name_key(self) -> str:
        return name_key(self.item["name"])[:_NAME_KEY_CHARS]


def save_bible(act: Recording, canvas: Canvas, bible: Mapping[str, Any], base_url: str) -> None:
    """Bring entries and pictures to what the document says; props and styles stay as they are.

    Raises:
        Invalid: `duplicate-id`.
    """
    entries = _entry_differences(act, canvas, bible)
    with _names_free(entries):
        entries.apply(act)
    _asset_differences(act, canvas, bible["visualAssets"], base_url).apply(act)


def _entry_differences(
    act: Recording, canvas: Canvas, bible: Mapping[str, Any]
) -> Differences[BibleEntry]:
    wanted = [
        _Wanted(category, item, place)
        for name, category in _LISTS.items()
        for item, place in zip(bible[name], pointers(f"/bible/{name}", bible[name]), strict=True)
    ]
    found = _found(canvas.entries, wanted)
    listed = [row for row in canvas.entries if row.category in _LISTS.values()]
    todo: Differences[BibleEntry] = Differences(gone=missing(listed, found))
    now = timezone.now()
    for index, (want, row) in enumerate(zip(wanted, found, strict=True)):
        if row is not None:
            if values := dict(_entry_values(row, want)):
                todo.edits.append((row, values))
            continue
        todo.new.append(
            BibleEntry(
                project=canvas.project,
                client_key=want.item["id"],
                category=want.category,
                name_key=want.name_key,
                origin=act.origin(),
                # Entries are listed by their time, so new ones get times that rise.
                created_at=now + timedelta(microseconds=index),
                **columns(members.ENTRY, want.item),
            )
        )
    new = iter(todo.new)
    rows = [row or next(new) for row in found]
    characters = len(bible["characters"])
    todo.keep_order(rows[:characters])
    todo.keep_order(rows[characters:])
    return todo


def _found(rows: Sequence[BibleEntry], wanted: Sequence[_Wanted]) -> list[BibleEntry | None]:
    """Match by id, whatever the category; then by name, among what no id named."""
    found = matched(rows, [want.item for want in wanted], [want.pointer for want in wanted])
    by_name = {(row.category, row.name_key): row for row in missing(rows, found)}
    return [
        row or by_name.get((want.category, want.name_key))
        for want, row in zip(wanted, found, strict=True)
    ]


def _entry_values(row: BibleEntry, want: _Wanted) -> Iterator[tuple[str, Any]]:
    yield from changed(members.ENTRY, row, want.item).items()
    if row.name_key != want.name_key:
        yield "name_key", want.name_key
    if row.category != want.category:
        yield "category", want.category
    if want.item["id"] not in {row.client_key, str(row.pk)}:
        yield "client_key", want.item["id"]


@contextmanager
def _names_free(todo: Differences[BibleEntry]) -> Iterator[None]:
    """Let entries exchange names or lists: in between, each has a key that nobody else has."""
    moving = [(row, values) for row, values in todo.edits if {"name_key", "category"} & {*values}]
    for row, _ in moving:
        BibleEntry.objects.filter(pk=row.pk).update(name_key=f"~{row.pk}")
    yield
    for row, values in moving:
        if "name_key" not in values:
            BibleEntry.objects.filter(pk=row.pk).update(name_key=row.name_key)


def _asset_differences(
    act: Recording, canvas: Canvas, items: Sequence[Item], base_url: str
) -> Differences[VisualAsset]:
    found = matched(canvas.assets, items, pointers("/bible/visualAssets", items))
    todo: Differences[VisualAsset] = Differences(gone=missing(canvas.assets, found))
    for item, row in zip(items, found, strict=True):
        if row is None:
            values = columns(members.ASSET, item) | {"external_url": item["url"]}
            todo.new.append(
                VisualAsset(
                    project=canvas.project,
                    client_key=item["id"],
                    origin=act.origin(),
                    **values,
                )
            )
            continue
        values = changed(members.ASSET, row, item)
        if item["url"] != asset_address(row, base_url):
            values |= asset_columns(row, item["url"])
        if values:
            todo.edits.append((row, values))
    new = iter(todo.new)
    todo.keep_order([row or next(new) for row in found])
    return todo

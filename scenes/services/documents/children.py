"""Media, versions and snapshots of one scene against the lists of a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from scenes.models import Scene, SceneMedia, SceneVersion, Snapshot
from scenes.services.documents import members
from scenes.services.documents.addresses import media_address, media_columns
from scenes.services.documents.lists import Differences, Item, matched, missing, pointers, rising
from scenes.services.documents.members import Member, changed, columns


@dataclass(frozen=True, slots=True)
class Kind:
    """A list inside a scene. `place` is the column that always numbers it, if there is one."""

    model: type[Any]
    table: Sequence[Member]
    place: str = ""
    first: int = 0


KINDS: Final = {
    "generatedMedia": Kind(SceneMedia, members.MEDIA, place="order"),
    "versions": Kind(SceneVersion, members.VERSION, place="number", first=1),
    "snapshots": Kind(Snapshot, members.SNAPSHOT),
}


def child_differences(
    name: str,
    scene: Scene,
    rows: Sequence[Any],
    items: Sequence[Item],
    *,
    pointer: str,
    base_url: str,
) -> Differences[Any]:
    """Compare one list of a scene with its rows, as they were read."""
    kind = KINDS[name]
    found = matched(rows, items, pointers(pointer, items))
    places = _places(kind, rows, found)
    todo: Differences[Any] = Differences(gone=missing(rows, found))
    for index, (item, row) in enumerate(zip(items, found, strict=True)):
        place = {kind.place: places[index]} if kind.place else {}
        if row is None:
            values = columns(kind.table, item) | _address(kind, item) | place
            todo.new.append(kind.model(scene=scene, client_key=item["id"], **values))
        elif values := _edited(kind, row, item, base_url) | _moved(row, place):
            todo.edits.append((row, values))
    if not kind.place:
        new = iter(todo.new)
        todo.keep_order([row or next(new) for row in found])
    todo.edits.reverse()  # from the end, where a raised place is free: see `rising`
    return todo


def _places(kind: Kind, rows: Sequence[Any], found: Sequence[Any]) -> list[int]:
    if not kind.place:
        return []
    staying = [row for row in found if row is not None]
    named = {row.pk for row in staying}
    is_grown_at_the_end = found[: len(staying)] == staying and staying == [
        row for row in rows if row.pk in named
    ]
    if not is_grown_at_the_end:
        return rising([row and getattr(row, kind.place) for row in found], kind.first)
    present = [getattr(row, kind.place) for row in staying]
    last = max(present, default=kind.first - 1)
    return [*present, *range(last + 1, last + 1 + len(found) - len(staying))]


def _address(kind: Kind, item: Item) -> dict[str, Any]:
    return {"url": item["url"]} if kind.model is SceneMedia else {}


def _edited(kind: Kind, row: Any, item: Item, base_url: str) -> dict[str, Any]:  # noqa: ANN401 of `kind`
    values = changed(kind.table, row, item)
    if isinstance(row, SceneMedia) and item["url"] != media_address(row, base_url):
        values |= media_columns(row, item["url"])
    return values


def _moved(row: Any, place: dict[str, int]) -> dict[str, int]:  # noqa: ANN401 any row
    return {name: at for name, at in place.items() if getattr(row, name) != at}

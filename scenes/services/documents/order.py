"""The order of the scenes: what a document asks for, and the fewest moves that lead there."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from django.db.models import Case, F, Value, When

from scenes.models import Scene
from scenes.services.changes import Recording
from scenes.services.documents.lists import Item
from scenes.services.locks import refuse_locked

Pair = tuple[Item, Scene | None]


def in_order(pairs: Sequence[Pair]) -> list[tuple[int, Pair]]:
    """Bring a document's scenes into their order, each with its place.

    The list's own order holds, unless a scene carries another `order` than it has: then a client
    moved scenes by these numbers, and they hold. Numbers that rise are kept, gaps included.
    """
    ordered = list(pairs)
    if any(scene is not None and item["order"] != scene.order for item, scene in pairs):
        ordered.sort(key=lambda pair: pair[0]["order"])
    places = [item["order"] for item, _ in ordered]
    if any(place <= before for before, place in pairwise(places)):
        places = list(range(len(places)))
    return list(zip(places, ordered, strict=True))


def refuse_moving_locked(before: Sequence[Scene], after: Sequence[Scene]) -> None:
    """Refuse when locked scenes pass each other; others may be moved around them.

    Raises:
        Conflict: `scene-locked`.
    """
    staying = {scene.pk for scene in after}
    was = [scene for scene in before if scene.is_locked and scene.pk in staying]
    now = [scene for scene in after if scene.is_locked]
    for old, new in zip(was, now, strict=True):
        if old.pk != new.pk:
            refuse_locked(new)


def place_scenes(act: Recording, scenes: Sequence[Scene], places: Sequence[int]) -> None:
    """Give scenes their places in one statement, and tell of those that passed others."""
    before = {scene.pk: scene.order for scene in scenes}
    wanted = dict(zip((scene.pk for scene in scenes), places, strict=True))
    renumbered = {key: place for key, place in wanted.items() if before[key] != place}
    if not renumbered:
        return
    Scene.objects.filter(pk__in=renumbered).update(
        order=Case(*(When(pk=key, then=Value(place)) for key, place in renumbered.items())),
        version=F("version") + 1,
    )
    staying = _longest_rise([(scene.order, scene.pk) for scene in scenes])
    touched = [scene for scene in scenes if scene.pk in renumbered]
    passing = {scene.pk for scene in touched} - staying or {touched[0].pk}  # one tells for all
    for scene in touched:
        scene.order = wanted[scene.pk]
        scene.version += 1
        if scene.pk in passing:
            act.moved(scene, before[scene.pk], scene.order)


def _longest_rise(places: Sequence[tuple[int, UUID]]) -> set[UUID]:
    """Find the most scenes that can stay where they are while the others move around them."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (place, _) in enumerate(places):
        at = bisect_left(tails, place)
        before.append(ends[at - 1] if at else -1)
        tails[at:] = [place, *tails[at + 1 :]]
        ends[at:] = [index, *ends[at + 1 :]]
    kept: set[UUID] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(places[index][1])
        index = before[index]
    return kept

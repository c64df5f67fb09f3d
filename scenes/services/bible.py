"""Writing the visual bible: one entry for one person, place, prop or style."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from canvas.core.errors import Conflict, Fault, Invalid
from scenes.models import BibleEntry, Category, Project, VisualAsset
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_project

AESTHETIC_LISTS: Final = ("palette", "mood", "references")
AESTHETIC_TEXTS: Final = ("era", "tone", "visualStyle")


def blank_aesthetic() -> dict[str, Any]:
    """Return an aesthetic in which nothing is said yet, in the shape of the wire."""
    return {name: [] for name in AESTHETIC_LISTS} | dict.fromkeys(AESTHETIC_TEXTS, "")


def name_key(name: str) -> str:
    """Fold a name so that two spellings of one name meet: case, width and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def find_entry(*, project: Project, category: str, name: str) -> BibleEntry | None:
    """Find the entry that bears a name, or has it among its aliases."""
    key = name_key(name)
    rows = BibleEntry.objects.alive().filter(project=project, category=category)
    by_alias: BibleEntry | None = None
    for row in rows:
        if row.name_key == key:
            return row
        if by_alias is None and key in {name_key(alias) for alias in row.aliases}:
            by_alias = row
    return by_alias


def add_entry(
    *,
    project: Project,
    by: Actor,
    category: str,
    name: str,
    **values: Any,  # noqa: ANN401 columns
) -> BibleEntry:
    """Add an entry.

    Raises:
        Conflict: `entry-exists`, the category has this name already.
        Invalid: a value breaks its rule.
    """
    assets = values.pop("assets", ())
    with recording(project_id=project.pk, by=by, summary=f"Added {category} “{name}”") as act:
        owner = lock_project(project.pk)
        _refuse_twin(owner, category, name, None)
        entry = BibleEntry(
            project=owner,
            category=category,
            name=name,
            name_key=_key(name),
            **{"origin": act.origin(), **values},
        )
        act.add(entry, links={"assets": _own(owner, assets)})
    return entry


def edit_entry(
    *,
    entry: BibleEntry,
    by: Actor,
    expected: int | None = None,
    **values: Any,  # noqa: ANN401 columns
) -> BibleEntry:
    """Change an entry.

    Raises:
        Conflict: `entry-exists`.
        Stale: not at the expected version.
        Invalid: a value breaks its rule.
    """
    assets = values.pop("assets", None)
    with recording(project_id=entry.project_id, by=by, summary=f"Edited “{entry.name}”") as act:
        owner = lock_project(entry.project_id)
        entry.refresh_from_db()
        if "name" in values or "category" in values:
            name = values.get("name", entry.name)
            _refuse_twin(owner, values.get("category", entry.category), name, entry.pk)
            values["name_key"] = _key(name)
        links = {} if assets is None else {"assets": _own(owner, assets)}
        return act.edit(entry, values, expected, links)


def remove_entry(*, entry: BibleEntry, by: Actor, expected: int | None = None) -> None:
    """Delete an entry; it stays restorable.

    Raises:
        Stale: not at the expected version.
    """
    with recording(project_id=entry.project_id, by=by, summary=f"Deleted “{entry.name}”") as act:
        lock_project(entry.project_id)
        entry.refresh_from_db()
        act.remove(entry, expected)


def remember(
    *, project: Project, by: Actor, category: str, facts: Iterable[Mapping[str, Any]]
) -> list[BibleEntry]:
    """Take facts into the bible: a known name or alias is brought up to date, a new one added.

    Args:
        project: its bible.
        by: who says so.
        category: of all these facts.
        facts: `{"name", "description", "aliases"?}`; a later fact about a name adds to the earlier.

    Returns:
        The entries, in the order of the facts, each once.
    """
    kept: dict[UUID, BibleEntry] = {}
    with recording(project_id=project.pk, by=by, summary="Updated the bible"):
        for fact in facts:
            entry = find_entry(project=project, category=category, name=fact["name"])
            if entry is None:
                entry = add_entry(project=project, by=by, category=category, **_columns(fact))
            else:
                entry = edit_entry(entry=entry, by=by, **_merged(entry, fact))
            kept[entry.pk] = entry
    return list(kept.values())


def edit_aesthetic(
    *, project: Project, by: Actor, patch: Mapping[str, Any], expected: int | None = None
) -> Project:
    """Replace the named members of the aesthetic; None clears one.

    Raises:
        Invalid: an unknown member, or a wrong shape.
        Stale: not at the expected version.
    """
    with recording(project_id=project.pk, by=by, summary="Changed the aesthetic") as act:
        row = lock_project(project.pk)
        aesthetic = blank_aesthetic() | row.aesthetic
        for name, value in patch.items():
            aesthetic[name] = _aesthetic_value(name, value)
        return act.edit(row, {"aesthetic": aesthetic}, expected)


def enrich_aesthetic(*, project: Project, by: Actor, said: Mapping[str, Any]) -> Project:
    """Add what was said to the aesthetic: lists grow without repeats, texts are replaced."""
    with recording(project_id=project.pk, by=by, summary="Enriched the aesthetic"):
        row = lock_project(project.pk)
        known = blank_aesthetic() | row.aesthetic
        patch = {
            name: _union(known[name], value) if name in AESTHETIC_LISTS else value
            for name, value in said.items()
            if value
        }
        return edit_aesthetic(project=row, by=by, patch=patch)


def _columns(fact: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact[name] for name in ("name", "description", "aliases") if name in fact}


def _merged(entry: BibleEntry, fact: Mapping[str, Any]) -> dict[str, Any]:
    """Bring an entry up to date: a new description that says more replaces, else is added."""
    known, said = entry.description.strip(), str(fact.get("description", "")).strip()
    values: dict[str, Any] = {}
    if said and said not in known:
        values["description"] = said if known in said else f"{known}\n{said}"
    names = [*fact.get("aliases", ())]
    if name_key(fact["name"]) != entry.name_key:
        names.append(fact["name"])
    aliases = _union(entry.aliases, [n for n in names if name_key(n) != entry.name_key])
    if aliases != entry.aliases:
        values["aliases"] = aliases
    return values


def _union(known: Sequence[str], more: Sequence[str]) -> list[str]:
    seen = {name_key(text) for text in known}
    fresh: list[str] = []
    for text in more:
        if text.strip() and name_key(text) not in seen:
            seen.add(name_key(text))
            fresh.append(text)
    return [*known, *fresh]


def _aesthetic_value(name: str, value: Any) -> Any:  # noqa: ANN401 JSON
    if name in AESTHETIC_LISTS:
        value = [] if value is None else value
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        raise Invalid(f"aesthetic.{name} must be a list of texts.")
    if name in AESTHETIC_TEXTS:
        value = "" if value is None else value
        if isinstance(value, str):
            return value
        raise Invalid(f"aesthetic.{name} must be a text.")
    raise Invalid(f"The aesthetic has no member {name}.", code="unknown-field")


def _key(name: str) -> str:
    key = name_key(name)
    if not key:
        raise Invalid("A bible entry needs a name.", code="blank")
    return key[:200]


def _refuse_twin(project: Project, category: str, name: str, but: UUID | None) -> None:
    if category not in Category.values:
        raise Invalid(f"category must be one of {', '.join(Category.values)}.")
    twin = BibleEntry.objects.alive().filter(
        project=project, category=category, name_key=_key(name)
    )
    if (twin if but is None else twin.exclude(pk=but)).exists():
        raise Conflict(f"The bible has a {category} “{name}” already.", code="entry-exists")


def _own(project: Project, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Return the ids once all are pictures of this project; another's look like missing ones."""
    if not ids:
        return ids
    present = VisualAsset.objects.alive().filter(project=project, id__in=ids)
    if (known := set(present.values_list("pk", flat=True))) >= set(ids):
        return ids
    detail = "This is not the id of a picture of this project."
    faults = [
        Fault(f"/assets/{place}", "unknown-asset", detail)
        for place, key in enumerate(ids)
        if key not in known
    ]
    raise Invalid("assets must be pictures of this project.", code="unknown-asset", faults=faults)

"""What the admin's page of usage shows: who spent what on which model, in a few statements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from ai.usage import names, overtime, pages, percentiles, sheet
from ai.usage.keys import NOBODY
from ai.usage.lines import Lines
from ai.usage.tables import sums_of, whole
from ai.usage.tally import WHO, Row, tally_of
from canvas.core.money import usd_text
from canvas.core.serializers import camel
from canvas.workspaces.models import Workspace

SHOWN_MODELS: Final = 12
SHOWN_PLACES: Final = 8
SERIES: Final = 6
OFFERED: Final = 200
CSV_SUMS: Final = (
    "calls", "failed", "stopped", "unknown_calls", "prompt_tokens", "completion_tokens", "images",
    "cost_usd", "own_key_usd", "simulated_usd", "held_usd",
)  # fmt: skip
CSV_HEAD: Final = ("workspaceId", "workspace", "personId", "person", "model", *map(camel, CSV_SUMS))


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the page. Money in nano-dollars; each list is the dearest first."""

    total: Row
    models: list[Row]
    places: list[Row]
    """Workspaces; of one workspace, its people."""
    bars: list[overtime.Bar]
    """Day or month -> series -> (paid, simulated)."""
    series: list[str]
    rows: list[Row]
    has_more: bool


def board_of(lines: Lines) -> Board:
    """Read the page; the statements are as many whatever the ledger holds."""
    place = "workspace" if lines.workspace_id is None else "person"
    tally = tally_of(lines, place)
    models = tally.dearest("model", SHOWN_MODELS)
    top = [row["key_model"] for row in models[:SERIES] if row["known_nusd"]]
    places = tally.dearest(place, SHOWN_PLACES)
    quick = percentiles.speeds(lines, ("model",), models)
    named = [*tally.rows, *places]
    people = names.people({row["key_person"] for row in named if "key_person" in row})
    owners = names.workspaces({row["key_workspace"] for row in named if "key_workspace" in row})
    whole_cost = whole(tally.total["known_nusd"]) or 0

    def shown(row: Row) -> Row:
        speed = quick.get((row.get("key_model"),), percentiles.UNTOLD)
        return _named(row, people, owners) | _shared(sums_of(row, speed), whole_cost)

    return Board(
        total=_shared(sums_of(tally.total, percentiles.UNTOLD), whole_cost),
        models=[shown(row) for row in models],
        places=[shown(row) for row in places],
        bars=overtime.bars(lines, top),
        series=[*top, overtime.OTHERS],
        rows=[shown(row) for row in tally.rows],
        has_more=tally.has_more,
    )


def csv_pieces(lines: Lines) -> Iterator[bytes]:
    """Write every row of the table, a page at a time."""
    head: list[Sequence[Any]] = [CSV_HEAD]
    for page in pages.all_pages(lines, WHO, pages.order_of(WHO, "-costUsd")):
        people = names.people({row["key_person"] for row in page.groups})
        owners = names.workspaces({row["key_workspace"] for row in page.groups})
        rows = [_csv_row(_named(row, people, owners), row) for row in page.groups]
        yield sheet.lines_of([*head, *rows])
        head = []


def offered_workspaces(chosen: UUID | None) -> list[tuple[UUID, str]]:
    """Give the workspaces to choose from: the first by name, and the one that is chosen."""
    rows = list(Workspace.objects.order_by("name", "id").values_list("pk", "name")[:OFFERED])
    if chosen is not None and chosen not in dict(rows):
        rows += Workspace.objects.filter(pk=chosen).values_list("pk", "name")
    return rows


def _named(row: Row, people: Mapping[UUID, str], owners: Mapping[UUID, str]) -> Row:
    person, owner = row.get("key_person"), row.get("key_workspace")
    return {
        "model": row.get("key_model") or "unknown",
        "person_id": None if person == NOBODY else person,
        "person": _person(person, people),
        "workspace_id": owner,
        "workspace": owners.get(owner, "gone") if owner else "",
    }


def _person(key: UUID | None, people: Mapping[UUID, str]) -> str:
    if key is None or key == NOBODY:
        return "nobody"  # a token whose maker has left, or the service itself
    return people.get(key, f"gone ({str(key)[-6:]})")


def _shared(row: Row, whole_cost: int) -> Row:
    cost = row["cost_usd"]
    return row | {"share": cost / whole_cost if cost is not None and whole_cost else None}


def _csv_row(named: Row, row: Row) -> list[Any]:
    sums = sums_of(row, percentiles.UNTOLD)
    return [
        named["workspace_id"], named["workspace"], named["person_id"], named["person"],
        named["model"], *(_cell(name, sums[name]) for name in CSV_SUMS),
    ]  # fmt: skip


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401 any figure
    return usd_text(value) if name.endswith("_usd") else value

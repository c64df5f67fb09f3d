"""The auditor: reads tables and the upstream's bill, and trusts nothing that the service says."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from chaos.tables import Row, Tables, key_of, unpacked

TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled"})
NUSD: Final = 10**9
# How long after its date an owed bill may still be waiting to be asked for again.
GRACE_S: Final = 60

# child table, its column, parent table
_FAMILY: Final = [
    ("ai_jobstep", "job_id", "ai_job"),
    ("ai_outline", "job_id", "ai_job"),
    ("ai_outline", "project_id", "scenes_project"),
    ("ai_upstreamcall", "job_id", "ai_job"),
    ("ai_upstreamcall", "workspace_id", "workspaces_workspace"),
    ("ai_chatmessage", "project_id", "scenes_project"),
    ("ai_job", "project_id", "scenes_project"),
    ("scenes_event", "project_id", "scenes_project"),
    ("scenes_feedcounter", "project_id", "scenes_project"),
    ("scenes_scene", "project_id", "scenes_project"),
    ("ai_budget", "workspace_id", "workspaces_workspace"),
]


def audit(tables: Tables, bill: list[dict[str, Any]]) -> list[str]:
    """Say, one sentence each, what is not as it must be once everything is at rest.

    Args:
        tables: of the service.
        bill: the lines of the simulated upstream.
    """
    return [
        *_jobs(tables),
        *_effects(tables),
        *_orphans(tables),
        *_counters(tables),
        *_bill(tables, bill),
        *_feeds(tables),
        *_reservations(tables),
    ]


def _jobs(tables: Tables) -> Iterator[str]:
    """Every job has ended, and said so exactly once."""
    ends: Counter[str] = Counter()
    for event in tables.rows("SELECT job_id, data FROM scenes_event WHERE name = 'job.updated'"):
        ends[event["job_id"]] += unpacked(event["data"])["status"] in TERMINAL
    for job in tables.rows("SELECT id, kind, status, project_id, finished_at FROM ai_job"):
        name = f"{job['kind']} {job['id']}"
        if job["status"] not in TERMINAL or job["finished_at"] is None:
            yield f"job {name} is {job['status']} for ever"
        elif job["project_id"] is not None and ends[job["id"]] != 1:
            yield f"job {name} told its end {ends[job['id']]} times"


def _effects(tables: Tables) -> Iterator[str]:
    """An outline job leaves one outline if it succeeded and none if not; no tool acts twice."""
    found = tables.rows(
        "SELECT j.id, j.status, count(o.id) AS outlines FROM ai_job j"
        " LEFT JOIN ai_outline o ON o.job_id = j.id WHERE j.kind = 'outline'"
        " GROUP BY j.id, j.status"
    )
    for job in found:
        if job["outlines"] != (job["status"] == "succeeded"):
            yield f"outline job {job['id']} {job['status']} with {job['outlines']} outlines"
    twice = tables.rows(
        "SELECT project_id, tool_call_id, count(*) AS times FROM ai_chatmessage"
        " WHERE role = 'tool' AND tool_call_id <> ''"
        " GROUP BY project_id, tool_call_id HAVING count(*) > 1"
    )
    for call in twice:
        yield f"tool call {call['tool_call_id']} has {call['times']} results"


def _orphans(tables: Tables) -> Iterator[str]:
    for child, column, parent in _FAMILY:
        lost = tables.one(
            f"SELECT count(*) FROM {child} c WHERE c.{column} IS NOT NULL"  # noqa: S608 our own names
            f" AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = c.{column})"
        )
        if lost:
            yield f"{lost} rows of {child} point to no row of {parent}"


def _counters(tables: Tables) -> Iterator[str]:
    """The counters of projects, days and months are the sums of the ledger."""
    sums: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for call in tables.rows("SELECT * FROM ai_upstreamcall"):
        for scope, period in _purses(call):
            mine = sums[scope, period, call["payer"]]
            mine["spent_nusd"] += call["cost_nusd"] or 0
            mine["hold_nusd"] += call["hold_nusd"]
            mine["hold_tokens"] += call["hold_tokens"]
            mine["images"] += call["images"]
            if call["status"] == "settled":
                mine["tokens"] += (call["prompt_tokens"] or 0) + (call["completion_tokens"] or 0)
    for budget in tables.rows("SELECT * FROM ai_budget"):
        key = budget["scope_id"], budget["period"], budget["payer"]
        mine = sums.pop(key, Counter())
        for name in ("spent_nusd", "hold_nusd", "tokens", "hold_tokens", "images"):
            if budget[name] != mine[name]:
                period = budget["period"]
                yield f"budget {period} {name} is {budget[name]}, its rows sum up to {mine[name]}"
    for scope, period, _ in sums:
        yield f"{scope} has calls and no budget row in {period}"


def _purses(call: Row) -> Iterator[tuple[str, str]]:
    """Name the scopes and periods that a call counts in."""
    yield call["workspace_id"], call["day"]
    yield call["workspace_id"], call["day"][:7]
    if call["project_id"] is not None:
        yield call["project_id"], "all"


def _bill(tables: Tables, bill: list[dict[str, Any]]) -> Iterator[str]:
    """Each line of the bill has exactly one row, and the row has the line's cost."""
    rows = {row["id"]: row for row in tables.rows("SELECT * FROM ai_upstreamcall")}
    lines = Counter(key_of(line["callId"] or "") for line in bill)
    for call_id, times in lines.items():
        if call_id not in rows:
            yield f"{times} lines of the bill have no row (call {call_id or 'without an id'})"
        elif times > 1:
            yield f"call {call_id} was billed {times} times"
    for line in bill:
        row = rows.get(key_of(line["callId"] or ""))
        if row is not None and (complaint := _misbooked(row, line)):
            yield f"call {row['id']}: {complaint}"
    for row in rows.values():
        if row["status"] == "settled" and row["cost_nusd"] and row["id"] not in lines:
            yield f"call {row['id']} is settled and on no bill"


def _misbooked(row: Row, line: dict[str, Any]) -> str:
    cost = round(Decimal(str(line["costUsd"])) * NUSD)
    if row["status"] == "unknown" and not row["generation_id"]:
        return ""  # cut before an id was known: counted as unknown, with its hold
    if row["cost_nusd"] != cost:
        return f"{row['status']} with {row['cost_nusd']} nano-dollars, billed {cost}"
    return ""


def _feeds(tables: Tables) -> Iterator[str]:
    """Numbers run from 1 to the counter's last without a gap."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for event in tables.rows("SELECT project_id, seq FROM scenes_event ORDER BY project_id, seq"):
        found[event["project_id"]].append(event["seq"])
    for counter in tables.rows("SELECT project_id, last_seq FROM scenes_feedcounter"):
        if found[counter["project_id"]] != list(range(1, counter["last_seq"] + 1)):
            yield f"feed of project {counter['project_id']} has a gap"


def _reservations(tables: Tables) -> Iterator[str]:
    """No call is open, and no owed one has been forgotten."""
    late = (
        f"look_up_at < CURRENT_TIMESTAMP - interval '{GRACE_S} seconds'"
        if not tables.is_sqlite
        else f"look_up_at < datetime('now', '-{GRACE_S} seconds')"
    )
    for call in tables.rows(
        "SELECT id, status, hold_nusd FROM ai_upstreamcall WHERE status IN ('reserved', 'sent')"
    ):
        yield f"call {call['id']} is {call['status']} still, holding {call['hold_nusd']}"
    for call in tables.rows(
        "SELECT id FROM ai_upstreamcall WHERE status = 'unknown' AND hold_nusd > 0"  # noqa: S608 our own words
        f" AND (look_up_at IS NULL OR {late})"
    ):
        yield f"call {call['id']} is owed, and nobody asks for its bill"

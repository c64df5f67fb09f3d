"""Figures of the usage page as people read them."""

from collections.abc import Mapping
from typing import Any, Final

from ai.usage import charts
from ai.usage.board import Board
from canvas.core.money import usd_text

UNKNOWN: Final = "unknown"
NONE: Final = "-"
Row = Mapping[str, Any]


def tiles(total: Row) -> list[tuple[str, str, str]]:
    """Give the figures at the top: name, figure, and what to add."""
    cost, simulated = total["cost_usd"], total["simulated_usd"] or 0
    paid = None if cost is None else cost - simulated
    unknown, own_calls = total["unknown_calls"], total["own_key_usd"] != 0
    own = usd(total["own_key_usd"])
    return [
        ("Paid", usd(paid), f"of it {own} by keys of workspaces" if own_calls else "by our key"),
        ("Simulated", usd(total["simulated_usd"]), "nobody paid it"),
        ("Not known yet", f"{unknown:,} calls", f"at most {usd(total['held_usd'])} more"),
        ("Calls", f"{total['calls']:,}", f"{total['stopped']:,} stopped by us"),
        ("Failed", _percent(total["failure_rate"]), f"{total['failed']:,} calls"),
        (
            "Tokens",
            whole_or_none(total["prompt_tokens"]),
            f"read; {whole_or_none(total['completion_tokens'])} written",
        ),
        ("Pictures", f"{total['images']:,}", "seen or made"),
    ]


def legend(board: Board) -> list[tuple[str, str]]:
    """Give each series that the chart of costs over time shows, with its colour."""
    shown = {name for _, parts in board.bars for name, costs in parts.items() if any(costs)}
    return [(name, charts.colour_of(name, board.series)) for name in board.series if name in shown]


def cells(row: Row) -> dict[str, Any]:
    """Write one row of a table; costs to the nano-dollar, as they were booked."""
    share = row["share"]
    return {
        **row,
        "cost": usd(row["cost_usd"]),
        "simulated_part": usd(row["simulated_usd"]) if row["simulated_usd"] else "",
        "held": usd(row["held_usd"]) if row["unknown_calls"] else "",
        "rate": _percent(row["failure_rate"]),
        "tokens_read": whole_or_none(row["prompt_tokens"]),
        "tokens_written": whole_or_none(row["completion_tokens"]),
        "share": NONE if share is None else f"{share:.1%}",
        "share_width": "0" if share is None else f"{share * 100:.1f}",
        "p50": _seconds(row["latency_p50_s"]),
        "p95": _seconds(row["latency_p95_s"]),
        "first_token": _seconds(row["first_token_p50_s"]),
    }


def whole_or_none(count: int | None) -> str:
    """Write a count with its thousands; nothing told is a dash."""
    return NONE if count is None else f"{count:,}"


def usd(nusd: int | None) -> str:
    """Write an amount to the nano-dollar."""
    text = usd_text(nusd)
    return UNKNOWN if text is None else f"${text}"


def _percent(rate: float | None) -> str:
    return NONE if rate is None else f"{rate:.1%}"


def _seconds(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"

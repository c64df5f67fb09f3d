"""Groups as rows that can be shown: keys with their names, sums, rates and speeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ai.usage.keys import NOBODY, PREFIX, key_of, values_of
from ai.usage.lines import Lines
from ai.usage.names import Names, names_of
from ai.usage.percentiles import UNTOLD, Speed, speeds
from ai.usage.sums import failure_rate, total
from canvas.workspaces.access import Access

SUMS: Final = (
    "calls", "failed", "stopped", "failure_rate", "unknown_calls", "prompt_tokens",
    "completion_tokens", "cached_tokens", "reasoning_tokens", "images", "cost_usd", "own_key_usd",
    "simulated_usd", "held_usd", "latency_p50_s", "latency_p95_s", "first_token_p50_s", "simulated",
)  # fmt: skip
"""The members of a row behind its keys, in the order of the CSV."""


def members(by: Sequence[str]) -> tuple[str, ...]:
    """Name the members of a row, in order."""
    return (*(name for key in by for name in key_of(key).members), *SUMS)


def table(
    lines: Lines, by: Sequence[str], groups: Sequence[Mapping[str, Any]], *, access: Access
) -> list[dict[str, Any]]:
    """Make rows of a page of groups; the statements are as many for many groups as for one."""
    if not groups:
        return []
    names = names_of(groups, access=access)
    quick = speeds(lines, by, groups)
    return [
        _keys(group, by, names) | sums_of(group, quick.get(values_of(group, by), UNTOLD))
        for group in groups
    ]


def total_row(lines: Lines) -> dict[str, Any]:
    """Make one row of everything."""
    return sums_of(total(lines), speeds(lines, ()).get((), UNTOLD))


def sums_of(group: Mapping[str, Any], speed: Speed) -> dict[str, Any]:
    """Give the figures of one group. Money in nano-dollars; None is unknown, 0 is nothing."""
    return {
        "calls": group["calls"],
        "failed": group["failed"],
        "stopped": group["stopped"],
        "failure_rate": failure_rate(group),
        "unknown_calls": group["unknown_calls"],
        "prompt_tokens": whole(group["prompt"]),
        "completion_tokens": whole(group["completion"]),
        "cached_tokens": whole(group["cached"]),
        "reasoning_tokens": whole(group["reasoning"]),
        "images": whole(group["pictures"]),
        "cost_usd": _money(group["known_nusd"], group["calls"]),
        "own_key_usd": _money(group["own_nusd"], group["own_calls"]),
        "simulated_usd": _money(group["simulated_nusd"], group["simulated_calls"]),
        "held_usd": whole(group["held_nusd"]),
        "simulated": group["simulated_calls"] > 0,
        **asdict(speed),
    }


def whole(sum_: Any) -> int | None:  # noqa: ANN401 PostgreSQL adds big integers to a Decimal
    """Read a sum as the whole number that it is."""
    return None if sum_ is None else int(sum_)


def _money(nusd: Any, calls: int) -> int | None:  # noqa: ANN401 as above
    """No calls cost nothing; calls of which none has told its cost cost something unknown."""
    return whole(nusd) if calls else 0


def _keys(group: Mapping[str, Any], by: Sequence[str], names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in by:
        value = group[PREFIX + name]
        found |= dict(zip(key_of(name).members, _told(name, value, names), strict=True))
    return found


def _told(name: str, value: Any, names: Names) -> tuple[Any, ...]:  # noqa: ANN401 any key
    known = None if value in {"", NOBODY} else value
    if name == "project":
        return (known, *names.projects.get(value, (None, None)))
    if name == "person":
        return (known, names.people.get(value))
    return (known, names.tokens.get(value)) if name == "token" else (known,)

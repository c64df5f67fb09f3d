"""Measure all figures, or those named: `python -m benchmarks [dispatch streams …]`."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import httpx

from benchmarks import dispatch, rest, sqlite, streams, wait, writes
from benchmarks.figures import REPEATS, Figure, table
from canvas.stack import BASE_DIR, NotReadyError

RESULT: Final = BASE_DIR / "var" / "bench.json"
MEASURES: Final[dict[str, Callable[[], Iterator[Figure]]]] = {
    "dispatch": dispatch.measure,
    "streams": streams.measure,
    "wait": wait.measure,
    "writes": writes.measure,
    "sqlite": sqlite.measure,
    "rest": rest.measure,
}

# What may go wrong with a service, not with the measuring.
FAILURES: Final = (
    RuntimeError, NotReadyError, TimeoutError, httpx.HTTPError, subprocess.SubprocessError,
)  # fmt: skip


def main() -> int:
    """Measure, print the table, and write it as JSON; 1 when a figure could not be measured."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="figure", help=", ".join(MEASURES))
    names = parser.parse_args().names or list(MEASURES)
    if unknown := set(names) - set(MEASURES):
        parser.error(
            f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}"
        )
    load = os.getloadavg()[0]
    started, figures, failed = time.monotonic(), list[Figure](), list[str]()
    for name in names:
        print(f"  measuring {name} …", file=sys.stderr, flush=True)
        try:
            figures += MEASURES[name]()
        except FAILURES as exc:
            failed.append(name)
            print(f"  {name} could not be measured: {exc}", file=sys.stderr)
        _write(figures, load)
    print(table(figures))
    print(
        f"\n{REPEATS} repeats each, on {os.cpu_count()} cores, {time.monotonic() - started:.0f} s; "
        f"the machine's load was {load:.1f} before. Written to {RESULT.relative_to(BASE_DIR)}."
    )
    return 1 if failed else 0


def _write(figures: list[Figure], load: float) -> None:
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "loadBefore": load,
        "repeats": REPEATS,
        "figures": [figure.shown() for figure in figures],
    }
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

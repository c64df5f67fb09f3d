"""Measure all figures, or those named: `python -m benchmarks [dispatch streams …]`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from benchmarks import dispatch, rest, sqlite, streams, wait, writes
from benchmarks.figures import REPEATS, Figure, table
from canvas.stack import BASE_DIR

RESULT: Final = BASE_DIR / "var" / "bench.json"
MEASURES: Final[dict[str, Callable[[], Iterator[Figure]]]] = {
    "dispatch": dispatch.measure,
    "streams": streams.measure,
    "wait": wait.measure,
    "writes": writes.measure,
    "sqlite": sqlite.measure,
    "rest": rest.measure,
}


def main() -> None:
    """Measure, print the table, and write it as JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="figure", help=", ".join(MEASURES))
    names = parser.parse_args().names or list(MEASURES)
    if unknown := set(names) - set(MEASURES):
        parser.error(
            f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}"
        )
    load = os.getloadavg()[0]
    started, figures = time.monotonic(), []
    for name in names:
        print(f"  measuring {name} …", file=sys.stderr, flush=True)
        figures += list(MEASURES[name]())
    print(table(figures))
    print(
        f"\n{REPEATS} repeats each, on {os.cpu_count()} cores, {time.monotonic() - started:.0f} s; "
        f"the machine's load was {load:.1f} before. Written to {RESULT.relative_to(BASE_DIR)}."
    )
    _write(figures, load)


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
    main()

"""Measure all figures, or those named: `python -m benchmarks [--quick] [dispatch streams …]`."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NoReturn

import httpx
import psycopg
import redis

from benchmarks import (
    catalogue,
    dispatch,
    exports,
    fairness,
    idle,
    inflight,
    rest,
    simulator,
    sqlite,
    streams,
    wait,
    writes,
)
from benchmarks.figures import REPEATS, REPEATS_NAME, Figure, table
from canvas.stack import BASE_DIR, NotReadyError

RESULT: Final = BASE_DIR / "var" / "bench.json"
MEASURES: Final[dict[str, Callable[[], Iterator[Figure]]]] = {
    "inflight": inflight.measure,
    "dispatch": dispatch.measure,
    "streams": streams.measure,
    "idle": idle.measure,
    "wait": wait.measure,
    "fairness": fairness.measure,
    "writes": writes.measure,
    "sqlite": sqlite.measure,
    "rest": rest.measure,
    "simulator": simulator.measure,
    "exports": exports.measure,
    "catalogue": catalogue.measure,
}

# What may go wrong with a service, not with the measuring.
FAILURES: Final = (
    RuntimeError, NotReadyError, OSError, httpx.HTTPError, subprocess.SubprocessError,
    psycopg.OperationalError, redis.RedisError,
)  # fmt: skip


def main() -> int:
    """Measure, print the table, and write it as JSON; 1 when a figure could not be measured."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="figure", help=", ".join(MEASURES))
    parser.add_argument("--quick", action="store_true", help="measure everything only once")
    options = parser.parse_args()
    names = options.names or list(MEASURES)
    if unknown := set(names) - set(MEASURES):
        parser.error(
            f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}"
        )
    if options.quick and REPEATS != 1:  # it was read when the modules were
        _again(names)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    load, started, figures = os.getloadavg()[0], time.monotonic(), list[Figure]()
    for name in names:
        figures += _measure(name)
        _write(figures, load)
    print(table(figures))
    print(
        f"\n{REPEATS} repeats each, on {os.cpu_count()} cores, {time.monotonic() - started:.0f} s; "
        f"the machine's load was {load:.1f} before. Written to {RESULT.relative_to(BASE_DIR)}."
    )
    return 1 if any(figure.has_failed for figure in figures) else 0


def _again(names: Sequence[str]) -> NoReturn:
    """Begin anew with another number of repeats."""
    os.environ[REPEATS_NAME] = "1"
    os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *names])  # noqa: S606 this very program


def _measure(name: str) -> list[Figure]:
    """Measure one module's figures; what stops it stands as a figure that failed."""
    print(f"  measuring {name} …", file=sys.stderr, flush=True)
    load, found = os.getloadavg()[0], list[Figure]()
    try:
        found.extend(MEASURES[name]())
    except FAILURES as exc:
        print(f"  {name} could not be measured: {exc}", file=sys.stderr)
        why = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        found.append(Figure(key="", name=f"the rest of {name}", unit="", values=(), failure=why))
    return [replace(figure, load=load) for figure in found]


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

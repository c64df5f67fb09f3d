"""Make all experiments, or those named: `python -m chaos [--seed N] [--full] [F1 F2 …]`."""

import argparse
import json
import os
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NoReturn

from canvas.stack import BASE_DIR
from chaos.experiments import (
    barrier,
    deaf,
    deploy,
    drill,
    kills,
    poison,
    readers,
    steps,
    storm,
    twins,
    upstream,
)
from chaos.lab import Lab
from chaos.outcome import Outcome, table

RESULT: Final = BASE_DIR / "var" / "chaos.json"
MOST_SAID: Final = 8  # on stderr; the file has all
EXPERIMENTS: Final[dict[str, Callable[[Lab], Outcome]]] = {
    "F1": kills.on_servers,
    "F2": kills.embedded,
    "F3": steps.run,
    "F4": poison.run,
    "F5": twins.run,
    "F6": deploy.run,
    "F7": deaf.run,
    "F9": storm.run,
    "F10": upstream.run,
    "F12": readers.run,
    "F13": barrier.run,
    "drill": drill.embedded,
    "drill-servers": drill.on_servers,
}


def main() -> None:
    """Experiment, print the table, and write it as JSON; exit 0 only if all passed."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)
    outcomes: list[Outcome] = []
    with Lab(is_full=options.full) as lab:
        for name in options.names or EXPERIMENTS:
            _say(f"  {name}, seed {options.seed} …")
            outcomes.append(_make(lab, name, options.seed))
            for sentence in outcomes[-1].broken[:MOST_SAID]:
                _say(f"    {sentence}")
            _say(f"    {outcomes[-1].verdict} in {outcomes[-1].seconds:.0f} s")
    sys.stdout.write(table(outcomes) + "\n")
    _write(outcomes, options)
    sys.exit(any(outcome.broken for outcome in outcomes))


def _make(lab: Lab, name: str, seed: int) -> Outcome:
    """Make one experiment; one that cannot be made has failed."""
    started = time.monotonic()
    lab.sow(f"{seed} {name}")
    try:
        outcome = EXPERIMENTS[name](lab)
    except Exception as exc:  # noqa: BLE001 the others are to be made all the same
        traceback.print_exc()
        outcome = Outcome(key=name, title="could not be made", size="")
        outcome.broken.append(f"{type(exc).__name__}: {exc}")
    outcome.seed, outcome.seconds = seed, time.monotonic() - started
    return outcome


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _write(outcomes: list[Outcome], options: argparse.Namespace) -> None:
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "seed": options.seed,
        "full": options.full,
        "experiments": [outcome.shown() for outcome in outcomes],
    }
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    RESULT.write_text(text + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="experiment", help=", ".join(EXPERIMENTS))
    parser.add_argument("--seed", type=int, default=None, help="of chance; else a new one")
    parser.add_argument("--full", action="store_true", help="the sizes of the targets")
    options = parser.parse_args()
    if unknown := set(options.names) - set(EXPERIMENTS):
        parser.error(f"no such experiment: {', '.join(sorted(unknown))}")
    if options.seed is None:
        options.seed = secrets.randbelow(1_000_000)
    return options


def _leave(*_: object) -> NoReturn:
    raise SystemExit(143)


if __name__ == "__main__":
    main()

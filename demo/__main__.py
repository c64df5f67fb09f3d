"""Run the main job once: `python -m demo [--script FILE] [--images FOLDER]`.

Uses the service that `make run` has started, if it is up; else starts one for itself and stops it.
Exits 0 only if every step's result was read back from the API and is right.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from canvas.stack import NotReadyError, Stack
from demo import pictures, report
from demo.client import Api, StepFailedError
from demo.steps import STEPS, Facts

BASE_DIR: Final = Path(__file__).resolve().parent.parent
RUN_FILE: Final = BASE_DIR / "var" / "run.json"
REPORT_FILE: Final = BASE_DIR / "var" / "demo.json"
SCRIPT: Final = Path(__file__).parent / "screenplay.fountain"
LAST_LINES: Final = 15


def main() -> int:
    """Run all steps; return the exit code."""
    options = _options()
    references = pictures.in_folder(options.images) if options.images else pictures.drawn()
    if not references:
        sys.stderr.write(f"There are no pictures in {options.images}.\n")
        return 2
    seconds: dict[str, float] = {}
    started = time.monotonic()
    try:
        with _service(options.service) as account:
            seconds["start"] = time.monotonic() - started
            facts = Facts(options.script, references, account)
            api = Api(account["baseUrl"], patience_s=options.patience)
            return _run(api, facts, seconds, options.report)
    except NotReadyError as exc:
        sys.stderr.write(f"FAILED at step “start”: {exc}\n")
        return 1


def _run(api: Api, facts: Facts, seconds: dict[str, float], target: Path) -> int:
    failed, why = None, ""
    for number, (name, step) in enumerate(STEPS.items(), start=1):
        sys.stdout.write(f"  [{number}/{len(STEPS)}] {name:<9}")
        sys.stdout.flush()
        started = time.monotonic()
        try:
            said = step(api, facts)
        except StepFailedError as exc:
            failed, why = name, str(exc)
            sys.stdout.write("FAILED\n")
            break
        finally:
            seconds[name] = time.monotonic() - started
        sys.stdout.write(f"{said}  ({seconds[name]:.1f} s)\n")
    found = report.facts_of(api, facts, seconds, failed)
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(found | {"error": why or None}, indent=2) + "\n", "utf-8")
    if failed:
        sys.stderr.write(f"\nFAILED at step “{failed}”: {why}\n")
        return 1
    sys.stdout.write(report.as_text(found, facts))
    return 0


@contextmanager
def _service(run_file: Path) -> Iterator[dict[str, str]]:
    """Give the address and account of a running service, or start one for the time of the demo."""
    running = _running(run_file)
    if running is not None:
        sys.stdout.write(f"  Using the service at {running['baseUrl']}\n")
        yield running
        return
    lines: list[str] = []
    stack = Stack(port=0, say=lambda part, line: lines.append(f"{part:>9} | {line}"))
    kind = "with the simulator" if stack.simulate else "with OpenRouter"
    sys.stdout.write(f"  Starting web and worker {kind}…\n")
    try:
        stack.start()
        yield {**_account(), "baseUrl": stack.base_url}
    finally:
        stack.stop()
        if sys.exc_info()[0] is not None:
            sys.stderr.write("\n".join(lines[-LAST_LINES:]) + "\n")


def _running(run_file: Path) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads(run_file.read_text(encoding="utf-8"))
        up = httpx.get(f"{facts['baseUrl']}/healthz", timeout=3, trust_env=False).is_success
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return None
    return facts if up else None


def _account() -> dict[str, str]:
    made = subprocess.run(  # noqa: S603 our own command
        [sys.executable, str(BASE_DIR / "manage.py"), "demo_account"],
        check=True,
        capture_output=True,
        text=True,
    )
    account: dict[str, str] = json.loads(made.stdout)
    return account


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--script", type=Path, default=SCRIPT, help="a screenplay as text")
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument(
        "--service", type=Path, default=RUN_FILE, help="what a running `make run` wrote"
    )
    parser.add_argument("--report", type=Path, default=REPORT_FILE, help="where to write")
    parser.add_argument(
        "--patience",
        type=float,
        default=float(os.environ.get("DEMO_PATIENCE_S", "90")),
        help="seconds to wait for one job",
    )
    options = parser.parse_args()
    if not options.script.is_file():
        parser.error(f"no such script: {options.script}")
    if options.images and not options.images.is_dir():
        parser.error(f"no such folder: {options.images}")
    return options


if __name__ == "__main__":
    sys.exit(main())

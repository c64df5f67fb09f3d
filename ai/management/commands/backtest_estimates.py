"""Hold past estimates against what jobs have cost: each from what was before it only."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai.estimates import asks, backtest
from ai.estimates.backtest import Line

_HEAD = f"{'kind':9}{'basis':9}{'figure':12}{'jobs':>6}{'<= p50':>9}{'<= p95':>9}{'p95/actual':>12}"


class Command(BaseCommand):
    """`manage.py backtest_estimates [--kind chat] [--project ID] [--last 500]`.

    Exit 1 when p95 of the cost held in fewer than 90 % or, by history, in more than 99 % of jobs.
    """

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Read which jobs are replayed."""
        parser.add_argument("--kind", choices=[kind.value for kind in asks.TASKS])
        parser.add_argument("--project", type=UUID, help="only this project's jobs")
        parser.add_argument("--last", type=int, default=500, help="at most so many jobs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a line for each kind, basis and figure."""
        tried = backtest.replay(
            kind=options["kind"], project_id=options["project"], last=max(options["last"], 0)
        )
        lines = sorted(backtest.report(tried), key=lambda line: (line.kind, line.basis))
        if not lines:
            self.stdout.write("there are no finished jobs whose cost is known")
            return
        self.stdout.write(_HEAD)
        for line in lines:
            self.stdout.write(_row(line))
        if bad := [line for line in lines if line.is_judged and not line.is_well]:
            raise CommandError(f"p95 of the cost does not hold: {', '.join(map(_name, bad))}")


def _row(line: Line) -> str:
    tally = line.tally
    width = "" if tally.width is None else f"{tally.width:.2f}"
    judged = "" if not line.is_judged else "well" if line.is_well else "NOT WELL"
    text = (
        f"{line.kind:9}{line.basis:9}{line.figure:12}{tally.jobs:>6}{tally.coverage_p50:>9.1%}"
        f"{tally.coverage_p95:>9.1%}{width:>12}  {judged}"
    )
    return text.rstrip()


def _name(line: Line) -> str:
    return f"{line.kind} by {line.basis} in {line.tally.coverage_p95:.1%}"

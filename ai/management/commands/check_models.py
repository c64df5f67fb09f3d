"""Check that every model of the stacks can do its task; with `--live`, that the service does."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai.services.checks.findings import Finding, Verdict
from ai.services.checks.live import check_live
from ai.services.checks.stacks import check_stacks


class Command(BaseCommand):
    """`manage.py check_models [--live [--most-usd 0.10]]`: exit 0 when all is well, else 1."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Read whether the service may be asked, and for how much."""
        parser.add_argument(
            "--live", action="store_true", help="ask the service; costs a few cents; exit 2: no key"
        )
        parser.add_argument(
            "--most-usd", type=_usd, default=Decimal("0.10"), help="spend no more than this"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line for each finding, the cost of the whole run so far in it."""
        if options["live"]:
            findings = self._live(options["most_usd"])
        else:
            findings = check_stacks()
            for finding in findings:
                self._tell(finding)
        failed = [finding.what for finding in findings if finding.verdict is Verdict.FAILED]
        if failed:
            raise CommandError(f"{len(failed)} of {len(findings)} failed: {', '.join(failed)}")
        self.stdout.write(f"all {len(findings)} are well")

    def _live(self, most_usd: Decimal) -> list[Finding]:
        if not settings.OPENROUTER_API_KEY:
            raise CommandError("nothing was asked: OPENROUTER_API_KEY is not set", returncode=2)
        self.stdout.write(f"asking {settings.OPENROUTER_BASE_URL} for {most_usd:f} USD at most")
        return check_live(most_usd=most_usd, tell=self._tell)

    def _tell(self, finding: Finding) -> None:
        cost = "" if finding.spent_usd is None else f"{finding.spent_usd:.6f} USD so far"
        line = f"{finding.verdict:8}{finding.what:46}{cost:22}{finding.detail}"
        self.stdout.write(line.rstrip())


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as exc:
        raise ValueError(text) from exc
    if not (amount.is_finite() and amount >= 0):
        raise ValueError(text)
    return amount

"""Compare the ledger's counters with the sums of its rows, and mend them when asked to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai.ledger import audit


class Command(BaseCommand):
    """`manage.py check_ledger [--mend]`: exit 0 when every counter is right, else 1."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Read whether to mend."""
        parser.add_argument(
            "--mend", action="store_true", help="write what the rows add up to into the counters"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line for each difference."""
        found = audit.differences()
        for one in found:
            self.stdout.write(one.words)
        if options["mend"]:
            mended = sum(audit.mend(one) for one in found)
            self.stdout.write(f"{mended} purses mended")
        if audit.check().is_ok:
            self.stdout.write("all counters equal the sums of their calls")
            return
        raise CommandError("counters differ from the sums of their calls; see --mend")

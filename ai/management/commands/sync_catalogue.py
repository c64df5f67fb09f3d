"""Bring the catalogue up to OpenRouter's lists, or to saved ones, and print what changed."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai.catalogue.sync import Outcome, sync, sync_files


class Command(BaseCommand):
    """`manage.py sync_catalogue [--from FILE ...]`: exit 1 when it failed."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Read where the lists come from, and how far they are believed."""
        parser.add_argument(
            "--from", dest="files", nargs="+", type=Path, metavar="FILE", default=[],
            help="saved JSON instead of the network: public lists or those of the web pages",
        )  # fmt: skip
        parser.add_argument(
            "--endpoints", choices=["stacks", "all", "none"], default="stacks",
            help="whose endpoints to ask for: of models that stacks name, of all, of none",
        )  # fmt: skip
        parser.add_argument(
            "--simulated", action="store_true", help="take figures that call themselves simulated"
        )
        parser.add_argument(
            "--force", action="store_true", help="believe a list that lacks a third of our models"
        )
        parser.add_argument("--dry-run", action="store_true", help="say it, and change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Sync once and print the report."""
        outcome = self._sync(options)
        self.stdout.write(outcome.sync.report)
        if options["dry_run"]:
            self.stdout.write("dry run: nothing was changed")
        if not outcome.is_good:
            raise CommandError("the catalogue was not changed")

    def _sync(self, options: dict[str, Any]) -> Outcome:
        how = {name: options[name] for name in ("simulated", "force", "dry_run")}
        if options["files"]:
            return sync_files(options["files"], **how)
        return sync(endpoints=options["endpoints"], **how)

"""Start web, worker (with its sweeper) and simulator from one terminal; Ctrl-C stops all of it."""

import json
import os
import signal
import sys
import threading
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from canvas.stack import NotReadyError, Stack

RUN_FILE = settings.BASE_DIR / "var" / "run.json"


class Command(BaseCommand):
    """`manage.py run_all --port 8000`."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Read the port of the web server."""
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM."""
        done = threading.Event()
        for sig in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sig, lambda *_: done.set())
        account = StringIO()
        call_command("demo_account", "--token", stdout=account)
        stack = Stack(port=options["port"], say=self._say)
        try:
            stack.start()
            self._announce(stack, json.loads(account.getvalue()))
            while not done.wait(0.5):
                for part in stack.ended():
                    code = part.process.returncode if part.process else None
                    self._say(part.name, f"ENDED with {code}. The rest goes on without it.")
        except NotReadyError as exc:
            raise CommandError(str(exc)) from exc
        finally:
            RUN_FILE.unlink(missing_ok=True)
            stack.stop()

    def _announce(self, stack: Stack, account: dict[str, str]) -> None:
        facts = {
            "baseUrl": stack.base_url,
            "token": account["token"],
            "adminUser": account["adminUser"],
            "adminPassword": account["adminPassword"],
            "simulatorUrl": stack.simulator_url,
            "workspaceId": account["workspaceId"],
            "pid": os.getpid(),
            "pids": {n: p.process.pid for n, p in stack.parts.items() if p.process},
        }
        RUN_FILE.parent.mkdir(exist_ok=True)
        RUN_FILE.touch(mode=0o600)
        RUN_FILE.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        models = (
            f"simulated answers, from {stack.simulator_url}" if stack.simulate else "OpenRouter"
        )
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"  Scene Canvas     {stack.base_url}/api/v1/docs/",
                    f"  Admin            {stack.base_url}/admin/   "
                    f"{account['adminUser']} / {account['adminPassword']}",
                    f"  API token        {account['token']}",
                    f"  Models           {models}",
                    f"  Also written to  {RUN_FILE.relative_to(settings.BASE_DIR)}",
                    "  Ctrl-C stops everything.",
                    "",
                ]
            )
        )
        self.stdout.flush()

    def _say(self, part: str, line: str) -> None:
        sys.stderr.write(f"{part:>9} | {line}\n")

"""Where experiments happen: servers, templates of databases, and chance by a seed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final, Self
from uuid import uuid4

from canvas.stack import BASE_DIR
from chaos.servers import PostgresServer, RedisServer
from chaos.service import Service

EMBEDDED: Final = "embedded://"
_NO_LIMITS: Final = (
    "from canvas.workspaces.models import Plan; "
    "Plan.objects.update(max_projects=None, max_scenes_per_project=None, tokens_a_month=None,"
    " images_a_month=None, budget_nusd_a_month=None)"
)


class Lab:
    """What all experiments of one run share. Use it as a context: it stops what it started.

    Args:
        is_full: run the sizes of the targets instead of the small ones.
    """

    def __init__(self, *, is_full: bool) -> None:
        self.is_full = is_full
        self.chance = Random()  # noqa: S311 moments, not secrets
        self._exits = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="canvas-chaos-"))
        self._exits.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._postgres: PostgresServer | None = None
        self._template = ""
        self._accounts: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def sow(self, seed: str) -> None:
        """Begin chance anew: the same seed kills at the same moments, as far as can be."""
        self.chance.seed(seed)

    def size(self, small: int, full: int) -> int:
        """Choose between the small size and the full one."""
        return full if self.is_full else small

    @contextmanager
    def embedded(self, **env: str) -> Iterator[Service]:
        """Give a service on SQLite without a broker; nothing of it runs yet."""
        with self._service({"DATABASE_URL": self.sqlite()} | env, EMBEDDED) as service:
            yield service

    @contextmanager
    def on_servers(self, redis: RedisServer, **env: str) -> Iterator[Service]:
        """Give a service on PostgreSQL and the given Redis; nothing of it runs yet."""
        with self._service({"DATABASE_URL": self.postgres()} | env, redis.url) as service:
            yield service

    @contextmanager
    def redis(self) -> Iterator[RedisServer]:
        """Give a running Redis that ends with the block."""
        server = RedisServer()
        try:
            server.start()
            yield server
        finally:
            server.stop()

    def sqlite(self) -> str:
        """Give the URL of a fresh SQLite database with an account and without limits."""
        template = self._folder / "template.sqlite3"
        if not template.exists():
            self._fill(f"sqlite:///{template}")
        path = self._folder / f"{uuid4().hex[:8]}.sqlite3"
        shutil.copy(template, path)
        url = f"sqlite:///{path}"
        self._accounts[url] = self._accounts[f"sqlite:///{template}"]
        return url

    def postgres(self) -> str:
        """Give the URL of a fresh PostgreSQL database with an account and without limits.

        Raises:
            UnavailableError: there is no PostgreSQL on this machine.
        """
        if self._postgres is None:
            server = PostgresServer()
            self._exits.callback(server.stop)
            server.start()
            self._template = server.database()
            self._fill(self._template)
            self._postgres = server
        url = self._postgres.database(self._template.rpartition("/")[2])
        self._accounts[url] = self._accounts[self._template]
        return url

    def environment(self, database: str, broker: str = EMBEDDED) -> dict[str, str]:
        """Give the settings of a process that works on a database."""
        folder = self._folder / uuid4().hex[:8]
        folder.mkdir()
        (folder / "static").mkdir()
        return {
            "DJANGO_SETTINGS_MODULE": "canvas.settings",
            "SECRET_KEY": "only for experiments, and long enough to be no warning's cause",
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker,
            "BUS_URL": broker if broker != EMBEDDED else "local://",
            "BUS_FOLDER": str(folder / "bus"),
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "ALLOWED_HOSTS": "127.0.0.1",
            "REQUESTS_A_MINUTE": "1000000",
            "OPENROUTER_API_KEY": "",
            "LOG_LEVEL": "WARNING",
            "JOB_LEASE_S": "4",
            "JOB_LEASE_RENEWAL_S": "1",
            "JOB_SWEEP_EVERY_S": "0.5",
            "WORKER_THREADS": "8",
        }

    def account(self, database: str) -> Mapping[str, str]:
        """Give the token and the workspace of a fresh database."""
        return self._accounts[database]

    @contextmanager
    def _service(self, env: dict[str, str], broker: str) -> Iterator[Service]:
        database = env["DATABASE_URL"]
        whole = self.environment(database, broker) | env
        service = Service(whole, self.account(database))
        try:
            yield service
        finally:
            service.stop()

    def _fill(self, database: str) -> None:
        env = self.environment(database)
        manage(env, "migrate", "--verbosity", "0")
        manage(env, "shell", "--no-imports", "-c", _NO_LIMITS)
        account: dict[str, Any] = json.loads(manage(env, "demo_account", "--token"))
        self._accounts[database] = account


def manage(env: Mapping[str, str], *command: str) -> str:
    """Run a management command to its end and give what it printed.

    Raises:
        subprocess.CalledProcessError: it failed; its complaint stands on stderr.
    """
    done = subprocess.run(  # noqa: S603 our own commands
        [sys.executable, "manage.py", *command],
        cwd=BASE_DIR,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        timeout=180,
        text=True,
        check=True,
    )
    return done.stdout

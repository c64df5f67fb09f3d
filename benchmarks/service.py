"""A whole service for one figure: its own database, bus, files, ports and upstream."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import psycopg
import redis
from psycopg import sql

from benchmarks.replay import Speed
from benchmarks.started import Started
from benchmarks.upstream import Upstream
from canvas.postgres import ensure_database
from canvas.stack import BASE_DIR, Stack

EMBEDDED: Final = "embedded://"
PATIENCE_S: Final = 60.0
# More than any figure has calls in flight: the worker's slots are not what is measured.
MANY_SLOTS: Final = {"WORKER_THREADS": "520"}
_FINISHED: Final = frozenset({"succeeded", "failed", "cancelled"})
_NO_LIMITS: Final = (
    "from canvas.workspaces.models import Plan; "
    "Plan.objects.update(max_projects=None, max_scenes_per_project=None, tokens_a_month=None,"
    " images_a_month=None, budget_nusd_a_month=None)"
)


class Ground(Started):
    """A migrated database with an account, without any process.

    Args:
        broker: a Celery URL; the default needs none.
        database: a PostgreSQL URL whose server gets a database of our own; else SQLite.
    """

    def __init__(self, *, broker: str = EMBEDDED, database: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="canvas-bench-"))
        self._own_database = ""
        self.env = {
            "DJANGO_SETTINGS_MODULE": "canvas.settings",
            "SECRET_KEY": "only for measuring, and long enough to be no warning's cause",
            "DATABASE_URL": self._database(database),
            "CELERY_BROKER_URL": broker,
            "BUS_URL": broker if broker.startswith("redis") else "local://",
            "BUS_FOLDER": str(self.folder / "bus"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "STATIC_ROOT": str(self.folder / "static"),
            "ALLOWED_HOSTS": "127.0.0.1",
            "REQUESTS_A_MINUTE": "1000000",
            "OPENROUTER_API_KEY": "",
            "LOG_LEVEL": "ERROR",
        }
        (self.folder / "static").mkdir()

    def start(self) -> None:
        """Make the tables and the account."""
        if self._own_database:
            ensure_database(self._own_database)
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.run("manage.py", "shell", "--no-imports", "-c", _NO_LIMITS)
        account = json.loads(self.run("manage.py", "demo_account", "--token"))
        self.token: str = account["token"]

    def stop(self) -> None:
        """Take everything away again."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._own_database:
            parts = urlsplit(self._own_database)
            server = urlunsplit(parts._replace(path="/postgres"))
            name = sql.Identifier(parts.path.lstrip("/"))
            with psycopg.connect(server, autocommit=True, connect_timeout=5) as connection:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    @property
    def engine(self) -> str:
        """What kind of database it is, for the table."""
        return "PostgreSQL" if self._own_database else "SQLite"

    @property
    def where(self) -> str:
        """What it runs on, for the table."""
        broker = self.env["CELERY_BROKER_URL"].partition(":")[0]
        return f"{self.engine}, {'Redis' if broker.startswith('redis') else broker}"

    def run(self, *command: str) -> str:
        """Run Python on this ground and give what it printed.

        Raises:
            subprocess.CalledProcessError: it failed; its complaint stands in `stderr`.
        """
        done = subprocess.run(  # noqa: S603 our own commands
            [sys.executable, *command],
            cwd=BASE_DIR,
            env={**os.environ, **self.env},
            stdout=subprocess.PIPE,
            timeout=180,
            text=True,
            check=True,
        )
        return done.stdout

    def within(self, module: str, *arguments: str) -> Any:  # noqa: ANN401 JSON
        """Run a module of `benchmarks.within` and give its result."""
        return json.loads(self.run("-m", f"benchmarks.within.{module}", *arguments))

    def _database(self, wanted: str) -> str:
        if not wanted.startswith("postgres"):
            return f"sqlite:///{self.folder / 'canvas.sqlite3'}"
        parts = urlsplit(wanted)._replace(path=f"/canvas_bench_{uuid4().hex[:8]}")
        self._own_database = urlunsplit(parts)
        return self._own_database


class Service(Ground):
    """Web and worker on that ground, in front of a simulated upstream that notes times.

    Args:
        speed: how fast the upstream answers.
        broker, database: as of the ground.
        more_env: settings over those of the ground.
    """

    def __init__(
        self,
        *,
        speed: Speed | None = None,
        broker: str = EMBEDDED,
        database: str = "",
        more_env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(broker=broker, database=database)
        self.env |= more_env or {}
        self.lines: deque[str] = deque(maxlen=50)
        self._speed = speed or Speed()
        self.upstream: Upstream | None = None
        self.stack: Stack | None = None
        self.http = httpx.Client(timeout=PATIENCE_S, trust_env=False)

    @classmethod
    def as_given(cls, speed: Speed) -> Self:
        """Give a service with many slots on the database and broker that the environment names."""
        return cls(
            speed=speed,
            broker=os.environ.get("CELERY_BROKER_URL") or EMBEDDED,
            database=os.environ.get("DATABASE_URL", ""),
            more_env=MANY_SLOTS,
        )

    def start(self) -> None:
        """Start upstream, web and worker, and make a first turn, so that nothing is cold."""
        super().start()
        self.upstream = Upstream(self._speed)
        self.env |= {"OPENROUTER_BASE_URL": self.upstream.base_url, "OPENROUTER_API_KEY": "sk-or-x"}
        self.env |= {"FREE_REQUESTS_A_MINUTE": "0", "FREE_REQUESTS_A_DAY": "0"}
        self.stack = Stack(port=0, say=self._say, extra_env=self.env, simulate=False)
        self.stack.start()
        self.http.base_url = httpx.URL(self.api_url)
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        for project_id in self.projects(3):
            self.finished(self.say(project_id)["job"]["id"])
        self.notes()

    def stop(self) -> None:
        """Stop every process, then take the ground away."""
        self.http.close()
        if self.stack is not None:
            self.stack.stop()
        if self.upstream is not None:
            self.upstream.stop()
        super().stop()

    @property
    def api_url(self) -> str:
        """Where the API is."""
        assert self.stack is not None  # noqa: S101 started
        return f"{self.stack.base_url}/api/v1"

    def pid(self, part: str) -> int:
        """Give the process id of `web` or `worker`."""
        assert self.stack is not None  # noqa: S101 started
        process = self.stack.parts[part].process
        assert process is not None  # noqa: S101 started
        return process.pid

    @property
    def pids(self) -> list[int]:
        """The processes that do the work: web, worker, and a Redis server of this machine."""
        mine = [self.pid("web"), self.pid("worker")]
        broker = self.env["CELERY_BROKER_URL"]
        if not broker.startswith("redis"):
            return mine
        with redis.Redis.from_url(broker) as client:
            bus = int(client.info("server")["process_id"])
        return [*mine, bus] if Path(f"/proc/{bus}").exists() else mine

    def call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 JSON
        """Make one request of the API.

        Raises:
            httpx.HTTPStatusError: an error answer.
        """
        return self.http.request(method, path, **options).raise_for_status().json()

    def projects(self, count: int) -> list[str]:
        """Make so many new projects and give their ids."""
        return [
            self.call("POST", "/projects/", json={"title": "A film"})["id"] for _ in range(count)
        ]

    def say(self, project_id: str) -> dict[str, Any]:
        """Post a message to the director, which a job will answer in words alone."""
        body: dict[str, Any] = self.call("POST", f"/projects/{project_id}/messages/", json=MESSAGE)
        return body

    def finished(self, job_id: str) -> None:
        """Wait until a job has succeeded; an answer without end is ended.

        Raises:
            RuntimeError: it did not, or not in time; with the last lines of the processes.
        """
        assert self.upstream is not None  # noqa: S101 started
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            job = self.call("GET", f"/jobs/{job_id}/")
            if job["status"] in _FINISHED:
                break
            if self._speed.is_endless:
                self.upstream.end_streams()
            time.sleep(0.03)
        if job["status"] != "succeeded":
            raise RuntimeError(f"job {job['status']}: {job['error']}\n" + "\n".join(self.lines))

    def notes(self) -> "dict[str, Any]":
        """Give what the upstream has noted since the last question, by session."""
        assert self.upstream is not None  # noqa: S101 started
        return self.upstream.notes()

    def _say(self, part: str, line: str) -> None:
        self.lines.append(f"{part}: {line}")


MESSAGE: Final = {
    "content": "The ferry is late, and the two sisters have an hour alone on the pier. "
    "It is the first time that they talk about their father. What could stand between them?"
}

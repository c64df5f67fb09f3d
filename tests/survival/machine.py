"""A whole service of its own for one test module: database, bus, media, web, worker, simulator."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from canvas.postgres import ensure_database
from canvas.stack import BASE_DIR, Stack
from tests.settings import BROKER_URL


class Machine:
    """Starts and stops the parts; reads the tables with plain SQL, behind the service's back.

    Args:
        folder: for everything that it keeps.
        extra_env: stands over the environment of its parts.
    """

    databases = "canvas_survival"

    def __init__(self, folder: Path, **extra_env: str) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.env = {
            "DJANGO_SETTINGS_MODULE": "canvas.settings",  # not the one of the tests
            "SECRET_KEY": "only for tests, and long enough to be no warning's cause",
            "DATABASE_URL": self._database(),
            "CELERY_BROKER_URL": BROKER_URL or "embedded://",
            "BUS_URL": "",
            "BUS_FOLDER": str(folder / "bus"),
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "OPENROUTER_API_KEY": "",
            "JOB_LEASE_S": "3",
            "JOB_LEASE_RENEWAL_S": "1",
            "JOB_SWEEP_EVERY_S": "0.5",
            "ALLOWED_HOSTS": "127.0.0.1",
            **extra_env,
        }
        if self.env["CELERY_BROKER_URL"].startswith("redis"):
            self.env["BUS_URL"] = self.env["CELERY_BROKER_URL"]
        else:
            self.env["BUS_URL"] = "local://"
        (folder / "static").mkdir()
        self._manage("migrate", "--verbosity", "0")
        self.account = json.loads(self._manage("demo_account", "--token"))
        self.stack = Stack(port=0, say=self._say, extra_env=self.env, simulate=True)
        self.stack.start()

    def stop(self) -> None:
        self.stack.stop()
        url = self.env["DATABASE_URL"]
        if url.startswith("postgres"):
            server, _, name = url.rpartition("/")
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]

    # --- the worker ------------------------------------------------------------------------------

    def worker_that_dies_at(self, step: str) -> Path:
        died = self.folder / f"died-{uuid4().hex}"
        self.stack.extra_env = {
            **self.env,
            "CANVAS_DIE_AT": step,
            "CANVAS_DIED_FILE": str(died),
        }
        self.stack.start_part("worker")
        return died

    def healthy_worker(self) -> None:
        self.stack.extra_env = self.env
        self.stack.start_part("worker")

    def kill_worker(self, sig: signal.Signals = signal.SIGKILL) -> None:
        self.stack.kill_part("worker", sig)
        process = self.stack.parts["worker"].process
        if sig == signal.SIGKILL:
            process.wait(10)

    def worker_ended(self, timeout_s: float = 20.0) -> int:
        return self.stack.parts["worker"].process.wait(timeout_s)

    # --- the API ---------------------------------------------------------------------------------

    def call(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.stack.base_url}/api/v1{path}",
            headers={"Authorization": f"Bearer {self.account['token']}"},
            timeout=30,
            **options,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def finished(self, job_id: str, timeout_s: float = 30.0) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            job = self.call("GET", f"/jobs/{job_id}/")
            if job["finishedAt"]:
                return job
            time.sleep(0.1)
        raise AssertionError(f"job {job_id} did not end in {timeout_s} s:\n{self.last_lines()}")

    # --- the auditor -----------------------------------------------------------------------------

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        url = self.env["DATABASE_URL"]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as connection:
                connection.row_factory = sqlite3.Row
                return [dict(row) for row in connection.execute(sql, values)]
        with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
            return list(connection.execute(sql.replace("?", "%s"), values))

    def key(self, text: str) -> str:
        """Write an id as the database keeps it."""
        sqlite = self.env["DATABASE_URL"].startswith("sqlite")
        return text.replace("-", "") if sqlite else text

    def bill(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.stack.simulator_url}/__sim/bill", timeout=10).json()
        return answer if isinstance(answer, list) else answer["lines"]

    def faults(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.stack.simulator_url}/__sim/faults", json={"faults": list(faults)})

    def last_lines(self, count: int = 30) -> str:
        return "\n".join(self.lines[-count:])

    # --- making it -------------------------------------------------------------------------------

    def _database(self) -> str:
        server = os.environ.get("DATABASE_URL", "")
        if not server.startswith("postgres"):
            return f"sqlite:///{self.folder / 'canvas.sqlite3'}"
        url = f"{server.rpartition('/')[0]}/{self.databases}_{uuid4().hex[:8]}"
        ensure_database(url)
        return url

    def _manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=BASE_DIR,
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _say(self, part: str, line: str) -> None:
        self.lines.append(f"{part}: {line}")

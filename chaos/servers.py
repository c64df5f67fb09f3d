"""A Redis and a PostgreSQL of our own, on free ports and in folders that go with them."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
import redis
from psycopg import sql

from canvas.stack import free_port

PATIENCE_S: Final = 30.0
ROOM_BYTES: Final = 512 * 1024  # what a crowded Redis has more than it uses
JUNK: Final = 40
SAMPLES: Final = 64  # as many as it may compare: what is oldest goes, not what is found
_BINARIES: Final = Path("/usr/lib/postgresql")
_ACCOUNT: Final = "postgres"


class UnavailableError(Exception):
    """A server that an experiment needs is not installed, or did not start."""


class RedisServer:
    """One Redis without persistence: what it forgets is gone."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="canvas-chaos-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers.

        Raises:
            UnavailableError: not installed, or no answer.
        """
        program = shutil.which("redis-server")
        if program is None:
            raise UnavailableError("redis-server is not installed")
        self._process = subprocess.Popen(  # noqa: S603 our own command
            [
                program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", str(self._folder), "--loglevel", "warning",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        _await("redis-server", self._answers)

    def kill(self) -> None:
        """SIGKILL: everything in it is gone."""
        assert self._process is not None  # noqa: S101 started
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def flush(self) -> None:
        """Forget everything, as FLUSHALL does."""
        with redis.Redis(port=self.port) as client:
            client.flushall()

    def pause(self) -> None:
        """SIGSTOP: it takes connections and answers none."""
        assert self._process is not None  # noqa: S101 started
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        assert self._process is not None  # noqa: S101 started
        self._process.send_signal(signal.SIGCONT)

    def crowd(self) -> int:
        """Make it small and fill it; give how many keys it threw out that were not the filling.

        It stays small until `relieve`.
        """
        with redis.Redis(port=self.port) as client:
            before = set(client.keys())
            used_bytes = int(client.info("memory")["used_memory"])
            client.config_set("maxmemory-samples", SAMPLES)
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("maxmemory", used_bytes + ROOM_BYTES)
            for number in range(JUNK):
                client.set(f"junk-{number}", b"x" * (ROOM_BYTES // 8))
            return len(before - set(client.keys()))

    def relieve(self) -> None:
        """Make it large again after `crowd`."""
        with redis.Redis(port=self.port) as client:
            client.config_set("maxmemory", 0)

    def stop(self) -> None:
        """End it and take its folder away."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class PostgresServer:
    """One PostgreSQL cluster, under an account that is not root's.

    It does not wait for the disk (`fsync=off`): the machine is not what dies here.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="canvas-chaos-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._account = _ACCOUNT if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Its maintenance database."""
        return f"postgresql://{_ACCOUNT}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the cluster and start it.

        Raises:
            UnavailableError: not installed, or no answer.
        """
        binaries = _newest_binaries()
        if self._account is not None:
            owner = pwd.getpwnam(self._account)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        data = str(self._folder / "data")
        made = subprocess.run(  # noqa: S603 our own command
            [
                str(binaries / "initdb"), "--pgdata", data, "--username", _ACCOUNT,
                "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C",
            ],
            user=self._account,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if made.returncode:
            raise UnavailableError(f"initdb failed: {made.stderr.strip()[-300:]}")
        self._process = subprocess.Popen(  # noqa: S603 our own command
            [
                str(binaries / "postgres"), "-D", data, "-p", str(self.port),
                "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1",
                "-c", "fsync=off", "-c", "max_connections=200",
            ],
            user=self._account,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        _await("postgres", self._answers)

    def database(self, template: str = "template1") -> str:
        """Make a new database, as a copy of another one, and give its URL."""
        name = f"chaos_{uuid4().hex[:8]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return self.url.rpartition("/")[0] + f"/{name}"

    def stop(self) -> None:
        """End it at once and take its folder away."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _newest_binaries() -> Path:
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise UnavailableError(f"no PostgreSQL under {_BINARIES}")
    return found[-1].parent


def _await(name: str, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not answers():
        if time.monotonic() > deadline:
            raise UnavailableError(f"{name} did not answer in {PATIENCE_S:.0f} s")
        time.sleep(0.05)

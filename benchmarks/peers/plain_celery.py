"""Plain Celery workers, prefork or threads, on a Redis server of their own. Nothing is durable."""

import json
import sys
from pathlib import Path
from typing import Any

import redis
from celery import Celery

from benchmarks.peers.environment import program
from benchmarks.peers.plain_tasks import ASK, BROKER, QUESTION, UPSTREAM
from benchmarks.peers.process import Peer


class RedisServer(Peer):
    """A Redis server that keeps nothing."""

    name = "redis-server"

    def command(self) -> list[str]:
        """Start it without files."""
        nothing = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        return [program("redis-server"), "--port", str(self.port), *nothing]

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"


class PlainCelery(Peer):
    """A worker with so many slots.

    Args:
        pool: `prefork` or `threads`.
        slots: how many tasks it does at a time.
        broker_url: of a Redis server.
        upstream_url: the base of the upstream's API.
        question: the body that each task sends.
    """

    def __init__(
        self,
        *,
        pool: str,
        slots: int,
        broker_url: str,
        upstream_url: str,
        question: dict[str, Any],
    ) -> None:
        super().__init__()
        self.name = f"plain Celery, {pool} {slots}"
        self.slots = slots
        self._pool, self._broker_url, self._upstream_url = pool, broker_url, upstream_url
        self._question = self.folder / "question.json"
        self._question.write_text(json.dumps(question), encoding="utf-8")
        self._app = Celery(set_as_current=False, broker=broker_url)

    def command(self) -> list[str]:
        """Start a worker with Celery's own settings."""
        return [
            sys.executable, "-W", "ignore", "-m", "celery", "-A", "benchmarks.peers.plain_tasks",
            "worker", "--pool", self._pool, "--concurrency", str(self.slots),
            "--without-gossip", "--without-mingle", "--loglevel", "ERROR",
        ]  # fmt: skip

    def environ(self) -> dict[str, str]:
        """Find our own code, the broker, the upstream and the question."""
        return {
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            BROKER: self._broker_url,
            UPSTREAM: self._upstream_url,
            QUESTION: str(self._question),
        }

    def is_ready(self) -> bool:
        """Say whether the worker answers."""
        return bool(self._app.control.ping(timeout=0.5))

    def submit(self, names: list[str]) -> None:
        """Queue one task for each name."""
        with self._app.producer_pool.acquire(block=True) as producer:
            for name in names:
                self._app.send_task(ASK, args=[name], producer=producer)

"""The whole service from one terminal: web, worker (with its sweeper) and simulator.

Each is a process of its own in a group of its own, dies with this one, and writes its lines here
behind its name. A part that ends by itself is reported and not started again: the rest goes on, as
it would on real machines.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BASE_DIR: Final = Path(__file__).resolve().parent.parent
STOP_AFTER_S: Final = 10.0
SIMULATED_KEY: Final = "sk-or-simulated"
_PR_SET_PDEATHSIG: Final = 1

Say = Callable[[str, str], None]


class NotReadyError(Exception):
    """A part did not come up in time, or ended before it did."""


@dataclass(slots=True)
class Part:
    """One process of the stack."""

    name: str
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    reported: bool = False


@dataclass
class Stack:
    """The parts, their addresses, and how to start and stop them.

    Args:
        port: of the web server; 0 picks a free one.
        say: gets (part, line) for everything that the parts write.
        extra_env: stands over the environment of this process.
        simulate: start the simulator and point the service at it; None does so when no
            OPENROUTER_API_KEY is set.
        root: the folder of the code that parts run.
    """

    port: int
    say: Say
    extra_env: Mapping[str, str] = field(default_factory=dict)
    simulate: bool | None = None
    root: Path = BASE_DIR

    def __post_init__(self) -> None:
        if self.simulate is None:
            self.simulate = not _has_key({**os.environ, **self.extra_env})
        self.port = self.port or free_port()
        self._simulator_port = free_port()
        self.parts: dict[str, Part] = {}

    @property
    def base_url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator_url(self) -> str | None:
        """Where the simulator answers; None when the real service is used."""
        return f"http://127.0.0.1:{self._simulator_port}" if self.simulate else None

    def start(self, timeout_s: float = 60.0) -> None:
        """Start all parts and wait until they are ready.

        Raises:
            NotReadyError: with the part's name.
        """
        if self.simulate:
            self.start_part("simulator")
        self.start_part("web")
        self.start_part("worker")
        if self.simulator_url:
            self._await("simulator", f"{self.simulator_url}/__sim/health", timeout_s)
        self._await("web", f"{self.base_url}/readyz", timeout_s)

    def start_part(self, name: str) -> None:
        """Start one part, or start it again after it ended."""
        part = Part(name, _COMMANDS[name](self.port, self._simulator_port))
        part.process = subprocess.Popen(  # noqa: S603 our own commands
            part.command,
            cwd=self.root,
            env={**os.environ, **self.extra_env, **self._addresses(), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 started before this process has threads
        )
        self.parts[name] = part
        threading.Thread(target=self._relay, args=(part,), daemon=True).start()

    def stop(self) -> None:
        """Stop all parts: politely, then for good."""
        for part in self.parts.values():
            self.kill_part(part.name, signal.SIGTERM)
        deadline = time.monotonic() + STOP_AFTER_S
        for part in self.parts.values():
            try:
                part.process.wait(max(deadline - time.monotonic(), 0.1)) if part.process else None
            except subprocess.TimeoutExpired:
                self.kill_part(part.name, signal.SIGKILL)

    def kill_part(self, name: str, sig: signal.Signals) -> None:
        """Send a signal to a part's whole process group."""
        process = self.parts[name].process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, sig)

    def ended(self) -> list[Part]:
        """Return the parts that have ended by themselves since the last question."""
        gone = [
            part
            for part in self.parts.values()
            if not part.reported and part.process and part.process.poll() is not None
        ]
        for part in gone:
            part.reported = True
        return gone

    def _addresses(self) -> dict[str, str]:
        if not self.simulator_url:
            return {}
        return {
            "OPENROUTER_BASE_URL": f"{self.simulator_url}/api/v1",
            "OPENROUTER_API_KEY": SIMULATED_KEY,
            # The simulator's free models have no limits of their own.
            "FREE_REQUESTS_A_MINUTE": "0",
            "FREE_REQUESTS_A_DAY": "0",
        }

    def _relay(self, part: Part) -> None:
        assert part.process is not None  # noqa: S101 just started
        assert part.process.stdout is not None  # noqa: S101 a pipe
        with part.process.stdout as lines:
            for line in lines:
                self.say(part.name, line.decode("utf-8", "replace").rstrip())

    def _await(self, name: str, url: str, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            process = self.parts[name].process
            if process is None or process.poll() is not None:
                break
            if _answers(url):
                return
            time.sleep(0.1)
        raise NotReadyError(f"{name} did not become ready at {url}")


def free_port() -> int:
    """Find a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _web(port: int, _simulator_port: int) -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", "canvas.asgi:application", "--host", "127.0.0.1",
        "--port", str(port), "--lifespan", "off", "--timeout-graceful-shutdown", "3",
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


def _worker(_port: int, _simulator_port: int) -> list[str]:
    return [
        sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery",
        "--quiet", "-A", "canvas", "worker", "--loglevel", "WARNING",
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def _simulator(_port: int, simulator_port: int) -> list[str]:
    return [sys.executable, "-m", "ai.simulator", "--port", str(simulator_port)]


_COMMANDS: Final[dict[str, Callable[[int, int], list[str]]]] = {
    "web": _web,
    "worker": _worker,
    "simulator": _simulator,
}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 loopback only
            return int(answer.status) == 200  # noqa: PLR2004 OK
    except (urllib.error.URLError, OSError):
        return False


def _has_key(environ: Mapping[str, str]) -> bool:
    if environ.get("OPENROUTER_API_KEY") or environ.get("OPENROUTER_API_KEY_FILE"):
        return True
    dotenv = BASE_DIR / ".env"
    lines = dotenv.read_text(encoding="utf-8").splitlines() if dotenv.exists() else []
    return any(
        line.split("=", 1)[1].strip().strip("\"'")
        for line in lines
        if line.startswith(("OPENROUTER_API_KEY=", "OPENROUTER_API_KEY_FILE="))
    )


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent does. Linux only; elsewhere a no-op."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

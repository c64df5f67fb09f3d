"""A peer as a process: started in a folder of its own, awaited, measured, stopped by its id."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import abstractmethod
from pathlib import Path
from typing import Final

import httpx

from benchmarks.peers.environment import PeerError
from benchmarks.processes import family_bytes, family_cpu_s
from benchmarks.started import Started
from canvas.stack import die_with_parent, free_port

READY_S: Final = 90.0
STOP_S: Final = 10.0
_SHOWN: Final = 300


class Peer(Started):
    """One running peer. It starts and ends with the block.

    Raises:
        PeerError: on the way in, when it cannot be installed or does not start.
    """

    name: str

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="canvas-peer-"))
        self.port = free_port()
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Give the command line, installing what it needs."""

    def environ(self) -> dict[str, str]:
        """Give what stands in its environment beside the path; nothing else of ours does."""
        return {}

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            httpx.get(f"http://127.0.0.1:{self.port}/", timeout=2, trust_env=False)
        except httpx.TransportError:
            return False
        return True

    @property
    def pid(self) -> int:
        """The id of its first process."""
        assert self._process is not None  # noqa: S101 started
        return self._process.pid

    def cpu_s(self) -> float:
        """Give the processor time that it has used."""
        return family_cpu_s([self.pid])

    def memory_bytes(self) -> tuple[int, int]:
        """Give its resident and its proportional memory."""
        return family_bytes(self.pid)

    def stop(self) -> None:
        """End its processes, and take its folder away."""
        if self._process is not None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                pass
            finally:
                self._signal(signal.SIGKILL)
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = self.command()
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.environ()}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 our own command
                command,
                cwd=self.folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 one system call, no locks
            )
        deadline = time.monotonic() + READY_S
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise PeerError(f"{self.name} did not start: {self._last_words()}")
            time.sleep(0.1)

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][-_SHOWN:] if lines else "it said nothing"

    def _signal(self, sig: signal.Signals) -> None:
        """Signal its whole session, which is of its own."""
        try:
            os.killpg(self.pid, sig)
        except ProcessLookupError:
            return

"""The simulated upstream as a process of its own, and what it noted."""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any, Final

import httpx

from benchmarks.replay import CONTROL, Speed
from canvas.stack import BASE_DIR, free_port

_READY_S: Final = 20.0


class Upstream:
    """Recorded answers of the simulator, said at a set speed; see benchmarks.replay."""

    def __init__(self, speed: Speed) -> None:
        self.port = free_port()
        command = [
            sys.executable, "-m", "benchmarks.replay", str(self.port), json.dumps(asdict(speed)),
        ]  # fmt: skip
        # It ends when this pipe closes, so it cannot outlive the one who measures.
        self._process = subprocess.Popen(command, cwd=BASE_DIR, stdin=subprocess.PIPE)  # noqa: S603
        root = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{root}/api/v1"
        self._http = httpx.Client(base_url=root + CONTROL, timeout=30, trust_env=False)
        deadline = time.monotonic() + _READY_S
        while not self._is_up():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise RuntimeError("the upstream did not come up")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        self._process.terminate()
        self._process.wait(10)

    def notes(self) -> dict[str, Any]:
        """Give the notes by session, and forget them."""
        found: dict[str, Any] = self._http.get("notes").json()
        return found

    def ended(self) -> int:
        """Count the noted requests whose answers have ended; they stay noted."""
        return int(self._http.get("ended").json())

    def end_streams(self) -> None:
        """Let streams without end say their last words."""
        self._http.get("end").raise_for_status()

    def last_request(self) -> dict[str, Any]:
        """Give the body of the last request, to be asked again without anything between."""
        body: dict[str, Any] = self._http.get("last").json()
        return body

    def _is_up(self) -> bool:
        try:
            return self._http.get("health").is_success
        except httpx.TransportError:
            return False

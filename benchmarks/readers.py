"""The near end of a reading process: give it a plan, hear what it tells."""

import json
import subprocess
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from benchmarks.reader.plan import DONE, FAILED, Calls, Idle, Streams
from canvas.stack import BASE_DIR


class Reading:
    """A process that does one plan. It ends with the block."""

    def __init__(self, plan: Streams | Calls | Idle) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reader"],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._say({"kind": type(plan).__name__, **asdict(plan)})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def heard(self, event: str = DONE) -> dict[str, Any]:
        """Wait until the process tells this.

        Raises:
            RuntimeError: it told of a failure, or nothing more.
        """
        assert self._process.stdout is not None  # noqa: S101 a pipe
        for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == FAILED:
                raise RuntimeError(f"the readers failed: {told['why']}")
            if told["event"] == event:
                return told
        raise RuntimeError(f"the readers ended before they were {event}")

    def close(self) -> None:
        """Let streams that are held go."""
        self._say("close")

    def _say(self, what: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 a pipe
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()


def request(
    method: str,
    path: str,
    *,
    token: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> str:
    """Write one whole HTTP request, in ASCII."""
    text = "" if body is None else json.dumps(body)
    kind = {"Content-Type": "application/json", "Content-Length": str(len(text))} if text else {}
    lines = {"Host": "127.0.0.1", "Authorization": f"Bearer {token}", **kind, **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n{text}"

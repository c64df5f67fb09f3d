"""The ways from a reader to the upstream: through the service, directly, through a gateway."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.peers.litellm import LiteLLM
from benchmarks.peers.portkey import Portkey
from benchmarks.peers.questions import portable
from benchmarks.peers.relay import Relay
from benchmarks.processes import family_cpu_s
from benchmarks.reader.plan import Calls, Streams
from benchmarks.readers import request
from benchmarks.service import MESSAGE, Service

OUTLINE: Final = {
    "source": "text",
    "text": "INT. FERRY - NIGHT\n\nMARA waits at the rail. JONAS brings two cups of tea.",
}


class Way(ABC):
    """One way. A plan comes with the names by which the upstream notes its requests."""

    name: str

    @abstractmethod
    def streams(self, count: int, spread_s: float) -> tuple[list[str], Streams]:
        """Plan so many streams."""

    @abstractmethod
    def calls(self, count: int, times: int) -> Calls:
        """Plan so many callers."""

    def cpu_s(self) -> float:
        """Give the processor time that everything between reader and upstream has used."""
        return 0.0


class ThroughService(Way):
    """A browser listens to a project's events and posts a message; or waits for an outline."""

    name = "service"

    def __init__(self, service: Service) -> None:
        self._service = service
        self._port = urlsplit(service.api_url).port or 0
        self._projects: list[str] = []

    def streams(self, count: int, spread_s: float) -> tuple[list[str], Streams]:
        """Use new projects, so that every feed is empty."""
        names, token = self._service.projects(count), self._service.token
        asks = [
            request("POST", f"/api/v1/projects/{name}/messages/", token=token, body=MESSAGE)
            for name in names
        ]
        listens = [
            request("GET", f"/api/v1/projects/{name}/events/", token=token) for name in names
        ]
        return names, Streams(port=self._port, asks=asks, listens=listens, spread_s=spread_s)

    def calls(self, count: int, times: int) -> Calls:
        """Ask for outlines, each caller in a project of its own."""
        self._projects += self._service.projects(count - len(self._projects))
        asks = [
            request(
                "POST", f"/api/v1/projects/{each}/outlines/", token=self._service.token,
                body=OUTLINE, headers={"Prefer": "wait=60"},
            )
            for each in self._projects[:count]
        ]  # fmt: skip
        return Calls(port=self._port, asks=asks, times=times, proof='"status":"succeeded"')

    def cpu_s(self) -> float:
        """Count web, worker, and a Redis server that is on this machine."""
        return family_cpu_s(self._service.pids)


class Asking(Way):
    """Anything that speaks like the upstream.

    Args:
        name: for the table.
        port: on this machine.
        path: of chat completions.
        token: a bearer token.
        headers: more headers.
        body_of: gives the body for a name.
        cpu_s: gives the processor time of what stands between.
    """

    def __init__(
        self,
        name: str,
        *,
        port: int,
        path: str,
        token: str,
        headers: dict[str, str],
        body_of: Callable[[str], dict[str, Any]],
        cpu_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.name = name
        self._port, self._path, self._token, self._headers = port, path, token, headers
        self._body_of, self._cpu_s = body_of, cpu_s

    def streams(self, count: int, spread_s: float) -> tuple[list[str], Streams]:
        """Ask the service's own question, each time under a new name."""
        names = [str(uuid4()) for _ in range(count)]
        asks = [self._ask(name) for name in names]
        return names, Streams(port=self._port, asks=asks, listens=[], spread_s=spread_s)

    def calls(self, count: int, times: int) -> Calls:
        """Ask the service's own question."""
        asks = [self._ask(str(uuid4())) for _ in range(count)]
        return Calls(port=self._port, asks=asks, times=times, proof='"finish_reason"')

    def cpu_s(self) -> float:
        """Count the gateway's processes."""
        return self._cpu_s()

    def _ask(self, name: str) -> str:
        body = self._body_of(name)
        return request("POST", self._path, token=self._token, headers=self._headers, body=body)


def direct(service: Service) -> Asking:
    """Ask the upstream itself what the service asked it last."""
    assert service.upstream is not None  # noqa: S101 started
    body, url = service.upstream.last_request(), service.upstream.base_url
    return Asking(
        "direct", port=service.upstream.port, path=f"{urlsplit(url).path}/chat/completions",
        token="sk-or-x", headers={}, body_of=lambda name: {**body, "session_id": name},  # noqa: S106
    )  # fmt: skip


def through(peer: LiteLLM | Portkey | Relay, body: dict[str, Any]) -> Asking:
    """Ask a running peer the same question."""
    return Asking(
        peer.name, port=peer.port, path=peer.path, token=peer.token, headers=peer.headers,
        body_of=lambda name: portable(body, name=name), cpu_s=peer.cpu_s,
    )  # fmt: skip

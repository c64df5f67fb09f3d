"""How the simulator is served: uvicorn, with a way to drop a connection at any byte."""

import socket
import struct
from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ai.simulator.app import create_app
from ai.simulator.settings import Settings
from ai.simulator.web import DROP

BACKLOG: Final = 4_096
Drop: TypeAlias = Callable[[bytes, bool], None]
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Protocol(HttpToolsProtocol):
    """uvicorn's own protocol; the application may also end the connection, which ASGI cannot."""

    def on_message_begin(self) -> None:
        """Hand the way out to the application, as an extension of the scope."""
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)["extensions"] = {DROP: {"drop": self._drop}}

    def _drop(self, head: bytes, reset: bool) -> None:  # noqa: FBT001 - called by position
        """Send these bytes and close: quietly, or with a reset."""
        self.cycle.disconnected = True
        if head:
            self.transport.write(head)
        if reset:
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.transport.abort()
        else:
            self.transport.close()


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Open the door, wide enough for thousands of connections at once; port 0 is any free one."""
    return socket.create_server((host, port), backlog=BACKLOG)


def server(settings: Settings | None = None) -> uvicorn.Server:
    """Return a server of one new simulator."""
    config = uvicorn.Config(
        create_app(settings),
        http=Protocol,
        log_level="critical",
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        backlog=BACKLOG,
    )
    return uvicorn.Server(config)

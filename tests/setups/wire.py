"""A TCP connection between the service and its broker that a test can cut and mend."""

import contextlib
import socket
import threading
from typing import Final

CHUNK_BYTES: Final = 65_536


class Wire:
    """Listens on a port of its own and passes bytes on to another, both ways, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = _listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._carry_on()

    def cut(self) -> int:
        """Break every connection and refuse new ones; say how many were broken."""
        _end(self._listener)
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            _end(end)
        return len(broken) // 2

    def mend(self) -> None:
        """Accept connections again, on the same port."""
        self._listener = _listening(self.port)
        self._carry_on()

    def _carry_on(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # cut
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._open |= {near, far}
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(CHUNK_BYTES):
                target.sendall(piece)
        for end in (source, target):
            _end(end)
        with self._lock:
            self._open -= {source, target}


def _listening(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), backlog=256)


def _end(end: socket.socket) -> None:
    """Wake whoever waits in it, then close it."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

"""An emergency switch for a blocked call: another thread throws it, the reader wakes up.

Closing a response from another thread does not wake whoever reads it; shutting the socket down
does. So every socket of a client is registered here from before it connects until it is closed,
and `abort` shuts them all. Only a name lookup cannot be interrupted; the check after it follows.
"""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore

from ai.openrouter.errors import StoppedError


class Switch:
    """The state of the one call a client has in flight, and the sockets it may be blocked on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._is_open = False
        self._stopped: StoppedError | None = None
        self._patience_s: float | None = None

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """Mark the span of one call; whatever stopped it is forgotten at its end.

        Raises:
            RuntimeError: another call of the same client is still open.
        """
        with self._lock:
            if self._is_open:
                raise RuntimeError("one client makes one call at a time")
            self._is_open = True
        try:
            yield
        finally:
            with self._lock:
                self._is_open = False
                self._stopped = None
                self._patience_s = None

    def abort(self, error: StoppedError) -> bool:
        """Stop the open call with `error`; return False when there is none left to stop."""
        with self._lock:
            if not self._is_open or self._stopped is not None:
                return False
            self._stopped = error
            for sock in self._sockets:
                with contextlib.suppress(OSError):  # not connected yet, or gone by itself
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
        return True

    def check(self) -> None:
        """Raise what stopped the call, if anything did."""
        with self._lock:
            self._check()

    def hurry(self, patience_s: float) -> None:
        """Let no further read of this call wait longer than `patience_s`."""
        self._patience_s = patience_s

    def patience_s(self, timeout_s: float | None) -> float | None:
        """Return how long a read may wait."""
        return timeout_s if self._patience_s is None else self._patience_s

    def register(self, sock: socket.socket) -> None:
        """Let `abort` reach this socket; raises StoppedError when it is too late for a new one."""
        with self._lock:
            self._check()
            self._sockets.add(sock)

    def close(self, sock: socket.socket) -> None:
        """Close a socket so that `abort` can never hit the next user of its number."""
        with self._lock:
            self._sockets.discard(sock)
            sock.close()

    def _check(self) -> None:
        if self._stopped is not None:
            raise self._stopped


class SwitchedBackend(httpcore.NetworkBackend):
    """Opens TCP connections whose sockets the switch knows."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers, `timeout` seconds for each."""
        del local_address, socket_options  # never asked for by this client
        self._switch.check()
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as exc:
            raise httpcore.ConnectError(f"no address: {exc}") from exc
        failure: Exception = httpcore.ConnectError("no address")
        for family, kind, protocol, _name, address in addresses:
            try:
                return self._connect(socket.socket(family, kind, protocol), address, timeout)
            except TimeoutError as exc:
                failure = httpcore.ConnectTimeout(str(exc))
            except OSError as exc:
                failure = httpcore.ConnectError(str(exc))
        raise failure

    def _connect(
        self,
        sock: socket.socket,
        address: tuple[Any, ...],
        timeout_s: float | None,
    ) -> httpcore.NetworkStream:
        try:
            self._switch.register(sock)
            sock.settimeout(timeout_s)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._switch.check()
        except (OSError, StoppedError):
            self._switch.close(sock)
            raise
        return _SwitchedStream(sock, self._switch)


class _SwitchedStream(httpcore.NetworkStream):
    """One connection, plain or TLS."""

    def __init__(self, sock: socket.socket, switch: Switch) -> None:
        self._sock = sock
        self._switch = switch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes; none at the end."""
        try:
            self._sock.settimeout(self._switch.patience_s(timeout))
            return self._sock.recv(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore.ReadError(str(exc)) from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        try:
            self._sock.settimeout(timeout)
            self._sock.sendall(buffer)
        except TimeoutError as exc:
            raise httpcore.WriteTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore.WriteError(str(exc)) from exc

    def close(self) -> None:
        """Close the connection."""
        self._switch.close(self._sock)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the same connection under TLS; the handshake can be aborted like any read."""
        try:
            sock = ssl_context.wrap_socket(
                self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
        except OSError as exc:
            self.close()
            raise httpcore.ConnectError(str(exc)) from exc
        stream = _SwitchedStream(sock, self._switch)
        try:
            self._switch.close(self._sock)  # only the empty shell: its descriptor moved on
            self._switch.register(sock)
            sock.settimeout(timeout)
            sock.do_handshake()
        except TimeoutError as exc:
            stream.close()
            raise httpcore.ConnectTimeout(str(exc)) from exc
        except (OSError, StoppedError) as exc:
            stream.close()
            if isinstance(exc, StoppedError):
                raise
            raise httpcore.ConnectError(str(exc)) from exc
        return stream

    def get_extra_info(self, info: str) -> object:
        """Tell what the pool asks: whether an idle connection has bytes, or its end, to read."""
        if info == "is_readable":
            return _is_readable(self._sock)
        if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket):
            return self._sock
        return None


def _is_readable(sock: socket.socket) -> bool:
    """Tell whether a read would not block; a closed socket counts as readable."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))

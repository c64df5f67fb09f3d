"""The way to the service: one small connection pool per client, one TLS context per process."""

import functools
import ssl
from typing import Final

import httpcore
import httpx

from ai.openrouter.switch import Switch, SwitchedBackend

KEEP_ALIVE_S: Final = 30.0
_MOST_CONNECTIONS: Final = 2


class SwitchedTransport(httpx.HTTPTransport):
    """An ordinary HTTP/1.1 transport whose sockets a switch can shut."""

    def __init__(self, switch: Switch, *, is_tls: bool) -> None:
        # httpx has no door for a network backend, so the pool is built here instead of there.
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls_context() if is_tls else None,
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=1,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=SwitchedBackend(switch),
        )


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """Return the process's one context: loading the authorities takes tens of milliseconds."""
    return httpx.create_ssl_context()

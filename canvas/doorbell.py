"""Celery's transport without a broker: kombu's memory transport that waits instead of polling.

Messages live in the worker's own memory. They may be lost with it, which costs nothing: the Job
row is the truth, and the sweeper rings again. Other processes ring through the bus.
"""

import socket
import threading
import time
from queue import Empty
from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES, memory, redis, virtual

SCHEME: Final = "embedded"
_bell: Final = threading.Event()


class Channel(memory.Channel):
    """Rings when a message arrives, and when an acknowledgement makes room for the next."""

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:  # noqa: ANN401 kombu's shape
        super()._put(queue, message, **kwargs)
        _bell.set()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:  # noqa: FBT001, FBT002 kombu's shape
        """Acknowledge, and let the consumer look whether it may take one more."""
        super().basic_ack(delivery_tag, multiple)
        _bell.set()


class Transport(memory.Transport):
    """The memory transport, woken by the bell."""

    Channel = Channel
    global_state = virtual.BrokerState()

    cycle: Any

    def drain_events(
        self,
        connection: Any,  # noqa: ANN401 kombu's shape
        timeout: float | None = None,
        **_: Any,  # noqa: ANN401 kombu's shape
    ) -> None:
        """Deliver one message, waiting for the bell up to `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            _bell.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = 1.0 if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    raise socket.timeout from None  # noqa: UP041 the name Celery's loop catches
                _bell.wait(left)
            else:
                return


def register() -> None:
    """Make `embedded://` a broker URL, and let no transport restore rings.

    A ring that is lost is rung again, since the row is the truth. Kombu's Redis transport would
    restore unacknowledged ones on a connection that has just died, and end the worker by it.
    """
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
    redis.Channel.do_restore = False

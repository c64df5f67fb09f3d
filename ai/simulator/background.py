"""A simulator on a thread of this process, for tests that talk to it over real HTTP."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from ai.simulator.serve import listen, server
from ai.simulator.settings import Settings


@contextmanager
def serving(settings: Settings | None = None) -> Iterator[str]:
    """Serve on a free loopback port while the block runs; yield the base URL with `/api/v1`."""
    listener, running = listen(), server(settings)
    thread = threading.Thread(target=_run, args=(running, listener), daemon=True, name="simulator")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        running.should_exit = True
        thread.join(timeout=5)
        listener.close()


def _run(running: uvicorn.Server, listener: socket.socket) -> None:
    """Run the server's loop on this thread."""
    asyncio.run(running.serve(sockets=[listener]))

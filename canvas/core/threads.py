"""The threads of the web process: a few, kept, and no request starts one of its own.

Whatever touches tables runs here, in one piece, and gives its connection back when it ends.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from django.conf import settings
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

pool: Final = ThreadPoolExecutor(settings.WEB_THREADS, thread_name_prefix="web")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do sync work on one of the threads, in the caller's context."""
    context = contextvars.copy_context()

    def run() -> T:
        return context.run(work, *args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(pool, run)


async def in_tables(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read the tables on one of the threads; it keeps no connection."""

    def read_and_let_go() -> T:
        try:
            return read(*args, **kwargs)
        finally:
            close_idle_connections()

    return await in_thread(read_and_let_go)


def close_idle_connections() -> None:
    """Give back this thread's connections, except one that is inside a transaction."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()

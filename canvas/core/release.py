"""Letting go of what a request holds before it waits: its database connection and its thread."""

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections


def close_idle_connections() -> None:
    """Give back this thread's connections, except one that is inside a transaction."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


async def release_database() -> None:
    """Give back the connection and the thread that this request's sync code has used.

    Call it before a long await: an async request that touched a table once would otherwise keep
    its connection, and the idle thread it was opened on, until the last byte. Sync code that comes
    later simply gets new ones. A connection inside a transaction stays.
    """
    await sync_to_async(close_idle_connections)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    if context is not None:
        executor = SyncToAsync.context_to_thread_executor.pop(context, None)
        if executor is not None:
            executor.shutdown(wait=False)

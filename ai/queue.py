"""Ringing for a worker: the message carries a job's id and nothing else.

The task is sent by name, so nothing here imports the tasks. Without a broker the ring goes over
the bus, and the worker puts it into its own memory queue.
"""

import logging
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import LimitExceeded, OperationalError
from kombu.pools import ProducerPool, producers

from canvas.core import bus, carriers
from canvas.doorbell import SCHEME

logger = logging.getLogger(__name__)

RUN_JOB: Final = "ai.run_job"
RING: Final = "ring:"
PATIENCE_S: Final = 1.0
_TIMEOUTS: Final[dict[str, dict[str, Any]]] = {
    "redis": {"socket_connect_timeout": PATIENCE_S, "socket_timeout": PATIENCE_S},
    "rediss": {"socket_connect_timeout": PATIENCE_S, "socket_timeout": PATIENCE_S},
    "amqp": {"read_timeout": PATIENCE_S, "write_timeout": PATIENCE_S},
    "amqps": {"read_timeout": PATIENCE_S, "write_timeout": PATIENCE_S},
}
_outage: Final = carriers.Outage()


def ring_on_commit(job_id: UUID) -> None:
    """Ring for a worker once the present transaction has committed."""
    transaction.on_commit(lambda: ring(job_id))


def ring(job_id: UUID) -> bool:
    """Ring now, and say whether it went out. One that fails is logged: the row brings the next."""
    if urlsplit(settings.CELERY_BROKER_URL).scheme == SCHEME and not settings_are_eager():
        bus.announce(f"{RING}{job_id}")
        return True
    return send(str(job_id))


def send(job_id: str) -> bool:
    """Hand a job's id to Celery, in about a second at most: the caller may be a web request.

    For two seconds after a broker that did not answer, nothing is sent: the sweeper rings again.
    """
    if not _outage.may_try():
        return False
    try:
        with _producers().acquire(block=True, timeout=PATIENCE_S) as producer:
            current_app.signature(RUN_JOB, args=[job_id]).apply_async(
                producer=producer, retry=False
            )
    except (OperationalError, LimitExceeded, OSError) as exc:
        _outage.begin()
        logger.warning("job %s: not rung: %s", job_id, type(exc).__name__)
        return False
    _outage.end()
    return True


@cache
def _producers() -> ProducerPool:
    """Give connections of the ring's own: a worker's are patient, and try again."""
    scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
    options = {"max_retries": 0, **_TIMEOUTS.get(scheme, {})}
    connection = current_app.connection_for_write(
        connect_timeout=PATIENCE_S, transport_options=options
    )
    pool: ProducerPool = producers[connection]
    return pool


def settings_are_eager() -> bool:
    """Say whether tasks run at once in this process, as some tests want it."""
    return bool(current_app.conf.task_always_eager)

"""Ringing for a worker: the message carries a job's id and nothing else.

The task is sent by name, so nothing here imports the tasks. Without a broker the ring goes over
the bus, and the worker puts it into its own memory queue.
"""

import logging
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from canvas.core import bus
from canvas.doorbell import SCHEME

logger = logging.getLogger(__name__)

RUN_JOB: Final = "ai.run_job"
RING: Final = "ring:"


def ring_on_commit(job_id: UUID) -> None:
    """Ring for a worker once the present transaction has committed."""
    transaction.on_commit(lambda: ring(job_id))


def ring(job_id: UUID) -> None:
    """Ring now. A ring that fails is logged: the row says when to ring again."""
    if urlsplit(settings.CELERY_BROKER_URL).scheme == SCHEME and not settings_are_eager():
        bus.announce(f"{RING}{job_id}")
        return
    send(str(job_id))


def send(job_id: str) -> None:
    """Hand a job's id to Celery."""
    try:
        current_app.signature(RUN_JOB, args=[job_id]).apply_async(retry=False)
    except (OperationalError, OSError) as exc:
        logger.warning("job %s: not rung: %s", job_id, type(exc).__name__)


def settings_are_eager() -> bool:
    """Say whether tasks run at once in this process, as some tests want it."""
    return bool(current_app.conf.task_always_eager)

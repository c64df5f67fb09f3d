"""Celery's thin end: the task, and what a worker process starts beside it."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings

from ai import queue
from ai.jobs import runner, steps, sweeper
from ai.jobs.watchdog import watchdog
from canvas.core import bus
from canvas.doorbell import SCHEME


@shared_task(name=queue.RUN_JOB, ignore_result=True)
def run_job(job_id: str) -> None:
    """Do the job whose turn it is; the row says when to come back."""
    runner.heard(UUID(job_id))
    steps.reached("before-ack")


@worker_ready.connect
def start_companions(**_: Any) -> None:  # noqa: ANN401 Celery's shape
    """Answer the door bell when there is no broker, and sweep, for as long as the worker lives."""
    if urlsplit(settings.CELERY_BROKER_URL).scheme == SCHEME:
        bus.hub.on(queue.RING, queue.send)
    sweeper.start()


@worker_shutting_down.connect
def give_back(**_: Any) -> None:  # noqa: ANN401 Celery's shape
    """End the open calls, so that their jobs go back into the queue and the worker can stop."""
    watchdog.stop_all("shutdown")

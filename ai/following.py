"""Reads of jobs for whoever waits for their end: many jobs in one statement, and no row objects.

Access is the caller's: it has fetched each job before.
"""

from collections.abc import Collection, Set
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from ai.models import Job, JobStatus

LAST_WORDS: Final = timedelta(seconds=1)
MOST_AT_ONCE: Final = 500
_ENDED: Final = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


def ended(job_ids: Collection[UUID]) -> Set[UUID]:
    """Give those of some jobs that have ended."""
    return _with_status(job_ids, _ENDED)


def said_all(job_ids: Collection[UUID]) -> Set[UUID]:
    """Give those of some jobs of which nothing more can come.

    A worker that was stopped may still have words in hand when its job has ended.
    """
    told = _with_status(job_ids, (JobStatus.SUCCEEDED,))
    stopped = _with_status(job_ids, _ENDED) - told
    if stopped:
        rows = Job.objects.filter(pk__in=stopped, finished_at__lte=Now() - LAST_WORDS)
        told |= set(rows.values_list("pk", flat=True))
    return told


def _with_status(job_ids: Collection[UUID], statuses: Collection[str]) -> set[UUID]:
    found: set[UUID] = set()
    rest = [Job._meta.pk.get_db_prep_value(each, connection) for each in job_ids]
    for at in range(0, len(rest), MOST_AT_ONCE):
        found |= _slice_with_status(rest[at : at + MOST_AT_ONCE], statuses)
    return found


def _slice_with_status(keys: Collection[Any], statuses: Collection[str]) -> set[UUID]:
    sql = f"SELECT id FROM ai_job WHERE id IN ({_holes(keys)}) AND status IN ({_holes(statuses)})"  # noqa: S608 holes
    with connection.cursor() as cursor:
        cursor.execute(sql, [*keys, *statuses])
        return {key if isinstance(key, UUID) else UUID(key) for (key,) in cursor.fetchall()}


def _holes(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))

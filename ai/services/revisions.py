"""The history of stacks and configurations: each edit is a revision, and so is each way back."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, QuerySet

from ai.models import Revision
from canvas.core.errors import Missing

STACK: Final = "stack"
CONFIGURATION: Final = "configuration"
LONGEST_NOTE: Final = 300


def record(
    *,
    subject: str,
    subject_id: UUID,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    user_id: UUID | None,
    note: str = "",
) -> None:
    """Keep what was changed; without a change nothing is kept.

    The first revision is the state before the first edit. Called in the transaction of the edit,
    under the lock of the subject's row.
    """
    if before == after:
        return
    last = history(subject=subject, subject_id=subject_id).aggregate(last=Max("number"))["last"]
    of_it = {"subject": subject, "subject_id": subject_id}
    if last is None:
        Revision.objects.create(
            **of_it, number=1, values=dict(before), note="Before the first edit"
        )
        last = 1
    Revision.objects.create(
        **of_it,
        number=last + 1,
        values=dict(after),
        user_id=user_id,
        note=note[:LONGEST_NOTE],
    )


def history(*, subject: str, subject_id: UUID) -> QuerySet[Revision]:
    """List the revisions of one subject, newest first."""
    return Revision.objects.filter(subject=subject, subject_id=subject_id)


def get_revision(*, subject: str, subject_id: UUID, number: int) -> Revision:
    """Give one revision.

    Raises:
        Missing: `revision-missing`.
    """
    found = history(subject=subject, subject_id=subject_id).filter(number=number).first()
    if found is None:
        raise Missing("There is no revision with this number.", code="revision-missing")
    return found

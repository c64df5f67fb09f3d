"""From the document to rows: only what differs is written, as one change-set."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from canvas.core.errors import Conflict, Fault, Invalid
from canvas.core.etag import stale
from scenes.models import Project
from scenes.services.changes import Actor, recording
from scenes.services.documents import members
from scenes.services.documents.bible import save_bible
from scenes.services.documents.canvas import lock_canvas
from scenes.services.documents.head import Head, present_head
from scenes.services.documents.members import changed, shown_aesthetic
from scenes.services.documents.read import read_document
from scenes.services.documents.scenes import keeping_time, save_scenes
from scenes.services.projects import edit_project


def save_document(
    *,
    project: Project,
    by: Actor,
    document: Mapping[str, Any],
    base_url: str,
    expected: int | None = None,
) -> tuple[Head, dict[str, Any]]:
    """Make a project what a checked document says, and give it as it is then.

    Everything happens in one transaction and one change-set; a document that is what the project
    is already writes nothing. Rows are matched by the client's id or by ours. The project and its
    scenes stay locked until the end.

    Args:
        project: which one.
        by: who saves.
        document: from `check_document`.
        base_url: as for `read_document`.
        expected: the version of the caller's If-Match; None lets the last writer win.

    Raises:
        Stale: the document is not at the expected version.
        Conflict: `scene-locked`, `client-key-taken`.
        Invalid: `wrong-document`, `duplicate-id`.
        Unaffordable: `quota-exhausted`, scenes or projects.
        Missing: deleted meanwhile.
    """
    with transaction.atomic():
        with recording(project_id=project.pk, by=by, summary="Saved the document") as act:
            canvas = lock_canvas(project.pk)
            _expect(present_head(canvas.project), expected)
            save_scenes(act, canvas, document["scenes"], base_url)
            save_bible(act, canvas, document["bible"], base_url)
            _save_project(canvas.project, by, document)
        # Still inside: a later change may not slip in between what is sent and its version.
        head = present_head(project)
        return head, read_document(_fresh(head), base_url=base_url)


def _expect(head: Head, expected: int | None) -> None:
    if expected is not None and expected != head.version:
        raise stale(head)


def _save_project(project: Project, by: Actor, document: Mapping[str, Any]) -> None:
    values = changed(members.PROJECT, project, document)
    aesthetic = document["bible"]["aesthetic"]
    if aesthetic != shown_aesthetic(project.aesthetic):
        values["aesthetic"] = {**project.aesthetic, **aesthetic}
    if document["id"] not in {project.client_key, str(project.pk)}:
        values["client_key"] = _adopted(project, document["id"])
    if not values:
        return
    try:
        with transaction.atomic():
            edit_project(project=project, by=by, **keeping_time(project, values))
    except IntegrityError as exc:
        raise Conflict(
            "Another project of this workspace has this id already.", code="client-key-taken"
        ) from exc


def _adopted(project: Project, key: str) -> str:
    """Take the client's id over; a project that has one does not become another document."""
    if project.client_key is not None:
        detail = "This is the document of another project."
        raise Invalid(
            detail, code="wrong-document", faults=[Fault("/id", "wrong-document", detail)]
        )
    return key


def _fresh(head: Head) -> Project:
    project = head.project
    project.refresh_from_db()
    return project

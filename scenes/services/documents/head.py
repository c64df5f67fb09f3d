"""What stands behind a document's ETag: the number of the project's last change.

Every change of a project is told in its feed by one `change.applied`, numbered in the order in
which changes became visible. So that number moves with whatever changes the document, and only
with changes; one look at an index finds it. Where old events were pruned, the mark that the
pruning left stands in for it.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from canvas.core.errors import Missing
from canvas.workspaces.access import Access
from scenes.models import Event, FeedCounter, Project

_LAST_CHANGE = (
    Event.objects.filter(project=OuterRef("pk"), name="change.applied")
    .order_by("-seq")
    .values("seq")[:1]
)
_PRUNED_TO = FeedCounter.objects.filter(project=OuterRef("pk")).values("kept_after")
_VERSION: Final = Coalesce(Subquery(_LAST_CHANGE), Subquery(_PRUNED_TO), 0)


@dataclass(slots=True)
class Head:
    """A project, and the version of its document; `canvas.core.etag` makes a tag of it."""

    project: Project
    version: int

    @property
    def pk(self) -> str:
        """The document's identity, which is not the project's: their tags are no substitutes."""
        return f"document-{self.project.pk}"


def get_head(*, access: Access, project_id: UUID) -> Head:
    """Find a project of the caller's workspace and its document's version, in one query.

    Raises:
        Missing: absent, deleted, or another workspace's.
    """
    rows = Project.objects.alive().filter(workspace=access.workspace, pk=project_id)
    project = rows.annotate(document_version=_VERSION).first()
    if project is None:
        raise Missing("There is no project with this id in your workspace.")
    return Head(project, project.document_version)


def present_head(project: Project) -> Head:
    """Give the head as it is now, inside the caller's transaction."""
    rows = Project.objects.filter(pk=project.pk).annotate(document_version=_VERSION)
    return Head(project, rows.values_list("document_version", flat=True).get())

"""The whole project as one document, for clients that save it as they go."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.core.etag import etag_of, is_unchanged
from canvas.workspaces.views import CanvasAPIView
from scenes.api.actor import actor_of
from scenes.services.documents import (
    check_document,
    get_head,
    read_document,
    save_document,
)
from scenes.shapes.document import SceneProject


class DocumentView(CanvasAPIView):
    """A project as one `SceneProject`."""

    is_versioned: ClassVar[bool] = True

    @extend_schema(operation_id="projects_document_retrieve", responses=SceneProject)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read the whole project.

        The ETag moves with every change of the project, whichever door it came through.
        """
        head = get_head(access=self.access, project_id=project_id)
        mark = etag_of(head)
        if is_unchanged(request, mark):
            return Response(status=304, headers={"ETag": mark})
        document = read_document(head.project, base_url=_base_url(request))
        return Response(document, headers={"ETag": mark})

    @extend_schema(
        operation_id="projects_document_update",
        request=SceneProject,
        responses=SceneProject,
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        """Save the whole project: what differs is written, all of it or nothing.

        Send `If-Match` with the ETag you have read, and a save over somebody else's change answers
        412; without it the last save wins. Scenes, characters, locations and pictures that are not
        in the document are deleted (restorable); beats, cast, props, styles and whatever else the
        document has no place for stay. An id that is unknown here makes a new row that keeps it.
        A locked scene must come back as it was, its status included: only `/status/` unlocks.
        """
        head = get_head(access=self.access, project_id=project_id)
        expected = self.expected_version(head)
        document = check_document(request.data)
        saved, shown = save_document(
            project=head.project,
            by=actor_of(self.access),
            document=document,
            base_url=_base_url(request),
            expected=expected,
        )
        return Response(shown, headers={"ETag": etag_of(saved)})


def _base_url(request: Request) -> str:
    return str(request.build_absolute_uri("/")).rstrip("/")

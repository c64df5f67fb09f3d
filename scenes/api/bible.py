"""The visual bible: the whole of it, its aesthetic, its entries."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.core.errors import Stale
from canvas.workspaces.views import CanvasAPIView
from scenes.api import queries
from scenes.api.actor import actor_of
from scenes.api.serializers import BibleEntrySerializer, BiblePatchSerializer, BibleSerializer
from scenes.models import Category
from scenes.selectors import Bible, get_bible, get_entry, get_project, list_entries
from scenes.services.bible import add_entry, edit_aesthetic, edit_entry, remove_entry


class BibleView(CanvasAPIView):
    """The whole bible. Its ETag changes with the project and with every entry and picture."""

    is_versioned: ClassVar[bool] = True

    @extend_schema(responses=BibleSerializer)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read the whole bible."""
        return self.one(get_bible(access=self.access, project_id=project_id), BibleSerializer)

    @extend_schema(request=BiblePatchSerializer, responses=BibleSerializer)
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Edit the aesthetic; members that are not named stay, null empties one."""
        bible = get_bible(access=self.access, project_id=project_id)
        patch = self.shape(BiblePatchSerializer, partial=True).get("aesthetic", {})
        edit_aesthetic(
            project=bible.project,
            by=actor_of(self.access),
            patch=patch,
            expected=self._expected(bible),
        )
        return self.one(get_bible(access=self.access, project_id=project_id), BibleSerializer)

    def _expected(self, bible: Bible) -> int | None:
        """Take the ETag of the project's row as well as that of the whole bible."""
        try:
            return self.expected_version(bible.project)
        except Stale:
            return self.expected_version(bible)


class BibleEntryListView(CanvasAPIView):
    """The entries of one bible."""

    ordering = ["created_at"]
    ordering_fields = {"createdAt": "created_at", "modifiedAt": "modified_at", "name": "name"}
    filters = [
        queries.choices("category", Category.values, "Only this category."),
        queries.SEARCH,
    ]

    @extend_schema(
        operation_id="bible_entries_list",
        responses=BibleEntrySerializer(many=True),
        parameters=filters,
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the entries, oldest first."""
        rows = list_entries(
            access=self.access,
            project_id=project_id,
            category=queries.choice(request, "category", Category.values),
            search=queries.search_text(request),
        )
        return self.page(rows, BibleEntrySerializer)

    @extend_schema(request=BibleEntrySerializer, responses={201: BibleEntrySerializer})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Add an entry; a category has each name once."""
        project = get_project(access=self.access, project_id=project_id)
        values = self.shape(BibleEntrySerializer)
        entry = add_entry(project=project, by=actor_of(self.access), **values)
        return self.one(entry, BibleEntrySerializer, status=201)


class BibleEntryView(CanvasAPIView):
    """One bible entry."""

    @extend_schema(responses=BibleEntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:
        """Read an entry."""
        return self.one(get_entry(access=self.access, entry_id=entry_id), BibleEntrySerializer)

    @extend_schema(request=BibleEntrySerializer, responses=BibleEntrySerializer)
    def patch(self, request: Request, entry_id: UUID) -> Response:
        """Edit an entry; lists are replaced whole."""
        entry = get_entry(access=self.access, entry_id=entry_id)
        values = self.shape(BibleEntrySerializer, partial=True)
        expected = self.expected_version(entry)
        edit_entry(entry=entry, by=actor_of(self.access), expected=expected, **values)
        return self.one(get_entry(access=self.access, entry_id=entry_id), BibleEntrySerializer)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, entry_id: UUID) -> Response:
        """Delete an entry."""
        entry = get_entry(access=self.access, entry_id=entry_id)
        expected = self.expected_version(entry)
        remove_entry(entry=entry, by=actor_of(self.access), expected=expected)
        return Response(status=204)

"""The history of a project: what each act changed, with before and after."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.core.serializers import CamelModelSerializer, CamelSerializer, camel
from canvas.workspaces.views import CanvasAPIView
from scenes.models import ChangeSet
from scenes.selectors import get_change, list_changes

_NOUNS: Final = {
    "bibleentry": "entry",
    "visualasset": "asset",
    "scenemedia": "media",
    "sceneversion": "version",
}
_OWN: Final = frozenset(
    {
        "client_key", "dhash", "measured", "model_input", "name_key", "picture", "thumbnail",
        "workspace_id",
    }
)  # fmt: skip
"""Columns that are no member of any resource; a picture's files are reached by its address."""


class OpSerializer(CamelSerializer[Any]):
    """What happened to one row. Before and after hold the members that differ, or all of them."""

    model = serializers.CharField(help_text="project, scene, beat, entry, asset, …")
    id = serializers.UUIDField()
    op = serializers.ChoiceField(choices=["add", "edit", "remove", "move"])
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)


class ChangeSetSerializer(CamelModelSerializer[ChangeSet]):
    """Everything one act changed: the unit of undo."""

    project_id = serializers.UUIDField(read_only=True)
    ops = serializers.SerializerMethodField()

    class Meta:
        model = ChangeSet
        fields = [
            "id", "project_id", "actor", "user_id", "message_id", "job_id", "summary", "ops",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpSerializer(many=True))
    def get_ops(self, change: ChangeSet) -> list[dict[str, Any]]:
        """Show each row's change with the names of the wire."""
        return [
            {
                "model": _NOUNS.get(op["model"], op["model"]),
                "id": op["id"],
                "op": op["op"],
                "before": _members(op["before"]),
                "after": _members(op["after"]),
            }
            for op in change.ops
        ]


class ChangeListView(CanvasAPIView):
    """The change-sets of one project."""

    ordering = ["-created_at"]

    @extend_schema(operation_id="changes_list", responses=ChangeSetSerializer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the change-sets, newest first."""
        rows = list_changes(access=self.access, project_id=project_id)
        return self.page(rows, ChangeSetSerializer)


class ChangeView(CanvasAPIView):
    """One change-set."""

    @extend_schema(responses=ChangeSetSerializer)
    def get(self, request: Request, change_id: UUID) -> Response:
        """Read a change-set."""
        return self.one(get_change(access=self.access, change_id=change_id), ChangeSetSerializer)


def _members(columns: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Name the columns of a row as on the wire."""
    if columns is None:
        return None
    return {
        "durationSeconds" if name == "duration_s" else camel(name): value
        for name, value in columns.items()
        if name not in _OWN
    }

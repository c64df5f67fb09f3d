"""Addresses of the tenant, below /api/v1/."""

from typing import Final

from django.urls import path

from canvas.workspaces.api.identity import MeView, SessionView
from canvas.workspaces.api.views import (
    MemberListView,
    MemberView,
    TokenListView,
    TokenView,
    WorkspaceListView,
    WorkspaceView,
)

ONE: Final = "workspaces/<uuid:workspace_id>/"

urlpatterns = [
    path("me/", MeView.as_view(), name="me"),
    path("session/", SessionView.as_view(), name="session"),
    path("workspaces/", WorkspaceListView.as_view(), name="workspaces"),
    path(ONE, WorkspaceView.as_view(), name="workspace"),
    path(f"{ONE}members/", MemberListView.as_view(), name="members"),
    path(f"{ONE}members/<uuid:member_id>/", MemberView.as_view(), name="member"),
    path(f"{ONE}tokens/", TokenListView.as_view(), name="tokens"),
    path(f"{ONE}tokens/<uuid:token_id>/", TokenView.as_view(), name="token"),
]

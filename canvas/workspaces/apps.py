"""The workspaces app."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Tables of the tenant."""

    name = "canvas.workspaces"
    label = "workspaces"
    verbose_name = "Workspaces"

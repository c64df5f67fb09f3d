"""Make, or renew, the account behind `make run` and `make demo`, and print it as JSON."""

import json
import secrets
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from canvas.workspaces.access import Access
from canvas.workspaces.models import ApiToken, Role, Scope, User, Workspace
from canvas.workspaces.services import create_token, create_workspace, revoke_token

USERNAME: Final = "admin"
WORKSPACE: Final = "Demo"
PLAN: Final = "starter"
TOKEN: Final = "make run"  # noqa: S105 its name


class Command(BaseCommand):
    """`manage.py demo_account`: safe to run again; each run sets a new password and token."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Read whether a token of the newest demo workspace is wanted."""
        parser.add_argument("--token", action="store_true", help="also make an API token")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print `{"adminUser", "adminPassword", "token"?, "workspaceId"?}`."""
        password = secrets.token_urlsafe(12)
        user, _ = User.objects.get_or_create(
            username=USERNAME, defaults={"is_staff": True, "is_superuser": True}
        )
        user.set_password(password)
        user.save(update_fields=["password"])
        account = {"adminUser": user.username, "adminPassword": password}
        if options["token"]:
            account |= self._token(user)
        self.stdout.write(json.dumps(account))

    def _token(self, user: User) -> dict[str, str]:
        workspace = (
            Workspace.objects.filter(
                name=WORKSPACE, memberships__user=user, deleted_at__isnull=True
            )
            .order_by("-created_at")
            .first()
        )
        if workspace is None:
            workspace = create_workspace(name=WORKSPACE, owner=user, plan=PLAN)
        access = Access(workspace=workspace, role=Role.OWNER, user=user)
        for old in ApiToken.objects.filter(workspace=workspace, name=TOKEN, revoked_at=None):
            revoke_token(access=access, token=old)
        _, text = create_token(access=access, name=TOKEN, scopes=[Scope.ADMIN])
        return {"token": text, "workspaceId": str(workspace.pk)}

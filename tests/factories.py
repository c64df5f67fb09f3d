"""Rows for tests: plain functions; whatever is not said is filled in."""

import itertools
from typing import Any

from django.test import AsyncClient, Client

from canvas.workspaces import services
from canvas.workspaces.access import Access, role_of_scope
from canvas.workspaces.models import ApiToken, Membership, Plan, Role, Scope, User, Workspace

PASSWORD = "a long enough password"
SCOPE_OF = {Role.VIEWER: Scope.READ, Role.EDITOR: Scope.WRITE, Role.OWNER: Scope.ADMIN}
_number = itertools.count(1)


class ApiClient(Client):
    """A client that sends a workspace's token and speaks JSON unless told otherwise."""

    def __init__(self, *, workspace: Workspace, token: str, **options: Any) -> None:
        super().__init__(headers={"Authorization": f"Bearer {token}"}, **options)
        self.workspace = workspace
        self.token = token

    def post(self, path, data=None, content_type="application/json", **extra):  # type: ignore[override]
        return super().post(path, {} if data is None else data, content_type, **extra)


class AsyncApiClient(AsyncClient):
    """The same over the async stack, whose client knows headers per request only."""

    def __init__(self, *, workspace: Workspace, token: str, **options: Any) -> None:
        super().__init__(**options)
        self.workspace = workspace
        self.token = token

    def generic(self, *args, headers=None, **extra):
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return super().generic(*args, headers=sent, **extra)

    async def post(self, path, data=None, content_type="application/json", **extra):  # type: ignore[override]
        return await super().post(path, {} if data is None else data, content_type, **extra)


def make_user(**over: Any) -> User:
    values = {"username": f"person-{next(_number)}", "password": PASSWORD, **over}
    values.setdefault("email", f"{values['username']}@example.com")
    return User.objects.create_user(**values)


def make_plan(**over: Any) -> Plan:
    number = next(_number)
    return Plan.objects.create(**{"key": f"plan-{number}", "name": f"Plan {number}", **over})


def default_plan() -> Plan:
    """Give the plan of new workspaces; a test that truncates tables makes it anew."""
    plan, _ = Plan.objects.get_or_create(
        is_default=True, defaults={"key": "free", "name": "Free", "max_projects": 3}
    )
    return plan


def make_workspace(*, owner: User | None = None, **over: Any) -> Workspace:
    plan = over.pop("plan", None) or default_plan()
    workspace = services.create_workspace(
        name=over.pop("name", f"Studio {next(_number)}"), owner=owner or make_user()
    )
    Workspace.objects.filter(pk=workspace.pk).update(plan=plan, **over)
    workspace.refresh_from_db()
    return workspace


def owner_of(workspace: Workspace) -> User:
    return workspace.memberships.filter(role=Role.OWNER).select_related("user")[0].user


def make_member(workspace: Workspace, role: Role = Role.EDITOR, user: User | None = None):
    return Membership.objects.create(workspace=workspace, user=user or make_user(), role=role)


def make_access(
    workspace: Workspace | None = None, *, role: Role = Role.OWNER, user: User | None = None
) -> Access:
    workspace = workspace or make_workspace()
    return Access(workspace=workspace, role=role, user=user or owner_of(workspace))


def make_token(
    workspace: Workspace, scope: Scope = Scope.ADMIN, user: User | None = None, **over: Any
) -> tuple[ApiToken, str]:
    row, text = services.create_token(
        access=make_access(workspace, user=user), name="test", scopes=[scope]
    )
    if over:
        ApiToken.objects.filter(pk=row.pk).update(**over)
        row.refresh_from_db()
    return row, text


def client_for(workspace: Workspace, role: Role = Role.OWNER, **options: Any) -> ApiClient:
    """Make a client that acts in a workspace by token; a commenter's token does not exist."""
    _, text = make_token(workspace, SCOPE_OF[role])
    return ApiClient(workspace=workspace, token=text, **options)


def browser_for(user: User, **options: Any) -> Client:
    """Make a client with a person's session; CSRF is enforced when options ask for it."""
    client = Client(**options)
    client.force_login(user)
    return client


def access_by_token(workspace: Workspace, scope: Scope) -> Access:
    row, _ = make_token(workspace, scope)
    return Access(workspace=workspace, role=role_of_scope(scope), user=row.created_by, token=row)

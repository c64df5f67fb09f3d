"""Who is asking, in which workspace, and how much they may do: handed to every selector."""

from dataclasses import dataclass
from typing import Final

from canvas.core.errors import Forbidden
from canvas.workspaces.models import ApiToken, Role, Scope, User, Workspace

_RANK: Final = {role: rank for rank, role in enumerate(Role.values)}
_ROLE_OF: Final = {
    Scope.READ.value: Role.VIEWER,
    Scope.WRITE.value: Role.EDITOR,
    Scope.ADMIN.value: Role.OWNER,
}


@dataclass(frozen=True, slots=True)
class Access:
    """One caller in exactly one workspace.

    `user` is None for a token whose maker has left; `token` is None for a browser session.
    """

    workspace: Workspace
    role: Role
    user: User | None = None
    token: ApiToken | None = None

    def may(self, role: Role) -> bool:
        """Say whether the caller holds `role` or more."""
        return _RANK[self.role] >= _RANK[role]

    def require(self, role: Role) -> None:
        """Refuse a caller who holds less than `role`."""
        if not self.may(role):
            raise Forbidden(self._told(role), code="role-too-low")

    def _told(self, role: Role) -> str:
        """Say what is missing in the words of whoever asks: programs have scopes, people roles."""
        if self.token is None:
            return f"This needs the role {role.value}; you have {self.role.value} here."
        scope = next(one for one, gives in _ROLE_OF.items() if _RANK[gives] >= _RANK[role])
        return f"This needs a token with the scope {scope}; yours has {self.token.scope}."


def inside(workspace: Workspace) -> Access:
    """Let the service itself, doing a job, act in the job's workspace and nowhere else."""
    return Access(workspace=workspace, role=Role.OWNER)


def role_of_scope(scope: str) -> Role:
    """Translate a token's scope into the role it acts with."""
    return _ROLE_OF[scope]

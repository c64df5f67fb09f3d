"""What a caller may do, by role: viewers read, editors write, a view may say otherwise."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from canvas.core.errors import Forbidden
from canvas.workspaces.models import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from canvas.workspaces.access import Access


class HasRole(BasePermission):
    """Asks for VIEWER to read and EDITOR to write, unless `view.roles` names another role.

    `view.needs_workspace = False` lets in people who are not (yet) a member anywhere.
    """

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401 any view
        """Let the caller through, answer 401 to strangers, or refuse with the role's name."""
        if not request.successful_authenticator:
            return False
        if not getattr(view, "needs_workspace", True):
            return True
        access: Access | None = getattr(request, "access", None)
        if access is None:
            raise Forbidden("You are not a member of any workspace.", code="no-workspace")
        access.require(role_for(view, request.method or "GET"))
        return True


def role_for(view: Any, method: str) -> Role:  # noqa: ANN401 any view
    """Give the role that a method of a view asks for."""
    roles: Mapping[str, Role] = getattr(view, "roles", {})
    return roles.get(method, Role.VIEWER if method in SAFE_METHODS else Role.EDITOR)

"""Who am I, and a browser's login."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import authenticate, login, logout
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from canvas.workspaces import lockout
from canvas.workspaces.api.serializers import LoginSerializer, MeSerializer
from canvas.workspaces.authentication import WORKSPACE_HEADER, access_of_person, enforce_csrf
from canvas.workspaces.models import User
from canvas.workspaces.throttling import address_of
from canvas.workspaces.views import MEMBERS_ONLY, CanvasAPIView

if TYPE_CHECKING:
    from canvas.workspaces.access import Access


class MeView(CanvasAPIView):
    """The caller. Its answer sets the CSRF cookie, even when it is 401."""

    needs_workspace = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 DRF's shape
        """Hand out the CSRF cookie before anybody is turned away."""
        get_token(request._request)  # noqa: SLF001 the cookie is Django's
        super().initial(request, *args, **kwargs)

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Tell who is calling, in which workspace, with which role, plan and limits."""
        access: Access | None = getattr(request, "access", None)
        return Response(MeSerializer.of(self.person, access))


class SessionView(CanvasAPIView):
    """A browser's session."""

    needs_workspace = False
    roles = MEMBERS_ONLY

    def get_permissions(self) -> list[Any]:
        """Let strangers log in."""
        return [] if self.request.method == "POST" else list(super().get_permissions())

    @extend_schema(request=LoginSerializer, responses={200: MeSerializer}, operation_id="login")
    def post(self, request: Request) -> Response:
        """Log in. Ten wrong passwords lock the name for your address for 15 minutes."""
        plain = request._request  # noqa: SLF001 sessions and CSRF are Django's
        enforce_csrf(plain)
        given = self.shape(LoginSerializer)
        address = address_of(plain)
        lockout.require_unlocked(given["username"], address)
        user = authenticate(plain, **given)
        if not isinstance(user, User):
            lockout.note_failure(given["username"], address)
            raise AuthenticationFailed("Wrong name or password.")
        lockout.forget_failures(given["username"], address)
        login(plain, user)
        access = access_of_person(user, request.headers.get(WORKSPACE_HEADER))
        return Response(MeSerializer.of(user, access))

    @extend_schema(request=None, responses={204: None}, operation_id="logout")
    def delete(self, request: Request) -> Response:
        """Log out."""
        logout(request._request)  # noqa: SLF001 as above
        return Response(status=204)

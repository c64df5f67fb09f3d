"""Who is calling: a workspace's token, or a person's browser session. Both end in an `Access`."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from canvas.core.errors import Forbidden, Missing
from canvas.core.forms import check_upload_length
from canvas.core.json import clean_query
from canvas.core.prepared import Select
from canvas.workspaces.access import Access, role_of_scope
from canvas.workspaces.models import ApiToken, Membership, Role, User

SCHEME: Final = "Bearer"
WORKSPACE_HEADER: Final = "X-Workspace"
USE_NOTED_EVERY: Final = timedelta(minutes=1)


def _living(now: datetime) -> QuerySet[ApiToken]:
    in_time = Q(expires_at=None) | Q(expires_at__gt=now)
    return ApiToken.objects.filter(in_time, revoked_at=None, workspace__deleted_at=None)


_find_token: Final = Select(
    lambda digest, now: (
        _living(now)
        .filter(digest=digest)
        .select_related("workspace__plan", "created_by")
        .order_by()
    ),
    digest=str,
    now=datetime,
)


def digest_of(text: str) -> str:
    """Give what is stored of a token: 64 hex digits of SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def access_of(request: HttpRequest) -> Access:
    """Authenticate a plain Django view's request, CSRF included. It reads the database.

    Raises:
        NotAuthenticated, AuthenticationFailed: 401 in `canvas.core.problems`.
        Missing: the workspace asked for is not the caller's, or the caller has none.
        Forbidden: a browser's request without its CSRF proof.
    """
    for find in (_by_token, _by_session):
        found = find(request)
        if found is not None:
            access = found[1]
            if access is None:
                raise Missing("You are not a member of any workspace.", code="no-workspace")
            return access
    raise NotAuthenticated


def access_of_person(user: User, workspace_id: str | None) -> Access | None:
    """Give a person's access to one workspace, or to their oldest when none is named.

    None means that none was named and the person is a member nowhere.

    Raises:
        Missing: the named workspace is not among theirs.
    """
    memberships = Membership.objects.select_related("workspace__plan").filter(
        user_id=user.pk, workspace__deleted_at=None
    )
    if workspace_id is not None:
        memberships = memberships.filter(workspace_id=_id(workspace_id))
    membership = memberships.order_by("created_at", "id").first()
    if membership is not None:
        return Access(workspace=membership.workspace, role=Role(membership.role), user=user)
    if workspace_id is not None:
        raise _no_such_workspace()
    return None


def living_tokens(token_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Give those of some tokens that would still be let in, each with its workspace."""
    rows = _living(timezone.now()).filter(pk__in=token_ids)
    return dict(rows.values_list("pk", "workspace_id"))


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer cnv_…`; one query, and one more a minute to note the use."""

    def authenticate(self, request: Request) -> tuple[User | None, ApiToken | None] | None:
        """Find the token's workspace; None when the request carries no token."""
        found = _by_token(_plain(request))
        return None if found is None else _attached(request, *found)

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in a 401."""
        return SCHEME


class BrowserSessionAuthentication(BaseAuthentication):
    """Django's session cookie, with CSRF enforced on whatever changes something."""

    def authenticate(self, request: Request) -> tuple[User | None, ApiToken | None] | None:
        """Find the person and the workspace; None when nobody is logged in."""
        found = _by_session(_plain(request))
        return None if found is None else _attached(request, *found)

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in a 401."""
        return SCHEME


def enforce_csrf(request: HttpRequest) -> None:
    """Refuse a browser's request that does not prove that one of our own pages made it.

    Raises:
        Forbidden: no proof, or a wrong one.
    """
    check_upload_length(request)  # the check reads a whole form
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type] # only asked, never called
    check.process_request(request)
    reason = check.process_view(request, lambda _: None, (), {})  # type: ignore[arg-type,return-value] # as above
    if reason:
        raise Forbidden(f"CSRF: {reason}", code="csrf-failed")
    if request.method == "POST":
        clean_query(request.POST)


def _by_token(request: HttpRequest) -> tuple[User | None, Access] | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME.lower():
        return None
    token = _find_token.first(digest=digest_of(text.strip()), now=timezone.now())
    if token is None:
        raise AuthenticationFailed("This token is unknown, revoked or expired.")
    asked = request.headers.get(WORKSPACE_HEADER)
    if asked is not None and _id(asked) != token.workspace_id:
        raise _no_such_workspace()
    _note_use(token)
    user = token.created_by if token.created_by and token.created_by.is_active else None
    return user, Access(
        workspace=token.workspace, role=role_of_scope(token.scope), user=user, token=token
    )


def _by_session(request: HttpRequest) -> tuple[User, Access | None] | None:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_active:
        return None
    enforce_csrf(request)
    return user, access_of_person(user, request.headers.get(WORKSPACE_HEADER))


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    before = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=before)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)


def _attached(
    request: Request, user: User | None, access: Access | None
) -> tuple[User | None, ApiToken | None]:
    _plain(request).access = access  # type: ignore[attr-defined] # read through `CanvasAPIView.access`
    return user, access.token if access else None


def _plain(request: Request) -> HttpRequest:
    plain: HttpRequest = request._request  # noqa: SLF001 as DRF's own classes do
    return plain


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise _no_such_workspace() from exc


def _no_such_workspace() -> Missing:
    return Missing("There is no such workspace among yours.", code="workspace-missing")

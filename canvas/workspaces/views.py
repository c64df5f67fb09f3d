"""The base of every API view: access, roles, limits, idempotency, pages and versions."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from canvas.core import etag
from canvas.core.errors import Missing
from canvas.core.forms import announce_length
from canvas.core.json import JSONParser, MergePatchParser, clean_query, text_fault
from canvas.core.pagination import CursorPages
from canvas.workspaces import idempotency, throttling
from canvas.workspaces.access import Access
from canvas.workspaces.models import Role, User


class _Replayed(Exception):  # noqa: N818 no error: the way around the handler
    """Carries a kept answer past the handler."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class CanvasMixin(APIView):
    """What every view of the API has. `roles` maps a method to the role it asks for."""

    parser_classes: Sequence[type[BaseParser]] = [JSONParser, MergePatchParser]
    roles: ClassVar[Mapping[str, Role]] = {}
    needs_workspace: ClassVar[bool] = True
    shows_secret: ClassVar[bool] = False
    pagination_class: type[BasePagination] | None = CursorPages  # for the document; see `page`
    ordering: ClassVar[list[str] | None] = None
    ordering_fields: ClassVar[Mapping[str, str] | None] = None
    filters: ClassVar[Sequence[OpenApiParameter]] = ()
    _claim: idempotency.Claim | None = None

    @property
    def access(self) -> Access:
        """The caller in their workspace."""
        access: Access | None = getattr(self.request._request, "access", None)  # noqa: SLF001 set by authentication
        if access is None:
            raise Missing("You are not a member of any workspace.", code="no-workspace")
        return access

    @property
    def person(self) -> User | None:
        """The person who calls; None for a token whose maker has left."""
        user = self.request.user
        return user if isinstance(user, User) else None

    def shape(
        self, serializer: type[BaseSerializer[Any]], *, partial: bool = False
    ) -> dict[str, Any]:
        """Read the body as this serializer's shape and return its validated data.

        Raises:
            ValidationError: 400 with a pointer to each wrong place.
        """
        read = serializer(data=self.request.data, partial=partial, context={"view": self})
        read.is_valid(raise_exception=True)
        found: dict[str, Any] = read.validated_data
        return found

    def page(self, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]]) -> Response:
        """Answer one page of rows, in the order of `ordering` or of the queryset."""
        pages = CursorPages()
        found = pages.paginate_queryset(rows, self.request, self)
        context = {"request": self.request, "view": self}
        return pages.get_paginated_response(serializer(found, many=True, context=context).data)

    def one(
        self, row: etag.Versioned, serializer: type[BaseSerializer[Any]], *, status: int = 200
    ) -> Response:
        """Answer one row with its ETag, or 304 when the caller has it already."""
        mark = etag.etag_of(row)
        if self.request.method in {"GET", "HEAD"} and etag.is_unchanged(self.request, mark):
            return Response(status=304, headers={"ETag": mark})
        body = serializer(row, context={"request": self.request, "view": self}).data
        return Response(body, status=status, headers={"ETag": mark})

    def expected_version(self, row: etag.Versioned) -> int | None:
        """Read `If-Match`: the version a service must still find, or None for any."""
        return etag.expected_version(self.request, row)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 DRF's shape
        """Check the method, the address, the caller and the limits; then look for a kept answer."""
        if str(request.method) not in self.allowed_methods:
            raise exceptions.MethodNotAllowed(str(request.method))
        clean_query(request.query_params)
        if any(isinstance(value, str) and text_fault(value) for value in kwargs.values()):
            raise Missing("There is nothing at this address.")
        super().initial(request, *args, **kwargs)
        self._begin(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 plain answers too
        """Serve the request, and keep its answer if it carried an idempotency key."""
        announce_length(request)
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except BaseException:
            if self._claim is not None:
                self._claim.release()
            raise
        throttling.show_window(request, response)
        if self._claim is not None:
            if isinstance(response, Response):
                response.render()
            self._claim.finish(response)
        return response

    def handle_exception(self, exc: Exception) -> Any:  # noqa: ANN401 DRF's shape
        """Answer an exception; who was turned away before being counted is counted here."""
        if isinstance(exc, _Replayed):
            return exc.response
        if not hasattr(self.request._request, "rate_window"):  # noqa: SLF001 as above
            exc = self._counted(exc)
        return super().handle_exception(exc)

    def _begin(self, request: Request) -> None:
        access: Access | None = getattr(request._request, "access", None)  # noqa: SLF001 as above
        if request.method != "POST" or idempotency.HEADER not in request.headers or access is None:
            return
        begun = idempotency.begin(request, access.workspace, shows_secret=self.shows_secret)
        if isinstance(begun, HttpResponse):
            raise _Replayed(begun)
        self._claim = begun

    def _counted(self, exc: Exception) -> Exception:
        plain = self.request._request  # noqa: SLF001 as above
        window = throttling.count(plain, f"address:{throttling.address_of(plain)}")
        return exceptions.Throttled(window.reset_s) if window and window.is_exceeded else exc


class CanvasAPIView(CanvasMixin):
    """A view of one address: write `get`, `post`, `patch`, `delete`."""


class CanvasViewSet(CanvasMixin, GenericViewSet[Any]):
    """A viewset whose actions call services; name its methods in `http_method_names`."""


MEMBERS_ONLY: Final[Mapping[str, Role]] = dict.fromkeys(
    ("POST", "PUT", "PATCH", "DELETE"), Role.VIEWER
)
"""For views that ask a service for the role in the workspace of their address."""

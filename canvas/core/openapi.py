"""The OpenAPI document: what every operation has, so that no view has to say it.

OpenAPI 3.1, written by drf-spectacular. Source: https://spec.openapis.org/oas/v3.1.1.html
"""

import re
from typing import Any, Final, Literal
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from canvas.core.serializers import camel

HEADER: Final = OpenApiParameter.HEADER
_TAG: Final = r'(W/)?"[!#-~]*"'
_TAGS: Final = {"type": "string", "pattern": rf"^(\*|{_TAG}( *, *{_TAG})*)$"}
_KEY: Final = {"type": "string", "pattern": "^[ -~]*[!-~][ -~]*$", "maxLength": 255}
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key", _KEY, HEADER, description="Makes a repeated POST act once, for 24 hours."
)
IF_MATCH: Final = OpenApiParameter(
    "If-Match", _TAGS, HEADER, description="The ETag you have read; 412 when it is an old one."
)
IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match", _TAGS, HEADER, description="The ETag you have; 304 when it is still the one."
)
PREFER: Final = OpenApiParameter(
    "Prefer", str, HEADER, description="`wait=N` waits up to N seconds (60 at most) for the job."
)
WORKSPACE: Final = OpenApiParameter(
    "X-Workspace", UUID, HEADER, description="Which of your workspaces; a token knows its own."
)
LOCATION: Final = OpenApiParameter(
    "Location", str, HEADER, response=[202], description="The job's address."
)
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457). `code` is stable.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "requestId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "A JSON pointer into the body, or ?name of a parameter.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}
_ANYTHING_OR_NULL: Final = [{}, {"type": "null"}]
_HOLE: Final = re.compile(r"\{(\w+)\}")


def accepted(serializer: Any) -> dict[int, Any]:  # noqa: ANN401 whatever a schema takes
    """Describe the answers of AI work: 202 with the job, or 200 with the finished one."""
    return {
        202: OpenApiResponse(serializer, "Accepted: the job will do it."),
        200: OpenApiResponse(serializer, "Done while you waited (`Prefer: wait`)."),
    }


class Schema(AutoSchema):
    """Adds the headers that views share and the problem document as every default answer."""

    def get_override_parameters(self) -> list[Any]:
        """Name the request headers of this operation."""
        shared = [WORKSPACE] if getattr(self.view, "needs_workspace", False) else []
        if self.method == "POST":
            shared.append(IDEMPOTENCY_KEY)
            if getattr(self.view, "is_ai_work", False):
                shared += [PREFER, LOCATION]
        elif self._may_be_unchanged():
            shared.append(IF_NONE_MATCH)
        elif self.method in {"PUT", "PATCH", "DELETE"} and self._is_versioned():
            shared.append(IF_MATCH)
        return [*super().get_override_parameters(), *shared]

    def _is_versioned(self) -> bool:
        """Say whether this is the address of something with an ETag."""
        return bool(getattr(self.view, "is_versioned", self.path.rstrip("/").endswith("}")))

    def _may_be_unchanged(self) -> bool:
        return self.method == "GET" and self._is_versioned()

    def map_parsers(self) -> list[str]:
        """Name the body's media types: merge patches are for PATCH alone."""
        found: list[str] = super().map_parsers()
        return [name for name in found if self.method == "PATCH" or "merge-patch" not in name]

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        answers: dict[str, Any] = super()._get_response_bodies(direction)
        problem = ResolvedComponent(  # type: ignore[no-untyped-call] # not annotated
            name="Problem", type=ResolvedComponent.SCHEMA, object="Problem", schema=PROBLEM
        )
        self.registry.register_on_missing(problem)
        if self._may_be_unchanged():
            answers["304"] = {"description": "You have it already (`If-None-Match`)."}
        answers["default"] = {
            "description": "Refused, or failed.",
            "content": {"application/problem+json": {"schema": problem.ref}},
        }
        return answers


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # a registry
    """Describes a workspace's token."""

    target_class = "canvas.workspaces.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer", "description": "A workspace's token: `cnv_…`."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # a registry
    """Describes a browser's session."""

    target_class = "canvas.workspaces.authentication.BrowserSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Describe the cookie."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "With `X-CSRFToken` on whatever changes something.",
        }


def camel_paths(result: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401 a hook's shape
    """Give path parameters their camelCase names; a hook that runs over the whole document."""
    paths = {}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["name"] = camel(parameter["name"])
        paths[_HOLE.sub(lambda hole: "{" + camel(hole[1]) + "}", path)] = operations
    return {**result, "paths": paths}


def closed_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401 as above
    """Say of each shape of a body that it takes no further members; a hook as above."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return result


def any_json_may_be_null(result: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401 as above
    """Mend "one of anything and null", which null itself does not satisfy; a hook as above."""
    found: dict[str, Any] = _mended(result)
    return found


def _mended(node: Any) -> Any:  # noqa: ANN401 any JSON
    if isinstance(node, list):
        return [_mended(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = node if node.get("oneOf") != _ANYTHING_OR_NULL else _without_choice(node)
    return {name: _mended(item) for name, item in kept.items()}


def _without_choice(node: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in node.items() if name != "oneOf"}

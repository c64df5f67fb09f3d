"""Hooks of schemathesis: ids that exist, and a caller who does not saw off the branch it sits on.

Loaded by schemathesis in an environment of its own; `HOSTILE_WORLD` names a file of ids by
parameter. What is chosen depends on the generated value alone, so a seed means the same again.
"""

import json
import os
from pathlib import Path
from uuid import UUID

import schemathesis

WORLD = json.loads(Path(os.environ["HOSTILE_WORLD"]).read_text(encoding="utf-8"))
ONE_IN = 4  # ids stay as they were generated: of nobody
# Members of bodies that name a row, and the parameter that names the same kind.
MEMBERS = {
    "after": "sceneId",
    "assetId": "assetId",
    "assets": "assetId",
    "linkedSceneId": "sceneId",
    "parentId": "messageId",
    "scenes": "sceneId",
    "projectId": "projectId",
}
# These would end the run itself, or never end.
KEPT = {
    ("DELETE", "/api/v1/workspaces/{workspaceId}/"),
    ("DELETE", "/api/v1/workspaces/{workspaceId}/members/{memberId}/"),
    ("DELETE", "/api/v1/workspaces/{workspaceId}/tokens/{tokenId}/"),
    ("GET", "/api/v1/projects/{projectId}/events/"),
}
TAG = '"00000000-0000-0000-0000-000000000007-1"'
LARGEST = 2**53
# Bodies that must name one of two members: the document says it in words.
ONE_OF = {
    "SceneRequest": ("title", "templateId"),
    "SceneMediaRequest": ("url", "assetId"),
    "NewMemberRequest": ("username", "email"),
}
STREAM = "text/event-stream"
EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {"id": {"type": "string", "pattern": "^[0-9]+$"}, "data": {"minLength": 2}},
}
DOOMED = {("DELETE", "/api/v1/projects/{projectId}/"): "doomedProjectId"}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Put ids of rows that exist in the place of three generated ids out of four."""
    operation = (context.operation.method.upper(), context.operation.path)
    for name, value in (path_parameters or {}).items():
        kind = DOOMED.get(operation, name) if name == "projectId" else name
        path_parameters[name] = _existing(kind, value)
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    """Do the same for filters; a cursor that was made up fits the document and leads nowhere."""
    if not isinstance(query, dict):
        return query
    return {name: item for name, item in _filled(query).items() if name != "cursor"}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Say what the document says in words: the parts of an event, tags, one of two members."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                if STREAM in answer.get("content", {}):
                    answer["content"][STREAM]["schema"] = EVENT
            for parameter in operation.get("parameters", []):
                if parameter["name"].endswith("-Match"):
                    parameter["schema"] = {"enum": ["*", TAG]}
                if parameter["name"] in {"after", "Last-Event-ID"}:
                    parameter["schema"] = {"type": "integer", "minimum": 0, "maximum": LARGEST}
            if any(f"schemas/{name}'" in str(operation.get("requestBody")) for name in ONE_OF):
                operation["requestBody"]["required"] = True
    for name, choices in ONE_OF.items():
        shape = raw_schema["components"]["schemas"][name]
        shape["oneOf"] = [{"required": [one]} for one in choices]
    raw_schema["components"]["schemas"]["PatchedSceneRequest"]["properties"].pop("templateId")
    _split(raw_schema)


def _split(node):
    """Write "text of a format, or null" as two choices: only so is the format kept to."""
    inner = list(node.values()) if isinstance(node, dict) else node
    for item in inner if isinstance(inner, list) else ():
        _split(item)
    if isinstance(node, dict) and node.get("type") == ["string", "null"] and "format" in node:
        del node["type"]
        node["anyOf"] = [{"type": "string", "format": node.pop("format")}, {"type": "null"}]


@schemathesis.hook
def map_body(context, body):
    """Do the same inside bodies."""
    return _filled(body)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Turn the few calls that would end the run towards a row of nobody."""
    # What a link has filled in went past `map_body`.
    is_json = case.media_type == "application/json" and isinstance(case.body, dict | list)
    if is_json and (mended := _filled(case.body)) != case.body:
        case.body = mended
    if (case.method.upper(), case.operation.path) in KEPT:
        own = set(WORLD["own"])
        for name, value in case.path_parameters.items():
            if value in own or case.operation.path.endswith("/events/"):
                case.path_parameters[name] = str(UUID(int=7))


def _filled(value):
    """Fill in ids, and keep whole numbers where JavaScript keeps them."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return LARGEST if value > 0 else -LARGEST
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _named(name, item) for name, item in value.items()}


def _named(name, value):
    if name not in MEMBERS:
        return _filled(value)
    if isinstance(value, list):
        return [_existing(MEMBERS[name], item) for item in value]
    return _existing(MEMBERS[name], value)


def _existing(kind, value):
    try:
        number = UUID(value).int
    except (AttributeError, TypeError, ValueError):
        return value
    pool = WORLD["pools"].get(kind, [])
    return pool[number // ONE_IN % len(pool)] if pool and number % ONE_IN else value

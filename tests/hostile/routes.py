"""The URL table as these tests see it: every route, what its address names, a good body for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
WRITING = ("post", "put", "patch")
# The parameters of an address -> the rows of a workspace that stand for them.
ROWS = {
    "project_id": "project",
    "scene_id": "scene",
    "beat_id": "beat",
    "snapshot_id": "snapshot",
    "entry_id": "entry",
    "asset_id": "asset",
    "change_id": "change",
    "job_id": "job",
    "run_id": "lab_run",
    "outline_id": "outline",
    "export_id": "export",
    "workspace_id": "workspace",
    "member_id": "member",
    "token_id": "token",
}
# A model of the catalogue belongs to nobody.
MODEL = "api/v1/models/<str:author>/<str:slug>/"
# Files are served by signature, not by workspace; their own tests are in test_media.
NOT_TENANTS = {"media/<path:path>", "media/exports/<path:path>", MODEL}
NO_BODY: dict[str, Any] = {}
UPLOAD = "upload"
# What each writing route takes: a body that it accepts. A route that is not here fails the tests.
BODIES: dict[tuple[str, str], Any] = {
    ("session", "post"): {"username": "nobody", "password": "a wrong password"},
    ("workspaces", "post"): {"name": "North"},
    ("workspace", "patch"): {"name": "South"},
    ("members", "post"): {"username": "{newcomer}", "role": "viewer"},
    ("member", "patch"): {"role": "editor"},
    ("tokens", "post"): {"name": "script", "scopes": ["read"]},
    ("projects", "post"): {"title": "A film", "tags": ["quiet"], "globalStyle": {"palette": ["a"]}},
    ("project", "patch"): {"title": "Another film", "globalStyle": {"visualTheme": "dusk"}},
    ("project-archive", "post"): NO_BODY,
    ("project-restore", "post"): NO_BODY,
    ("project-duplicate", "post"): NO_BODY,
    ("project-document", "put"): "document",
    ("scenes", "post"): {"title": "Quay", "cast": ["Mara"], "promptSlots": {"subject": "a quay"}},
    ("scene", "patch"): {"title": "Pier", "promptSlots": {"camera": {"angle": "low"}}},
    ("scene-move", "post"): {"after": None},
    ("scene-status", "post"): {"status": "refining"},
    ("beats", "post"): {"summary": "She waits.", "shot": {"size": "wide"}},
    ("beat", "patch"): {"summary": "She goes.", "shot": {"size": "close"}},
    ("beat-move", "post"): {"after": None},
    ("snapshots", "post"): {"notes": "before the cut"},
    ("snapshot-restore", "post"): NO_BODY,
    ("scene-versions", "post"): {"notes": "second try", "metadata": {"seed": 1}},
    ("scene-media", "post"): {"url": "https://example.com/a.png", "metadata": {"seed": 1}},
    ("bible", "patch"): {"aesthetic": {"era": "1920s", "palette": ["#102030"]}},
    ("bible-entries", "post"): {
        "category": "prop",
        "name": "Lamp",
        "aliases": ["lantern"],
        "states": [{"name": "lit", "description": "It burns."}],
    },
    ("bible-entry", "patch"): {"name": "Lantern", "states": [{"name": "out"}]},
    ("asset", "patch"): {"label": "The quay", "tags": ["grey"]},
    ("asset-analyze", "post"): NO_BODY,
    ("assets", "post"): UPLOAD,
    ("exports", "post"): {"format": "fountain"},
    ("messages", "post"): {"content": "Add a scene."},
    ("outlines", "post"): {"source": "text", "text": "INT. CABIN - NIGHT", "target": {"scenes": 2}},
    ("outline-accept", "post"): {"bible": True, "title": True},
    ("outline-reject", "post"): NO_BODY,
    ("workspace-director", "patch"): {
        "temperature": 0.5,
        "provider": {"maxPrice": {"prompt": "9"}},
    },
    ("workspace-director-rollback", "post"): {"number": 1},
    ("project-director", "patch"): {"extraPrompt": "Be brief.", "provider": {"zdr": True}},
    ("project-director-rollback", "post"): {"number": 1},
    ("job-cancel", "post"): NO_BODY,
    ("estimates", "post"): {"kind": "chat", "projectId": "{project}", "content": "Add a scene."},
    ("job-retry", "post"): NO_BODY,
    ("lab-runs", "post"): {"task": "outline", "cases": "all", "models": ["openai/gpt-4o-mini"]},
    ("lab-promote", "post"): {"model": "maker/first"},
    ("workspace-budget", "patch"): {"dayUsd": "1.25"},
    ("project-budget", "patch"): {"limitUsd": "12.5"},
    ("openrouter-key", "put"): {"key": "sk-or-v1-0123456789", "budgetUsd": "5"},
    ("openrouter-key", "patch"): {"budgetUsd": None},
}


@dataclass(frozen=True)
class Route:
    """One line of the URL table."""

    path: str
    name: str
    names: tuple[str, ...]
    methods: frozenset[str]

    def address(self, ids: dict[str, Any]) -> str:
        """Fill in the ids, by the kind of row that each parameter names."""
        path = self.path
        for name in self.names:
            path = path.replace(f"<uuid:{name}>", str(ids[ROWS[name]]))
        assert "<" not in path, f"{path} has an address part that ROWS does not know"
        return f"/{path}"

    def with_text(self, text: str) -> str:
        """Put some text where the ids belong."""
        path = self.path
        for name in self.names:
            path = path.replace(f"<uuid:{name}>", text)
        return f"/{path}"

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(ROWS[name] for name in self.names)


def routes(patterns: Any = None, prefix: str = "") -> Iterator[Route]:
    """Walk the whole URL table, without the admin's own pages."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if not path.startswith("admin/"):
                yield from routes(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path not in NOT_TENANTS:
            view = getattr(entry.callback, "cls", None)
            methods = frozenset(name for name in METHODS if _has(view, name))
            yield Route(path, entry.name or "", tuple(entry.pattern.converters), methods)


def _has(view: Any, method: str) -> bool:
    """Say whether a view answers a method; Django answers HEAD wherever there is a GET."""
    offered = hasattr(view, "get" if method == "head" else method)
    return offered and method in getattr(view, "http_method_names", ())


ALL = sorted(routes(), key=lambda route: route.path)
LISTS = [
    route
    for route in ALL
    if route.name
    in {
        "workspaces", "members", "tokens", "projects", "scenes", "beats", "snapshots",
        "scene-versions", "scene-media", "bible-entries", "changes", "templates", "messages",
        "outlines", "assets", "jobs", "workspace-director-history",
        "project-director-history", "exports",
        "lab-runs", "lab-results",
        "models", "providers", "stacks",
    }
]  # fmt: skip
WITH_IDS = [route for route in ALL if route.names]
WRITES = [(route, method) for route in ALL for method in WRITING if method in route.methods]


def body_of(route: Route, method: str, **filled: Any) -> Any:
    """Give a body that this route accepts; `filled` are the bodies that only a test can know."""
    body = BODIES[route.name, method]
    if isinstance(body, str):
        return filled.get(body)
    return {
        name: filled.get(value[1:-1], value)
        if isinstance(value, str) and value[0] == "{"
        else value
        for name, value in body.items()
    }


def ask(client: Client, method: str, path: str, body: Any = None) -> Any:
    """Make one request over HTTP, as plainly as can be."""
    if body is UPLOAD:
        file = SimpleUploadedFile("still.png", b"no picture", content_type="image/png")
        return Client.generic(
            client,
            method.upper(),
            path,
            client._encode_data({"file": file}, MULTIPART_CONTENT),
            MULTIPART_CONTENT,
        )
    if method in {"get", "head", "options"}:
        return Client.generic(client, method.upper(), path)
    sent = json.dumps(body) if body is not None else "{}"
    return Client.generic(client, method.upper(), path, sent, "application/json")


def told(answer: Any) -> Any:
    """Give what an answer says, without what differs by the request."""
    if not answer.content:
        return ""
    found = json.loads(answer.content)
    return {name: value for name, value in found.items() if name not in {"requestId", "instance"}}


def nobody() -> dict[str, Any]:
    """Ids of no row at all."""
    return {kind: uuid4() for kind in ROWS.values()}


def address_of(documented: str, ids: dict[str, Any]) -> str:
    """Give the address of a path of the API document, `{sceneId}` and all."""
    wanted = documented.strip("/").split("/")
    for route in ALL:
        parts = route.path.strip("/").split("/")
        if len(parts) == len(wanted) and all(
            mine == other or (mine[0] == "<" and other[0] == "{")
            for mine, other in zip(parts, wanted, strict=True)
        ):
            return route.address(ids)
    raise AssertionError(f"{documented} is not in the URL table")

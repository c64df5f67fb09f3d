"""Reading everything that can be read of one workspace, as its owner and as staff."""

from typing import Any

from tests.factories import browser_for, client_for, make_user
from tests.hostile.routes import ALL, ask
from tests.hostile.world import World

STREAMS = {"project-events", "job-events"}
PAGES = ("scenes", "ai", "workspaces")


def read_all(world: World, *, admin: bool = False) -> list[tuple[str, int]]:
    """Read every list to its end and every detail; name what did not answer 200."""
    client = client_for(world.workspace)
    wrong, ids = [], living(world)
    for route in ALL:
        if "get" in route.methods and route.name not in STREAMS and set(route.kinds) <= set(ids):
            path = route.address(ids)
            while path:
                answer = ask(client, "get", path)
                if answer.status_code != 200:
                    wrong.append((path, answer.status_code))
                    break
                path = next_page(answer)
    return wrong + (read_admin() if admin else [])


def living(world: World) -> dict[str, Any]:
    """Give the ids of rows to read: those of the world, or what a document has put there since."""
    project = world.project
    scene = project.scenes.alive().order_by("-pk").first()
    newest = {
        "scene": scene,
        "beat": scene and scene.beats.alive().order_by("-pk").first(),
        "snapshot": scene and scene.snapshots.order_by("-pk").first(),
        "entry": project.entries.alive().order_by("-pk").first(),
        "asset": project.assets.alive().order_by("-pk").first(),
    }
    found = {**world.ids, **{kind: row and row.pk for kind, row in newest.items()}}
    return {kind: key for kind, key in found.items() if key is not None}


def next_page(answer: Any) -> str | None:
    """Give the address of the page behind this one, if it is one of a list."""
    if not answer.headers["Content-Type"].startswith("application/json"):
        return None
    body = answer.json()
    return body.get("next") if isinstance(body, dict) else None


def read_admin() -> list[tuple[str, int]]:
    """Open every list of the admin, and the pages of the newest rows."""
    from django.contrib import admin
    from django.urls import reverse

    staff = browser_for(make_user(is_staff=True, is_superuser=True))
    wrong = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = list(model._default_manager.order_by("-pk")[:2])
        pages = [reverse(f"{name}_changelist")]
        pages += [reverse(f"{name}_change", args=[row.pk]) for row in rows]
        for page in pages:
            status = staff.get(page).status_code
            if status != 200:
                wrong.append((page, status))
    return wrong

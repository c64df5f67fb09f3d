"""From rows to the document."""

from collections.abc import Sequence
from typing import Any

from scenes.models import Category, Project, Scene, SceneMedia
from scenes.services.documents import members
from scenes.services.documents.addresses import asset_address, media_address
from scenes.services.documents.canvas import Canvas, load_canvas
from scenes.services.documents.members import Member, key_of, shown


def read_document(project: Project, *, base_url: str) -> dict[str, Any]:
    """Give the whole project as a `SceneProject`, in six queries.

    Args:
        project: read with its head, before this: a change in between then makes the ETag too old,
            which costs one refused save, and never too new, which would cost the change.
        base_url: scheme and host for the addresses of our own pictures, without a slash.
    """
    canvas = load_canvas(project)
    return {
        "id": key_of(project),
        **shown(members.PROJECT, project),
        "scenes": [_scene(scene, canvas, base_url) for scene in canvas.scenes],
        "bible": _bible(canvas, base_url),
    }


def _scene(scene: Scene, canvas: Canvas, base_url: str) -> dict[str, Any]:
    lists = {name: rows.get(scene.pk, []) for name, rows in canvas.children.items()}
    return {
        "id": key_of(scene),
        "order": scene.order,
        **shown(members.SCENE, scene),
        "generatedMedia": [
            {"url": media_address(row, base_url), **_item(members.MEDIA, row)}
            for row in lists["generatedMedia"]
            if isinstance(row, SceneMedia)
        ],
        "versions": [_item(members.VERSION, row) for row in lists["versions"]],
        "snapshots": [_item(members.SNAPSHOT, row) for row in lists["snapshots"]],
    }


def _bible(canvas: Canvas, base_url: str) -> dict[str, Any]:
    def listed(category: Category) -> list[dict[str, Any]]:
        rows = (entry for entry in canvas.entries if entry.category == category)
        return [_item(members.ENTRY, row) for row in rows]

    return {
        "characters": listed(Category.CHARACTER),
        "locations": listed(Category.LOCATION),
        "aesthetic": members.shown_aesthetic(canvas.project.aesthetic),
        "visualAssets": [
            {"url": asset_address(asset, base_url), **_item(members.ASSET, asset)}
            for asset in canvas.assets
        ],
    }


def _item(table: Sequence[Member], row: Any) -> dict[str, Any]:  # noqa: ANN401 any row
    return {"id": key_of(row), **shown(table, row)}

"""The media of a scene: one of the project's pictures, or an address elsewhere."""

from typing import Any
from uuid import UUID

from canvas.core.errors import Fault, Invalid
from scenes.models import MediaStatus, Scene, SceneMedia, VisualAsset
from scenes.services import places
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_scene


def add_media(
    *,
    scene: Scene,
    by: Actor,
    asset_id: UUID | None = None,
    url: str = "",
    status: str = MediaStatus.COMPLETED,
    metadata: dict[str, Any] | None = None,
) -> SceneMedia:
    """Attach one medium behind the others: a picture of the project, or an address.

    Raises:
        Conflict: `scene-locked`.
        Invalid: `unknown-asset`, not a picture of this project; or a value against its rule.
    """
    with recording(
        project_id=scene.project_id, by=by, summary=f"Added media to “{scene.title}”"
    ) as act:
        row = lock_scene(scene.pk)
        medium = SceneMedia(
            scene=row,
            asset=None if asset_id is None else _own(row, asset_id),
            order=places.next_order(SceneMedia.objects.filter(scene=row)),
            url=url,
            status=status,
            metadata=metadata,
        )
        act.add(medium)
    return medium


def _own(scene: Scene, asset_id: UUID) -> VisualAsset:
    """Fetch a picture of the scene's project; another project's look like missing ones."""
    asset = VisualAsset.objects.alive().filter(project_id=scene.project_id, pk=asset_id).first()
    if asset is None:
        detail = "This is not the id of a picture of this project."
        fault = Fault("/assetId", "unknown-asset", detail)
        raise Invalid(detail, code="unknown-asset", faults=[fault])
    return asset

"""Describing a reference picture."""

import base64
from typing import TYPE_CHECKING, Any

from ai import ledger
from ai.gateway import ask
from ai.jobs.registry import Store
from ai.jobs.service import submit
from ai.models import Job, JobKind, Task
from ai.recipes import VISION
from ai.services.choosing import asked_model
from canvas.core.errors import Conflict, Missing
from canvas.workspaces.access import Access, inside
from scenes import selectors
from scenes.services.assets import describe, read_model_input
from scenes.services.changes import Actor

if TYPE_CHECKING:
    from scenes.models import VisualAsset


def request_analysis(*, access: Access, asset: "VisualAsset", model: str | None = None) -> Job:
    """Submit the analysis of one picture.

    A `model` is tried first; the configured ones follow if it fails.

    Raises:
        Invalid: a model that cannot see.
        Conflict: `no-file`, only its address elsewhere is known.
        Unaffordable: the month's budget or pictures are used up.
    """
    if not asset.model_input:
        raise Conflict("This picture is only an address; upload it first.", code="no-file")
    asked = asked_model(access.workspace, asset.project_id, Task.VISION, model)
    ledger.refuse_exhausted(access.workspace, asset.project_id, images=1)
    return submit(
        access=access,
        kind=JobKind.VISION,
        project_id=asset.project_id,
        subject_id=asset.pk,
        payload=asked,
    )


def analyze(job: Job) -> Store:
    """Describe one reference picture and write the result beside it.

    Load, call, store: the middle step holds no transaction and touches no row.
    """
    if job.subject_id is None:
        raise Missing("The picture is gone.")
    access = inside(job.workspace)
    asset = selectors.get_asset(access=access, asset_id=job.subject_id)
    image_url = f"data:image/jpeg;base64,{base64.b64encode(read_model_input(asset)).decode()}"

    asked = ask(
        VISION,
        job=job,
        values={"project_title": asset.project.title, "note": "", "language_note": ""},
        image_url=image_url,
    )

    def store() -> dict[str, Any]:
        seen = asked.value
        row = describe(
            asset=asset,
            by=Actor.assistant(job_id=job.pk, user_id=job.user_id),
            label=seen.label,
            category=seen.category,
            description=seen.description,
            tags=seen.tags,
            palette=seen.palette,
            mood=seen.mood,
        )
        return {"assetId": str(row.pk), **seen.model_dump(mode="json", by_alias=True)}

    return store

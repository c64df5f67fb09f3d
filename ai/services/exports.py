"""Exports: a project as a file. A job without a model, so it needs no budget."""

from typing import TYPE_CHECKING, Any

from ai.jobs.registry import Store
from ai.jobs.runner import guarded
from ai.jobs.service import submit
from ai.models import Job, JobKind
from canvas.core.errors import Missing
from canvas.workspaces.access import Access
from scenes.media import media_url
from scenes.services import exports

if TYPE_CHECKING:
    from scenes.models import Project


def request_export(
    *,
    access: Access,
    project: "Project",
    format: str,  # noqa: A002 the word of the wire
    base_url: str,
) -> Job:
    """Submit the writing of a file; a budget that is used up does not matter.

    Args:
        access: who asks.
        project: what is exported.
        format: one of the API's formats.
        base_url: scheme and host for addresses in the file and of it, without a slash.

    Raises:
        Invalid: `format-unavailable`.
    """
    exports.refuse_unavailable(format=format)
    payload = {"format": format, "baseUrl": base_url}
    return submit(access=access, kind=JobKind.EXPORT, project_id=project.pk, payload=payload)


def make(job: Job) -> Store:
    """Write the file under a name of this try's own, and say how to show it.

    A try whose worker dies leaves a file that nobody is shown; the bin removes it.
    """
    if job.project_id is None:
        raise Missing("The project is gone.")
    base_url = job.payload["baseUrl"]
    made = exports.make_file(
        project_id=job.project_id, format=job.payload["format"], base_url=base_url
    )
    with guarded(job):
        export = exports.begin_export(made=made, job_id=job.pk)
    exports.write_file(export=export, data=made.data)

    def store() -> dict[str, Any]:
        shown = exports.finish_export(export=export)
        return {
            "exportId": str(shown.pk),
            "url": base_url + media_url(shown.path),
            "format": shown.format,
            "bytes": shown.size_bytes,
            "sha256": shown.sha256,
            "watermark": shown.watermark or None,
        }

    return store

"""Cases that somebody brings: a request of their own, or one that was made before."""

from typing import TYPE_CHECKING, Any, Final

from ai.director import digest, transcript
from ai.lab.frozen import filled, offered
from ai.models import Job, JobKind, Task
from ai.services.outlines import in_words
from ai.services.outlines import said as said_until
from canvas.core.errors import Conflict, Fault, Invalid
from canvas.workspaces.access import Access
from scenes import selectors

if TYPE_CHECKING:
    from scenes.models import Project, VisualAsset

GIVEN: Final = "given"
NO_TITLE: Final = "Untitled"
MOST_HISTORY_TOKENS: Final = 60_000
LONGEST_SOURCE: Final = 400_000
_TASK_OF: Final = {
    JobKind.CHAT: Task.CHAT,
    JobKind.OUTLINE: Task.OUTLINE,
    JobKind.VISION: Task.VISION,
}
_MEMBER: Final = {Task.CHAT: "content", Task.OUTLINE: "text", Task.VISION: "asset_id"}


def given(
    *, access: Access, task: str, request: dict[str, Any], project: "Project | None"
) -> dict[str, Any]:
    """Write a request that was brought as the one case of a run.

    Raises:
        Invalid: `wrong-request`, not what the task is asked with.
        Missing: another workspace's picture.
    """
    member = _MEMBER[Task(task)]
    if not _is_said(request.get(member)) or any(request.get(other) for other in _others(member)):
        wire = {"asset_id": "assetId"}.get(member, member)
        said = f"A {task} request needs {wire}, and nothing else of content, text and assetId."
        fault = Fault("/request", "wrong-request", said)
        raise Invalid(said, code="wrong-request", faults=[fault])
    if request.get("target") and task != Task.OUTLINE:
        said = f"A {task} request has no target."
        fault = Fault("/request/target", "wrong-request", said)
        raise Invalid(said, code="wrong-request", faults=[fault])
    if task == Task.CHAT:
        words = [{"role": "user", "content": request["content"]}]
        return _chat(GIVEN, project, words)
    if task == Task.OUTLINE:
        return _outline(GIVEN, project, "text", request["text"], request.get("target") or {})
    asset = selectors.get_asset(access=access, asset_id=request["asset_id"])
    _refuse_address(asset)
    return _vision(GIVEN, asset)


def recorded(*, access: Access, task: str, job: Job) -> dict[str, Any]:
    """Write what a job of the workspace was asked as the one case of a run.

    The conversation is the one up to its question. The project is as it stands today: how it
    stood then is not kept.

    Raises:
        Invalid: `wrong-job`, it did something else.
        Missing: what it was about is gone.
    """
    if _TASK_OF.get(JobKind(job.kind)) != task:
        said = f"That job is of the kind {job.kind}; this run is about {task}."
        raise Invalid(said, code="wrong-job", faults=[Fault("/jobId", "wrong-job", said)])
    key = f"job-{job.pk}"
    if task == Task.VISION:
        if job.subject_id is None:
            raise Conflict("That job has no picture any more.", code="no-file")
        asset = selectors.get_asset(access=access, asset_id=job.subject_id)
        _refuse_address(asset)
        return _vision(key, asset)
    assert job.project_id is not None  # noqa: S101 chats and outlines have a project
    project = selectors.get_project(access=access, project_id=job.project_id)
    if task == Task.CHAT:
        return _chat(key, project, _conversation(job))
    asked = job.payload
    text = asked.get("text") or said_until(project, before=job.created_at)
    return _outline(key, project, asked["source"], text, asked.get("target") or {})


def _chat(key: str, project: "Project | None", words: list[dict[str, Any]]) -> dict[str, Any]:
    known = digest.of_project(project) if project else _NOTHING
    count = len(selectors.scenes_of(project=project)) if project else 0
    return {
        "key": key,
        "about": "",
        "values": filled(Task.CHAT, **known),
        "messages": words,
        "tools": offered(words[-1]["content"], count),
    }


def _outline(
    key: str, project: "Project | None", source: str, text: str, target: dict[str, Any]
) -> dict[str, Any]:
    values = filled(
        Task.OUTLINE,
        project_title=project.title if project else NO_TITLE,
        target=in_words(target),
        source_kind="conversation" if source == "chat" else "text",
        source=text,
    )
    return {"key": key, "about": "", "values": values}


def _vision(key: str, asset: "VisualAsset") -> dict[str, Any]:
    values = filled(Task.VISION, project_title=asset.project.title)
    return {"key": key, "about": "", "values": values, "picture": {"assetId": str(asset.pk)}}


def _conversation(job: Job) -> list[dict[str, Any]]:
    """Write what was said up to the job's question, without what answered it."""
    asked = transcript.asked(job)
    rows = [*transcript.exchanges(asked)[:-1], [asked]]
    return transcript.as_messages(rows, slug="", budget_tokens=MOST_HISTORY_TOKENS)


def _refuse_address(asset: "VisualAsset") -> None:
    if not asset.model_input:
        raise Conflict("This picture is only an address; upload it first.", code="no-file")


def _is_said(value: object) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _others(member: str) -> list[str]:
    return [other for other in _MEMBER.values() if other != member]


_NOTHING: Final = {
    "project_title": NO_TITLE,
    "bible": "{}",
    "references": "None",
    "scenes": "[]",
}

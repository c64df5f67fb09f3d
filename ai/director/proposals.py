"""Keeping proposed structures, and applying what a person takes of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils import timezone

from ai.models import Outline, OutlineStatus
from canvas.core.errors import Conflict, Fault, Invalid
from canvas.core.prepared import Insert, Select
from canvas.core.rows import uuid7
from scenes.services import feed
from scenes.services.changes import Actor, recording
from scenes.services.locks import lock_project
from scenes.services.structure import NewBeat, NewScene, Structure, apply_structure

if TYPE_CHECKING:
    from scenes.models import Project

_add: Final = Insert(Outline)
_last: Final = Select(
    lambda project: (
        Outline.objects.filter(project_id=project).only("number").order_by("-number")[:1]
    ),
    project=UUID,
)


def propose(
    *,
    project: "Project",
    content: Mapping[str, Any],
    source: str,
    job_id: UUID | None,
    **values: Any,  # noqa: ANN401 columns
) -> Outline:
    """Store a proposal under the project's next number. Joins the caller's transaction.

    Args:
        project: its row is locked while the proposal is numbered.
        content: an Outline contract as JSON; each scene gets an `id`.
        source: where it came from: chat, text or script.
        job_id: the job that made it.
        values: further columns of Outline.
    """
    lock_project(project.pk)
    last = _last.first(project=project.pk)
    scenes = [{"id": str(uuid7()), **scene} for scene in content["scenes"]]
    outline = Outline(
        project_id=project.pk,
        job_id=job_id,
        number=last.number + 1 if last else 1,
        source=source,
        title=content["title"],
        logline=content["logline"] or "",
        content={**content, "scenes": scenes},
        **values,
    )
    _add([outline])
    data = {"id": str(outline.pk), "number": outline.number, "scenes": len(scenes)}
    feed.publish(project.pk, [feed.NewEvent("outline.proposed", data, job_id)])
    return outline


def accept(
    *,
    outline: Outline,
    user_id: UUID | None,
    scenes: Sequence[str] | None = None,
    bible: bool = True,
    title: bool = True,
) -> Outline:
    """Apply a proposal, whole or in part, as one change-set. Accepting again changes nothing.

    Args:
        outline: the proposal.
        user_id: the person who takes it.
        scenes: ids of its scenes to take; None takes all.
        bible: take its characters and locations into the bible.
        title: take its title and logline.

    Raises:
        Conflict: `outline-rejected`.
        Invalid: `unknown-scene`, an id that is not in the proposal.
        Unaffordable: `quota-exhausted`; then nothing was applied.
    """
    by = Actor.assistant(job_id=outline.job_id, message_id=outline.message_id, user_id=user_id)
    summary = f"Accepted outline #{outline.number} “{outline.title}”"
    with recording(project_id=outline.project_id, by=by, summary=summary):
        project = lock_project(outline.project_id)
        row = Outline.objects.select_for_update().get(pk=outline.pk)
        if row.status == OutlineStatus.ACCEPTED:
            return row
        if row.status == OutlineStatus.REJECTED:
            raise Conflict("This outline was rejected.", code="outline-rejected")
        chosen = _chosen(row, scenes)
        applied = apply_structure(
            project=project,
            by=by,
            structure=Structure(
                scenes=[_new_scene(scene) for scene in chosen],
                entries=_entries(row, chosen) if bible else {},
                title=row.title if title else None,
                logline=row.logline if title and row.logline else None,
            ),
            summary=summary,
        )
        row.accepted = {
            "scenes": [scene["id"] for scene in chosen],
            "made": [str(scene.pk) for scene in applied.scenes],
            "bible": bible,
            "title": title,
        }
        row.change_id = applied.change_id
        return _decide(row, OutlineStatus.ACCEPTED)


def reject(*, outline: Outline) -> Outline:
    """Say no to a proposal. Saying it again changes nothing.

    Raises:
        Conflict: `outline-accepted`, it was taken before.
    """
    row = Outline.objects.select_for_update().get(pk=outline.pk)
    if row.status == OutlineStatus.ACCEPTED:
        raise Conflict("This outline was accepted already.", code="outline-accepted")
    return row if row.status == OutlineStatus.REJECTED else _decide(row, OutlineStatus.REJECTED)


def _decide(row: Outline, status: OutlineStatus) -> Outline:
    row.status = status
    row.decided_at = row.modified_at = timezone.now()
    row.version += 1
    row.save(
        update_fields=[
            "status", "decided_at", "modified_at", "version", "accepted", "change_id",
        ]
    )  # fmt: skip
    return row


def _chosen(outline: Outline, ids: Sequence[str] | None) -> list[dict[str, Any]]:
    scenes: list[dict[str, Any]] = outline.content["scenes"]
    if ids is None:
        return scenes
    if not ids:
        fault = Fault("/scenes", "empty", "Name at least one scene, or leave `scenes` out for all.")
        raise Invalid(fault.detail, code="empty", faults=[fault])
    known = {scene["id"] for scene in scenes}
    faults = [
        Fault(f"/scenes/{place}", "unknown-scene", "This outline has no scene with this id.")
        for place, key in enumerate(ids)
        if key not in known
    ]
    if faults:
        raise Invalid(faults[0].detail, code="unknown-scene", faults=faults)
    return [scene for scene in scenes if scene["id"] in set(ids)]


def _new_scene(scene: Mapping[str, Any]) -> NewScene:
    return NewScene(
        title=scene["title"],
        notes=scene["summary"],
        location=scene.get("location") or "",
        cast=scene.get("characters") or (),
        duration_s=scene.get("duration_s"),
        beats=[NewBeat(beat["summary"], beat["duration_s"]) for beat in scene.get("beats", ())],
    )


def _entries(
    outline: Outline, chosen: Sequence[Mapping[str, Any]]
) -> dict[str, list[Mapping[str, Any]]]:
    """Take the cast and places of the chosen scenes only, when not all are taken."""
    cast, places = outline.content.get("characters", []), outline.content.get("locations", [])
    if len(chosen) < len(outline.content["scenes"]):
        people = {name for scene in chosen for name in scene.get("characters") or ()}
        sites = {scene.get("location") for scene in chosen}
        cast = [entry for entry in cast if entry["name"] in people]
        places = [entry for entry in places if entry["name"] in sites]
    return {"character": cast, "location": places}

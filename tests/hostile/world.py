"""Two workspaces full of rows, who may call, and the whole database as one value."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.test import Client
from django.utils import timezone

from ai.models import JobStatus
from canvas.workspaces.models import ApiToken, Membership, Role, Workspace
from scenes.models import Project
from scenes.services.assets import remove_asset
from scenes.services.beats import remove_beat
from scenes.services.bible import remove_entry
from scenes.services.media import add_media
from scenes.services.projects import remove_project
from scenes.services.scenes import remove_scene
from scenes.services.snapshots import record_version, take_snapshot
from tests import factories
from tests.ai import factories as ai_factories
from tests.ai.lab.factories import make_result, make_run
from tests.scenes import factories as film

APPS = ("workspaces", "scenes", "ai")
UNCOUNTED = {"last_used_at", "last_login"}


@dataclass
class World:
    """One workspace with a row of every kind; `ids` are those that addresses name."""

    workspace: Workspace
    project: Project
    ids: dict[str, Any]


def make_world(workspace: Workspace | None = None, *, words: str = "A film") -> World:
    """Make a row of each kind; every text of them contains `words`."""
    workspace = workspace or film.roomy_workspace(name=words)
    project = film.make_project(workspace, title=words, logline=words, tags=[words])
    scene = film.make_scene(project, title=words, notes=words, cast=[words], location=words)
    asset = film.make_asset(project, model_input="model.jpg", label=words, description=words)
    add_media(scene=scene, by=film.HUMAN, asset_id=asset.pk, metadata={"said": words})
    record_version(scene=scene, by=film.HUMAN, notes=words)
    job = ai_factories.make_job(
        project, status=JobStatus.FAILED, payload={"said": words}, result={"said": words}
    )
    ai_factories.make_call(job, raw_text=words)
    ai_factories.make_message(project, content=words, job=job)
    ai_factories.tell(project, "text.delta", job, messageId=str(job.pk), text=words)
    lab_run = make_run(project, words=words)
    make_result(lab_run, "maker/first", answer=words)
    token, _ = factories.make_token(workspace)
    return World(
        workspace,
        project,
        {
            "workspace": workspace.pk,
            "member": factories.make_member(workspace, Role.VIEWER).pk,
            "token": token.pk,
            "project": project.pk,
            "scene": scene.pk,
            "beat": film.make_beat(scene, summary=words).pk,
            "snapshot": take_snapshot(scene=scene, by=film.HUMAN, notes=words).pk,
            "entry": film.make_entry(project, name=words, description=words, assets=[asset.pk]).pk,
            "asset": asset.pk,
            "change": project.changes.first().pk,
            "job": job.pk,
            "lab_run": lab_run.pk,
            "outline": ai_factories.make_outline(project).pk,
            "export": film.make_export(project).pk,
        },
    )


def deleted_ids(workspace: Workspace) -> dict[str, Any]:
    """Ids of rows that were in this workspace until a moment ago.

    What cannot be deleted by itself goes with its project.
    """
    kept, gone = make_world(workspace), make_world(workspace)
    by = film.HUMAN
    scene = film.make_scene(kept.project)
    snapshot = take_snapshot(scene=scene, by=by)
    remove_beat(beat=_row("scenes.Beat", kept.ids["beat"]), by=by)
    remove_entry(entry=_row("scenes.BibleEntry", kept.ids["entry"]), by=by)
    remove_asset(asset=_row("scenes.VisualAsset", kept.ids["asset"]), by=by)
    remove_scene(scene=scene, by=by)
    remove_project(project=gone.project, by=by)
    ApiToken.objects.filter(pk=gone.ids["token"]).update(revoked_at=timezone.now())
    Membership.objects.filter(pk=gone.ids["member"]).delete()
    return {
        **gone.ids,
        **{kind: kept.ids[kind] for kind in ("beat", "entry", "asset")},
        "scene": scene.pk,
        "snapshot": snapshot.pk,
        "workspace": _closed(workspace),
    }


def callers(workspace: Workspace) -> dict[str, Client]:
    """Everybody who may be at the door, by name."""
    expired, expired_text = factories.make_token(workspace)
    revoked, revoked_text = factories.make_token(workspace)
    now = timezone.now()
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=now - timedelta(seconds=1))
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=now)
    people = {role.value: factories.make_member(workspace, role).user for role in Role}
    return {
        **{role: factories.browser_for(user) for role, user in people.items()},
        "other": factories.client_for(film.roomy_workspace()),
        "admin-token": factories.client_for(workspace),
        "write-token": factories.client_for(workspace, Role.EDITOR),
        "read-token": factories.client_for(workspace, Role.VIEWER),
        "anonymous": Client(),
        "expired": factories.ApiClient(workspace=workspace, token=expired_text),
        "revoked": factories.ApiClient(workspace=workspace, token=revoked_text),
    }


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, to be compared; when a token was used does not count."""
    found = {}
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            rows = model._default_manager.order_by("pk").values()
            found[model._meta.label] = [
                {name: value for name, value in row.items() if name not in UNCOUNTED}
                for row in rows
            ]
    return found


def _row(label: str, key: Any) -> Any:
    return apps.get_model(label)._default_manager.get(pk=key)


def _closed(workspace: Workspace) -> Any:
    """Make another workspace of the same owner, and close it."""
    other = factories.make_workspace(owner=factories.owner_of(workspace))
    Workspace.objects.filter(pk=other.pk).update(deleted_at=timezone.now())
    return other.pk

"""One row in every table, each under parents of its own."""

import itertools
from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from ai.jobs.service import note
from ai.models import (
    AccountState,
    Budget,
    CatalogueAlias,
    CatalogueChange,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    CatalogueSync,
    LedgerCheck,
    ModelHealth,
    OwnKey,
    PriceTier,
    RateWindow,
    Schedule,
    Stack,
)
from ai.services.configurations import edit_configuration
from canvas.workspaces.models import IdempotencyRecord
from scenes.models import SceneTemplate
from scenes.services.media import add_media
from scenes.services.snapshots import record_version, take_snapshot
from tests.ai.factories import make_call, make_job, make_message, make_outline
from tests.ai.lab.factories import make_result, make_run
from tests.factories import make_token
from tests.scenes.factories import (
    HUMAN,
    make_asset,
    make_beat,
    make_entry,
    make_export,
    make_project,
    make_scene,
    roomy_workspace,
)

_number = itertools.count(1)


def make_world():
    number = next(_number)
    workspace = roomy_workspace()
    make_token(workspace)
    Group.objects.create(name=f"Group {number}")
    IdempotencyRecord.objects.create(
        workspace=workspace,
        key=f"key-{number}",
        request_digest="0" * 64,
        status_code=201,
        body=b'{"title": "x"}',
        expires_at=timezone.now() + timedelta(hours=24),
    )
    project = _make_film(workspace)
    _make_work(project)
    SceneTemplate.objects.create(key=f"template-{number}", name="Dawn", category="image")
    make_catalogue(number)
    ModelHealth.objects.create(slug=f"0-maker/{number}", failures=1)
    Schedule.objects.create(name=f"act-{number}", due_at=timezone.now())
    RateWindow.objects.create(key=f"operator:minute:{number}", used=1, ends_at=timezone.now())
    edit_configuration(workspace=workspace, project=project, temperature=0.5)
    Stack.objects.create(plan=workspace.plan, task="chat", model_slug=f"0-maker/{number}")
    Budget.objects.create(
        workspace=workspace, scope_id=workspace.pk, period="2026-11", spent_nusd=1_500_000_000
    )
    make_keys(workspace, number)


def make_catalogue(number):
    entry = CatalogueEntry.objects.create(slug=f"0-maker/{number}", name="Maker")
    provider = CatalogueProvider.objects.create(slug=f"0-provider-{number}", name="Provider")
    CatalogueEndpoint.objects.create(entry=entry, provider=provider, key=f"0-maker/{number}@p")
    CatalogueAlias.objects.create(alias=f"0-maker/other-{number}", slug=entry.slug)
    PriceTier.objects.create(key=f"0-tier-{number}", name="Tier", most_nusd_per_m=number)
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded", report="1 new")
    CatalogueChange.objects.create(
        sync=sync, kind="model", key=entry.slug, field="pricing.prompt", after="0.000001"
    )


def make_keys(workspace, number):
    OwnKey.objects.create(workspace=workspace, hint="0002", secret="sealed")
    AccountState.objects.create(account=str(workspace.pk), label=f"key {number}")
    LedgerCheck.objects.create(kind="key", account=str(workspace.pk), detail=["as it should be"])


def _make_film(workspace):
    project = make_project(workspace)
    scene = make_scene(project)
    make_beat(scene)
    asset = make_asset(project)
    make_entry(project, assets=[asset.pk])
    add_media(scene=scene, by=HUMAN, asset_id=asset.pk)
    take_snapshot(scene=scene, by=HUMAN, notes="before")
    record_version(scene=scene, by=HUMAN)
    make_export(project)
    return project


def _make_work(project):
    job = make_job(project, status="failed", error={"code": "internal"})
    note(job, "queued")
    message = make_message(project, job=job)
    make_call(job, message_id=message.pk, raw_text="words")
    make_job(project, kind="outline", retry_of=job)
    make_result(make_run(project), "maker/first")
    outline = make_outline(project)
    type(outline).objects.filter(pk=outline.pk).update(job=job)

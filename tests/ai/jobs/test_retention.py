"""What is kept, and how long: the table at the top of ai.jobs.retention."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from ai.jobs import retention
from ai.models import UpstreamCall
from canvas.workspaces.models import IdempotencyRecord
from scenes.models import Event, FeedCounter, Project, VisualAsset
from scenes.services import feed
from scenes.services.projects import remove_project
from tests.ai.factories import make_call, make_job
from tests.scenes.factories import HUMAN, make_asset, make_project, roomy_workspace


@pytest.fixture
def film(db):
    return make_project(roomy_workspace())


def ago(**span):
    return timezone.now() - timedelta(**span)


def tell(film, name, **span):
    feed.publish(film.pk, [feed.NewEvent(name, {"messageId": "m", "text": "Hi"})])
    event = Event.objects.filter(project=film).order_by("seq").last()
    Event.objects.filter(pk=event.pk).update(created_at=ago(**span))
    return event.seq


def test_deltas_go_after_a_day_and_the_feed_remembers_that_some_are_missing(film):
    old = tell(film, "text.delta", hours=25)
    fresh = tell(film, "text.delta", hours=23)
    message = tell(film, "message.completed", hours=25)

    retention.prune()

    kept = set(Event.objects.filter(project=film).values_list("seq", flat=True))
    assert old not in kept
    assert {fresh, message} <= kept
    assert FeedCounter.objects.get(project=film).kept_after == old


def test_other_events_go_after_ninety_days(film):
    old = tell(film, "scene.updated", days=91)
    fresh = tell(film, "scene.updated", days=89)

    retention.prune()

    kept = set(Event.objects.filter(project=film).values_list("seq", flat=True))
    assert (old in kept, fresh in kept) == (False, True)


def test_raw_answers_go_after_thirty_days_and_their_rows_stay(film):
    job = make_job(film)
    old = make_call(job, raw_text="once", ended_at=ago(days=31), cost_nusd=7)
    fresh = make_call(job, raw_text="now", ended_at=ago(days=29), cost_nusd=7)

    retention.prune()

    texts = dict(UpstreamCall.objects.values_list("pk", "raw_text"))
    assert texts == {old.pk: "", fresh.pk: "now"}
    assert set(UpstreamCall.objects.values_list("cost_nusd", flat=True)) == {7}


def test_kept_answers_to_repeated_requests_go_when_their_time_is_up(film):
    for key, expires in (("old", ago(hours=1)), ("fresh", timezone.now() + timedelta(hours=1))):
        record = IdempotencyRecord.objects.create(
            workspace=film.workspace,
            key=key,
            request_digest="0" * 64,
            status_code=200,
            expires_at=timezone.now() + timedelta(hours=1),
        )
        IdempotencyRecord.objects.filter(pk=record.pk).update(
            expires_at=expires, created_at=ago(hours=26)
        )

    retention.prune()

    assert [record.key for record in IdempotencyRecord.objects.all()] == ["fresh"]


def test_the_bin_is_emptied_after_thirty_days_files_and_all(
    film, django_capture_on_commit_callbacks
):
    asset = make_asset(film)
    path = default_storage.save("assets/gone.png", BytesIO(b"bytes"))
    VisualAsset.objects.filter(pk=asset.pk).update(picture=path)
    kept = make_project(film.workspace)
    remove_project(project=film, by=HUMAN)
    remove_project(project=kept, by=HUMAN)
    Project.objects.filter(pk=film.pk).update(deleted_at=ago(days=31))
    Project.objects.filter(pk=kept.pk).update(deleted_at=ago(days=29))

    with django_capture_on_commit_callbacks(execute=True):
        retention.prune()

    assert list(Project.objects.values_list("pk", flat=True)) == [kept.pk]
    assert not default_storage.exists(path)

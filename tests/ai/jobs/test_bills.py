"""Bills that are awaited: each is asked for when its time has come, whoever else waits."""

from datetime import timedelta

from django.utils import timezone

from ai.jobs import bills
from ai.models import UpstreamCall
from tests.ai.factories import make_call, make_job


def test_bills_that_never_come_do_not_keep_a_later_one_waiting(project, openrouter):
    job = make_job(project, kind="vision", status="succeeded")
    now = timezone.now()
    for number in range(bills.BATCH):  # older calls, due again a moment ago
        make_call(
            job, cost_nusd=None, generation_id=f"gen-never-{number}", look_up_at=now, look_ups=3
        )
    waiting = make_call(
        job,
        cost_nusd=None,
        generation_id="gen-waiting",
        look_up_at=now - timedelta(seconds=5),
    )

    bills.look_up_due()

    waiting.refresh_from_db()
    assert waiting.look_ups == 1
    assert UpstreamCall.objects.filter(look_ups=4).count() == bills.BATCH - 1

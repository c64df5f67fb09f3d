"""Jobs in the admin: what a page tells, and its acts."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.jobs.service import note
from ai.models import Job, UpstreamCall
from scenes.services.projects import remove_project
from tests.ai.factories import make_call, make_job, make_message, make_outline, tell
from tests.factories import browser_for, make_user
from tests.scenes.admin.pages import act, list_of, page_of, said
from tests.scenes.factories import HUMAN


def may(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


def test_the_page_of_a_job_tells_its_whole_story(staff, film):
    first = make_job(film, status="failed")
    job = make_job(film, retry_of=first, payload={"text": "<b>"}, status="succeeded")
    again = make_job(film, retry_of=job)
    note(job, "claimed", "by worker one")
    call = make_call(job, cost_nusd=1_250_000, latency_s=2.5, prompt_tokens=321)
    message = make_message(film, job=job, content="Rain on tin.")
    outline = make_outline(film)
    type(outline).objects.filter(pk=outline.pk).update(job=job)

    shown = staff.get(page_of(job)).content.decode()

    for row in (first, again, call, message, outline, film):
        assert page_of(row) in shown
    assert "by worker one" in shown
    assert "Rain on tin." in shown
    assert shown.count("0.00125") == 2  # the job and its call
    assert "321" in shown
    assert f"{list_of_events()}?job_id__exact={job.pk}" in shown
    assert "&quot;text&quot;: &quot;&lt;b&gt;&quot;" in shown


def list_of_events():
    from scenes.models import Event

    return list_of(Event)


def test_the_link_to_the_events_of_a_job_shows_these_alone(staff, film):
    job, other = make_job(film), make_job(film)
    tell(film, "job.updated", job)
    tell(film, "job.updated", other)

    shown = staff.get(list_of_events(), {"job_id__exact": str(job.pk)})

    assert [row.job_id for row in shown.context["cl"].result_list] == [job.pk]


def test_a_job_with_many_calls_asks_no_more_than_one_with_one(staff, film):
    counts = []
    for rows in (1, 15):
        job = make_job(film)
        for _ in range(rows):
            note(job, "claimed")
            make_call(job)
            make_message(film, job=job)
            make_job(film, kind="outline", retry_of=job)
        staff.get(page_of(job))
        with CaptureQueriesContext(connection) as queries:
            staff.get(page_of(job))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_failed_and_cancelled_jobs_are_tried_again_and_others_are_named(staff, film):
    failed, done = make_job(film, status="failed"), make_job(film, status="succeeded")

    answer = act(staff, "retry", failed, done)

    again = Job.objects.get(retry_of=failed)
    assert sorted(said(answer)) == sorted(
        [
            f"{failed}: submitted again as {again}",
            f"{done}: This job is succeeded; only a failed or cancelled one can be tried again."
            " (job-not-failed)",
        ]
    )
    assert (again.status, again.user_id) == ("queued", staff.user.pk)
    assert not Job.objects.filter(retry_of=done).exists()


def test_a_job_of_a_deleted_project_is_not_tried_again(staff, film):
    job = make_job(film, status="failed")
    remove_project(project=film, by=HUMAN)

    answer = act(staff, "retry", job)

    assert said(answer)[0].endswith("(not-found)")
    assert Job.objects.count() == 1


def test_open_jobs_are_cancelled_and_finished_ones_left_alone(staff, film):
    queued, done = make_job(film), make_job(film, status="succeeded")

    answer = act(staff, "cancel", queued, done)

    assert sorted(said(answer)) == sorted(
        [f"{queued}: is cancelled now", f"{done}: left as it is: succeeded"]
    )
    queued.refresh_from_db()
    done.refresh_from_db()
    assert (queued.status, done.status) == ("cancelled", "succeeded")
    assert queued.steps.get().name == "cancelled"


def test_the_buttons_of_the_page_act_and_lead_back(staff, film):
    job = make_job(film)

    shown = staff.get(page_of(job)).content.decode()
    answer = act(staff, "cancel", job, back=job.pk)

    assert 'name="action" value="cancel"' in shown
    assert answer.url == page_of(job)


def test_an_id_that_is_none_is_said_to_be_so(staff, film):
    make_job(film)

    answer = staff.post(list_of(Job), {"action": "cancel", "_selected_action": "x"})

    assert answer.status_code == 302
    assert said(answer) == ["“x” is not a valid UUID."]


def test_who_may_only_view_jobs_has_no_acts(film):
    job = make_job(film)
    viewer = browser_for(may(make_user(is_staff=True), "view_job"))

    page = viewer.get(page_of(job))
    act(viewer, "cancel", job)

    assert page.status_code == 200
    assert 'name="action"' not in page.content.decode()
    job.refresh_from_db()
    assert job.status == "queued"


def test_who_may_change_jobs_may_cancel_them(film):
    job = make_job(film)
    operator = browser_for(may(make_user(is_staff=True), "view_job", "change_job"))

    act(operator, "cancel", job)

    job.refresh_from_db()
    assert job.status == "cancelled"
    assert operator.post(page_of(job), {"status": "queued"}).status_code == 403


def test_the_ledger_is_shown_in_dollars_and_raw_answers_escaped(staff, film):
    call = make_call(make_job(film), cost_nusd=2_000_000_001, raw_text="<script>x</script>\n{}")
    unknown = make_call(make_job(film), cost_nusd=None)

    listed = staff.get(list_of(UpstreamCall)).content.decode()
    shown = staff.get(page_of(call)).content.decode()

    assert "2.000000001" in listed
    assert "unknown" in staff.get(page_of(unknown)).content.decode()
    assert "&lt;script&gt;x&lt;/script&gt;\n{}" in shown
    assert "<script>x" not in shown


@pytest.mark.parametrize("page", ["change", "delete"])
def test_the_ledger_cannot_be_touched(staff, film, page):
    call = make_call(make_job(film), cost_nusd=5)

    answer = staff.post(page_of(call, page), {"cost_nusd": "1", "post": "yes"})

    assert answer.status_code == 403
    call.refresh_from_db()
    assert call.cost_nusd == 5

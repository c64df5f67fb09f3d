"""Staff reads runs side by side and promotes a model in two steps."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ai.models import LabResult, Revision, Stack
from canvas.workspaces.models import Plan
from tests.ai.conftest import use_models
from tests.ai.lab.conftest import make_entry
from tests.ai.lab.factories import make_result, make_run
from tests.scenes.admin.pages import act, said
from tests.scenes.factories import make_project, roomy_workspace


@pytest.fixture
def found(db):
    workspace = roomy_workspace()
    use_models(workspace, "maker/first")
    for slug in ("maker/first", "maker/second"):
        make_entry(slug)
    made = make_run(make_project(workspace), "maker/first", "maker/second")
    make_result(made, "maker/first", cost_nusd=100_000)
    make_result(made, "maker/second", cost_nusd=50_000, latency_s=1.0)
    return made


def page_of(run):
    return reverse("admin:ai_labrun_change", args=[run.pk])


def test_a_run_is_shown_side_by_side_with_a_link_to_each_answer(staff, found):
    shown = staff.get(page_of(found)).content.decode()

    assert "maker/first (baseline)" in shown
    assert "<td>0.5x</td><td>0.5x</td>" in shown
    for result in LabResult.objects.all():
        assert reverse("admin:ai_labresult_change", args=[result.pk]) in shown
    assert "100%, 1.00 s, 0.00005 USD" in shown


def test_what_a_model_wrote_is_escaped(staff, found):
    result = LabResult.objects.last()
    LabResult.objects.update(answer="<script>alert(1)</script>", error="<b>")

    shown = staff.get(reverse("admin:ai_labresult_change", args=[result.pk])).content.decode()

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown


def test_a_model_is_promoted_in_two_steps(staff, found):
    plan = found.workspace.plan

    asked = act(staff, "promote", found)
    assert asked.status_code == 200
    assert Revision.objects.count() == 0
    answer = act(staff, "promote", found, model="maker/second", plan=plan.pk, back=str(found.pk))

    assert said(answer) == [f"A film: maker/second is the first model of {plan} for outline now"]
    assert answer.headers["Location"] == page_of(found)
    row = Stack.objects.get(plan=plan, task="outline")
    assert (row.model_slug, row.fallback_slugs) == ("maker/second", ["maker/first"])
    assert Revision.objects.get(number=2).user_id == staff.user.pk


def test_a_refusal_is_said_and_changes_nothing(staff, found):
    LabResult.objects.filter(model_slug="maker/second").update(is_valid=False)

    answer = act(staff, "promote", found, model="maker/second", plan=found.workspace.plan.pk)

    assert said(answer)[0].endswith("(not-good-enough)")
    assert Stack.objects.get(plan=found.workspace.plan, task="outline").model_slug == "maker/first"
    assert Revision.objects.count() == 0


def test_a_plan_or_model_that_is_none_is_asked_for_again(staff, found):
    answer = act(staff, "promote", found, model="maker/nobody", plan="nowhere")

    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"model", "plan"}
    assert Plan.objects.filter(stacks__model_slug="maker/nobody").count() == 0


def test_runs_and_results_cannot_be_edited(staff, found):
    result = LabResult.objects.last()

    assert staff.post(page_of(found), {"name": "x"}).status_code == 403
    assert staff.post(reverse("admin:ai_labresult_change", args=[result.pk]), {}).status_code == 403


def test_a_run_asks_the_database_no_more_with_more_results(staff, found):
    def asked():
        staff.get(page_of(found))
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(page_of(found)).status_code == 200
        return len(queries)

    few = asked()
    for number in range(6):
        make_result(found, "maker/first", case=f"case {number}")

    assert asked() == few

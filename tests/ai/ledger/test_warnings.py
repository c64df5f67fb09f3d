"""Soft warnings: told once when four fifths of a limit are used, and again when it was raised."""

from ai.jobs import bills
from ai.jobs.schedule import do_now
from ai.ledger.purses import today
from ai.models import Budget, JobStep, UpstreamCall
from canvas.workspaces.models import Plan, Workspace
from scenes.models import Event
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline

USD = 1_000_000_000


def spend(api, project, openrouter, cost):
    openrouter.will_answer(OUTLINE, cost=cost)
    return run(outline(api, project))


def told(project):
    """Give the warnings of the feed, in order."""
    events = Event.objects.filter(project=project, name="budget.warning").order_by("seq")
    return [event.data for event in events]


def limit_project(api, project, usd):
    path = f"/api/v1/projects/{project.pk}/budget/"
    return api.patch(path, {"limitUsd": usd}, "application/json")


def test_four_fifths_are_told_once_in_the_feed_and_in_the_jobs_timeline(api, project, openrouter):
    limit_project(api, project, "10")

    spend(api, project, openrouter, "7.999999999")
    before = told(project)
    job = spend(api, project, openrouter, "0.000000001")
    spend(api, project, openrouter, "0.5")

    assert before == []
    assert told(project) == [
        {"budget": "project", "usedPercent": 80, "limitUsd": "10", "leftUsd": "2"}
    ]
    assert [step.note for step in JobStep.objects.filter(name="budget-warning")] == [
        "80 % of the project's budget are used"
    ]
    assert JobStep.objects.get(name="budget-warning").job_id == job.pk
    assert Event.objects.get(name="budget.warning").job_id == job.pk


def test_each_purse_warns_for_itself(api, project, openrouter):
    limit_project(api, project, "10")
    Workspace.objects.filter(pk=api.workspace.pk).update(
        budget_nusd_a_day=5 * USD, budget_nusd_a_month=8 * USD
    )
    warned = []

    for cost in ("4.5", "0.2", "3", "0.3"):
        Budget.objects.filter(period=today()).update(spent_nusd=0)  # the days go by
        spend(api, project, openrouter, cost)
        warned.append([event["budget"] for event in told(project)])

    assert warned == [["day"], ["day"], ["day", "month"], ["day", "month", "project"]]


def test_quotas_of_the_plan_warn_as_well(api, project, openrouter):
    Plan.objects.filter(pk=api.workspace.plan_id).update(tokens_a_month=100_000)
    Budget.objects.create(
        workspace=api.workspace,
        scope_id=api.workspace.pk,
        period=today()[:7],
        tokens=79_985,
    )

    spend(api, project, openrouter, "0.01")

    assert told(project) == [
        {"budget": "tokens", "usedPercent": 80, "limit": 100_000, "left": 20_000}
    ]


def test_nothing_is_told_without_a_limit_and_nothing_of_nothing(api, project, openrouter):
    Plan.objects.update(tokens_a_month=None, images_a_month=0, budget_nusd_a_month=None)

    spend(api, project, openrouter, "9")

    assert told(project) == []


def test_raising_a_limit_lets_it_warn_again(api, project, openrouter):
    limit_project(api, project, "10")
    spend(api, project, openrouter, "9")
    answer = limit_project(api, project, "20")

    spend(api, project, openrouter, "1")
    quiet = len(told(project))
    spend(api, project, openrouter, "6")

    assert answer.json()["warning"] is False
    assert quiet == 1
    assert [event["limitUsd"] for event in told(project)] == ["10", "20"]


def test_a_limit_that_is_raised_and_still_nearly_used_up_is_not_told_twice(
    api, project, openrouter
):
    limit_project(api, project, "10")
    spend(api, project, openrouter, "9")
    limit_project(api, project, "11")

    spend(api, project, openrouter, "0.5")

    assert len(told(project)) == 1


def test_a_larger_plan_lets_the_month_warn_again_within_the_hour(api, project, openrouter):
    Plan.objects.filter(pk=api.workspace.plan_id).update(budget_nusd_a_month=10 * USD)
    spend(api, project, openrouter, "9")
    Plan.objects.filter(pk=api.workspace.plan_id).update(budget_nusd_a_month=100 * USD)

    said = do_now("budget-warnings")

    assert said == "1 purses may warn again"
    assert not Budget.objects.exclude(warned_at=None).exists()


def test_a_bill_that_comes_later_warns_as_well(api, project, openrouter):
    limit_project(api, project, "10")
    spend(api, project, openrouter, None)
    openrouter.bills["gen-1"] = {"id": "gen-1", "total_cost": 8}
    UpstreamCall.objects.update(look_up_at="2020-01-01T00:00:00Z")

    bills.look_up_due()

    assert [event["usedPercent"] for event in told(project)] == [80]

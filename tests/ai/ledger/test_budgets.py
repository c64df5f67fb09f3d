"""Budgets at the doors: what owners set, what everybody reads, and where it stops."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ai.models import Budget, Job, UpstreamCall
from canvas.workspaces.models import Plan, Role, User, Workspace
from scenes.models import Event
from scenes.services.changes import Actor
from scenes.services.projects import add_project
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline
from tests.ai.services.test_vision import upload
from tests.factories import client_for, make_plan, make_workspace

USD = 1_000_000_000


def of_workspace(api):
    return f"/api/v1/workspaces/{api.workspace.pk}/budget/"


def of_project(project):
    return f"/api/v1/projects/{project.pk}/budget/"


def patch(api, path, **body):
    return api.patch(path, body, "application/json")


def plan_of(api, **limits):
    Plan.objects.filter(pk=api.workspace.plan_id).update(**limits)


def everything():
    tables = (Budget, UpstreamCall, Job, Event, Workspace)
    return [sorted(map(str, table.objects.values())) for table in tables]


def at(monkeypatch, text):
    """Let it be that time (UTC)."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)


def test_a_budget_tells_what_is_spent_held_left_and_when_it_ends(
    api, project, openrouter, monkeypatch
):
    plan_of(api, budget_nusd_a_month=10 * USD, tokens_a_month=1_000_000, images_a_month=50)
    at(monkeypatch, "2026-11-21T10:00:00")
    openrouter.will_answer(OUTLINE, cost="2.5")
    run(outline(api, project))

    found = api.get(of_workspace(api)).json()

    assert found == {
        "payer": "operator",
        "monthUsd": None,
        "dayUsd": None,
        "planMonthUsd": "10",
        "planDayUsd": None,
        "month": {
            "period": "2026-11",
            "limitUsd": "10",
            "spentUsd": "2.5",
            "heldUsd": "0",
            "leftUsd": "7.5",
            "usedPercent": 25,
            "warning": False,
            "resetsAt": "2026-12-01T00:00:00Z",
            "tokens": {"limit": 1_000_000, "used": 15, "held": 0},
            "images": {"limit": 50, "used": 0, "held": 0},
        },
        "day": {
            "period": "2026-11-21",
            "limitUsd": None,
            "spentUsd": "2.5",
            "heldUsd": "0",
            "leftUsd": None,
            "usedPercent": None,
            "warning": False,
            "resetsAt": "2026-11-22T00:00:00Z",
        },
    }


def test_a_project_tells_what_it_has_cost_from_first_to_last(api, project, openrouter):
    openrouter.will_answer(OUTLINE, cost="2.5")
    run(outline(api, project))

    before = api.get(of_project(project)).json()
    after = patch(api, of_project(project), limitUsd="3")

    assert (before["limitUsd"], before["spentUsd"], before["leftUsd"]) == (None, "2.5", None)
    assert after.status_code == 200
    assert after.json() == {
        "period": "all",
        "limitUsd": "3",
        "spentUsd": "2.5",
        "heldUsd": "0",
        "leftUsd": "0.5",
        "usedPercent": 83,
        "warning": True,
        "resetsAt": None,
    }


def test_an_owner_lowers_a_budget_and_goes_back_to_the_plans(api, project):
    plan_of(api, budget_nusd_a_month=10 * USD)

    lowered = patch(api, of_workspace(api), monthUsd="0.000000001", dayUsd="2.50")
    back = patch(api, of_workspace(api), monthUsd=None)

    assert (lowered.json()["monthUsd"], lowered.json()["dayUsd"]) == ("0.000000001", "2.5")
    assert lowered.json()["month"]["limitUsd"] == "0.000000001"
    assert (back.json()["monthUsd"], back.json()["month"]["limitUsd"]) == (None, "10")
    assert back.json()["dayUsd"] == "2.5"


def test_only_staff_go_above_the_plan(api, project):
    plan_of(api, budget_nusd_a_month=10 * USD)
    before = everything()

    refused = patch(api, of_workspace(api), monthUsd="10.000000001")
    unchanged = everything() == before
    User.objects.filter(pk=api.user.pk).update(is_staff=True)
    raised = patch(api, of_workspace(api), monthUsd="20")
    User.objects.filter(pk=api.user.pk).update(is_staff=False)
    less = patch(api, of_workspace(api), monthUsd="15")

    assert (refused.status_code, refused.json()["code"]) == (422, "above-plan")
    assert refused.json()["errors"][0]["pointer"] == "/monthUsd"
    assert unchanged
    assert raised.json()["month"]["limitUsd"] == "20"
    assert less.json()["month"]["limitUsd"] == "15"


def move(staff, workspace, plan, **over):
    """Give a workspace another plan on its page in the admin."""
    workspace = Workspace.objects.get(pk=workspace.pk)
    blank = {"budget_nusd_a_month": "", "budget_nusd_a_day": ""}
    own = {name: getattr(workspace, name) for name in blank if getattr(workspace, name) is not None}
    people = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    values = {"name": workspace.name, "second_message": "refuse", "plan": plan.pk, **people}
    page = reverse("admin:workspaces_workspace_change", args=[workspace.pk])
    sent = staff.post(page, {**blank, **own, **values, **over})
    assert sent.status_code == 302, sent.content


def budgets_of(api):
    """The month's and the day's own setting, and the month's limit that holds."""
    told = api.get(of_workspace(api)).json()
    return told["monthUsd"], told["dayUsd"], told["month"]["limitUsd"]


def test_a_smaller_plan_holds_over_a_budget_that_the_larger_one_allowed(api, project, staff):
    plan_of(api, budget_nusd_a_month=10 * USD, budget_nusd_a_day=4 * USD)
    patch(api, of_workspace(api), monthUsd="8", dayUsd="1")
    version = Workspace.objects.get(pk=api.workspace.pk).version

    move(staff, api.workspace, make_plan(budget_nusd_a_month=5 * USD, budget_nusd_a_day=2 * USD))

    assert budgets_of(api) == (None, "1", "5")
    assert Workspace.objects.get(pk=api.workspace.pk).version == version + 1


def test_what_staff_have_raised_above_the_plan_stays_at_a_smaller_one(api, project, staff):
    plan_of(api, budget_nusd_a_month=10 * USD)
    Workspace.objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=20 * USD)

    move(staff, api.workspace, make_plan(budget_nusd_a_month=5 * USD))
    kept = budgets_of(api)
    smallest = make_plan(budget_nusd_a_month=USD)
    move(staff, api.workspace, smallest, budget_nusd_a_month=30 * USD)

    assert kept == ("20", None, "20")
    assert budgets_of(api) == ("30", None, "30")


def test_a_budget_without_a_plans_limit_was_not_above_it(api, project, staff):
    plan_of(api, budget_nusd_a_month=None)
    patch(api, of_workspace(api), monthUsd="8")

    move(staff, api.workspace, make_plan(budget_nusd_a_month=5 * USD))

    assert budgets_of(api) == (None, None, "5")


def test_a_plan_that_is_made_smaller_takes_its_workspaces_along(api, project, staff):
    plan_of(api, budget_nusd_a_month=10 * USD)
    patch(api, of_workspace(api), monthUsd="8")
    raised, lower = make_workspace(plan=api.workspace.plan), make_workspace(plan=api.workspace.plan)
    for workspace, usd in ((raised, 12), (lower, 3)):
        Workspace.objects.filter(pk=workspace.pk).update(budget_nusd_a_month=usd * USD)
    plan = Plan.objects.get(pk=api.workspace.plan_id)
    values = {"key": plan.key, "name": plan.name, "order": plan.order, "is_default": "on"}

    page = reverse("admin:workspaces_plan_change", args=[plan.pk])
    sent = staff.post(page, {**values, "budget_nusd_a_month": 5 * USD})

    assert sent.status_code == 302, sent.content
    assert budgets_of(api) == (None, None, "5")
    kept = Workspace.objects.filter(pk__in=[raised.pk, lower.pk]).order_by("budget_nusd_a_month")
    assert [row.budget_nusd_a_month for row in kept] == [3 * USD, 12 * USD]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (5, 400),
        (0.5, 400),
        (True, 400),
        ([], 400),
        ("", 400),
        ("1e3", 400),
        ("NaN", 400),
        ("\u0661", 400),
        (" 1", 400),
        ("1.", 400),
        ("0.0000000001", 400),
        ("-1", 422),
        ("1000001", 422),
        ("9" * 40, 422),
    ],
)
def test_what_is_no_amount_is_refused_where_it_stands(api, project, value, status):
    before = everything()

    answers = {
        "/monthUsd": patch(api, of_workspace(api), monthUsd=value),
        "/dayUsd": patch(api, of_workspace(api), dayUsd=value),
        "/limitUsd": patch(api, of_project(project), limitUsd=value),
    }

    for pointer, answer in answers.items():
        assert answer.status_code == status
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert everything() == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_members_read_budgets_and_owners_set_them(api, project, role):
    other = client_for(api.workspace, role)
    before = everything()

    seen = [other.get(of_workspace(api)), other.get(of_project(project))]
    refused = [
        patch(other, of_workspace(api), monthUsd="1"),
        patch(other, of_project(project), limitUsd="1"),
    ]

    assert [answer.status_code for answer in seen] == [200, 200]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert everything() == before


def test_another_workspaces_budgets_are_not_there(api, project):
    stranger = client_for(make_workspace())
    before = everything()

    answers = [
        stranger.get(of_workspace(api)),
        patch(stranger, of_workspace(api), monthUsd="1"),
        stranger.get(of_project(project)),
        patch(stranger, of_project(project), limitUsd="1"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert everything() == before


def test_who_has_seen_an_older_workspace_changes_nothing(api, project):
    old = api.get(f"/api/v1/workspaces/{api.workspace.pk}/").headers["ETag"]
    patch(api, of_workspace(api), dayUsd="1")

    answer = api.patch(
        of_workspace(api), {"dayUsd": "2"}, "application/json", headers={"If-Match": old}
    )

    assert answer.status_code == 412
    assert api.get(of_workspace(api)).json()["dayUsd"] == "1"


def _full(api, project, purse):
    """Let one purse have nothing left."""
    if purse == "project":
        patch(api, of_project(project), limitUsd="0")
    elif purse in {"day", "month"}:
        patch(api, of_workspace(api), **{f"{purse}Usd": "0"})
    elif purse == "tokens":
        plan_of(api, tokens_a_month=0)


@pytest.mark.parametrize("purse", ["project", "day", "month", "tokens"])
def test_a_full_purse_refuses_at_the_door_and_says_what_to_do(api, project, openrouter, purse):
    _full(api, project, purse)
    before = everything()

    answers = [
        api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"}),
        api.post(
            f"/api/v1/projects/{project.pk}/outlines/", {"source": "text", "text": "A ferry."}
        ),
    ]

    for answer in answers:
        found = answer.json()
        assert answer.status_code == 402
        assert found.get("budget", found.get("quota")) == purse
        assert found["detail"].split(". ")[-1].startswith(("Raise", "Move"))
    assert everything() == before
    assert openrouter.heard == []


@pytest.mark.parametrize("purse", ["project", "day", "month", "tokens"])
def test_a_purse_that_is_full_by_now_stops_the_job_before_its_call(api, project, openrouter, purse):
    job_id = outline(api, project)
    _full(api, project, purse)

    job = run(job_id)

    assert (job.status, job.error["status"]) == ("failed", 402)
    assert job.error.get("budget", job.error.get("quota")) == purse
    assert openrouter.heard == []
    assert UpstreamCall.objects.count() == 0
    sums = Budget.objects.values_list("spent_nusd", "hold_nusd", "tokens", "hold_tokens", "images")
    assert set(sums) <= {(0, 0, 0, 0, 0)}


def test_used_up_pictures_refuse_an_analysis_at_the_door_and_in_the_job(api, project, openrouter):
    made = upload(api, project)
    plan_of(api, images_a_month=0)
    before = everything()

    refused = api.post(f"/api/v1/assets/{made['asset']['id']}/analyze/")
    unchanged = everything() == before
    job = run(made["job"]["id"])

    assert (refused.status_code, refused.json()["quota"]) == (402, "pictures")
    assert refused.json()["code"] == "quota-exhausted"
    assert unchanged
    assert (job.status, job.error["quota"]) == ("failed", "pictures")
    assert openrouter.heard == []
    assert UpstreamCall.objects.count() == 0


def test_a_limit_below_what_is_spent_stops_at_once_and_a_higher_one_lets_go_on(
    api, project, openrouter
):
    openrouter.will_answer(OUTLINE, cost="2")
    run(outline(api, project))

    lowered = patch(api, of_project(project), limitUsd="1")
    refused = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})
    patch(api, of_project(project), limitUsd="100")
    openrouter.will_answer(OUTLINE)
    job = run(outline(api, project))

    assert (lowered.status_code, lowered.json()["leftUsd"]) == (200, "0")
    assert (refused.status_code, refused.json()["leftUsd"]) == (402, "0")
    assert job.status == "succeeded"


def test_one_projects_budget_is_not_anothers(api, project, openrouter):
    other = add_project(workspace=api.workspace, by=Actor.human(api.user.pk), title="Another")
    patch(api, of_project(project), limitUsd="0")
    openrouter.will_answer(OUTLINE)

    refused = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})
    job = run(outline(api, other))

    assert refused.status_code == 402
    assert job.status == "succeeded"


def test_a_new_day_has_a_new_budget_and_the_month_goes_on(api, project, openrouter, monkeypatch):
    patch(api, of_workspace(api), dayUsd="3")
    path = f"/api/v1/projects/{project.pk}/messages/"
    at(monkeypatch, "2026-11-21T23:59:59.9")
    openrouter.will_answer(OUTLINE, cost="3")
    run(outline(api, project))

    late = api.post(path, {"content": "Hello"})
    at(monkeypatch, "2026-11-22T00:00:00")
    openrouter.will_answer(OUTLINE, cost="1")
    job = run(outline(api, project))

    found = api.get(of_workspace(api)).json()
    assert (late.status_code, late.json()["budget"]) == (402, "day")
    assert job.status == "succeeded"
    assert (found["day"]["period"], found["day"]["spentUsd"]) == ("2026-11-22", "1")
    assert (found["month"]["period"], found["month"]["spentUsd"]) == ("2026-11", "4")


def test_reading_a_budget_asks_as_much_however_many_purses_there_are(api, project):
    api.get(of_workspace(api))
    with CaptureQueriesContext(connection) as few:
        api.get(of_workspace(api))
    Budget.objects.bulk_create(
        Budget(workspace=api.workspace, scope_id=api.workspace.pk, period=f"2025-01-{day:02}")
        for day in range(1, 29)
    )

    with CaptureQueriesContext(connection) as many:
        api.get(of_workspace(api))

    assert len(many) == len(few)


def test_an_empty_merge_patch_changes_nothing(api, project):
    patch(api, of_project(project), limitUsd="3")
    before = everything()

    answers = [patch(api, path) for path in (of_project(project), of_workspace(api))]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["limitUsd"] == "3"
    assert everything() == before

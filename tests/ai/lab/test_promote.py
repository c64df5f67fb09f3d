"""A model that did well becomes the first choice, with history, for whom may say so."""

import pytest
from django.utils import timezone

from ai.models import CatalogueEntry, Configuration, LabRun, Revision, Stack
from canvas.workspaces.models import Role
from tests.ai.conftest import run
from tests.ai.lab.conftest import an_outline
from tests.ai.lab.factories import make_result, make_run
from tests.factories import browser_for, client_for, make_member, make_user


@pytest.fixture
def found(project, models):
    """A run in which both models were valid."""
    made = make_run(project, "maker/first", "maker/second", "maker/third")
    make_result(made, "maker/first")
    make_result(made, "maker/second", cost_nusd=50_000)
    make_result(made, "maker/third", is_valid=False, score=0.0)
    return made


@pytest.fixture
def staff(api):
    """A member of the workspace who is staff."""
    user = make_user(is_staff=True)
    make_member(api.workspace, Role.EDITOR, user)
    return browser_for(user)


def promote(client, run, **body):
    return client.post(
        f"/api/v1/lab/runs/{run.pk}/promote/",
        {"model": "maker/second", **body},
        "application/json",
        headers={"X-Workspace": str(run.workspace_id)},
    )


def everything():
    rows = (
        Stack.objects.order_by("pk").values(),
        Configuration.objects.values(),
        Revision.objects.values(),
        LabRun.objects.values(),
    )
    return [list(table) for table in rows]


def stack_of(run, task="outline"):
    return Stack.objects.get(plan=run.workspace.plan, task=task)


def test_an_owner_promotes_a_model_for_the_workspace_and_again_nothing_changes(api, found):
    answer = promote(api, found)

    assert answer.status_code == 200, answer.content
    assert answer.json()["promotedAt"] is not None
    row = Configuration.objects.get()
    assert (row.workspace, row.project, row.outline_model) == (api.workspace, None, "maker/second")
    assert [revision.note for revision in Revision.objects.order_by("number")] == [
        "Before the first edit", f"Promoted by lab run {found.pk}",
    ]  # fmt: skip
    before = everything()
    assert promote(api, found).status_code == 200
    assert everything() == before
    assert stack_of(found).model_slug == "maker/first"


def test_what_was_promoted_is_asked_first_from_the_next_call_on(api, project, found, openrouter):
    promote(api, found)
    openrouter.will_answer(an_outline())

    made = api.post(f"/api/v1/projects/{project.pk}/outlines/", {"source": "text", "text": "A."})

    assert run(made.json()["id"]).status == "succeeded"
    assert openrouter.heard[0]["model"] == "maker/second"


def test_staff_promotes_a_model_in_a_plan_and_the_former_first_falls_back(found, staff):
    plan = found.workspace.plan.pk

    answer = promote(staff, found, plan=plan)

    assert answer.status_code == 200, answer.content
    row = stack_of(found)
    assert (row.model_slug, row.fallback_slugs) == ("maker/second", ["maker/first"])
    assert stack_of(found, "chat").model_slug == "maker/first"
    last = Revision.objects.get(number=2)
    assert (last.subject, last.subject_id, last.note) == (
        "stack", row.pk, f"Promoted by lab run {found.pk}",
    )  # fmt: skip
    before = everything()
    assert promote(staff, found, plan=plan, scope="plan", task="outline").status_code == 200
    assert everything() == before


def test_only_staff_changes_a_plan_and_only_owners_the_workspace(api, found):
    editor = browser_for(make_member(api.workspace, Role.EDITOR).user)
    token = client_for(api.workspace, Role.EDITOR)
    before = everything()

    refused = [
        promote(api, found, plan=found.workspace.plan.pk).json()["code"],
        promote(editor, found).json()["code"],
        promote(token, found).json()["code"],
    ]

    assert refused == ["staff-only", "role-too-low", "role-too-low"]
    assert everything() == before


def test_a_model_that_did_worse_than_the_baseline_is_refused_unless_forced(api, project, models):
    made = make_run(project, "maker/first", "maker/second")
    cases = [{"key": key, "about": "", "expect": []} for key in ("a", "b")]
    LabRun.objects.filter(pk=made.pk).update(cases={"set": None, "cases": cases})
    for key in ("a", "b"):
        make_result(made, "maker/first", case=key)
        make_result(made, "maker/second", case=key, is_valid=key == "a")
    before = everything()

    refused = promote(api, made)

    assert (refused.status_code, refused.json()["code"]) == (409, "not-good-enough")
    assert refused.json()["detail"].startswith(
        "maker/second was valid in 1 of 2 cases, maker/first in 2 of 2."
    )
    assert everything() == before
    assert promote(api, made, force=True).status_code == 200
    assert Configuration.objects.get().outline_model == "maker/second"


def test_a_model_without_a_valid_answer_or_without_all_answers_is_refused(api, project, found):
    unfinished = make_run(project, "maker/first", "maker/second")
    before = everything()

    codes = [
        promote(api, found, model="maker/third").json()["code"],
        promote(api, unfinished).json()["code"],
    ]

    assert codes == ["not-good-enough", "not-good-enough"]
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"model": "maker/nobody"}, "not-in-run"),
        ({"task": "chat"}, "wrong-task"),
        ({"scope": "plan"}, "wrong-scope"),
        ({"scope": "workspace", "plan": "free"}, "wrong-scope"),
    ],
)
def test_a_promotion_that_cannot_be_is_refused(api, found, body, code):
    before = everything()

    answer = promote(api, found, **body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert everything() == before


def test_a_plan_that_is_not_there_is_missing(found, staff):
    before = everything()

    assert promote(staff, found, plan="nowhere").status_code == 404
    assert everything() == before


def test_another_workspaces_run_is_missing(found, make_workspace):
    before = everything()
    stranger = client_for(make_workspace())

    answer = stranger.post(f"/api/v1/lab/runs/{found.pk}/promote/", {"model": "maker/second"})

    assert answer.status_code == 404
    assert everything() == before


def test_a_model_that_cannot_do_the_task_is_refused_by_the_configuration(api, found):
    CatalogueEntry.objects.filter(slug="maker/second").update(gone_at=timezone.now())
    before = everything()

    answer = promote(api, found)

    assert (answer.status_code, answer.json()["code"]) == (422, "unfit-model")
    assert everything() == before

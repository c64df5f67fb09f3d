"""`manage.py check_models` looks at pictures' stacks and at what workspaces have chosen, too."""

import pytest
from django.utils import timezone

from ai.models import Configuration, Stack
from ai.services.checks.findings import Verdict
from ai.services.checks.stacks import check_stacks
from tests.ai.lab.conftest import make_entry
from tests.factories import make_workspace
from tests.scenes.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_stack(db):
    """Leave one stack, whose model is well."""
    stack = Stack.objects.filter(task="chat").first()
    Stack.objects.exclude(pk=stack.pk).delete()
    Stack.objects.filter(pk=stack.pk).update(model_slug="maker/talks", fallback_slugs=[])
    make_entry("maker/talks", max_output_tokens=100_000)
    return stack


def said(known=None):
    return {finding.what: (finding.verdict, finding.detail) for finding in check_stacks(known)}


def test_a_stack_for_pictures_needs_a_model_that_makes_them(one_stack):
    plan = one_stack.plan_id
    make_entry("maker/paints", output_modalities=["image"], prompt_nusd_per_m=None)
    Stack.objects.create(
        plan_id=plan, task="image", model_slug="maker/paints", fallback_slugs=["maker/talks"]
    )

    assert said() == {
        f"{plan} chat: maker/talks": (Verdict.OK, ""),
        f"{plan} image: maker/paints": (Verdict.OK, ""),
        f"{plan} image: maker/talks": (Verdict.FAILED, "does not make pictures"),
    }


def test_models_that_make_pictures_are_looked_up_in_the_catalogue_when_the_service_is_asked(
    one_stack,
):
    plan = one_stack.plan_id
    make_entry("maker/paints", output_modalities=["image"])
    Stack.objects.create(plan_id=plan, task="image", model_slug="maker/paints")

    found = said({})

    assert found[f"{plan} chat: maker/talks"] == (Verdict.FAILED, "no such model is known")
    assert found[f"{plan} image: maker/paints"] == (Verdict.OK, "")


def test_what_workspaces_and_projects_have_chosen_is_looked_up_once_a_model(one_stack):
    workspace = make_workspace()
    project = make_project(workspace)
    make_entry("maker/blind", input_modalities=["text"])
    for scope in ({"project": None}, {"project": project}):
        Configuration.objects.create(
            workspace=workspace, chat_model="maker/talks", vision_model="maker/blind", **scope
        )

    found = said()

    assert found["configured chat (2): maker/talks"] == (Verdict.OK, "")
    assert found["configured vision (2): maker/blind"] == (Verdict.FAILED, "does not read image")


def test_a_model_that_is_not_listed_any_more_fails(one_stack):
    make_entry("maker/talks", gone_at=timezone.now(), max_output_tokens=100_000)

    (finding,) = check_stacks()

    assert finding.verdict is Verdict.FAILED
    assert finding.detail == f"is gone since {timezone.now():%Y-%m-%d}"

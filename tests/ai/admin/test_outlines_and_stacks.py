"""Outlines are decided and stacks edited in the admin."""

import pytest

from ai.models import Outline, Stack
from scenes.models import ChangeSet, Scene
from tests.ai.factories import make_outline
from tests.factories import make_plan, make_workspace
from tests.scenes.admin.pages import act, add, errors, page_of, said, save
from tests.scenes.factories import make_project


def test_an_outline_is_accepted_whole_and_once(staff, film):
    outline = make_outline(film, scenes=3)

    first = act(staff, "accept", outline)
    second = act(staff, "accept", outline)

    assert said(first) == ["#1 Night Bus: is accepted now"]
    assert said(second) == ["#1 Night Bus: was accepted before"]
    assert Scene.objects.filter(project=film).count() == 3
    assert ChangeSet.objects.filter(user_id=staff.user.pk).count() == 1


def test_an_outline_over_the_plan_is_refused_and_nothing_is_applied(staff):
    project = make_project(make_workspace(plan=make_plan(max_scenes_per_project=2)))
    outline = make_outline(project, scenes=3)

    answer = act(staff, "accept", outline)

    assert said(answer)[0].endswith("(quota-exhausted)")
    outline.refresh_from_db()
    assert outline.status == "proposed"
    assert not Scene.objects.exists()


def test_one_refusal_stops_no_other_outline(staff, film):
    taken, fresh = make_outline(film), make_outline(film)
    act(staff, "accept", taken)

    answer = act(staff, "reject", taken, fresh)

    assert sorted(said(answer)) == [
        "#1 Night Bus: This outline was accepted already. (outline-accepted)",
        "#2 Night Bus: is rejected now",
    ]
    assert dict(Outline.objects.values_list("number", "status")) == {1: "accepted", 2: "rejected"}


def test_an_outline_cannot_be_edited(staff, film):
    outline = make_outline(film)

    assert staff.post(page_of(outline), {"title": "x"}).status_code == 403


@pytest.fixture
def stack(db):
    return Stack.objects.create(
        plan=make_plan(), task="chat", model_slug="maker/one", fallback_slugs=["maker/two"]
    )


def test_a_stack_is_edited_one_slug_a_line(staff, stack):
    answer = save(staff, stack, fallback_slugs="maker/three\n\n maker/four:free \n", temperature=0)

    assert answer.status_code == 302
    stack.refresh_from_db()
    assert stack.fallback_slugs == ["maker/three", "maker/four:free"]
    assert stack.temperature == 0
    assert said(answer)[0] == "maker/one is not in the catalogue: its price is unknown."


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("model_slug", "no slug"),
        ("fallback_slugs", "maker/one\nnone"),
        ("fallback_slugs", "maker/one\nmaker/one"),
        ("fallback_slugs", "\n".join(f"maker/{number}" for number in range(9))),
        ("temperature", "2.1"),
        ("max_output_tokens", "0"),
    ],
)
def test_a_stack_that_could_not_be_asked_is_refused(staff, stack, field, text):
    answer = save(staff, stack, **{field: text})

    assert list(errors(answer)) == [field]
    stack.refresh_from_db()
    assert stack.model_slug == "maker/one"


def test_a_second_stack_for_a_plan_and_task_is_refused(staff, stack):
    answer = add(
        staff, Stack, plan=stack.plan_id, task="chat", model_slug="maker/one",
        max_output_tokens=100, temperature=1,
    )  # fmt: skip

    assert errors(answer)
    assert Stack.objects.filter(plan=stack.plan_id).count() == 1

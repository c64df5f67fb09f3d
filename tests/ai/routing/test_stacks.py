"""Stacks: edited by editors in the admin, with a history, and refused when they could not work."""

import pytest

from ai.models import Revision, Stack
from ai.routing.proposals import propose
from ai.services.stacks import edit_stack, go_back
from canvas.core.errors import Invalid, Missing
from tests.ai.routing.conftest import make_model
from tests.factories import make_plan, make_user
from tests.scenes.admin.pages import act, add, errors, page_of, said, save


@pytest.fixture
def stack(db):
    make_model("maker/one")
    return Stack.objects.create(plan=make_plan(), task="chat", model_slug="maker/one")


def test_an_edit_is_kept_beside_what_was_before_it(stack):
    user = make_user()
    edit_stack(stack=stack, user_id=user.pk, note="Colder", temperature=0.1)
    edit_stack(stack=stack, temperature=0.1)

    rows = Revision.objects.filter(subject_id=stack.pk).order_by("number")
    found = [(row.number, row.values["temperature"], row.note, row.user_id) for row in rows]
    assert found == [(1, 0.7, "Before the first edit", None), (2, 0.1, "Colder", user.pk)]


def test_going_back_is_an_edit_of_its_own(stack):
    edit_stack(stack=stack, temperature=0.1, provider={"max_price": {"prompt": "1"}})

    now = go_back(stack=stack, number=1)

    assert (now.temperature, now.provider) == (0.7, {})
    assert Revision.objects.get(subject_id=stack.pk, number=3).note == "Back to revision 1"
    with pytest.raises(Missing):
        go_back(stack=stack, number=9)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"model_slug": "maker/mute"}, "/modelSlug"),
        ({"fallback_slugs": ["maker/one", "maker/mute"]}, "/fallbackSlugs/1"),
        ({"temperature": 2.1}, "/temperature"),
        ({"temperature": float("nan")}, "/temperature"),
        ({"max_output_tokens": 0}, "/maxOutputTokens"),
        ({"reasoning_effort": "huge"}, "/reasoningEffort"),
        ({"provider": {"zdr": "perhaps"}}, "/provider/zdr"),
        ({"fallback_slugs": [f"maker/{n}" for n in range(9)]}, "/fallbackSlugs"),
    ],
)
def test_what_could_not_work_is_refused_and_changes_nothing(stack, changes, pointer):
    make_model("maker/mute", supported_parameters=[])

    with pytest.raises(Invalid) as refused:
        edit_stack(stack=stack, **changes)

    assert refused.value.faults[0].pointer == pointer
    stack.refresh_from_db()
    assert (stack.model_slug, stack.temperature) == ("maker/one", 0.7)
    assert not Revision.objects.exists()


# --- the admin ------------------------------------------------------------------------------------


def test_the_admin_saves_through_the_service_and_shows_the_history(staff, stack):
    save(staff, stack, temperature=0.2, provider='{"data_collection": "deny"}')

    stack.refresh_from_db()
    assert (stack.temperature, stack.provider) == (0.2, {"data_collection": "deny"})
    row = Revision.objects.get(subject_id=stack.pk, number=2)
    assert row.user_id == staff.user.pk
    shown = staff.get(page_of(stack)).content.decode()
    assert "temperature: 0.2" in shown
    assert page_of(row) in shown


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("model_slug", "maker/mute"),
        ("fallback_slugs", "maker/mute"),
        ("provider", '{"speed": 1}'),
        ("provider", "{"),
        ("provider", "[1]"),
    ],
)
def test_the_admin_says_at_the_field_what_is_wrong(staff, stack, field, text):
    make_model("maker/mute", supported_parameters=[])

    answer = save(staff, stack, **{field: text})

    assert list(errors(answer)) == [field]
    assert not Revision.objects.exists()


def test_a_stack_is_added_in_the_admin(staff):
    plan = make_plan()
    make_model("maker/one")

    answer = add(
        staff, Stack, plan=plan.pk, task="vision", model_slug="maker/one", fallback_slugs=""
    )
    assert answer.status_code == 302, errors(answer)

    row = Stack.objects.get(plan=plan)
    assert (row.task, row.model_slug, row.temperature) == ("vision", "maker/one", 0.7)


def test_a_revision_is_gone_back_to_from_its_page(staff, stack):
    save(staff, stack, temperature=0.2)
    row = Revision.objects.get(subject_id=stack.pk, number=1)

    answer = act(staff, "go_back", row)

    stack.refresh_from_db()
    assert stack.temperature == 0.7
    assert said(answer)[0].startswith("stack #1: its values count again")
    assert staff.post(page_of(row), {"note": "x"}).status_code == 403


def test_a_chain_is_proposed_and_taken(staff, stack):
    make_model("maker/one-mini", prompt_nusd_per_m=100_000_000)
    make_model("other/good", prompt_nusd_per_m=10**8, completion_nusd_per_m=10**8)
    make_model("other/bad:free", supported_parameters=[])
    make_model(
        "other/gift:free", prompt_nusd_per_m=0, completion_nusd_per_m=0, context_length=10**9
    )

    told = act(staff, "suggest", stack)
    before = Stack.objects.get(pk=stack.pk).fallback_slugs
    act(staff, "take_suggestion", stack)

    words = "maker/one-mini (same family), "
    assert words in said(told)[0]
    assert before == []
    after = Stack.objects.get(pk=stack.pk).fallback_slugs
    assert (after[0], after[-1]) == ("maker/one-mini", "other/gift:free")
    assert Revision.objects.get(subject_id=stack.pk, number=2).note == "The proposed fallbacks"


def test_a_proposal_names_the_same_family_something_cheaper_and_something_free(db):
    found = propose("anthropic/claude-sonnet-4.5", "chat")

    assert [one.why for one in found] == ["same family", "cheaper", "free"]
    assert found[0].slug.startswith("anthropic/claude")
    assert not found[1].slug.startswith("anthropic/")
    assert found[2].slug.endswith(":free")


def test_nothing_is_proposed_for_a_model_that_nobody_knows_but_what_is_free(db):
    assert {one.why for one in propose("maker/nobody", "chat")} <= {"free"}

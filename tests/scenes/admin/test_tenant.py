"""Workspaces, members and tokens in the admin: written through their services."""

from canvas.workspaces.models import ApiToken, IdempotencyRecord, Membership, Plan, Workspace
from tests.factories import make_member, make_plan, make_token, make_user, make_workspace
from tests.scenes.admin.pages import act, add, list_of, page_of, said, typed


def save_workspace(staff, workspace, **over):
    page = page_of(workspace)
    answer = staff.get(page)
    forms = {
        f"{formset.formset.prefix}-{name}": value
        for formset in answer.context["inline_admin_formsets"]
        for name, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))
    }
    return staff.post(page, {**typed(answer, **over), **forms})


def test_an_edit_of_a_workspace_raises_its_version(staff):
    workspace, plan = make_workspace(), make_plan()

    answer = save_workspace(staff, workspace, name="North", plan=plan.pk)

    assert answer.status_code == 302
    workspace.refresh_from_db()
    assert (workspace.name, workspace.plan, workspace.version) == ("North", plan, 2)


def test_a_new_workspace_belongs_to_who_made_it(staff):
    plan = make_plan()
    forms = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

    answer = add(staff, Workspace, name="North", plan=plan.pk, **forms)

    assert answer.status_code == 302
    workspace = Workspace.objects.get(name="North")
    assert (workspace.plan, workspace.memberships.get().user) == (plan, staff.user)


def test_a_workspace_cannot_be_deleted(staff):
    assert staff.post(page_of(make_workspace(), "delete"), {"post": "yes"}).status_code == 403


def test_a_member_is_let_in(staff):
    workspace, user = make_workspace(), make_user()

    answer = add(staff, Membership, workspace=workspace.pk, user=user.pk, role="viewer")

    assert answer.status_code == 302
    assert workspace.memberships.get(user=user).role == "viewer"


def test_a_workspace_keeps_an_owner(staff):
    workspace = make_workspace()
    owner, member = workspace.memberships.get(), make_member(workspace)

    told = said(act(staff, "make_viewer", owner, member))
    left = said(act(staff, "leave", owner, member))

    assert f"{owner}: A workspace keeps at least one owner. (last-owner)" in told
    assert f"{member}: is viewer now" in told
    assert f"{member}: removed" in left
    assert list(workspace.memberships.values_list("pk", "role")) == [(owner.pk, "owner")]


def test_tokens_are_revoked_once(staff):
    token, _ = make_token(make_workspace())

    first, second = act(staff, "revoke", token), act(staff, "revoke", token)

    assert said(first) == [f"{token}: revoked"]
    assert said(second) == [f"{token}: This token was revoked before. (token-revoked)"]
    assert ApiToken.objects.get().revoked_at is not None


def test_the_default_plan_and_its_key_stay(staff):
    plan = Plan.objects.get(is_default=True)

    answer = staff.post(page_of(plan), typed(staff.get(page_of(plan)), name="Gratis", key="other"))

    assert answer.status_code == 302
    assert staff.post(page_of(plan, "delete"), {"post": "yes"}).status_code == 403
    assert Plan.objects.get(is_default=True).key == plan.key
    assert Plan.objects.get(key=plan.key).name == "Gratis"


def test_budgets_are_listed_in_dollars(staff):
    make_workspace(plan=make_plan(budget_nusd_a_month=12_500_000_000))

    assert "12.5" in staff.get(list_of(Plan)).content.decode()


def test_a_stored_answer_is_shown_as_text(staff, film):
    record = IdempotencyRecord.objects.create(
        workspace=film.workspace,
        key="once",
        request_digest="0" * 64,
        body=b"<i>\xff",
        expires_at="2036-01-01T00:00:00Z",
    )

    assert "&lt;i&gt;\ufffd" in staff.get(page_of(record)).content.decode()

"""The tenant's tables in the admin."""

import pytest
from django.urls import reverse

from canvas.workspaces.models import ApiToken, Plan
from tests.factories import make_token, make_user, make_workspace


@pytest.fixture
def staff(client, db):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("name", ["plan", "workspace", "membership", "apitoken", "user"])
def test_each_list_opens_and_searches(staff, name):
    make_token(make_workspace())

    answer = staff.get(reverse(f"admin:workspaces_{name}_changelist"), {"q": "a"})

    assert answer.status_code == 200


def test_a_token_can_be_read_and_not_touched(staff):
    row, _ = make_token(make_workspace())
    page = reverse("admin:workspaces_apitoken_change", args=[row.pk])

    shown = staff.get(page)

    assert shown.status_code == 200
    assert row.digest.encode() not in shown.content
    assert staff.post(page, {"name": "x"}).status_code == 403
    assert staff.get(reverse("admin:workspaces_apitoken_add")).status_code == 403
    assert ApiToken.objects.get(pk=row.pk).name == "test"


def test_a_plan_can_be_edited(staff):
    page = reverse("admin:workspaces_plan_change", args=["premium"])
    values = {"key": "premium", "name": "Premium", "order": 3, "budget_nusd_a_month": 5 * 10**9}

    assert staff.post(page, values).status_code == 302
    assert Plan.objects.get(key="premium").budget_nusd_a_month == 5 * 10**9


def test_the_page_of_a_workspace_shows_its_people(staff):
    workspace = make_workspace()

    answer = staff.get(reverse("admin:workspaces_workspace_change", args=[workspace.pk]))

    assert workspace.memberships.get().user.username.encode() in answer.content

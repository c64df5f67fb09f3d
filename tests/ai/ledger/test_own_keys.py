"""A workspace's own key: kept encrypted, never shown, used for its calls, a ledger of its own."""

import json

import httpx
import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from ai.jobs import bills
from ai.jobs.schedule import do_now
from ai.models import AccountState, Budget, Job, OwnKey, Payer, UpstreamCall
from canvas.core import secrets
from canvas.workspaces.models import Plan, Role, Workspace
from tests.ai.conftest import run
from tests.ai.jobs.test_runner import OUTLINE, outline
from tests.ai.services.test_vision import upload
from tests.factories import client_for
from tests.secrecy import CANARY_KEY

OWN = f"sk-or-v1-own-{CANARY_KEY}"  # ends like the canary: whoever shows it is found out
OTHER = "sk-or-v1-another-key-0002"


def address(api):
    return f"/api/v1/workspaces/{api.workspace.pk}/openrouter-key/"


def put(api, key=OWN, **more):
    return api.put(address(api), {"key": key, **more}, "application/json")


def spent(payer):
    months = Budget.objects.filter(payer=payer, project=None, period__regex=r"^.{7}$")
    return sum(months.values_list("spent_nusd", flat=True))


def test_a_key_is_told_of_but_never_shown(api):
    before = api.get(address(api)).json()

    answer = put(api, budgetUsd="12.5")

    after = api.get(address(api)).json()
    row = OwnKey.objects.get()
    assert (before["state"], before["hint"], before["createdAt"]) == ("none", None, None)
    assert (answer.status_code, answer.json()) == (200, after)
    assert (after["state"], after["hint"], after["budgetUsd"]) == ("unchecked", OWN[-4:], "12.5")
    assert "key" not in after
    assert OWN not in row.secret
    assert secrets.unseal(row.secret, place=str(api.workspace.pk)) == OWN


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 400, "/key"),
        ({"key": 5}, 400, "/key"),
        ({"key": "short"}, 422, "/key"),
        ({"key": "a" * 201}, 422, "/key"),
        ({"key": "sk-or-v1 with blanks in it"}, 422, "/key"),
        ({"key": "sk-or-v1-0123456789\u00e9"}, 422, "/key"),
        ({"key": OTHER, "budgetUsd": 5}, 400, "/budgetUsd"),
        ({"key": OTHER, "budgetUsd": "-1"}, 422, "/budgetUsd"),
        ({"key": OTHER, "more": 1}, 400, "/more"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(api, body, status, pointer):
    answer = api.put(address(api), body, "application/json")

    assert answer.status_code == status
    assert answer.json()["errors"][0]["pointer"] == pointer
    if isinstance(body.get("key"), str):
        assert body["key"] not in answer.content.decode()
    assert not OwnKey.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_owners_see_and_set_it(api, role):
    put(api)
    other = client_for(api.workspace, role)

    answers = [
        other.get(address(api)),
        other.put(address(api), {"key": OTHER}, "application/json"),
        other.patch(address(api), {"budgetUsd": "1"}, "application/json"),
        other.delete(address(api)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert OwnKey.objects.get().version == 1


def test_a_new_key_replaces_the_old_one_and_a_removed_one_is_forgotten(api):
    put(api)
    put(api, OTHER)

    removed = api.delete(address(api))

    again = api.delete(address(api))
    assert (removed.status_code, again.status_code) == (204, 404)
    assert again.json()["code"] == "own-key-missing"
    assert api.get(address(api)).json()["state"] == "none"
    assert [row.secret for row in OwnKey.objects.all()] == ["", ""]
    assert not AccountState.objects.exists()


def test_who_has_seen_another_key_changes_nothing(api):
    old = put(api).headers["ETag"]
    put(api, OTHER)

    answers = [
        api.put(address(api), {"key": OWN}, "application/json", headers={"If-Match": old}),
        api.delete(address(api), headers={"If-Match": old}),
    ]

    assert [answer.status_code for answer in answers] == [412, 412]
    assert OwnKey.objects.get(revoked_at=None).hint == OTHER[-4:]


def test_calls_go_out_with_the_key_into_a_ledger_of_their_own(api, project, openrouter):
    put(api, budgetUsd="1")
    Plan.objects.filter(pk=api.workspace.plan_id).update(tokens_a_month=0, images_a_month=0)
    Workspace.objects.filter(pk=api.workspace.pk).update(budget_nusd_a_month=0, budget_nusd_a_day=0)
    openrouter.will_answer(OUTLINE, cost="0.25")

    job = run(outline(api, project))

    call = UpstreamCall.objects.get()
    told = api.get(address(api)).json()
    assert job.status == "succeeded"
    assert openrouter.keys == [OWN]
    assert (call.payer, call.cost_nusd) == ("own", 250_000_000)
    assert (spent(Payer.OWN), spent(Payer.OPERATOR)) == (250_000_000, 0)
    assert (told["spentUsd"], told["heldUsd"]) == ("0.25", "0")


def test_the_keys_own_budget_is_a_hard_stop(api, project, openrouter):
    put(api, budgetUsd="0")

    answer = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})
    opened = api.patch(address(api), {"budgetUsd": None}, "application/json")
    openrouter.will_answer(OUTLINE)
    job_id = outline(api, project)
    api.patch(address(api), {"budgetUsd": "0.000000001"}, "application/json")
    job = run(job_id)

    assert (answer.status_code, answer.json()["code"]) == (402, "budget-exhausted")
    assert (answer.json()["budget"], answer.json()["limitUsd"]) == ("month", "0")
    assert opened.json()["budgetUsd"] is None
    assert (job.status, job.error["code"]) == ("failed", "budget-exhausted")
    assert openrouter.heard == []
    assert UpstreamCall.objects.count() == 0


def test_a_bill_is_looked_up_with_the_key_of_its_call(api, project, openrouter):
    put(api)
    openrouter.will_answer(OUTLINE, cost=None)
    run(outline(api, project))
    put(api, OTHER)
    kept = OwnKey.objects.exclude(revoked_at=None).get()
    openrouter.bills["gen-1"] = {"id": "gen-1", "total_cost": 0.5}
    UpstreamCall.objects.update(look_up_at="2020-01-01T00:00:00Z")

    bills.look_up_due()

    openrouter.pages["key"] = {"data": {"usage": 0}}
    do_now("ledger-keys")
    assert openrouter.keys[:2] == [OWN, OWN]
    assert UpstreamCall.objects.get().cost_nusd == 500_000_000
    assert kept.secret != ""
    assert OwnKey.objects.get(pk=kept.pk).secret == ""


def test_a_refused_key_stops_the_workspace_until_it_works_again(api, project, openrouter):
    put(api)
    job_id = outline(api, project)
    openrouter.will_fail(401, "User not found.")

    job = run(job_id)
    early = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})
    told = api.get(address(api)).json()
    openrouter.pages["key"] = 401
    still = do_now("ledger-keys")
    openrouter.pages["key"] = {"data": {"label": "sk-or-v1-own...", "usage": 1, "limit": None}}
    works = do_now("ledger-keys")
    openrouter.will_answer(OUTLINE)
    after = run(outline(api, project))

    assert (job.status, job.error["code"], job.error["status"]) == ("failed", "key-refused", 409)
    assert (early.status_code, early.json()["code"]) == (409, "key-refused")
    assert "remove it" in early.json()["detail"]
    assert told["state"] == "refused"
    assert "User not found." in told["reason"]
    assert told["refusedSince"] is not None
    assert (still, works) == ("0 of 1 keys work", "1 of 1 keys work")
    assert api.get(address(api)).json()["state"] == "working"
    assert after.status == "succeeded"
    assert project.messages.count() == 0
    assert spent(Payer.OPERATOR) == 0


def test_a_job_that_waits_for_a_refused_key_asks_nobody(api, project, openrouter):
    put(api)
    first, second = outline(api, project), outline(api, project)
    openrouter.will_fail(401, "Revoked.")

    run(first)
    job = run(second)

    assert (job.status, job.error["code"]) == ("failed", "key-refused")
    assert len(openrouter.heard) == 1
    assert UpstreamCall.objects.filter(job=job).count() == 0


def test_a_picture_is_kept_though_nobody_may_look_at_it_with_a_refused_key(
    api, project, openrouter
):
    put(api)
    AccountState.objects.update(refused_since="2026-11-21T00:00:00Z", reason="Revoked.")

    made = upload(api, project)

    assert made["job"] is None
    assert "key-refused" in json.dumps(made)
    assert project.assets.count() == 1
    assert Job.objects.count() == 0


def test_another_key_is_not_blamed_for_the_one_before(api, project, openrouter):
    put(api)
    job_id = outline(api, project)
    openrouter.before = lambda: put(api, OTHER)
    openrouter.will_fail(401, "Revoked.")

    run(job_id)

    assert api.get(address(api)).json()["state"] == "unchecked"


def test_the_operators_refused_key_is_said_to_be_the_operators(api, project, openrouter):
    job_id = outline(api, project)
    openrouter.will_fail(401, "No auth credentials found")

    job = run(job_id)

    state = AccountState.objects.get()
    assert (job.error["code"], job.error["status"]) == ("operator-key-refused", 502)
    assert (state.account, state.refused_since is None) == ("operator", False)


def test_readiness_says_that_the_operators_key_is_refused_and_stays_in_service(
    api, project, openrouter, client, settings
):
    before = client.get("/readyz").json()
    job_id = outline(api, project)
    openrouter.will_fail(401, "No auth credentials found")
    run(job_id)

    answer = client.get("/readyz")
    told = answer.json()["checks"]["openrouter-key"]
    AccountState.objects.update(refused_since=None, checked_at=timezone.now())
    after = client.get("/readyz").json()

    key = "openrouter-key"
    assert (before["status"], before["checks"][key]["detail"]) == ("ok", "not checked yet")
    assert (answer.status_code, answer.json()["status"], told["ok"]) == (200, "degraded", False)
    assert told["detail"].startswith(f"refused since {timezone.now():%Y-%m-%d}")
    assert settings.OPENROUTER_API_KEY not in answer.content.decode()
    assert (after["status"], after["checks"][key]) == ("ok", {"ok": True, "detail": "accepted"})


def test_a_key_that_cannot_be_decrypted_is_an_honest_state(api, project, openrouter, settings):
    put(api)
    job_id = outline(api, project)
    settings.SECRET_KEY = "lost and found"

    answer = api.get(address(api))
    early = api.post(f"/api/v1/projects/{project.pk}/messages/", {"content": "Hello"})
    job = run(job_id)

    assert (answer.status_code, answer.json()["state"]) == (200, "unreadable")
    assert (early.status_code, early.json()["code"]) == (409, "key-unreadable")
    assert (job.status, job.error["code"]) == ("failed", "key-unreadable")
    assert openrouter.heard == []
    assert put(api, OTHER).json()["state"] == "unchecked"


def test_keys_are_rotated_and_the_old_encryption_key_may_go(api, settings, capsys):
    put(api)
    old = OwnKey.objects.get().secret
    first, second = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SECRETS_KEYS = f"{first}, {second}"

    call_command("rotate_secrets")

    settings.SECRET_KEY = "another one"
    row = OwnKey.objects.get()
    assert row.secret != old
    assert secrets.unseal(row.secret, place=str(api.workspace.pk)) == OWN
    assert "1 keys encrypted anew" in capsys.readouterr().out
    settings.SECRETS_KEYS = second
    with pytest.raises(CommandError, match="1 cannot be decrypted"):
        call_command("rotate_secrets")
    assert OwnKey.objects.get().secret == row.secret


def test_a_sealed_secret_is_bound_to_its_place(settings):
    sealed = secrets.seal("a secret", place="here")

    with pytest.raises(secrets.UnreadableSecretError):
        secrets.unseal(sealed, place="there")
    with pytest.raises(secrets.UnreadableSecretError):
        secrets.unseal(sealed[:-2] + "AA", place="here")
    settings.SECRETS_KEYS = "no key"
    with pytest.raises(ImproperlyConfigured, match="key 1"):
        secrets.check()


def test_what_a_call_was_for_and_who_wanted_it_stands_in_its_row(api, project, openrouter):
    openrouter.will_do(
        lambda body: httpx.Response(
            200,
            json={
                "id": "gen-9",
                "model": "maker/model-20260101",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": json.dumps(OUTLINE)},
                    }
                ],
                "usage": {
                    "prompt_tokens": 10,
                    "completion_tokens": 5,
                    "cost": 0.001,
                    "completion_tokens_details": {"image_tokens": 3, "reasoning_tokens": 2},
                },
            },
        )
    )

    job = run(outline(api, project))

    call = UpstreamCall.objects.get()
    assert job.status == "succeeded"
    assert (call.payer, call.task, call.user_id) == ("operator", "outline", api.user.pk)
    assert (call.image_tokens, call.reasoning_tokens) == (3, 2)
    assert call.chosen_as != ""
    assert call.token_id == Job.objects.get().token_id is not None


def test_an_empty_merge_patch_of_a_key_keeps_its_budget(api):
    put(api, budgetUsd="12.5")

    answer = api.patch(address(api), {}, "application/json")

    assert (answer.status_code, answer.json()["budgetUsd"]) == (200, "12.5")
    assert OwnKey.objects.get().budget_nusd_a_month == 12_500_000_000

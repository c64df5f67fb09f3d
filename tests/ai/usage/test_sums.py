"""`GET /usage/`: sums of the ledger by any keys, exact and in one workspace."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import CallStatus
from canvas.core.rows import uuid7
from canvas.workspaces.models import Role
from tests.ai.factories import make_call, make_job
from tests.factories import client_for, make_token, owner_of
from tests.scenes.factories import make_project, roomy_workspace

USAGE = "/api/v1/usage/"
NOTHING = {
    "calls": 0, "failed": 0, "stopped": 0, "failureRate": None, "unknownCalls": 0,
    "promptTokens": None, "completionTokens": None, "cachedTokens": None, "reasoningTokens": None,
    "images": 0, "costUsd": "0", "ownKeyUsd": "0", "simulatedUsd": "0", "heldUsd": "0",
    "latencyP50S": None, "latencyP95S": None, "firstTokenP50S": None, "simulated": False,
}  # fmt: skip


def rows(api, **query):
    answer = api.get(USAGE, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def cut(found, *names):
    return [tuple(row[name] for name in names) for row in found]


def test_a_workspace_without_calls_has_used_nothing(api):
    answer = api.get(USAGE).json()

    assert answer == {"results": [], "next": None, "previous": None, "total": NOTHING}


def test_a_group_tells_every_sum_of_its_calls(api, call, failed_call):
    call(
        cached_tokens=40, reasoning_tokens=4, images=2, latency_s=2.0, first_token_s=0.5,
        cost_nusd=1_234_567_891,
    )  # fmt: skip
    call(payer="own", cost_nusd=1, latency_s=4.0, first_token_s=0.75)
    call(simulated=True, cost_nusd=2_000_000_000, latency_s=6.0)
    failed_call(latency_s=0.1)

    [row] = rows(api, by="model")

    assert row == {
        "model": "maker/one", "calls": 4, "failed": 1, "stopped": 0, "failureRate": 0.25,
        "unknownCalls": 0, "promptTokens": 300, "completionTokens": 30, "cachedTokens": 40,
        "reasoningTokens": 4, "images": 2, "costUsd": "3.234567892", "ownKeyUsd": "0.000000001",
        "simulatedUsd": "2", "heldUsd": "0", "latencyP50S": 4.0, "latencyP95S": 6.0,
        "firstTokenP50S": 0.5, "simulated": True,
    }  # fmt: skip


def test_a_cost_that_nobody_told_is_null_and_never_0(api, call):
    call(model_slug="maker/two", cost_nusd=None, status=CallStatus.UNKNOWN, hold_nusd=7)
    call()
    call(cost_nusd=None, status=CallStatus.UNKNOWN, hold_nusd=5, prompt_tokens=None)

    one, two = rows(api, by="model")

    assert cut([one, two], "costUsd", "unknownCalls", "heldUsd", "promptTokens") == [
        ("0.01", 1, "0.000000005", 100),
        (None, 1, "0.000000007", 100),
    ]


def test_what_we_stopped_ourselves_is_no_failure_of_the_model(api, call):
    call()
    for detail in ("stopped: cancelled", "stopped: shutdown", "stopped: idle"):
        call(error_code="StoppedError", error_detail=detail)
    call(error_code="worker-lost", cost_nusd=None)

    [row] = rows(api, by="model")

    assert cut([row], "calls", "failed", "stopped", "failureRate") == [(5, 1, 3, 0.5)]


def test_several_keys_make_a_group_of_each_combination_in_their_order(api, call):
    call(day="2026-11-02", model_slug="maker/two")
    call(day="2026-11-01", model_slug="maker/two")
    call(day="2026-11-02")
    call(day="2026-11-02")

    found = rows(api, by="day,model")
    turned = rows(api, by="model,day")

    assert cut(found, "day", "model", "calls") == [
        ("2026-11-01", "maker/two", 1),
        ("2026-11-02", "maker/one", 2),
        ("2026-11-02", "maker/two", 1),
    ]
    assert list(found[0])[:2] == ["day", "model"]
    assert cut(turned, "model", "day") == [
        ("maker/one", "2026-11-02"),
        ("maker/two", "2026-11-01"),
        ("maker/two", "2026-11-02"),
    ]


def test_projects_persons_and_tokens_have_their_names(api, call, film):
    token, _ = make_token(api.workspace)
    person = owner_of(api.workspace)
    gone = uuid7()
    call(user_id=person.pk, token_id=token.pk)
    call(user_id=gone)

    found = rows(api, by="project,person,token", ordering="-calls")

    members = (
        "projectId", "projectTitle", "projectIsDeleted", "personId", "personName", "tokenId",
        "tokenName",
    )  # fmt: skip
    assert set(cut(found, *members)) == {
        (str(film.pk), "The Ferry", False, str(person.pk), person.username, str(token.pk), "test"),
        (str(film.pk), "The Ferry", False, str(gone), None, None, None),
    }


def test_a_deleted_project_still_shows(api, call, film):
    call()
    api.delete(f"/api/v1/projects/{film.pk}/")

    [row] = rows(api, by="project")

    assert cut([row], "projectTitle", "projectIsDeleted", "calls") == [("The Ferry", True, 1)]


def test_a_call_without_a_project_or_a_provider_is_a_group_of_null(api, call):
    call(provider="")
    make_call(make_job(workspace=api.workspace), cost_nusd=5)

    [row] = rows(api, by="provider")
    by_project = rows(api, by="project")

    assert cut([row], "provider", "calls") == [(None, 2)]
    assert (None, None, 1) in cut(by_project, "projectId", "projectTitle", "calls")


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ({"from": "2026-11-02"}, 3),
        ({"to": "2026-11-02"}, 3),
        ({"from": "2026-11-02", "to": "2026-11-02"}, 2),
        ({"model": "maker/two"}, 1),
        ({"task": "outline"}, 1),
        ({"payer": "own"}, 1),
        ({"simulated": "true"}, 1),
        ({"simulated": "false"}, 3),
        ({"projectId": "film"}, 3),
        ({"projectId": "nobody"}, 0),
    ],
)
def test_filters_choose_calls_and_the_total_follows(api, call, film, query, calls):
    call(day="2026-11-01", simulated=True)
    call(day="2026-11-02", model_slug="maker/two")
    call(day="2026-11-02", task="outline")
    call(day="2026-11-03", payer="own", project=make_project(api.workspace))
    ids = {"film": str(film.pk), "nobody": str(uuid7())}
    query = {name: ids.get(value, value) for name, value in query.items()}

    answer = api.get(USAGE, {**query, "by": "task,day,model,payer"}).json()

    assert sum(row["calls"] for row in answer["results"]) == calls
    assert answer["total"]["calls"] == calls


def test_days_are_those_of_the_ledger_whatever_the_clock_says(api, call):
    row = call(day="2026-10-31")
    type(row).objects.filter(pk=row.pk).update(created_at=datetime(2026, 11, 2, tzinfo=UTC))

    assert cut(rows(api, by="day", to="2026-10-31"), "day", "calls") == [("2026-10-31", 1)]


def test_another_workspace_shows_nothing_of_this_one(api, call, film):
    call()
    other = client_for(roomy_workspace())

    assert rows(other, by="model") == []
    assert rows(other, projectId=str(film.pk)) == []
    assert other.get(USAGE).json()["total"] == NOTHING
    assert b"maker" not in b"".join(other.get(USAGE, {"format": "csv"}).streaming_content)


def test_every_member_may_read_and_a_stranger_may_not(api, call, client):
    call()

    assert len(rows(client_for(api.workspace, Role.VIEWER), by="model")) == 1
    assert client.get(USAGE).status_code == 401


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"by": "colour"}, "?by", "wrong-by"),
        ({"by": "day,day"}, "?by", "wrong-by"),
        ({"by": ""}, "?by", "wrong-by"),
        ({"by": "workspace"}, "?by", "wrong-by"),
        ({"from": "2026-13-01"}, "?from", "wrong-from"),
        ({"from": "20261101"}, "?from", "wrong-from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "?to", "wrong-to"),
        ({"limit": "201"}, "?limit", "wrong-limit"),
        ({"limit": "²"}, "?limit", "wrong-limit"),
        ({"cursor": "AAAA"}, "?cursor", "wrong-cursor"),
        ({"cursor": "x" * 5000}, "?cursor", "wrong-cursor"),
        ({"ordering": "model"}, "?ordering", "wrong-ordering"),
        ({"format": "xml"}, "?format", "wrong-parameter"),
        ({"projectId": "7"}, "?projectId", "wrong-parameter"),
        ({"payer": "me"}, "?payer", "wrong-parameter"),
        ({"simulated": "1"}, "?simulated", "wrong-parameter"),
        ({"model": ""}, "?model", "wrong-model"),
        ({"modle": "x"}, "?modle", "unknown-parameter"),
        ({"format": "csv", "by": "colour"}, "?by", "wrong-by"),
    ],
)
def test_a_wrong_parameter_answers_400_and_names_itself(api, query, pointer, code):
    answer = api.get(USAGE, query)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


def test_percentiles_are_of_the_nearest_rank_in_each_group(api, call, failed_call):
    for second in range(1, 101):
        call(latency_s=float(second), first_token_s=second / 10)
    call(model_slug="maker/two", latency_s=7.0)
    failed_call(latency_s=900.0)

    one, two = rows(api, by="model")
    total = api.get(USAGE).json()["total"]

    members = ("latencyP50S", "latencyP95S", "firstTokenP50S")
    assert cut([one, two, total], *members) == [
        (50.0, 95.0, 5.0),
        (7.0, 7.0, None),
        (50.0, 95.0, 5.0),
    ]


def test_the_database_is_asked_as_often_for_many_groups_as_for_one(api, call):
    def asked(**query):
        with CaptureQueriesContext(connection) as queries:
            found = api.get(USAGE, query)
        return len(found.json()["results"]), len(queries)

    keys = "day,model,provider,task,project,person,token"
    call(user_id=uuid7(), token_id=uuid7())
    asked(by=keys)
    one = asked(by=keys)
    for number in range(30):
        film = make_project(api.workspace)
        call(project=film, user_id=uuid7(), token_id=uuid7(), model_slug=f"maker/{number}")
    many = asked(by=keys, limit=200)

    assert (one[0], many[0]) == (1, 31)
    assert one[1] == many[1]

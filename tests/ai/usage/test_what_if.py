"""`GET /usage/what-if/`: the same traffic on another stack."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import AliasKind, CallStatus, CatalogueAlias, CatalogueEntry, Stack
from tests.factories import client_for, make_plan
from tests.scenes.factories import roomy_workspace

WHAT_IF = "/api/v1/usage/what-if/"
MILLION = 1_000_000


def price(slug, **over):
    values = {"prompt_nusd_per_m": 2_000_000_000, "completion_nusd_per_m": 8_000_000_000, **over}
    return CatalogueEntry.objects.update_or_create(slug=slug, defaults={"name": slug, **values})[0]


def tasks(answer):
    return {row["task"]: row for row in answer["tasks"]}


def test_the_bill_is_recorded_tokens_at_the_present_prices(api, call):
    entry = price("maker/new")
    call(prompt_tokens=1_000, completion_tokens=500, cached_tokens=900, cost_nusd=3_000_000)
    call(prompt_tokens=2_000, completion_tokens=0, cost_nusd=5_000_000)

    answer = api.get(WHAT_IF, {"chat": "maker/new"}).json()
    CatalogueEntry.objects.filter(pk=entry.pk).update(prompt_nusd_per_m=0)
    cheaper = api.get(WHAT_IF, {"chat": "maker/new"}).json()

    assert answer["tasks"] == [
        {
            "task": "chat", "model": "maker/new", "calls": 2, "promptTokens": 3000,
            "completionTokens": 500, "images": 0, "actualUsd": "0.008", "whatIfUsd": "0.01",
            "unpriced": [],
        }
    ]  # fmt: skip
    assert (answer["actualUsd"], answer["whatIfUsd"]) == ("0.008", "0.01")
    assert (answer["differenceUsd"], answer["ratio"]) == ("0.002", 1.25)
    assert (cheaper["whatIfUsd"], cheaper["differenceUsd"]) == ("0.004", "-0.004")
    assert "upper bound" in answer["notes"][0]


def test_the_stack_of_a_plan_answers_for_every_task_and_a_model_stands_over_it(api, call):
    plan = make_plan()
    for task, slug in {"chat": "maker/a", "vision": "maker/b"}.items():
        Stack.objects.create(plan=plan, task=task, model_slug=slug)
    price("maker/a")
    price("maker/b", image_nusd_per_k=1_000_000_000)
    price("maker/c", prompt_nusd_per_m=0, completion_nusd_per_m=0)
    call(prompt_tokens=MILLION, completion_tokens=0, cost_nusd=1)
    call(task="vision", prompt_tokens=0, completion_tokens=MILLION, images=3, cost_nusd=2)
    call(task="outline", cost_nusd=7)

    by_plan = api.get(WHAT_IF, {"plan": plan.key}).json()
    with_own = api.get(WHAT_IF, {"plan": plan.key, "chat": "maker/c"}).json()

    found = {task: (row["model"], row["whatIfUsd"]) for task, row in tasks(by_plan).items()}
    assert found == {
        "chat": ("maker/a", "2"),
        "vision": ("maker/b", "8.003"),
        "outline": (None, "0.000000007"),
    }
    assert by_plan["whatIfUsd"] == "10.003000007"
    assert tasks(with_own)["chat"]["whatIfUsd"] == "0"
    assert with_own["whatIfUsd"] == "8.003000007"


def test_without_a_question_it_is_the_stack_of_the_own_plan_as_it_is_now(api, call):
    Stack.objects.create(plan=api.workspace.plan, task="chat", model_slug="maker/a")
    price("maker/a")
    call(prompt_tokens=MILLION, completion_tokens=0)

    answer = api.get(WHAT_IF).json()

    assert [(row["model"], row["whatIfUsd"]) for row in answer["tasks"]] == [("maker/a", "2")]


def test_pictures_made_are_counted_by_the_picture(api, call):
    price("maker/paint", image_output_nusd_per_k=134_000_000_000, completion_nusd_per_m=None)
    call(task="image", images=10, prompt_tokens=1_000, completion_tokens=9_000)

    [row] = api.get(WHAT_IF, {"image": "maker/paint"}).json()["tasks"]

    assert (row["whatIfUsd"], row["unpriced"]) == ("1.342", [])


def test_an_unknown_price_makes_the_sum_unknown_and_says_why(api, call):
    price("maker/half", completion_nusd_per_m=None, image_nusd_per_k=None)
    call()
    call(task="vision", images=1)
    call(task="outline")

    query = {"chat": "maker/half", "vision": "maker/half", "outline": "maker/nobody"}
    answer = api.get(WHAT_IF, query).json()

    found = {task: (row["whatIfUsd"], row["unpriced"]) for task, row in tasks(answer).items()}
    assert found == {
        "chat": (None, ["maker/half has no known price of output."]),
        "vision": (
            None,
            [
                "maker/half has no known price of output.",
                "maker/half has no known price of pictures read.",
            ],
        ),
        "outline": (None, ["The catalogue has no model maker/nobody."]),
    }
    assert (answer["actualUsd"], answer["whatIfUsd"]) == ("0.03", None)
    assert (answer["differenceUsd"], answer["ratio"]) == (None, None)


def test_a_price_of_what_was_not_used_is_not_missed(api, call):
    price("maker/half", image_nusd_per_k=None, completion_nusd_per_m=None)
    call(completion_tokens=0, prompt_tokens=MILLION)

    [row] = api.get(WHAT_IF, {"chat": "maker/half"}).json()["tasks"]

    assert (row["whatIfUsd"], row["unpriced"]) == ("2", [])


def test_calls_without_a_bill_are_left_out_on_both_sides(api, call, failed_call):
    price("maker/new")
    call(prompt_tokens=MILLION, completion_tokens=0)
    call(cost_nusd=None, status=CallStatus.UNKNOWN, prompt_tokens=MILLION)
    failed_call()

    answer = api.get(WHAT_IF, {"chat": "maker/new"}).json()

    assert (answer["actualUsd"], answer["whatIfUsd"], answer["leftOut"]) == ("0.01", "2", 1)
    assert answer["tasks"][0]["calls"] == 2


def test_tokens_that_a_settled_call_did_not_tell_are_no_zero(api, call):
    price("maker/new")
    call(prompt_tokens=None, completion_tokens=None)

    [row] = api.get(WHAT_IF, {"chat": "maker/new"}).json()["tasks"]

    assert row["whatIfUsd"] is None
    assert row["unpriced"] == ["1 of the calls did not tell their tokens."]


def test_another_name_of_a_model_is_understood(api, call):
    price("maker/new")
    CatalogueAlias.objects.create(alias="maker/n", slug="maker/new", kind=AliasKind.ALIAS)
    call(prompt_tokens=MILLION, completion_tokens=0)

    [row] = api.get(WHAT_IF, {"chat": "maker/n"}).json()["tasks"]

    assert (row["model"], row["whatIfUsd"]) == ("maker/new", "2")


def test_simulated_money_is_labelled_and_can_be_left_out(api, call):
    price("maker/new")
    call(simulated=True)

    query = {"chat": "maker/new"}
    assert api.get(WHAT_IF, query).json()["simulated"] is True
    real = api.get(WHAT_IF, {**query, "simulated": "false"}).json()
    assert (real["tasks"], real["actualUsd"], real["whatIfUsd"], real["ratio"]) == (
        [], "0", "0", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"plan": "nowhere"}, 404, "not-found"),
        ({"chat": ""}, 400, "malformed"),
        ({"chat": "x" * 201}, 400, "malformed"),
        ({"model": "maker/new"}, 400, "malformed"),
    ],
)
def test_a_wrong_question_is_refused(api, query, status, code):
    answer = api.get(WHAT_IF, query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_traffic_is_that_of_the_workspace_alone(api, call):
    price("maker/new")
    call()

    other = client_for(roomy_workspace()).get(WHAT_IF, {"chat": "maker/new"}).json()

    assert (other["tasks"], other["actualUsd"]) == ([], "0")


def test_the_statements_are_as_many_whatever_the_traffic(api, call):
    price("maker/new")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            api.get(WHAT_IF, {"chat": "maker/new", "outline": "maker/new"})
        return len(queries)

    call()
    asked()
    one = asked()
    for task in ("chat", "outline", "vision"):
        for _ in range(5):
            call(task=task)

    assert asked() == one

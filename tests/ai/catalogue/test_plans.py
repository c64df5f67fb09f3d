"""What plans cost for one unit of work, over HTTP, from the shipped catalogue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import CatalogueEntry, Stack
from canvas.workspaces.models import Plan
from tests.ai.catalogue.rows import make_model, priced

STACKS = "/api/v1/stacks/"
SHIPPED = ("free", "starter", "professional", "premium")
TEXT = ("chat", "outline", "vision")

pytestmark = pytest.mark.django_db


def stacks(client):
    answer = client.get(STACKS)
    assert answer.status_code == 200, answer.content
    return {row["plan"]: row for row in answer.json()["results"]}


def units(row):
    return {one["task"]: one["unitCostUsd"] for one in row["services"] if one["task"] in TEXT}


def test_the_shipped_plans_cost_what_the_product_says(api):
    found = stacks(api)

    assert {plan: found[plan]["totalUsd"] for plan in SHIPPED} == {
        "free": "0.967",
        "starter": "7.338",
        "professional": "38.613",
        "premium": "50.256",
    }
    assert {plan: units(found[plan]) for plan in SHIPPED} == {
        "free": {"chat": "0", "outline": "0", "vision": "0.967"},
        "starter": {"chat": "2.8", "outline": "0.5", "vision": "4.038"},
        "professional": {"chat": "11.25", "outline": "11.25", "vision": "16.113"},
        "premium": {"chat": "18", "outline": "10", "vision": "22.256"},
    }
    assert {found[plan]["unknownBecause"] for plan in SHIPPED} == {""}
    assert [found[plan]["toBaseline"]["words"] for plan in SHIPPED] == [
        "2.6x cheaper",
        "3x more expensive",
        "15.7x more expensive",
        "20.4x more expensive",
    ]


def test_the_baseline_costs_what_the_product_says(api):
    row = stacks(api)["starter"]

    baseline = {
        one["task"]: one["toBaseline"]["baselineUsd"]
        for one in row["services"]
        if one["task"] in TEXT
    }
    assert baseline == {"chat": "0.75", "outline": "0.75", "vision": "0.967"}
    assert row["baseline"] == "openai/gpt-4o-mini"
    assert row["toBaseline"] == {
        "usd": "7.338",
        "baselineUsd": "2.467",
        "ratio": "2.974463",
        "words": "3x more expensive",
    }


def test_a_plan_says_its_models_and_those_that_follow(api):
    row = stacks(api)["free"]

    chat = next(one for one in row["services"] if one["task"] == "chat")
    assert row["name"] == "Free"
    assert chat["model"] == "x-ai/grok-4.1-fast"
    assert chat["toBaseline"]["words"] == "free"
    assert [(one["model"], one["unitCostUsd"]) for one in chat["fallbacks"]] == [
        ("openai/gpt-oss-20b:free", "0")
    ]
    assert chat["maxOutputTokens"] == 4_000


def test_plan_costs_change_when_a_price_in_the_catalogue_does(api):
    CatalogueEntry.objects.filter(slug="google/gemini-2.5-flash").update(
        image_nusd_per_k=2_238_000_000
    )
    assert stacks(api)["starter"]["totalUsd"] == "8.338"

    CatalogueEntry.objects.filter(slug="google/gemini-2.5-flash").update(
        completion_nusd_per_m=3_500_000_000
    )
    assert stacks(api)["starter"]["totalUsd"] == "10.338"


def test_plan_costs_change_when_a_stack_does(api):
    Stack.objects.filter(plan="starter", task="chat").update(model_slug="openai/gpt-4o-mini")

    assert stacks(api)["starter"]["totalUsd"] == "5.288"


def test_an_unknown_price_makes_the_sum_unknown_and_says_why(api):
    Stack.objects.filter(plan="starter", task="vision").update(
        model_slug="google/gemini-2.5-flash-lite"
    )
    CatalogueEntry.objects.filter(slug="google/gemini-2.5-flash-lite").update(image_nusd_per_k=None)

    row = stacks(api)["starter"]

    because = "google/gemini-2.5-flash-lite has no known price of pictures read."
    assert (row["totalUsd"], row["unknownBecause"]) == (None, because)
    assert row["toBaseline"]["words"] == "unknown"
    assert units(row) == {"chat": "2.8", "outline": "0.5", "vision": None}


def test_every_reason_is_said_once(api):
    make_model("maker/dark")
    for task, slug in (("chat", "maker/dark"), ("outline", "maker/dark"), ("vision", "a/b")):
        Stack.objects.filter(plan="starter", task=task).update(model_slug=slug)

    row = stacks(api)["starter"]

    assert row["unknownBecause"] == (
        "maker/dark has no known price of input and output. The catalogue has no model a/b."
    )


def test_a_plan_that_lacks_a_service_has_no_total(api):
    Stack.objects.filter(plan="starter", task="outline").delete()

    row = stacks(api)["starter"]

    assert row["totalUsd"] is None
    assert row["unknownBecause"] == "The plan has no model for Outline."


def test_pictures_made_stand_apart_from_the_total(api):
    make_model("maker/painter", **priced(None, None, image_output_nusd_per_k=134))
    Stack.objects.update_or_create(
        plan_id="starter", task="image", defaults={"model_slug": "maker/painter"}
    )

    row = stacks(api)["starter"]

    (image,) = [one for one in row["services"] if one["task"] == "image"]
    assert image["unitCostUsd"] == "134"
    assert row["totalUsd"] == "7.338"


def test_a_baseline_that_nobody_knows_leaves_ratios_unknown(api, settings):
    settings.BASELINE_MODEL = "nobody/nothing"

    row = stacks(api)["starter"]

    assert row["totalUsd"] == "7.338"
    assert row["toBaseline"] == {
        "usd": "7.338", "baselineUsd": None, "ratio": None, "words": "unknown",
    }  # fmt: skip


def test_other_names_in_a_stack_are_the_models_they_mean(api):
    Stack.objects.filter(plan="starter", task="chat").update(
        model_slug="google/gemini-2.5-flash:nitro"
    )

    assert stacks(api)["starter"]["totalUsd"] == "7.338"


def test_the_number_of_statements_does_not_grow_with_the_plans(api):
    stacks(api)  # the token's first use is noted
    counts = []

    for total in (2, 20):
        for number in range(Plan.objects.filter(key__startswith="many").count(), total):
            plan = Plan.objects.create(key=f"many-{number}", name=f"Many {number}")
            slug = make_model(f"maker/m-{number}", **priced(1, 1)).pk
            Stack.objects.create(plan=plan, task="chat", model_slug=slug, fallback_slugs=[slug])
        with CaptureQueriesContext(connection) as queries:
            found = stacks(api)
        assert sum(plan.startswith("many") for plan in found) == total
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_stack_page_refuses_what_it_does_not_know(api):
    assert api.get(f"{STACKS}?plan=free").status_code == 400

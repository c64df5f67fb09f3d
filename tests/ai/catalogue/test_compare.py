"""Comparisons to a baseline: every figure that the pricing notes state, and what has none."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.catalogue import ratios
from ai.models import CatalogueEntry, Stack
from tests.ai.catalogue.rows import empty_catalogue, make_model, priced

COMPARE = "/api/v1/models/compare/"
# model -> figure -> what the notes say of it against openai/gpt-4o-mini
STATED = {
    "openai/gpt-4o": {
        "input": "16.7x more expensive",
        "output": "16.7x more expensive",
        "image": "16.6x more expensive",
        "context": "the same",
    },
    "anthropic/claude-haiku-4.5": {
        "input": "6.7x more expensive",
        "output": "8.3x more expensive",
    },
    "anthropic/claude-sonnet-4.5": {
        "input": "20x more expensive",
        "output": "25x more expensive",
        "context": "7.8x",
    },
    "google/gemini-2.5-flash-lite": {
        "input": "0.67x the price",
        "output": "0.67x the price",
        "context": "8.2x",
    },
    "google/gemini-2.5-flash": {
        "input": "2x more expensive",
        "output": "4.2x more expensive",
        "context": "8.2x",
    },
    "google/gemini-3-pro-preview": {
        "input": "13.3x more expensive",
        "output": "20x more expensive",
        "image": "38x more expensive",
        "context": "8.2x",
    },
    "google/gemini-2.5-pro": {
        "input": "8.3x more expensive",
        "output": "16.7x more expensive",
        "context": "8.2x",
    },
    "moonshotai/kimi-k2-thinking": {
        "input": "3x more expensive",
        "output": "3.9x more expensive",
        "context": "2x",
    },
    "meta-llama/llama-3.1-8b-instruct": {
        "input": "7.5x cheaper",
        "output": "20x cheaper",
    },
}
# Where ours differ from what the notes say: the table of docs/catalogue.md.
DIFFERENT = {
    ("anthropic/claude-haiku-4.5", "context"): "1.56x",
    ("meta-llama/llama-3.1-8b-instruct", "context"): "1.02x",
    ("openai/gpt-4o-mini-2024-07-18", "image"): "33.3x more expensive",
    ("x-ai/grok-4.1-fast", "input"): "free",
    ("x-ai/grok-4.1-fast", "context"): "15.6x",
    ("openai/gpt-oss-20b:free", "output"): "free",
    ("google/gemini-2.5-flash-lite", "image"): "unknown",
}
EXACT = {
    ("openai/gpt-4o", "image"): "16.64977",
    ("openai/gpt-4o", "input"): "16.666667",
    ("google/gemini-3-pro-preview", "image"): "38.046083",
    ("google/gemini-2.5-flash-lite", "context"): "8.192",
    ("anthropic/claude-sonnet-4.5", "context"): "7.8125",
    ("moonshotai/kimi-k2-thinking", "context"): "2.048",
    ("meta-llama/llama-3.1-8b-instruct", "output"): "0.05",
}

pytestmark = pytest.mark.django_db


def compared(client, *models, **query):
    answer = client.get(COMPARE, {"models": ",".join(models), **query})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("model", STATED)
def test_what_the_notes_state_comes_out_of_the_shipped_catalogue(api, model):
    body = compared(api, model, baseline="openai/gpt-4o-mini")

    (one,) = body["results"]
    assert {name: one[name]["words"] for name in STATED[model]} == STATED[model]
    assert body["baseline"]["id"] == "openai/gpt-4o-mini"
    assert body["baseline"]["pricing"]["promptUsdPerM"] == "0.15"


@pytest.mark.parametrize(("place", "words"), DIFFERENT.items())
def test_where_the_notes_are_wrong_or_silent_ours_is_documented(api, place, words):
    model, figure = place

    (one,) = compared(api, model)["results"]

    assert one[figure]["words"] == words


@pytest.mark.parametrize(("place", "ratio"), EXACT.items())
def test_ratios_are_reckoned_in_decimals(api, place, ratio):
    model, figure = place

    (one,) = compared(api, model)["results"]

    assert one[figure]["ratio"] == ratio


def test_a_comparison_changes_when_a_price_in_the_catalogue_does(api):
    CatalogueEntry.objects.filter(slug="openai/gpt-4o").update(prompt_nusd_per_m=300_000_000)

    (one,) = compared(api, "openai/gpt-4o")["results"]

    assert one["input"] == {
        "usd": "0.3",
        "baselineUsd": "0.15",
        "ratio": "2",
        "words": "2x more expensive",
    }


def test_the_sentence_says_all_of_it(api):
    empty_catalogue()
    make_model(
        "openai/gpt-4o-mini",
        name="Mini",
        inputs=("text", "image"),
        can=("tools", "structured_outputs"),
        context_length=128_000,
        **priced(0.15, 0.6, image_nusd_per_k=0.217),
    )
    make_model(
        "maker/big",
        name="Big",
        inputs=("text", "audio"),
        outputs=("text", "image"),
        can=("tools", "reasoning"),
        context_length=1_048_576,
        gone_at="2026-01-01T00:00:00Z",
        **priced(0.02, 2.5, image_output_nusd_per_k=134),
    )
    make_model("maker/dark", name="Dark", inputs=(), outputs=())

    body = compared(api, "maker/big", "openai/gpt-4o-mini", "maker/dark", "maker/big")

    big, mini, dark = body["results"]
    assert big["sentence"] == (
        "Big against Mini: 7.5x cheaper on input ($0.02 vs $0.15 a million tokens);"
        " 4.2x more expensive on output ($2.50 vs $0.60 a million tokens);"
        " its price of pictures read is unknown (the other: $0.217 a thousand);"
        " the baseline's price of pictures made is unknown (the other: $134 a thousand);"
        " 8.2x the context (1,048,576 vs 128,000 tokens);"
        " it adds: reads audio, makes pictures, reasoning;"
        " it lacks: reads pictures, structured output. It is not listed any more."
    )
    assert (big["isGone"], big["same"]) == (True, ["writes text", "tools"])
    assert mini["sentence"] == "Mini is the baseline."
    assert mini["input"]["words"] == "the same price"
    assert dark["sentence"] == (
        "Dark against Mini: its price of input is unknown (the other: $0.15 a million tokens);"
        " its price of output is unknown (the other: $0.60 a million tokens);"
        " its price of pictures read is unknown (the other: $0.217 a thousand);"
        " its context is unknown (the other: 128,000 tokens)."
    )
    assert dark["input"] == {
        "usd": None, "baselineUsd": "0.15", "ratio": None, "words": "unknown",
    }  # fmt: skip
    assert (dark["more"], dark["less"]) == ([], [])


def test_what_neither_is_known_of_is_said_so(api):
    make_model("maker/dark", name="Dark", inputs=(), outputs=())
    make_model("maker/darker", name="Darker", inputs=(), outputs=())

    (one,) = compared(api, "maker/dark", baseline="maker/darker")["results"]

    assert one["sentence"] == (
        "Dark against Darker: neither price of input is known; neither price of output is known;"
        " neither price of pictures read is known; neither context is known."
    )


@pytest.mark.parametrize(
    ("ours", "baseline", "ratio", "words"),
    [
        ("1", "1", "1", "the same price"),
        ("1.004", "1", "1.004", "about the same price"),
        ("0.998", "1", "0.998", "about the same price"),
        ("1.02", "1", "1.02", "1.02x more expensive"),
        ("1.999", "1", "1.999", "2x more expensive"),
        ("0.5", "1", "0.5", "2x cheaper"),
        ("0.51", "1", "0.51", "0.51x the price"),
        ("0.0000001", "1", "0.0000001", "10000000x cheaper"),
        ("0", "1", "0", "free"),
        ("1", "0", None, "not free, as the baseline is"),
        ("0", "0", None, "free, as the baseline is"),
        (None, "1", None, "unknown"),
        ("1", None, None, "unknown"),
        (None, "0", None, "unknown"),
    ],
)
def test_the_words_of_prices(ours, baseline, ratio, words):
    found = ratios.of_prices(
        None if ours is None else Decimal(ours), None if baseline is None else Decimal(baseline)
    )

    assert found.words == words
    assert (None if found.ratio is None else ratios.shown(found.ratio)) == ratio


def test_sizes_that_are_near_each_other_are_about_the_same():
    words = [ratios.of_sizes(Decimal(n), Decimal(1_000)).words for n in (1_000, 1_001, 10, 0)]

    assert words == ["the same", "about the same", "0.01x", "0x"]


def test_other_names_are_compared_as_the_models_they_mean(api):
    (one,) = compared(api, "openai/gpt-4o:nitro", baseline="openai/gpt-4o-mini:floor")["results"]

    assert one["id"] == "openai/gpt-4o"
    assert one["resolvedFrom"]["variant"] == "nitro"
    assert one["input"]["words"] == "16.7x more expensive"


def test_without_names_the_models_of_the_plans_are_compared(api):
    Stack.objects.filter(plan="free", task="chat").update(model_slug="nobody/nothing")

    answer = api.get(COMPARE)

    compared_to = {one["id"] for one in answer.json()["results"]}
    assert {"openai/gpt-5.1", "anthropic/claude-sonnet-4.5", "openai/gpt-oss-20b:free"} <= (
        compared_to
    )
    assert "nobody/nothing" not in compared_to
    assert answer.json()["baseline"]["id"] == "openai/gpt-4o-mini"


def test_the_baseline_is_a_setting(api, settings):
    settings.BASELINE_MODEL = "openai/gpt-4o"

    (one,) = compared(api, "openai/gpt-4o-mini")["results"]

    assert one["input"]["words"] == "16.7x cheaper"


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("?models=", 400, "?models"),
        ("?models=openai/gpt-4o,", 400, "?models"),
        ("?models=" + ",".join(f"a/{n}" for n in range(21)), 400, "?models"),
        ("?models=" + "x" * 201, 400, "?models"),
        ("?models=openai/gpt-4o&baseline=", 400, "?baseline"),
        ("?models=openai/gpt-4o&baseline=a/b,c/d", 400, "?baseline"),
        ("?models=openai/gpt-4o&colour=red", 400, "?colour"),
        ("?models=openai/gpt-4oo", 422, "?models"),
        ("?models=openai/gpt-4o&baseline=zzz/qqq", 422, "?baseline"),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why(api, query, status, pointer):
    answer = api.get(f"{COMPARE}{query}")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)


def test_the_number_of_statements_does_not_grow_with_the_models(api):
    for number in range(20):
        make_model(f"maker/m-{number}")
    compared(api, "maker/m-0")  # the token's first use is noted
    counts = []

    for total in (2, 20):
        with CaptureQueriesContext(connection) as queries:
            found = compared(api, *(f"maker/m-{number}" for number in range(total)))
        assert len(found["results"]) == total
        counts.append(len(queries))

    assert counts[0] == counts[1]

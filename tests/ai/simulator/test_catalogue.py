"""The shipped list: what the plans cost, to the last digit."""

import json
from decimal import Decimal

import pytest

from ai.simulator.catalogue import Catalogue
from ai.simulator.errors import Refusal
from ai.simulator.settings import SHIPPED_MODELS

PLANS = {
    "free": ("x-ai/grok-4.1-fast", "openai/gpt-oss-20b:free", "openai/gpt-4o-mini", "0.967"),
    "starter": (
        "google/gemini-2.5-flash",
        "google/gemini-2.5-flash-lite",
        "google/gemini-2.5-flash",
        "7.338",
    ),
    "professional": ("openai/gpt-5.1", "google/gemini-2.5-pro", "openai/gpt-4o", "38.613"),
    "premium": (
        "anthropic/claude-sonnet-4.5",
        "openai/gpt-4.1",
        "google/gemini-3-pro-preview",
        "50.256",
    ),
}


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue(SHIPPED_MODELS)


@pytest.mark.parametrize("plan", PLANS)
def test_a_unit_of_work_of_a_plan_costs_what_the_product_says(catalogue, plan):
    *slugs, total = PLANS[plan]

    rows = [catalogue.get(slug) for slug in slugs]

    words = sum((row.price_usd("prompt") + row.price_usd("completion")) * 10**6 for row in rows)
    assert words + rows[2].price_usd("image") * 1000 == Decimal(total)


def test_every_price_is_a_plain_decimal_text_and_free_is_zero():
    rows = json.loads(SHIPPED_MODELS.read_text())["data"]

    prices = [price for row in rows for price in row["pricing"].values()]

    assert all(isinstance(price, str) and "e" not in price.lower() for price in prices)
    free = {row["id"] for row in rows if row["pricing"].get("prompt") == "0"}
    assert free == {"x-ai/grok-4.1-fast", "openai/gpt-oss-20b:free"}
    assert len({row["id"] for row in rows}) == len(rows) == 39


@pytest.mark.parametrize(
    ("slug", "right"),
    [
        ("anthropic/claude-3.5-haiku-20241022", "anthropic/claude-haiku-4.5"),
        ("anthropic/claude-sonnet-4-20250514", "anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-4.5-sonnet-20250929", "anthropic/claude-sonnet-4.5"),
        ("gpt-4o-mini", "openai/gpt-4o-mini"),
        ("openai/gpt-5.1-2025-11-13", "openai/gpt-5.1"),
    ],
)
def test_a_wrong_model_id_is_refused_with_the_right_one(catalogue, slug, right):
    with pytest.raises(Refusal) as refused:
        catalogue.get(slug)

    assert refused.value.status == 400
    assert refused.value.message == f"{slug} is not a valid model ID. Did you mean {right}?"


def test_a_routing_shortcut_names_the_same_model(catalogue):
    assert catalogue.get("openai/gpt-4o-mini:nitro").slug == "openai/gpt-4o-mini"


def test_pictures_cost_by_the_piece_and_by_resolution(catalogue):
    gemini = catalogue.get("google/gemini-3-pro-image-preview")

    assert [gemini.picture_usd(size) for size in ("1K", "2K", "4K")] == [
        Decimal("0.134"),
        Decimal("0.134"),
        Decimal("0.24"),
    ]
    assert gemini.reference_usd() == Decimal("0.001")
    assert catalogue.get("black-forest-labs/flux.2-max").picture_usd("1K") == Decimal("0.16")

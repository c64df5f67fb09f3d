"""What a fresh installation knows: every figure of the research notes, and its doubts."""

from importlib import import_module

import pytest
from django.apps import apps

from ai.catalogue import abilities, shipped
from ai.models import (
    CatalogueAlias,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    PriceTier,
)

pytestmark = pytest.mark.django_db

# slug: context, USD a million tokens read and written, USD a thousand pictures seen
NOTES = {
    "x-ai/grok-4.1-fast": (2_000_000, "0", "0", None),
    "google/gemini-3-pro-preview": (1_048_576, "2", "12", "8.256"),
    "openai/gpt-5.1": (400_000, "1.25", "10", None),
    "openai/gpt-5.1-chat": (128_000, "1.25", "10", None),
    "openai/gpt-5-pro": (400_000, "15", "120", None),
    "openai/gpt-5": (400_000, "1.25", "10", None),
    "openai/gpt-5-mini": (400_000, "0.25", "2", None),
    "openai/gpt-5-nano": (400_000, "0.05", "0.4", None),
    "openai/gpt-5-chat": (128_000, "1.25", "10", None),
    "openai/o3-pro": (200_000, "7", "80", "15.3"),
    "openai/o3": (200_000, "7", "80", "15.3"),
    "openai/codex-mini": (200_000, "1", "6", None),
    "openai/gpt-oss-120b": (131_072, "0.04", "0.4", None),
    "openai/gpt-oss-20b:free": (131_072, "0", "0", None),
    "openai/gpt-oss-20b": (131_072, "0.03", "0.14", None),
    "openai/gpt-4o-mini": (128_000, "0.15", "0.6", "0.217"),
    "openai/gpt-4o-mini-2024-07-18": (128_000, "0.15", "0.6", "7.225"),
    "openai/gpt-4o": (128_000, "2.5", "10", "3.613"),
    "openai/gpt-4o-2024-11-20": (128_000, "2.5", "10", "3.613"),
    "openai/gpt-4o-2024-08-06": (128_000, "2.5", "10", "3.613"),
    "openai/chatgpt-4o-latest": (128_000, "5", "15", "7.225"),
    "anthropic/claude-sonnet-4.5": (1_000_000, "3", "15", None),
    "anthropic/claude-haiku-4.5": (200_000, "1", "5", None),
    "anthropic/claude-opus-4.1": (200_000, "15", "75", "24"),
    "anthropic/claude-opus-4": (200_000, "15", "75", "24"),
    "anthropic/claude-sonnet-4": (1_000_000, "3", "15", "4.8"),
    "google/gemini-2.5-pro": (1_048_576, "1.25", "10", "5.16"),
    "google/gemini-2.5-flash": (1_048_576, "0.3", "2.5", "1.238"),
    "google/gemini-2.5-flash-lite": (1_048_576, "0.1", "0.4", None),
    "google/gemini-2.5-flash-preview-09-2025": (1_048_576, "0.3", "2.5", "1.238"),
    "moonshotai/kimi-k2-thinking": (262_144, "0.45", "2.35", None),
    "moonshotai/kimi-k2.5": (262_144, "0.6", "2.4", None),
    "meta-llama/llama-3.1-8b-instruct": (131_072, "0.02", "0.03", None),
    "meta-llama/llama-3.1-70b-instruct": (131_072, None, None, None),
    "openai/gpt-4.1": (1_047_576, "2", "8", None),
    "openai/gpt-4.1-mini": (1_047_576, "0.4", "1.6", None),
}
SEARCH = {
    "perplexity/sonar-reasoning-pro": {"web_search": "0.005"},
    "perplexity/sonar-pro": {"web_search": "0.005"},
    "perplexity/sonar-deep-research": {"web_search": "0.005"},
    "openai/gpt-4o-mini-search-preview": {"request": "0.0275"},
    "openai/gpt-4o-search-preview": {"request": "0.035"},
    "perplexity/sonar-reasoning": {"request": "0.005"},
    "perplexity/sonar": {"request": "0.005"},
    "perplexity/llama-3.1-sonar-small-128k-online": {"request": "0.005"},
    "perplexity/llama-3.1-sonar-large-128k-online": {"request": "0.005"},
}
PICTURES = {
    "black-forest-labs/flux.2-max": ("160", ["image"], "58 s"),
    "black-forest-labs/flux-schnell": ("10", ["image"], "10 s"),
    "google/gemini-3-pro-image-preview": ("134", ["image", "text"], "26 s"),
}


def usd(nusd):
    """Write nano-dollars as the shortest decimal text."""
    if nusd is None:
        return None
    whole, rest = divmod(nusd, 10**9)
    return f"{whole}.{rest:09}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("slug", NOTES)
def test_a_model_of_the_notes_has_its_figures(slug):
    row = CatalogueEntry.objects.get(slug=slug)

    assert (
        row.context_length,
        usd(row.prompt_nusd_per_m),
        usd(row.completion_nusd_per_m),
        usd(row.image_nusd_per_k),
    ) == NOTES[slug]
    assert row.notes
    assert row.source == "shipped"
    assert (" can:tools " in row.abilities) is (slug != "openai/chatgpt-4o-latest")
    assert "text" in row.input_modalities


@pytest.mark.parametrize("slug", SEARCH)
def test_a_model_of_which_one_price_is_known_has_that_one_only(slug):
    row = CatalogueEntry.objects.get(slug=slug)

    assert row.pricing == SEARCH[slug]
    known = (row.context_length, row.prompt_nusd_per_m, row.completion_nusd_per_m)
    assert (*known, row.image_nusd_per_k, row.max_output_tokens) == (None,) * 5
    assert row.notes[0].startswith("Doubt: priced by ")


@pytest.mark.parametrize("slug", PICTURES)
def test_an_image_model_has_its_price_and_how_long_it_takes(slug):
    row = CatalogueEntry.objects.get(slug=slug)

    price, outputs, latency = PICTURES[slug]
    assert (usd(row.image_output_nusd_per_k), row.output_modalities) == (price, outputs)
    assert (row.prompt_nusd_per_m, row.completion_nusd_per_m) == (None, None)
    assert any(latency in note for note in row.notes)


def test_nothing_is_shipped_that_no_note_speaks_of():
    slugs = set(CatalogueEntry.objects.values_list("slug", flat=True))

    assert slugs == set(NOTES) | set(SEARCH) | set(PICTURES)


def test_unknown_is_null_and_only_two_models_are_free():
    free = CatalogueEntry.objects.filter(prompt_nusd_per_m=0, completion_nusd_per_m=0)
    zeros = CatalogueEntry.objects.filter(image_nusd_per_k=0)

    assert set(free.values_list("slug", flat=True)) == {
        "x-ai/grok-4.1-fast", "openai/gpt-oss-20b:free",
    }  # fmt: skip
    assert not zeros.exists()


def test_the_prices_of_kimi_at_other_providers_are_its_endpoints():
    rows = CatalogueEndpoint.objects.filter(entry="moonshotai/kimi-k2-thinking").order_by("key")

    assert [
        (row.provider_id, usd(row.prompt_nusd_per_m), usd(row.completion_nusd_per_m))
        for row in rows
    ] == [("chutes", "0.45", "2.35"), (None, "0.6", "2.5"), (None, "0.5", "2.5")]


def test_the_two_mancers_differ_in_what_they_do_with_data():
    mancer, private = CatalogueProvider.objects.filter(slug__startswith="mancer").order_by("slug")

    assert (mancer.trains, mancer.retains_prompts) == (True, None)
    assert (private.trains, private.retains_prompts) == (False, False)
    assert private.display_name == "Mancer (private)"
    assert "25 %" in mancer.notes[0]
    assert mancer.notes[1].startswith("Doubt: its endpoint is in the API and not on the site.")


def test_of_other_providers_nothing_is_known_but_their_names():
    rows = CatalogueProvider.objects.exclude(slug__startswith="mancer")

    assert {(row.trains, row.retains_prompts, row.byok_enabled) for row in rows} == {(None,) * 3}


def test_wrong_and_dated_ids_lead_to_the_right_one():
    rows = {row.alias: (row.slug, row.kind) for row in CatalogueAlias.objects.all()}

    assert rows["anthropic/claude-3.5-haiku-20241022"] == ("anthropic/claude-haiku-4.5", "mistake")
    assert rows["anthropic/claude-sonnet-4-20250514"] == ("anthropic/claude-sonnet-4.5", "mistake")
    assert rows["openai/gpt-5.1-20251113"] == ("openai/gpt-5.1", "dated")
    assert {slug for slug, _ in rows.values()} <= set(NOTES) | set(PICTURES)


def test_the_scale_has_the_words_of_the_notes_and_their_thresholds_as_a_note():
    rows = PriceTier.objects.order_by("order")

    assert [(row.key, usd(row.most_nusd_per_m)) for row in rows] == [
        ("free", "0"), ("very-low", "0.2"), ("low", "1"), ("medium", "5"), ("high", None),
    ]  # fmt: skip
    assert "0.0001" in rows[1].note
    assert "0.001" in rows[2].note


def test_filling_again_changes_nothing_and_leaves_what_a_list_told():
    CatalogueEntry.objects.filter(slug="openai/gpt-4o").update(
        source="openrouter", prompt_nusd_per_m=1
    )
    PriceTier.objects.filter(key="low").update(most_nusd_per_m=7)
    before = list(CatalogueEntry.objects.exclude(slug="openai/gpt-4o").values_list("slug", "wire"))

    shipped.fill(lambda name: apps.get_model("ai", name))

    after = list(CatalogueEntry.objects.exclude(slug="openai/gpt-4o").values_list("slug", "wire"))
    assert after == before
    assert CatalogueEntry.objects.get(slug="openai/gpt-4o").prompt_nusd_per_m == 1
    assert PriceTier.objects.get(key="low").most_nusd_per_m == 7
    assert CatalogueEndpoint.objects.count() == 3


def test_the_migration_takes_out_what_it_brought():
    migration = import_module("ai.migrations.0010_shipped_catalogue")

    migration.remove(apps, None)

    assert CatalogueEntry.objects.count() == 39
    assert not CatalogueProvider.objects.exists()
    assert not CatalogueEndpoint.objects.exists()
    assert not CatalogueAlias.objects.exists()
    assert not PriceTier.objects.exists()
    migration.add(apps, None)
    assert CatalogueEntry.objects.count() == 48
    assert PriceTier.objects.count() == 5


@pytest.mark.parametrize(
    ("inputs", "outputs", "parameters", "line"),
    [
        ([], [], [], " "),
        (["text", "image"], ["text"], ["tools"], " in:text in:image out:text can:tools "),
        (["text", "text", "two words", ""], [], ["a b"], " in:text "),
    ],
)
def test_abilities_are_one_line_with_a_blank_at_both_ends(inputs, outputs, parameters, line):
    assert abilities.line(inputs, outputs, parameters) == line

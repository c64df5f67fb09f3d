"""The catalogue in the admin: read by all, other names and the scale edited by hand."""

import pytest

from ai.models import (
    CatalogueAlias,
    CatalogueChange,
    CatalogueEntry,
    CatalogueProvider,
    CatalogueSync,
    PriceTier,
)
from tests.scenes.admin.pages import add, errors, list_of, page_of, save

pytestmark = pytest.mark.django_db


def test_an_entrys_page_has_exact_prices_its_tier_its_doubts_its_endpoints_and_its_history(staff):
    entry = CatalogueEntry.objects.get(slug="moonshotai/kimi-k2-thinking")
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded")
    CatalogueChange.objects.create(
        sync=sync, kind="model", key=entry.slug, field="pricing.prompt",
        before="0.0000006", after="0.00000045",
    )  # fmt: skip

    page = staff.get(page_of(entry)).content.decode()

    for text in (
        "0.45", "2.35", "Low", "Chutes", "others ask 0.50 to 0.60 USD read",
        "repriced: moonshotai/kimi-k2-thinking: prompt 0.6 → 0.45 USD a million tokens",
    ):  # fmt: skip
        assert text in page


@pytest.mark.parametrize(
    ("slug", "tier"),
    [
        ("openai/gpt-oss-20b:free", "Free"),
        ("meta-llama/llama-3.1-8b-instruct", "Very low"),
        ("openai/gpt-4o-mini", "Low"),
        ("openai/gpt-5.1", "Medium"),
        ("anthropic/claude-sonnet-4.5", "High"),
        ("meta-llama/llama-3.1-70b-instruct", "unknown"),
    ],
)
def test_the_list_says_which_tier_a_model_belongs_to(staff, slug, tier):
    shown = staff.get(list_of(CatalogueEntry), {"q": slug})

    tiers = {row.slug: row.tier_name for row in shown.context["cl"].result_list}
    assert tiers[slug] == tier


def test_the_list_is_narrowed_to_one_tier(staff):
    shown = staff.get(list_of(CatalogueEntry), {"tier": "free"})

    assert {row.slug for row in shown.context["cl"].result_list} == {
        "openai/gpt-oss-20b:free", "x-ai/grok-4.1-fast",
    }  # fmt: skip


def test_a_sync_shows_its_report_and_what_it_changed(staff):
    sync = CatalogueSync.objects.create(
        source="openrouter", status="partial", report="1 new\nnew: a/b", problems=["a/c: odd"]
    )
    CatalogueChange.objects.create(
        sync=sync, kind="model", key="a/b", field="listed", before=None, after=True
    )

    page = staff.get(page_of(sync)).content.decode()
    listed = staff.get(list_of(CatalogueSync)).content.decode()

    assert "new: a/b" in page
    assert "a/c: odd" in page
    assert "1 new" in listed


def test_a_providers_page_shows_its_policy_and_its_doubts(staff):
    page = staff.get(page_of(CatalogueProvider.objects.get(slug="mancer"))).content.decode()

    assert "25 % cheaper than Mancer 2" in page


def test_an_alias_is_added_and_says_that_it_was_set_by_hand(staff):
    answer = add(staff, CatalogueAlias, alias="gpt-mini", slug="openai/gpt-4o-mini", kind="alias")

    assert answer.status_code == 302
    row = CatalogueAlias.objects.get(alias="gpt-mini")
    assert (row.slug, row.note) == ("openai/gpt-4o-mini", "Set by hand.")


@pytest.mark.parametrize(
    ("alias", "slug", "field"),
    [("gpt-mini", "a/none", "slug"), ("openai/gpt-4o", "openai/gpt-4o-mini", "alias")],
)
def test_an_alias_that_hides_a_model_or_leads_nowhere_is_refused(staff, alias, slug, field):
    count = CatalogueAlias.objects.count()

    answer = add(staff, CatalogueAlias, alias=alias, slug=slug, kind="alias")

    assert list(errors(answer)) == [field]
    assert CatalogueAlias.objects.count() == count


def test_an_alias_is_edited_and_deleted(staff):
    row = CatalogueAlias.objects.get(alias="openai/gpt-5.1-20251113")

    save(staff, row, slug="openai/gpt-5")
    row.refresh_from_db()
    staff.post(page_of(row, "delete"), {"post": "yes"})

    assert row.slug == "openai/gpt-5"
    assert not CatalogueAlias.objects.filter(pk=row.pk).exists()


def test_a_tier_ends_at_dollars_and_no_two_end_at_the_same(staff):
    tier = PriceTier.objects.get(key="low")

    taken = save(staff, tier, most_usd="0.20")
    tier.refresh_from_db()
    before = tier.most_nusd_per_m
    changed = save(staff, tier, most_usd="1.50")
    tier.refresh_from_db()

    assert list(errors(taken)) == ["most_usd"]
    assert before == 1_000_000_000
    assert changed.status_code == 302
    assert tier.most_nusd_per_m == 1_500_000_000


def test_a_tier_is_deleted_and_its_models_move_on(staff):
    tier = PriceTier.objects.get(key="low")

    staff.post(page_of(tier, "delete"), {"post": "yes"})

    shown = staff.get(list_of(CatalogueEntry), {"tier": "medium"})
    assert "openai/gpt-4o-mini" in {row.slug for row in shown.context["cl"].result_list}

"""A sync brings the tables up to the lists and tells what changed."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai import exchange
from ai.catalogue.sync import by_the_clock, models_in_use
from ai.catalogue.sync import sync as sync_now
from ai.jobs import schedule
from ai.models import (
    CatalogueAlias,
    CatalogueChange,
    CatalogueEndpoint,
    CatalogueEntry,
    CatalogueProvider,
    CatalogueSync,
    Configuration,
    Stack,
)
from tests.ai.catalogue.lists import endpoint, model, provider
from tests.factories import make_plan, make_workspace


def history():
    rows = CatalogueChange.objects.order_by("key", "field")
    return [(row.kind, row.key, row.field, row.before, row.after) for row in rows]


def entry(slug="maker/one"):
    return CatalogueEntry.objects.get(slug=slug)


def test_a_model_is_read_with_all_that_is_told(lists, sync):
    lists.models = [
        model(
            pricing={"prompt": "0.00000015", "completion": "6e-7", "image": "0.000217",
                     "web_search": "0.01", "new_unit": "3", "discount": 0.25},
            architecture={"modality": "text+image->text"},
            reasoning={"mandatory": False, "supported_efforts": ["low"]},
            expiration_date="2026-12-31",
            canonical_slug="maker/one-20260101",
        )
    ]  # fmt: skip

    text, row = sync()

    found = entry()
    assert (found.name, found.author, found.source) == ("Maker/One", "maker", "openrouter")
    assert found.pricing == {
        "prompt": "0.00000015", "completion": "0.0000006", "image": "0.000217",
        "web_search": "0.01", "new_unit": "3",
    }  # fmt: skip
    assert (found.prompt_nusd_per_m, found.completion_nusd_per_m) == (150_000_000, 600_000_000)
    assert (found.image_nusd_per_k, found.request_nusd_per_k) == (217_000_000, None)
    assert (found.context_length, found.max_output_tokens) == (128_000, 16_384)
    assert found.abilities == " in:text in:image out:text can:max_tokens can:tools "
    assert found.reasoning == {"mandatory": False, "supported_efforts": ["low"]}
    assert f"{found.expires_at:%Y-%m-%d}" == "2026-12-31"
    assert CatalogueAlias.objects.get(alias="maker/one-20260101").slug == "maker/one"
    assert text.splitlines()[0] == "1 new; providers: 1 new"
    assert (row.status, row.problems) == ("succeeded", [])
    assert ("model", "maker/one", "listed", None, True) in history()


def test_a_report_counts_what_is_new_repriced_and_gone_and_history_keeps_each(lists, sync):
    lists.models = [model("a/one"), model("a/two"), model("a/three"), model("a/four")]
    sync()
    CatalogueChange.objects.all().delete()
    lists.models = [
        model("a/one", pricing={"prompt": "0.000003", "completion": "0.000002"}),
        model("a/two", context_length=256_000, supported_parameters=["tools", "seed"]),
        model("a/three"),
        model("a/five"),
    ]

    text, row = sync()

    assert row.counts == {
        "new": 1, "back": 0, "repriced": 1, "changed": 1, "gone": 1, "refused": 0,
        "providers": dict.fromkeys(("new", "back", "repriced", "changed", "gone"), 0),
        "endpoints": dict.fromkeys(("new", "back", "repriced", "changed", "gone"), 0),
    }  # fmt: skip
    assert text.splitlines() == [
        "1 new, 1 repriced, 1 changed, 1 gone",
        "repriced: a/one: prompt 1 → 3 USD a million tokens",
        "changed: a/two: context_length 128000 → 256000",
        "changed: a/two: supported_parameters +seed -max_tokens",
        "new: a/five",
        "gone: a/four",
    ]
    assert history() == [
        ("model", "a/five", "listed", None, True),
        ("model", "a/four", "listed", True, False),
        ("model", "a/one", "pricing.prompt", "0.000001", "0.000003"),
        ("model", "a/two", "context_length", 128_000, 256_000),
        ("model", "a/two", "supported_parameters", ["max_tokens", "tools"], ["tools", "seed"]),
    ]
    assert entry("a/one").prompt_nusd_per_m == 3_000_000_000


def test_a_second_sync_of_the_same_lists_changes_nothing(lists, sync):
    lists.endpoints = {"maker/one": [endpoint()]}
    sync("--endpoints", "all")
    before = list(CatalogueEntry.objects.values())

    text, row = sync("--endpoints", "all")

    assert text == "nothing changed\n"
    assert list(CatalogueEntry.objects.values()) == before
    assert row.changes.count() == 0


def test_names_in_another_order_are_no_change(lists, sync):
    lists.models = [model(supported_parameters=["max_tokens", "tools", "seed"])]
    lists.endpoints = {"maker/one": [endpoint(supported_parameters=["max_tokens", "tools"])]}
    sync("--endpoints", "all")
    lists.models = [model(supported_parameters=["seed", "tools", "max_tokens"])]
    lists.endpoints = {"maker/one": [endpoint(supported_parameters=["tools", "max_tokens"])]}

    text, row = sync("--endpoints", "all")

    assert text == "nothing changed\n"
    assert (row.status, row.changes.count()) == ("succeeded", 0)


def test_a_model_that_vanishes_stays_and_comes_back(lists, sync):
    lists.models = [model("a/one"), model("a/two"), model("a/three"), model("a/four")]
    sync()
    last = lists.models.pop()

    sync()
    gone = entry("a/four").gone_at
    sync()
    still = entry("a/four").gone_at
    lists.models.append(last)
    text, row = sync()

    assert gone is not None
    assert still == gone
    assert entry("a/four").gone_at is None
    assert (text, row.counts["back"]) == ("1 back\nback: a/four\n", 1)


def test_what_the_lists_do_not_tell_stays_as_it_is_known(lists, sync):
    CatalogueEntry.objects.create(
        slug="maker/one", name="One", notes=["A doubt."], pricing={"image": "0.001"},
        image_nusd_per_k=1_000_000_000, context_length=5, max_output_tokens=7,
        wire={"images_api": {"pricing": []}},
    )  # fmt: skip
    lists.models = [model(context_length=None, top_provider=None, pricing={"prompt": None})]

    sync()

    found = entry()
    assert (found.notes, found.pricing, found.image_nusd_per_k) == (
        ["A doubt."], {"image": "0.001"}, 1_000_000_000,
    )  # fmt: skip
    assert (found.context_length, found.max_output_tokens) == (5, 7)
    assert found.prompt_nusd_per_m is None
    assert found.wire["images_api"] == {"pricing": []}
    assert found.source == "openrouter"


def test_an_announced_end_is_taken_back_by_null(lists, sync):
    lists.models = [model(expiration_date="2026-12-31")]
    sync()
    lists.models = [model(expiration_date=None)]

    text, _ = sync()

    assert entry().expires_at is None
    assert "changed: maker/one: expires_at 2026-12-31T00:00:00+00:00 → unknown" in text


@pytest.mark.parametrize(
    ("price", "nusd"),
    [
        ("0", 0),
        ("0.000000000000001", 1),
        ("0.0000000000000011", 2),
        ("0.00000012345678901234567890", 123_456_790),
        ("1E-6", 1_000_000_000),
        ("0.01", 10**13),
    ],
)
def test_prices_are_exact_in_their_text_and_rounded_up_in_their_column(lists, sync, price, nusd):
    lists.models = [model(pricing={"prompt": price, "completion": "0"})]

    sync()

    assert Decimal(entry().pricing["prompt"]) == Decimal(price)
    assert "E" not in entry().pricing["prompt"]
    assert entry().prompt_nusd_per_m == nusd


def test_a_price_that_is_a_number_is_exact_to_its_last_digit(lists, sync):
    row = b'{"data": [{"id": "a/b", "pricing": {"prompt": 0.00000012345678901234567}}]}'
    lists.answers["/models"] = row

    sync()

    assert entry("a/b").pricing == {"prompt": "0.00000012345678901234567"}


def test_a_price_that_depends_is_unknown_and_never_free(lists, sync):
    lists.models = [model("openrouter/auto", pricing={"prompt": "-1", "completion": "-1"})]

    _, row = sync()

    assert (entry("openrouter/auto").prompt_nusd_per_m, entry("openrouter/auto").pricing) == (
        None, {},
    )  # fmt: skip
    assert row.status == "succeeded"


def test_a_known_price_that_is_said_to_depend_is_kept_and_the_report_says_so(lists, sync):
    sync()
    lists.price("maker/one", prompt="-1")

    _, row = sync()

    assert entry().prompt_nusd_per_m == 1_000_000_000
    assert row.status == "partial"
    assert row.problems == ["maker/one: its prompt price is said to vary; kept as it was"]


def test_zeros_of_models_without_words_are_no_price(lists, sync):
    shape = {"input_modalities": ["text"], "output_modalities": ["image"]}
    pricing = {"prompt": "0", "completion": "0", "image": "0", "image_output": "0.03"}
    lists.models = [model("a/paint", architecture=shape, pricing=pricing)]

    sync()

    found = entry("a/paint")
    assert found.pricing == {"image_output": "0.03"}
    assert (found.prompt_nusd_per_m, found.image_output_nusd_per_k) == (None, 30_000_000_000)


def test_an_alias_leads_to_its_model_and_editors_have_the_last_word(lists, sync):
    CatalogueAlias.objects.create(alias="a/b-1", slug="mine/x", kind="dated", note="by hand")
    lists.models = [
        model("~a/b-latest", alias_target={"slug": "a/b", "name": "B"}),
        model("a/b", canonical_slug="a/b-1"),
        model("a/c:free", canonical_slug="a/c-1"),
        model("a/c", canonical_slug="a/c-1"),
        model("a/d", canonical_slug="a/c"),
    ]

    sync()

    rows = CatalogueAlias.objects.values_list("alias", "slug", "kind")
    assert set(rows) == {
        ("~a/b-latest", "a/b", "alias"), ("a/b-1", "mine/x", "dated"), ("a/c-1", "a/c", "dated"),
    }  # fmt: skip


# --- endpoints and providers ---------------------------------------------------------------------


def test_endpoints_are_read_of_the_models_that_stacks_name(lists, sync):
    Stack.objects.create(plan=make_plan(), task="chat", model_slug="maker/one")
    lists.models = [model(), model("maker/two")]
    lists.endpoints = {
        "maker/one": [
            endpoint(),
            endpoint(
                "Deep Infra", tag="deepinfra/fp4", quantization="fp4", pricing={"prompt": "0"}
            ),
        ],
        "maker/two": [endpoint(slug="maker/two")],
    }
    lists.zdr = [endpoint()]

    text, _ = sync()

    rows = {row.key: row for row in CatalogueEndpoint.objects.all()}
    assert set(rows) == {"maker/one@groq/fp8", "maker/one@deepinfra/fp4"}
    groq = rows["maker/one@groq/fp8"]
    assert (groq.entry_id, groq.provider_id, groq.tag) == ("maker/one", "groq", "groq")
    assert (groq.context_length, groq.max_output_tokens) == (64_000, 8_000)
    assert (groq.prompt_nusd_per_m, groq.uptime_ratio) == (1_000_000_000, 0.995)
    assert (groq.is_zdr, groq.is_free) == (True, False)
    assert groq.abilities == " in:text out:text can:max_tokens "
    assert (rows["maker/one@deepinfra/fp4"].is_zdr, rows["maker/one@deepinfra/fp4"].is_free) == (
        False, None,
    )  # fmt: skip
    assert CatalogueProvider.objects.get(slug="deepinfra").name == "Deep Infra"
    assert text.splitlines()[0] == "2 new; providers: 2 new; endpoints: 2 new"
    assert "/models/maker/two/endpoints" not in lists.asked


def test_an_endpoint_that_is_left_out_is_gone_and_one_that_was_not_asked_for_stays(lists, sync):
    lists.models = [model(), model("maker/two")]
    lists.providers = [provider(), provider("Other")]
    lists.endpoints = {
        "maker/one": [endpoint(), endpoint("Other")],
        "maker/two": [endpoint(slug="maker/two")],
    }
    sync("--endpoints", "all")
    lists.endpoints["maker/one"].pop()
    lists.answers["/models/maker/two/endpoints"] = 500

    text, row = sync("--endpoints", "all")

    gone = CatalogueEndpoint.objects.filter(gone_at__isnull=False)
    assert list(gone.values_list("key", flat=True)) == ["maker/one@other/fp8"]
    assert "gone: endpoint maker/one@other/fp8" in text
    assert row.status == "partial"
    assert row.problems == ["maker/two: its endpoints could not be read: no"]


def test_two_endpoints_of_one_tag_are_two(lists, sync):
    lists.endpoints = {"maker/one": [endpoint(), endpoint(name="again")]}

    sync("--endpoints", "all")

    keys = CatalogueEndpoint.objects.values_list("key", flat=True)
    assert sorted(keys) == ["maker/one@groq/fp8", "maker/one@groq/fp8#2"]


def test_an_endpoint_that_no_longer_keeps_nothing_is_marked(lists, sync):
    lists.endpoints = {"maker/one": [endpoint()]}
    lists.zdr = [endpoint()]
    sync("--endpoints", "all")
    lists.zdr = []

    text, _ = sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.get().is_zdr is False
    assert "changed: endpoint maker/one@groq/fp8: is_zdr True → False" in text


def test_the_list_of_zdr_endpoints_tells_of_endpoints_nobody_asked_for(lists, sync):
    Stack.objects.create(plan=make_plan(), task="chat", model_slug="maker/one")
    lists.models = [model(), model("maker/two")]
    lists.endpoints = {"maker/one": [endpoint()]}
    lists.zdr = [endpoint("Quiet", slug="maker/two"), endpoint("Quiet", slug="maker/unknown")]

    sync()
    sync()

    row = CatalogueEndpoint.objects.get(key="maker/two@quiet/fp8")
    assert (row.is_zdr, row.gone_at) == (True, None)
    assert CatalogueEndpoint.objects.get(key="maker/one@groq/fp8").is_zdr is False


def test_pictures_are_priced_by_the_images_route(lists, sync):
    shape = {"input_modalities": ["text", "image"], "output_modalities": ["image"]}
    lists.models = [
        model("a/paint", architecture=shape, pricing={"prompt": "0", "completion": "0"})
    ]
    lists.images = [
        {
            "id": "a/paint",
            "supported_parameters": {"n": {"type": "range"}},
            "supports_streaming": True,
        }
    ]
    line = {"billable": "output_image", "unit": "image"}
    lists.image_endpoints["a/paint"] = [
        {"pricing": [line | {"cost_usd": 0.24, "variant": "4K"}, line | {"cost_usd": 0.134},
                     {"billable": "output_image", "unit": "token", "cost_usd": 0.00001},
                     {"billable": "input_reference", "unit": "image", "cost_usd": "0.001"},
                     line | {"cost_usd": "free"}, None]},
    ]  # fmt: skip

    sync("--endpoints", "all")

    found = entry("a/paint")
    assert found.pricing == {"image_output": "0.134", "image": "0.001"}
    assert (found.image_output_nusd_per_k, found.image_nusd_per_k) == (
        134_000_000_000,
        1_000_000_000,
    )
    assert found.wire["images_api"]["supports_streaming"] is True
    assert len(found.wire["images_api"]["pricing"]) == 6


def test_what_a_provider_does_with_data_is_kept_though_the_list_does_not_say(lists, sync):
    CatalogueProvider.objects.create(
        slug="groq", name="Groq", trains=False, retains_prompts=True, retention_days=30,
        notes=["A remark."],
    )  # fmt: skip
    lists.providers = [provider(privacy_policy_url="https://groq.test/privacy"), provider("New")]

    sync()

    row = CatalogueProvider.objects.get(slug="groq")
    assert (row.trains, row.retains_prompts, row.retention_days) == (False, True, 30)
    assert (row.notes, row.privacy_url) == (["A remark."], "https://groq.test/privacy")
    assert CatalogueProvider.objects.get(slug="new").trains is None


def test_a_provider_that_vanishes_is_marked_and_half_a_list_of_them_is_not_believed(lists, sync):
    lists.providers = [provider(name) for name in ("A", "B", "C", "D")]
    sync()
    lists.providers.pop()
    sync()
    gone = CatalogueProvider.objects.get(slug="d").gone_at
    lists.providers = lists.providers[:1]

    _, row = sync()

    assert gone is not None
    assert CatalogueProvider.objects.filter(gone_at=None).count() == 3
    assert row.status == "partial"
    assert row.problems == ["half a list: 3 of 4 providers are not in it; all were kept"]


def test_a_provider_that_was_gone_is_back_when_an_endpoint_of_it_is_listed(lists, sync):
    lists.providers = [provider(name) for name in ("A", "B", "C", "Groq")]
    sync()
    lists.providers.pop()
    sync()
    assert CatalogueProvider.objects.get(slug="groq").gone_at is not None
    lists.endpoints = {"maker/one": [endpoint()]}

    text, _ = sync("--endpoints", "all")

    assert CatalogueProvider.objects.get(slug="groq").gone_at is None
    assert "back: provider groq" in text


def test_an_endpoint_is_served_by_the_provider_of_its_name_when_its_tag_says_none(lists, sync):
    lists.providers = [provider("Deep Infra", slug="deepinfra")]
    lists.endpoints = {"maker/one": [endpoint("Deep Infra", tag=None, quantization=None)]}

    sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.get().provider_id == "deepinfra"
    assert CatalogueProvider.objects.count() == 1


def test_an_endpoint_that_was_not_asked_for_loses_its_mark_with_the_list_of_zdr(lists, sync):
    lists.models = [model(), model("maker/two")]
    lists.endpoints = {"maker/one": [endpoint()]}
    lists.zdr = [endpoint("Quiet", slug="maker/two")]
    sync("--endpoints", "all")
    lists.zdr = []
    lists.answers["/models/maker/two/endpoints"] = 500

    sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.get(key="maker/two@quiet/fp8").is_zdr is False


# --- where it comes from, and how ----------------------------------------------------------------


def test_simulated_lists_are_refused_and_nothing_is_changed(lists, sync):
    lists.around = {"simulated": True}

    text, row = sync(failed=True)

    assert text.startswith("simulated: the lists come from the simulator")
    assert row is None
    assert not CatalogueEntry.objects.exists()
    assert lists.asked == ["/models", "/providers"]


def test_simulated_lists_are_taken_when_asked_for_and_never_over_real_ones(lists, sync):
    lists.models = [model("a/one"), model("a/two")]
    sync()
    lists.models = [model("a/one", pricing={"prompt": "0.009"}), model("a/sim")]
    lists.around = {"simulated": True}

    text, row = sync("--simulated")

    assert (row.source, row.status) == ("simulator", "succeeded")
    assert text.startswith("1 new")
    assert entry("a/sim").source == "simulator"
    assert (entry("a/one").source, entry("a/one").prompt_nusd_per_m) == (
        "openrouter", 1_000_000_000,
    )  # fmt: skip
    assert entry("a/two").gone_at is None


def test_a_dry_run_says_what_would_change_and_changes_nothing(lists, sync):
    text, row = sync("--dry-run")

    assert text.splitlines()[0] == "1 new; providers: 1 new"
    assert text.splitlines()[-1] == "dry run: nothing was changed"
    assert row is None
    assert not CatalogueEntry.objects.exists()
    assert not CatalogueAlias.objects.exists()


def test_by_the_clock_without_a_key_nothing_is_asked(lists, settings):
    settings.OPENROUTER_API_KEY = ""

    assert by_the_clock() == "no key: nothing was asked and nothing changed"
    assert lists.asked == []


def test_by_the_clock_the_simulator_is_not_believed(lists):
    lists.around = {"simulated": True}

    assert by_the_clock().startswith("simulated: ")
    assert not CatalogueEntry.objects.exists()
    assert not CatalogueSync.objects.exists()


def test_the_sync_is_an_act_that_is_done_by_the_clock(lists):
    note = schedule.do_now("catalogue-sync")

    assert note == "1 new; providers: 1 new"
    assert entry().source == "openrouter"


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_lists_are_awaited(lists):
    open_while_asked = []
    lists.on_ask = lambda: open_while_asked.append(connection.in_atomic_block)

    outcome = sync_now(endpoints="all")

    assert outcome.is_good
    assert set(open_while_asked) == {False}


@pytest.mark.django_db(transaction=True)
def test_a_sync_inside_a_transaction_is_refused(lists):
    with transaction.atomic(), pytest.raises(RuntimeError):
        sync_now()


def test_models_in_use_are_those_of_stacks_and_configurations(db):
    Stack.objects.all().delete()
    Stack.objects.create(
        plan=make_plan(), task="chat", model_slug="a/one", fallback_slugs=["a/two"]
    )
    Configuration.objects.create(workspace=make_workspace(), vision_model="a/three")

    assert models_in_use() == {"a/one", "a/two", "a/three"}


def test_the_number_of_statements_does_not_grow_with_the_models(lists, sync):
    def statements(count, offset):
        lists.models = [model(f"a/m{number}") for number in range(offset + count)]
        lists.endpoints = {row["id"]: [endpoint(slug=row["id"])] for row in lists.models}
        with CaptureQueriesContext(connection) as queries:
            sync("--endpoints", "all")
        return len(queries)

    lists.models = []
    statements(3, 0)
    few = statements(3, 3)

    assert statements(12, 6) == few


def test_the_figures_of_a_sync_are_kept_for_people(lists, sync):
    started = timezone.now()

    text, row = sync()

    assert row.report == text.rstrip("\n")
    assert row.seconds >= 0
    assert row.created_at >= started
    assert exchange.fake_transport is not None

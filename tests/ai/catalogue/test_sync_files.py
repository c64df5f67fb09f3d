"""Saved lists: public answers and the records of the service's web pages, read by their shape."""

import json

import pytest

from ai.catalogue import frontend
from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider
from tests.ai.catalogue.lists import endpoint, model, provider

POLICY = {
    "privacyPolicyURL": "https://mancer.test/privacy",
    "termsOfServiceURL": "https://mancer.test/terms",
    "dataPolicyUrl": None,
    "paidModels": {"training": True, "retainsPrompts": True, "retentionDays": 30},
    "requiresUserIDs": False,
}
PROVIDER = {
    "name": "Mancer", "displayName": "Mancer", "slug": "mancer", "baseUrl": "url",
    "dataPolicy": POLICY, "headquarters": "US", "hasChatCompletions": True,
    "hasCompletions": True, "isAbortable": True, "moderationRequired": False, "editors": [],
    "owners": [], "isMultipartSupported": False, "statusPageUrl": None, "byokEnabled": True,
    "icon": {"url": "https://x.test/i.png", "invertRequired": True},
}  # fmt: skip
MODEL = {
    "slug": "meta-llama/llama-4-scout", "hf_slug": "", "updated_at": "2025-04-05T19:31:59+00:00",
    "created_at": "2025-04-05T19:31:59.735804+00:00", "hf_updated_at": None,
    "name": "Meta: Llama 4 Scout", "short_name": "Llama 4 Scout", "author": "meta-llama",
    "description": "A model.", "model_version_group_id": None, "context_length": 131_072,
    "input_modalities": ["text", "image"], "output_modalities": ["text"], "has_text_output": True,
    "group": "Llama4", "instruct_type": None, "default_system": None, "default_stops": [],
    "hidden": False, "router": None, "warning_message": None,
    "permaslug": "meta-llama/llama-4-scout-17b-16e-instruct",
    "reasoning_config": None, "features": {},
}  # fmt: skip
ENDPOINT = {
    "id": "d3", "name": "Mancer | meta-llama/llama-4-scout", "context_length": 32_000,
    "model_variant_slug": "meta-llama/llama-4-scout",
    "model_variant_permaslug": "meta-llama/llama-4-scout-17b-16e-instruct",
    "provider_name": "Mancer", "provider_info": PROVIDER, "provider_display_name": "Mancer",
    "provider_model_id": "scout", "quantization": "fp8", "variant": "standard", "is_free": False,
    "can_abort": True, "max_prompt_tokens": None, "max_completion_tokens": 4_096,
    "max_prompt_images": 5, "max_tokens_per_image": None,
    "supported_parameters": ["max_tokens", "seed"], "is_byok": False, "moderation_required": False,
    "data_policy": POLICY | {"training": False, "retentionDays": 0},
    "pricing": {"prompt": "0.00000008", "completion": "0.0000003", "image": "0.0003342",
                "request": "0", "web_search": "0", "internal_reasoning": "0", "discount": 0.25},
    "variable_pricings": [], "is_hidden": False, "is_deranked": False, "is_disabled": False,
    "supports_tool_parameters": True, "supports_reasoning": False, "limit_rpm": 60,
    "limit_rpd": None, "has_chat_completions": True,
    "features": {"supported_parameters": {}}, "status": 0,
}  # fmt: skip


@pytest.fixture
def saved(tmp_path):
    """Write values to files and give their paths."""

    def write(*values):
        paths = []
        for number, value in enumerate(values):
            path = tmp_path / f"list-{number}.json"
            text = value if isinstance(value, str) else json.dumps(value)
            path.write_text(text, encoding="utf-8")
            paths.append(str(path))
        return paths

    return write


def test_the_records_of_the_web_pages_are_read_with_their_policies(lists, sync, saved):
    files = saved([MODEL | {"endpoint": ENDPOINT}], [PROVIDER], {"data": [ENDPOINT | {"id": "d4"}]})

    text, row = sync("--from", *files)

    entry = CatalogueEntry.objects.get()
    assert (entry.slug, entry.author, entry.canonical_slug) == (
        "meta-llama/llama-4-scout", "meta-llama", MODEL["permaslug"],
    )  # fmt: skip
    assert (entry.context_length, entry.max_output_tokens) == (131_072, 4_096)
    assert (entry.prompt_nusd_per_m, entry.image_nusd_per_k) == (80_000_000, 334_200_000)
    assert entry.abilities == " in:text in:image out:text can:max_tokens can:seed can:tools "
    mancer = CatalogueProvider.objects.get()
    assert (mancer.trains, mancer.retains_prompts, mancer.retention_days) == (True, True, 30)
    assert (mancer.requires_user_ids, mancer.is_abortable, mancer.byok_enabled) == (
        False, True, True,
    )  # fmt: skip
    one, two = CatalogueEndpoint.objects.order_by("key")
    assert (one.key, two.key) == (f"{entry.slug}@mancer/fp8", f"{entry.slug}@mancer/fp8#2")
    assert (one.trains, one.retains_prompts, one.retention_days) == (False, True, 0)
    assert (one.limit_rpm, one.limit_rpd, one.max_prompt_images) == (60, None, 5)
    assert (one.is_free, one.is_disabled, one.provider_id) == (False, False, "mancer")
    assert row.status == "succeeded"
    assert text.splitlines()[0] == "1 new; providers: 1 new; endpoints: 2 new"
    assert lists.asked == []


def test_what_never_holds_what_its_name_says_is_not_kept(lists, sync, saved):
    sync("--from", *saved([MODEL | {"endpoint": ENDPOINT}], [PROVIDER]))

    kept = CatalogueEntry.objects.get().wire, CatalogueProvider.objects.get().wire
    assert not frontend.USELESS["model"] & set(kept[0])
    assert not frontend.USELESS["provider"] & set(kept[1])
    assert kept[1]["icon"]["invertRequired"] is True
    assert len(frontend.doubts()) == 2


def test_an_endpoint_brings_its_model_along(lists, sync, saved):
    variant = {"variant": "free", "model_variant_slug": f"{MODEL['slug']}:free", "is_free": True,
               "pricing": {"prompt": "0", "completion": "0"}, "model": MODEL}  # fmt: skip

    sync("--from", *saved([ENDPOINT | variant]))

    entry = CatalogueEntry.objects.get()
    assert (entry.slug, entry.prompt_nusd_per_m) == ("meta-llama/llama-4-scout:free", 0)
    assert CatalogueEndpoint.objects.get().entry_id == entry.slug


def test_a_model_without_an_endpoint_has_no_price(lists, sync, saved):
    sync("--from", *saved([MODEL | {"endpoint": None}]))

    entry = CatalogueEntry.objects.get()
    assert (entry.pricing, entry.supported_parameters) == ({}, [])


def test_public_answers_are_read_as_they_were_saved(lists, sync, saved):
    answers = saved(
        {"data": [model()], "total_count": 1, "links": {"next": None}},
        {"data": {"id": "maker/one", "endpoints": [endpoint()]}},
        {"data": [provider()]},
        {"data": [endpoint("Other")]},
    )

    text, _ = sync("--from", *answers)

    assert text.splitlines()[0] == "1 new; providers: 2 new; endpoints: 2 new"


def test_a_whole_saved_list_tells_what_is_gone_and_part_of_one_does_not(lists, sync, saved):
    rows = [model(f"a/m{number}") for number in range(4)]
    sync("--from", *saved({"data": rows, "total_count": 4}))

    part, _ = sync("--from", *saved(rows[:3]))
    whole, _ = sync("--from", *saved({"data": rows[:3], "total_count": 3}))

    assert part == "nothing changed\n"
    assert whole == "1 gone\ngone: a/m3\n"


@pytest.mark.parametrize(
    "value", ["", "{", "5", '"x"', "[]", '{"data": 3}', "[1, null]", '{"data": {"endpoints": []}}']
)
def test_files_without_a_record_change_nothing_and_say_why(lists, sync, saved, value):
    CatalogueEntry.objects.create(slug="a/b", name="B")

    text, row = sync("--from", *saved(value), failed=True)

    assert row.status == "failed"
    assert text.startswith("no record could be read")
    assert CatalogueEntry.objects.get().source == "shipped"


def test_the_variant_of_the_featured_endpoint_is_the_models(lists, sync, saved):
    shown = ENDPOINT | {"variant": "free", "model_variant_slug": None, "provider_info": None}

    sync("--from", *saved([MODEL | {"endpoint": shown}]))

    assert CatalogueEntry.objects.get().slug == f"{MODEL['slug']}:free"


def test_an_endpoint_names_its_provider_in_one_word(lists, sync, saved):
    sync("--from", *saved([MODEL], [ENDPOINT | {"provider_info": None}]))

    assert CatalogueEndpoint.objects.get().provider_id == "mancer"
    assert CatalogueProvider.objects.get().trains is None


def test_endpoints_of_a_model_that_nobody_knows_are_told(lists, sync, saved):
    _, row = sync("--from", *saved([model()], [endpoint(slug="maker/two")]))

    assert row.problems == ["maker/two@groq/fp8: the catalogue has no model maker/two"]
    assert not CatalogueEndpoint.objects.exists()


def test_a_file_that_is_not_there_is_a_problem_and_the_others_are_read(
    lists, sync, saved, tmp_path
):
    text, row = sync("--from", str(tmp_path / "none.json"), *saved([model()]))

    assert (row.status, row.counts["new"]) == ("partial", 1)
    assert row.problems[0].startswith("none.json: could not be read: ")
    assert str(tmp_path) not in text


def test_a_saved_answer_of_the_simulator_is_refused(lists, sync, saved):
    sync("--from", *saved({"data": [model()], "simulated": True}), failed=True)

    assert not CatalogueEntry.objects.exists()


ODD = [
    {"slug": None, "permaslug": "x"},
    {"permaslug": "x"},
    {"dataPolicy": {}},
    {"dataPolicy": 5, "name": None},
    {"model_variant_slug": "a/b"},
    {"provider_info": {}, "model": 5},
    {"provider_name": "X", "model_id": None},
]


@pytest.mark.parametrize("record", ODD, ids=repr)
def test_a_record_of_the_web_pages_that_says_nothing_is_refused_by_itself(
    lists, sync, saved, record
):
    _, row = sync("--from", *saved([record, MODEL]))

    assert CatalogueEntry.objects.get().slug == MODEL["slug"]
    assert (row.status, row.counts["refused"]) == ("partial", 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"dataPolicy": "none"},
        {"dataPolicy": {"paidModels": []}},
        {"dataPolicy": {"paidModels": {"training": "yes", "retainsPrompts": 1}}},
        {"dataPolicy": {"paidModels": {"retentionDays": -5}}},
        {"isAbortable": "true", "headquarters": 5},
    ],
    ids=repr,
)
def test_an_odd_policy_leaves_what_is_known(lists, sync, saved, odd):
    sync("--from", *saved([PROVIDER]))
    before = CatalogueProvider.objects.values().get()

    _, row = sync("--from", *saved([PROVIDER | odd]))

    after = CatalogueProvider.objects.values().get()
    free = {"wire", "modified_at"}
    assert {k: v for k, v in after.items() if k not in free} == {
        k: v for k, v in before.items() if k not in free
    }
    assert row.status == "partial"

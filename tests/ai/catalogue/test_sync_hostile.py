"""Odd lists: nothing is lost, the last good state stays, and the report says why."""

import json
import time

import httpx
import pytest

from ai.models import CatalogueAlias, CatalogueEndpoint, CatalogueEntry, CatalogueProvider
from tests.ai.catalogue.lists import endpoint, model, provider


def state():
    """Every figure of every row, without when it was last written."""
    return [
        {name: value for name, value in row.items() if name != "modified_at"}
        for table in (CatalogueEntry, CatalogueProvider, CatalogueEndpoint)
        for row in table.objects.values()
    ]


PRICES = {
    "below zero": ("-0.5", "'-0.5' is below zero"),
    "a word": ("free", "'free' is no price"),
    "nothing": ("", "'' is no price"),
    "not a number": ("NaN", "'NaN' is no price"),
    "endless": ("Infinity", "'Infinity' is no price"),
    "huge": ("1e9", "'1e9' is more than 0.01 USD a token"),
    "of a million tokens": ("2.5", "'2.5' is more than 0.01 USD a token"),
    "huge digits": ("9" * 500, "is no price"),
    "tiny": ("1e-99", "is too small to be meant"),
    "a huge exponent": ("1e999999999", "'1e999999999' is no price"),
    "true": (True, "True is no price"),
    "a list": (["0.1"], "['0.1'] is no price"),
    "an object": ({"usd": "0.1"}, "{'usd': '0.1'} is no price"),
    "other digits": ("\u0661", "is no price"),
    "NUL": ("0\x001", "is no price"),
}


@pytest.mark.parametrize(("price", "why"), PRICES.values(), ids=PRICES.keys())
def test_a_price_that_is_none_leaves_the_last_good_one(lists, sync, price, why):
    sync()
    lists.price("maker/one", prompt=price, completion="0.000009")

    text, row = sync()

    found = CatalogueEntry.objects.get(slug="maker/one")
    assert (found.prompt_nusd_per_m, found.pricing["prompt"]) == (1_000_000_000, "0.000001")
    assert found.completion_nusd_per_m == 9_000_000_000
    assert row.status == "partial"
    assert row.problems[0].startswith("maker/one: pricing.prompt: ")
    assert row.problems[0].endswith(f"{why}; kept as it was")
    assert row.problems[0] in text


@pytest.mark.parametrize("price", ["free", "-0.1", True, ["0"]])
def test_a_new_model_with_a_price_that_is_none_has_an_unknown_price(lists, sync, price):
    lists.models = [model(pricing={"prompt": price, "completion": None})]

    sync()

    found = CatalogueEntry.objects.get()
    assert (found.prompt_nusd_per_m, found.completion_nusd_per_m, found.pricing) == (None, None, {})


@pytest.mark.parametrize("nothing", ["-0", "-0.0", "0.00", "0e5"])
def test_a_price_of_nothing_is_written_in_one_way(lists, sync, nothing):
    lists.models = [model(pricing={"prompt": nothing, "completion": nothing})]
    lists.endpoints = {"maker/one": [endpoint(pricing=lists.models[0]["pricing"])]}

    sync("--endpoints", "all")

    assert CatalogueEntry.objects.get().pricing == {"prompt": "0", "completion": "0"}
    assert CatalogueEndpoint.objects.get().is_free is True


def test_prices_without_a_name_or_without_end_are_left_out(lists, sync):
    sync()
    strange = {"": "0.001", "a b": "0.001", "\u00fcber": "0.001", "x" * 81: "0.001"}
    many = {f"unit_{number}": "0.001" for number in range(200)}
    lists.price("maker/one", **strange, tool_call="0.001", **many)

    _, row = sync()

    kept = CatalogueEntry.objects.get().pricing
    assert len(kept) == 50
    assert {"prompt", "completion", "tool_call"} <= set(kept)
    assert not set(strange) & set(kept)
    assert row.problems == [
        "maker/one: pricing.'': is no name of a price; kept as it was",
        "maker/one: pricing.'a b': is no name of a price; kept as it was",
        "maker/one: pricing.'über': is no name of a price; kept as it was",
        f"maker/one: pricing.'{'x' * 58}…: is no name of a price; kept as it was",
        "maker/one: pricing: 153 prices are more than can be kept; kept as it was",
    ]


FIELDS = {
    "context_length": [-1, 2**31, True, "many", [], 1.5, "1e3", 10**300],
    "top_provider": [[], "x", 3],
    "architecture": [[], "text"],
    "supported_parameters": ["tools", {"tools": True}, [1, None], 7, ["tools", None]],
    "name": [5, ["x"], {}],
    "description": [True],
    "created": [
        "yesterday", 10**40, True, {}, "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00",
    ],
    "expiration_date": ["soon", 5e300, [], "9999-12-31T23:59:59-12:00"],
    "pricing": [[], "0.1", 5],
    "reasoning": [[], "much"],
    "canonical_slug": [5, "no slug at all", "maker/" + "x" * 200],
    "alias_target": ["a/b", {"slug": "no slug"}, {"slug": 5}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in FIELDS.items() for value in values]
)
def test_a_field_of_another_kind_leaves_the_last_good_value(lists, sync, name, value):
    lists.models = [model(reasoning={"mandatory": True}, expiration_date="2026-12-31")]
    sync()
    before = CatalogueEntry.objects.values().get()
    lists.models = [lists.models[0] | {name: value}]

    _, row = sync()

    after = CatalogueEntry.objects.values().get()
    free = {"wire", "modified_at"}
    assert {k: v for k, v in after.items() if k not in free} == {
        k: v for k, v in before.items() if k not in free
    }
    assert row.status == "partial"
    assert all(problem.startswith(f"maker/one: {name}") for problem in row.problems)
    assert all(problem.endswith("; kept as it was") for problem in row.problems)
    assert not CatalogueAlias.objects.exists()


RECORDS = [
    None, 3, "maker/two", [], {}, {"id": None}, {"id": 5}, {"id": ""}, {"id": "no-slash"},
    {"id": "a/b\x00"}, {"id": "a/\ud800"}, {"id": "a b/c"}, {"id": "a/" + "x" * 300},
    {"id": ["a/b"]},
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS, ids=repr)
def test_a_record_without_an_id_is_refused_by_itself(lists, sync, record):
    lists.answers["/models"] = json.dumps(
        {"data": [model("a/one"), record, model("a/two")]}
    ).encode("utf-8", "surrogatepass")

    _, row = sync()

    slugs = CatalogueEntry.objects.values_list("slug", flat=True)
    assert sorted(slugs) == ["a/one", "a/two"]
    assert (row.status, row.counts["refused"]) == ("partial", 1)
    assert row.problems[0].startswith("model 2 of the list: ")


def test_texts_that_no_table_can_hold_are_cleaned_and_long_ones_cut(lists, sync):
    raw = (
        '{"data": [{"id": "a/b", "name": "N\\u0000\\ud800' + "x" * 300 + '",'
        ' "description": "d\\u0000", "new \\u0000": {"deep": "\\udfff"},'
        ' "supported_parameters": ["two words", "tools", "tools", "' + "y" * 90 + '"]}]}'
    )
    lists.answers["/models"] = raw.encode()

    _, row = sync()

    found = CatalogueEntry.objects.get()
    assert (len(found.name), "\x00" in found.name) == (200, False)
    assert found.description == "d"
    assert found.supported_parameters == ["two words", "tools"]
    assert found.abilities == " can:tools "
    assert row.problems == [
        "a/b: name: cut from 302 to 200 characters",
        "a/b: supported_parameters: 1 of 4 names could not be read",
    ]


def test_new_fields_are_kept_and_are_no_problem(lists, sync):
    lists.models = [model(benchmarks={"elo": 5.5}, surprise=[1, {"a": None}])]

    _, row = sync()

    assert row.status == "succeeded"
    assert CatalogueEntry.objects.get().wire["surprise"] == [1, {"a": None}]


def test_a_record_of_megabytes_is_not_kept_whole(lists, sync):
    lists.models = [model(blob="x" * 100_000)]

    _, row = sync()

    assert CatalogueEntry.objects.get().wire == {"id": "maker/one", "too_long": True}
    assert row.problems == ["maker/one: the record is too long to be kept whole"]


def test_numbers_that_no_table_can_hold_are_kept_as_texts(lists, sync):
    raw = b'{"data": [{"id": "a/b", "odd": 1e999, "big": 123456789012345678901234567890}]}'
    lists.answers["/models"] = raw

    sync()

    wire = CatalogueEntry.objects.get().wire
    assert wire == {"id": "a/b", "odd": "1E+999", "big": "123456789012345678901234567890"}


def test_of_two_records_with_one_id_the_first_counts(lists, sync):
    lists.models = [model(name="First"), model(name="Second")]

    _, row = sync()

    assert CatalogueEntry.objects.get().name == "First"
    assert row.problems == [
        "maker/one: listed twice, the first one was taken; it was left as it was"
    ]


def test_a_model_whose_record_cannot_be_read_is_not_gone(lists, sync):
    lists.models = [model("a/one"), model("a/two"), model("a/three"), model("a/four")]
    sync()
    lists.models[3] = {"id": "a/four", "pricing": [], "architecture": 5}

    _, row = sync()

    assert row.counts["gone"] == 0
    assert CatalogueEntry.objects.get(slug="a/four").gone_at is None


# --- half a list ---------------------------------------------------------------------------------


def many(count):
    return [model(f"a/m{number}") for number in range(count)]


def test_a_list_that_lacks_more_than_a_third_is_refused_and_changes_nothing(lists, sync):
    lists.models = many(9)
    sync()
    before = state()
    lists.models = many(5)
    lists.price("a/m0", prompt="0.005")

    text, row = sync(failed=True)

    assert state() == before
    assert row.status == "failed"
    assert row.problems == [
        "half a list: 4 of 9 live models are not in it; nothing was changed. If they are really "
        "gone, sync once with --force."
    ]
    assert text == f"{row.problems[0]}\n"


def test_a_third_may_go_at_once_and_more_when_it_is_forced(lists, sync):
    lists.models = many(9)
    sync()
    lists.models = many(6)
    sync()
    lists.models = many(1)

    text, _ = sync("--force")

    assert CatalogueEntry.objects.filter(gone_at=None).count() == 1
    assert text.startswith("5 gone")


def test_of_shipped_models_a_long_list_may_lack_many(lists, sync):
    for number in range(6):
        CatalogueEntry.objects.create(slug=f"old/{number}", name="Old")
    lists.models = many(9)

    text, _ = sync()

    assert text.startswith("9 new, 6 gone")


def test_of_shipped_models_a_short_list_may_not(lists, sync):
    for number in range(6):
        CatalogueEntry.objects.create(slug=f"old/{number}", name="Old")
    before = state()

    _, row = sync(failed=True)

    assert row.problems[0].startswith("half a list: 6 of 6 live models are not in it")
    assert state() == before


def test_a_list_that_is_shorter_than_it_says_marks_nothing_gone(lists, sync):
    lists.models = many(9)
    sync()
    lists.models = many(8)
    lists.price("a/m0", prompt="0.005")
    lists.around = {"total_count": 9}

    _, row = sync()

    assert (row.status, row.counts["gone"], row.counts["repriced"]) == ("partial", 0, 1)
    assert row.problems == ["/models: it has 9 records and 8 came; nothing was taken for gone"]


def paged(pages, link):
    """Answer /models page by page; `link` makes the link behind each."""

    def answer(request):
        offset = int(request.url.params["offset"])
        rows = pages.get(offset)
        if rows is None:
            return httpx.Response(200, content=b'{"data": [{"id": "a/m1", "na')
        body = {"data": rows, "total_count": 4, "links": {"next": link(offset)}}
        return httpx.Response(200, json=body)

    return answer


def test_pages_are_followed_to_the_last(lists, sync):
    rows = many(4)
    links = {0: "/api/v1/models?offset=2&limit=2", 2: None}
    lists.answers["/models"] = paged({0: rows[:2], 2: rows[2:]}, links.get)

    _, row = sync()

    assert (row.status, row.counts["new"]) == ("succeeded", 4)
    assert lists.asked.count("/models") == 2


def test_a_page_that_is_cut_off_marks_nothing_gone(lists, sync):
    lists.models = many(4)
    sync()
    lists.answers["/models"] = paged({0: many(4)[:2]}, lambda _: "?offset=2")

    _, row = sync()

    assert (row.status, row.counts["gone"]) == ("partial", 0)
    assert row.problems[0].startswith("/models: page 2 could not be read: ")
    assert row.problems[0].endswith("; nothing was taken for gone")


def test_pages_that_lead_in_a_circle_end(lists, sync):
    lists.answers["/models"] = paged({0: many(2), 2: many(4)[2:]}, lambda at: f"?offset={2 - at}")

    _, row = sync()

    assert row.status == "partial"
    assert "circle" in row.problems[0]
    assert lists.asked.count("/models") == 3


def test_pages_without_end_end(lists, sync, monkeypatch):
    monkeypatch.setattr("ai.catalogue.fetch.MOST_PAGES", 5)

    def answer(request):
        offset = int(request.url.params["offset"])
        link = {"next": f"?offset={offset + 1}"}
        return httpx.Response(200, json={"data": [model(f"a/m{offset}")], "links": link})

    lists.answers["/models"] = answer

    _, row = sync()

    assert (row.status, row.counts["new"]) == ("partial", 5)
    assert lists.asked.count("/models") == 5


BROKEN = {
    "cut off": b'{"data": [{"id": "a/b", "na',
    "no list": b'{"data": {"id": "a/b"}}',
    "a number": b"5",
    "empty": b"",
    "a page of a proxy": b"<html>busy</html>",
    "no models": b'{"data": []}',
    "an error": b'{"error": {"code": 502, "message": "upstream"}}',
    "a status": 503,
    "too deep": b'{"data": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "a number of 5,000 digits": b'{"data": [{"id": "a/b", "n": ' + b"9" * 5_000 + b"}]}",
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_list_of_models_that_cannot_be_read_changes_nothing(lists, sync, answer):
    lists.endpoints = {"maker/one": [endpoint()]}
    sync("--endpoints", "all")
    before = state()
    lists.answers["/models"] = answer

    text, row = sync("--endpoints", "all", failed=True)

    assert state() == before
    assert row.status == "failed"
    assert row.report.startswith("/models: ")
    assert text == f"{row.report}\n"


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("path", ["/providers", "/endpoints/zdr", "/images/models"])
def test_another_list_that_cannot_be_read_leaves_what_it_would_tell(lists, sync, path, answer):
    lists.endpoints = {"maker/one": [endpoint()]}
    lists.zdr = [endpoint()]
    sync("--endpoints", "all")
    before = state()
    lists.answers[path] = answer
    lists.models.append(model("maker/two"))

    _, row = sync("--endpoints", "all")

    slugs = set(CatalogueEntry.objects.values_list("slug", flat=True))
    assert slugs == {"maker/one", "maker/two"}
    assert CatalogueProvider.objects.get(slug="groq").gone_at is None
    empty = answer == BROKEN["no models"]
    kept = CatalogueEndpoint.objects.get()
    assert kept.is_zdr is not (empty and path == "/endpoints/zdr")
    assert row.status == ("succeeded" if empty else "partial")
    others = [one for one in before if one.get("slug") == "maker/one"]
    assert others == [one for one in state() if one.get("slug") == "maker/one"]


class Dripping(httpx.SyncByteStream):
    """A body that has no end in time."""

    def __iter__(self):
        for _ in range(200):
            time.sleep(0.05)
            yield b" "


def test_a_list_that_takes_too_long_is_left_and_changes_nothing(lists, sync, monkeypatch):
    sync()
    before = state()
    monkeypatch.setattr("ai.catalogue.sync.LONGEST_S", 0.2)
    lists.answers["/models"] = lambda _: httpx.Response(200, stream=Dripping())
    started = time.monotonic()

    _, row = sync(failed=True)

    assert time.monotonic() - started < 5
    assert row.report.startswith("/models: page 1 could not be read: ")
    assert state() == before


@pytest.mark.parametrize("answer", [b'{"data": 5}', b'{"data": {"endpoints": {}}}', 404])
def test_endpoints_that_cannot_be_read_stay(lists, sync, answer):
    lists.endpoints = {"maker/one": [endpoint()]}
    sync("--endpoints", "all")
    lists.answers["/models/maker/one/endpoints"] = answer

    _, row = sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.get().gone_at is None
    assert row.status == "partial"
    assert row.problems[0].startswith("maker/one: ")


@pytest.mark.parametrize(
    "answer", [500, {"id": "maker/one"}, {"endpoints": [None, {"pricing": 5}]}]
)
def test_pictures_whose_price_cannot_be_read_keep_the_known_one(lists, sync, answer):
    shape = {"input_modalities": ["text"], "output_modalities": ["image"]}
    lists.models = [model(architecture=shape, pricing={"image_output": "0.03"}), model("a/two")]
    lists.images = [{"id": "maker/one"}, {"id": "a/unknown"}, {"id": 5}, None]
    lists.answers["/images/models/maker/one/endpoints"] = answer

    _, row = sync("--endpoints", "all")

    assert CatalogueEntry.objects.get(slug="maker/one").image_output_nusd_per_k == 30_000_000_000
    assert row.status == ("partial" if answer == 500 else "succeeded")


def test_an_empty_list_of_endpoints_is_not_believed_of_a_model_that_has_some(lists, sync):
    lists.endpoints = {"maker/one": [endpoint(), endpoint("Other")]}
    sync("--endpoints", "all")
    lists.endpoints = {}

    _, row = sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.filter(gone_at=None).count() == 2
    assert row.problems == ["maker/one: its list of endpoints is empty; all 2 were kept"]

    text, row = sync("--endpoints", "all", "--force")

    assert CatalogueEndpoint.objects.filter(gone_at=None).count() == 0
    assert "gone: endpoint maker/one@other/fp8" in text
    assert row.status == "succeeded"


@pytest.mark.parametrize("record", [None, {}, {"model_id": "no slug"}, {"model_id": "a/b"}])
def test_a_zdr_record_that_says_nothing_is_refused_by_itself(lists, sync, record):
    lists.endpoints = {"maker/one": [endpoint()]}
    lists.zdr = [record, endpoint()]

    _, row = sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.get().is_zdr is True
    assert (row.counts["refused"], row.status) == (1, "partial")


ENDPOINTS = {
    "no object": (5, "5 is no record"),
    "nobody": ({"name": "x"}, "an endpoint of maker/one without provider"),
}


@pytest.mark.parametrize(("record", "why"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_an_endpoint_that_cannot_be_read_leaves_those_that_are_known(lists, sync, record, why):
    lists.endpoints = {"maker/one": [endpoint(), endpoint("Other")]}
    sync("--endpoints", "all")
    lists.endpoints = {"maker/one": [endpoint(), record]}

    _, row = sync("--endpoints", "all")

    assert CatalogueEndpoint.objects.filter(gone_at=None).count() == 2
    assert row.problems == [f"an endpoint of maker/one: {why}; it was left as it was"]


def test_odd_values_of_an_endpoint_leave_the_last_good_ones(lists, sync):
    lists.endpoints = {"maker/one": [endpoint()]}
    sync("--endpoints", "all")
    before = CatalogueEndpoint.objects.values().get()
    odd = {"context_length": "long", "pricing": {"prompt": -3}, "uptime_last_30m": 400,
           "supported_parameters": 5, "max_prompt_tokens": -1}  # fmt: skip
    lists.endpoints = {"maker/one": [endpoint() | odd]}

    _, row = sync("--endpoints", "all")

    after = CatalogueEndpoint.objects.values().get()
    free = {"wire", "modified_at"}
    assert {k: v for k, v in after.items() if k not in free} == {
        k: v for k, v in before.items() if k not in free
    }
    assert len(row.problems) == 5


def test_of_two_providers_with_one_slug_the_first_counts(lists, sync):
    lists.providers = [provider(), provider(headquarters="DE")]

    _, row = sync()

    assert CatalogueProvider.objects.get().headquarters == "US"
    assert row.problems[0].startswith("provider groq: listed twice")


def test_an_uptime_that_is_no_number_is_unknown(lists, sync):
    lists.endpoints = {
        "maker/one": [endpoint(uptime_last_30m="good"), endpoint("Other", uptime_last_30m=None)]
    }

    sync("--endpoints", "all")

    assert set(CatalogueEndpoint.objects.values_list("uptime_ratio", flat=True)) == {None}


@pytest.mark.parametrize("record", [None, {}, {"name": 5}, {"slug": "", "name": "\x00"}])
def test_a_provider_without_a_name_is_refused_by_itself(lists, sync, record):
    lists.providers = [provider(), record]

    _, row = sync()

    assert list(CatalogueProvider.objects.values_list("slug", flat=True)) == ["groq"]
    assert (row.status, row.counts["refused"]) == ("partial", 1)

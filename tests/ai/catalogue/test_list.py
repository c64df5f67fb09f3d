"""The list of models and the page of one, over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import (
    CatalogueAlias,
    CatalogueChange,
    CatalogueEntry,
    CatalogueSync,
    PriceTier,
)
from canvas.workspaces.models import Role
from tests.ai.catalogue.rows import (
    empty_catalogue,
    make_endpoint,
    make_model,
    make_provider,
    make_scale,
    priced,
)
from tests.factories import ApiClient, client_for, make_user, make_workspace

MODELS = "/api/v1/models/"
GONE = "2026-01-02T03:04:05Z"


@pytest.fixture
def models(api):
    """A client and an empty catalogue with a scale of tiers."""
    empty_catalogue()
    make_scale()
    return api


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def listed(client, query=""):
    return ids(client.get(f"{MODELS}{query}"))


def test_a_model_says_everything_about_itself(models):
    make_model(
        "maker/one:free",
        inputs=("text", "image"),
        outputs=("text", "image"),
        can=("tools", "structured_outputs", "seed"),
        name="Maker: One",
        description="The first.",
        context_length=128_000,
        max_output_tokens=4_096,
        notes=["A doubt."],
        listed_at="2026-01-01T00:00:00Z",
        pricing={
            "prompt": "0.00000015",
            "completion": "0.0000006",
            "image": "0.000217",
            "image_output": "0.134",
            "request": "0",
            "web_search": "0.005",
            "input_cache_read": "7.5e-8",
        },
        **priced(
            0.15, 0.6, image_nusd_per_k=0.217, image_output_nusd_per_k=134, request_nusd_per_k=0
        ),
    )

    (row,) = models.get(MODELS).json()["results"]

    row.pop("modifiedAt")
    assert row == {
        "id": "maker/one:free",
        "name": "Maker: One",
        "author": "maker",
        "description": "The first.",
        "contextLength": 128_000,
        "maxOutputTokens": 4_096,
        "inputModalities": ["text", "image"],
        "outputModalities": ["text", "image"],
        "supportedParameters": ["tools", "structured_outputs", "seed"],
        "tools": True,
        "structuredOutput": True,
        "reasoning": False,
        "pricing": {
            "prompt": "0.00000015",
            "completion": "0.0000006",
            "image": "0.000217",
            "imageOutput": "0.134",
            "request": "0",
            "webSearch": "0.005",
            "internalReasoning": None,
            "inputCacheRead": "0.000000075",
            "inputCacheWrite": None,
            "audio": None,
            "audioOutput": None,
            "promptUsdPerM": "0.15",
            "completionUsdPerM": "0.6",
            "imageUsdPerK": "0.217",
            "imageOutputUsdPerK": "134",
            "requestUsdPerK": "0",
        },
        "tier": "low",
        "isFree": False,
        "isGone": False,
        "goneAt": None,
        "listedAt": "2026-01-01T00:00:00Z",
        "expiresAt": None,
        "notes": ["A doubt."],
        "source": "shipped",
    }


def test_what_is_unknown_is_null_and_never_zero_or_no(models):
    make_model("maker/dark", author="", inputs=(), outputs=())

    (row,) = models.get(MODELS).json()["results"]

    assert set(row["pricing"].values()) == {None}
    unknown = ("contextLength", "maxOutputTokens", "tools", "structuredOutput", "reasoning")
    assert {row[name] for name in (*unknown, "tier", "isFree")} == {None}
    assert row["author"] == "maker"


def test_a_price_with_more_digits_than_its_column_stays_exact(models):
    entry = make_model(
        "maker/fine",
        pricing={"prompt": "0.00000000000000012345"},
        prompt_nusd_per_m=1,
    )

    (row,) = models.get(MODELS).json()["results"]
    assert row["pricing"]["prompt"] == "0.00000000000000012345"
    assert row["pricing"]["promptUsdPerM"] == "0.000000001"

    CatalogueEntry.objects.filter(pk=entry.pk).update(prompt_nusd_per_m=150_000_000)
    (row,) = models.get(MODELS).json()["results"]
    assert row["pricing"]["prompt"] == "0.00000015"


def test_a_text_that_is_no_price_is_not_told_as_one(models):
    make_model("maker/odd", pricing={"web_search": "free", "audio": 3, "internal_reasoning": "-1"})

    (row,) = models.get(MODELS).json()["results"]

    assert set(row["pricing"].values()) == {None}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["maker/eye", "maker/plain", "maker/silent", "other/painter"]),
        ("?modality=image", ["maker/eye", "other/painter"]),
        ("?input=image", ["maker/eye"]),
        ("?input=image,text", ["maker/eye"]),
        ("?input=image&output=text", ["maker/eye"]),
        ("?output=image", ["other/painter"]),
        ("?output=imag", []),
        ("?input=smell", []),
        ("?parameter=seed", ["maker/plain"]),
        ("?parameter=seed,tools", []),
        ("?tools=true", ["maker/eye"]),
        ("?tools=false", ["maker/plain"]),
        ("?structuredOutput=true", ["maker/eye"]),
        ("?reasoning=true", ["maker/eye"]),
        ("?reasoning=false", ["maker/plain"]),
        ("?contextAtLeast=128000", ["maker/eye"]),
        ("?contextAtLeast=128001", []),
        ("?contextAtLeast=0", ["maker/eye", "maker/plain"]),
        ("?tier=free", ["maker/plain"]),
        ("?tier=low", ["maker/eye"]),
        ("?tier=high", []),
        ("?free=true", ["maker/plain"]),
        ("?free=false", ["maker/eye", "other/painter"]),
        ("?author=other", ["other/painter"]),
        ("?author=oth", []),
        ("?search=PAINT", ["other/painter"]),
        ("?search=The%20Silent", ["maker/silent"]),
        ("?search=%25", []),
        ("?gone=true", ["maker/late"]),
        ("?gone=false", ["maker/eye", "maker/plain", "maker/silent", "other/painter"]),
        ("?ordering=-slug", ["other/painter", "maker/silent", "maker/plain", "maker/eye"]),
        ("?ordering=price", ["maker/plain", "maker/eye", "maker/silent", "other/painter"]),
        ("?ordering=-price", ["maker/eye", "maker/plain", "other/painter", "maker/silent"]),
        ("?ordering=context", ["maker/plain", "maker/eye", "maker/silent", "other/painter"]),
        ("?ordering=-context", ["maker/eye", "maker/plain", "other/painter", "maker/silent"]),
    ],
)
def test_filters_and_orders(models, query, found):
    make_model(
        "maker/eye",
        inputs=("text", "image"),
        can=("tools", "structured_outputs", "reasoning"),
        context_length=128_000,
        **priced(0.15, 0.6),
    )
    make_model("maker/plain", can=("seed",), context_length=8_000, **priced(0, 0))
    make_model("maker/silent", name="The Silent")
    make_model("other/painter", outputs=("image",), **priced(None, None, image_output_nusd_per_k=9))
    make_model("maker/late", gone_at=GONE)

    assert listed(models, query) == found


@pytest.mark.parametrize(
    ("prompt", "completion", "tier"),
    [
        (0, 0, "free"),
        (0, 0.000000001, "very-low"),
        (0.2, 0.2, "very-low"),
        (0.2, 0.200000001, "low"),
        (1, 1, "low"),
        (1, 1.000000001, "medium"),
        (5, 5, "medium"),
        (5, 5.000000004, "high"),
        (15, 120, "high"),
        (None, 1, None),
        (1, None, None),
    ],
)
def test_the_filter_and_the_word_agree_at_every_border(models, prompt, completion, tier):
    make_model("maker/one", **priced(prompt, completion))

    (row,) = models.get(MODELS).json()["results"]
    found = [
        key
        for key in ("free", "very-low", "low", "medium", "high")
        if listed(models, f"?tier={key}")
    ]

    assert row["tier"] == tier
    assert found == ([tier] if tier else [])


def test_a_scale_that_ends_leaves_dear_models_without_a_tier(models):
    PriceTier.objects.filter(key="high").delete()
    make_model("maker/dear", **priced(15, 120))

    (row,) = models.get(MODELS).json()["results"]

    assert row["tier"] is None
    assert listed(models, "?tier=medium") == []
    assert models.get(f"{MODELS}?tier=high").status_code == 400


def test_a_second_tier_without_an_end_is_never_reached(models):
    PriceTier.objects.create(key="higher", name="Higher", order=9)
    make_model("maker/dear", **priced(15, 120))

    assert (listed(models, "?tier=high"), listed(models, "?tier=higher")) == (["maker/dear"], [])


def test_a_model_whose_requests_cost_is_not_free(models):
    make_model("maker/asks", **priced(0, 0, request_nusd_per_k=5))
    make_model("maker/half", **priced(0, None))

    rows = models.get(MODELS).json()["results"]

    assert [row["isFree"] for row in rows] == [False, None]
    assert (listed(models, "?free=true"), listed(models, "?free=false")) == ([], ["maker/asks"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?training=true", ["maker/learns", "maker/both"]),
        ("?training=false", ["maker/both", "maker/own-word"]),
        ("?retention=true", ["maker/learns", "maker/both", "maker/own-word"]),
        ("?retention=false", ["maker/both"]),
        ("?zdr=true", ["maker/both"]),
        ("?zdr=false", ["maker/own-word"]),
        ("?training=true&retention=false", []),
        ("?training=false&retention=false&zdr=true", ["maker/both"]),
        ("?provider=keeps", ["maker/learns", "maker/both", "maker/own-word"]),
        ("?provider=keeps&training=false", ["maker/own-word"]),
        ("?provider=nobody", []),
        ("?provider=dark", ["maker/dark"]),
    ],
)
def test_data_policies_count_when_known_and_at_one_endpoint(models, query, found):
    keeps = make_provider("keeps", trains=True, retains_prompts=True)
    clean = make_provider("clean", trains=False, retains_prompts=False)
    dark = make_provider("dark")
    make_endpoint(make_model("maker/learns"), keeps)
    both = make_model("maker/both")
    make_endpoint(both, keeps, retains_prompts=None, gone_at=None, trains=True, is_zdr=None)
    make_endpoint(both, clean, is_zdr=True)
    own = make_model("maker/own-word")
    make_endpoint(own, keeps, trains=False, retains_prompts=None, is_zdr=False)
    make_endpoint(make_model("maker/dark"), dark)
    away = make_model("maker/away")
    make_endpoint(away, clean, is_zdr=True, gone_at=GONE)
    make_endpoint(away, clean, is_zdr=True, is_disabled=True)
    make_model("maker/nobodys")

    assert sorted(listed(models, query)) == sorted(found)


@pytest.mark.parametrize(
    "query",
    [
        "colour=red", "tier=cheap", "tools=yes", "free=", "contextAtLeast=-1", "contextAtLeast=1.5",
        "contextAtLeast=99999999999", "contextAtLeast=", "ordering=name", "input=", "input=a,,b",
        "input=a%20b", "provider=", "author=a,b", "limit=0", "search=" + "x" * 201,
        "parameter=" + ",".join("abcdefghijklmnopqrstuvw"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_is_told(models, query):
    answer = models.get(f"{MODELS}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


@pytest.mark.parametrize("ordering", ["slug", "-slug", "price", "-price", "context", "-context"])
def test_pages_show_each_model_once_forwards_and_back(models, ordering):
    for number in range(7):
        make_model(f"maker/m-{number}", **priced(number % 3, 1), context_length=number % 2 or None)
    whole = listed(models, f"?ordering={ordering}")
    seen, url = [], f"{MODELS}?ordering={ordering}&limit=3"

    while url:
        page = models.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url, last = page["next"], page["previous"]
    back = models.get(last).json()

    assert seen == whole
    assert len(set(whole)) == 7
    assert [row["id"] for row in back["results"]] == whole[3:6]


def test_everybody_reads_the_same_and_strangers_nothing(models):
    make_model("maker/one")
    others = [client_for(make_workspace(), role) for role in (Role.VIEWER, Role.OWNER)]

    assert {tuple(listed(one)) for one in [models, *others]} == {("maker/one",)}
    stranger = ApiClient(workspace=models.workspace, token="cnv_wrong")
    for path in (MODELS, f"{MODELS}maker/one/", "/api/v1/providers/", "/api/v1/stacks/"):
        assert stranger.get(path).status_code == 401
        assert models.post(path).status_code == 405
    lonely = make_user()
    assert lonely.memberships.count() == 0


def test_the_number_of_statements_does_not_grow_with_the_rows(models):
    provider, counts = make_provider("one"), []
    listed(models)  # the token's first use is noted

    for total in (2, 20):
        for number in range(CatalogueEntry.objects.count(), total):
            make_endpoint(make_model(f"maker/m-{number}", **priced(1, 1)), provider, trains=False)
        with CaptureQueriesContext(connection) as queries:
            assert len(listed(models, "?training=false&tier=low&ordering=-price")) == total
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_model_shows_who_serves_it_what_else_it_is_called_and_what_changed(models):
    entry = make_model("maker/one:free", **priced(0, 0))
    clean = make_provider("clean", display_name="Clean Co", trains=False, retention_days=0)
    make_endpoint(
        entry, clean, key="b", name="Clean | one", tag="clean/fp8", retains_prompts=False,
        is_zdr=True, **priced(0.5, 2), pricing={"image_output": "0.1"},
    )  # fmt: skip
    make_endpoint(entry, None, key="a", gone_at=GONE)
    CatalogueAlias.objects.create(alias="maker/uno", slug=entry.pk, note="In Spanish.")
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded")
    for number, key in enumerate(["maker/one:free", "maker/one:free", "maker/two"]):
        CatalogueChange.objects.create(
            sync=sync, kind="model", key=key, field="prompt", before=str(number), after=None
        )

    answer = models.get(f"{MODELS}maker/one:free/")

    body = answer.json()
    assert body["id"] == "maker/one:free"
    assert body["tier"] == "free"
    assert body["resolvedFrom"] is None
    served, lost = body["endpoints"]
    assert served["provider"]["id"] == "clean"
    assert served["provider"]["displayName"] == "Clean Co"
    assert served["dataPolicy"] == {
        "trains": False, "retainsPrompts": False, "retentionDays": 0, "zdr": True,
    }  # fmt: skip
    assert served["pricing"]["promptUsdPerM"] == "0.5"
    assert served["pricing"]["imageOutput"] == "0.1"
    assert (lost["provider"], lost["goneAt"], lost["isGone"]) == (None, GONE, True)
    assert set(lost["dataPolicy"].values()) == {None}
    assert body["aliases"] == [{"alias": "maker/uno", "kind": "alias", "note": "In Spanish."}]
    assert [(row["field"], row["before"], row["after"]) for row in body["history"]] == [
        ("prompt", "1", None),
        ("prompt", "0", None),
    ]
    assert body["historyGoesOn"] is False


def test_a_long_history_says_that_it_goes_on(models):
    make_model("maker/one")
    sync = CatalogueSync.objects.create(source="openrouter", status="succeeded")
    CatalogueChange.objects.bulk_create(
        CatalogueChange(sync=sync, kind="model", key="maker/one", field="prompt")
        for _ in range(101)
    )

    body = models.get(f"{MODELS}maker/one/").json()

    assert (len(body["history"]), body["historyGoesOn"]) == (100, True)


def test_other_names_lead_to_the_model_and_say_so(models):
    make_model("maker/one", canonical_slug="maker/one-20260102")

    dated = models.get(f"{MODELS}maker/one-20260102/").json()
    fast = models.get(f"{MODELS}maker/one:nitro/").json()

    assert (dated["id"], fast["id"]) == ("maker/one", "maker/one")
    assert dated["resolvedFrom"] == {
        "name": "maker/one-20260102",
        "kind": "dated",
        "variant": None,
        "note": "maker/one-20260102 is the dated id of maker/one.",
    }
    assert fast["resolvedFrom"]["variant"] == "nitro"


def test_a_wrong_id_is_answered_with_the_right_one(models):
    make_model("maker/one")
    CatalogueAlias.objects.create(alias="maker/won", slug="maker/one", kind="mistake")

    wrong = models.get(f"{MODELS}maker/won/")
    near = models.get(f"{MODELS}maker/onee/")
    far = models.get(f"{MODELS}zzz/qqq/")

    assert [answer.status_code for answer in (wrong, near, far)] == [404, 404, 404]
    assert {answer.json()["code"] for answer in (wrong, near, far)} == {"wrong-model-id"}
    assert wrong.json()["detail"] == "maker/won is not a model id: the right one is maker/one."
    assert "Did you mean maker/one?" in near.json()["detail"]
    suggestions = [answer.json()["suggestion"] for answer in (wrong, near, far)]
    assert suggestions == ["maker/one", "maker/one", None]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("anthropic/claude-3.5-haiku-20241022", "anthropic/claude-haiku-4.5"),
        ("anthropic/claude-sonnet-4-20250514", "anthropic/claude-sonnet-4.5"),
    ],
)
def test_the_wrong_ids_of_the_notes_are_answered_with_the_right_ones(api, wrong, right):
    answer = api.get(f"{MODELS}{wrong}/")

    assert (answer.status_code, answer.json()["suggestion"]) == (404, right)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?free=true", ["openai/gpt-oss-20b:free", "x-ai/grok-4.1-fast"]),
        ("?tier=free", ["openai/gpt-oss-20b:free", "x-ai/grok-4.1-fast"]),
        ("?contextAtLeast=1048577", ["x-ai/grok-4.1-fast"]),
        ("?input=video", ["google/gemini-3-pro-preview"]),
        (
            "?output=image",
            [
                "black-forest-labs/flux-schnell",
                "black-forest-labs/flux.2-max",
                "google/gemini-3-pro-image-preview",
            ],
        ),
        ("?author=anthropic&tier=medium", ["anthropic/claude-haiku-4.5"]),
        ("?provider=chutes", ["moonshotai/kimi-k2-thinking"]),
        ("?tools=true&ordering=-price&limit=1", ["openai/gpt-5-pro"]),
    ],
)
def test_the_shipped_catalogue_is_found_by_what_it_can_and_costs(api, query, found):
    assert listed(api, query) == found


def test_who_has_a_model_already_gets_304_until_it_changes(models):
    entry = make_model("maker/one")
    path = f"{MODELS}maker/one/"
    mark = models.get(path).headers["ETag"]

    same = models.get(path, headers={"If-None-Match": mark})
    make_endpoint(entry, None)
    other = models.get(path, headers={"If-None-Match": mark})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", mark)
    assert (other.status_code, other.headers["ETag"] == mark) == (200, False)
    assert models.get(f"{path}?colour=red").status_code == 400


def test_a_page_takes_the_same_statements_for_any_number_of_endpoints(models):
    entry, counts = make_model("maker/one"), []
    listed(models)

    for total in (2, 20):
        for number in range(entry.endpoints.count(), total):
            make_endpoint(entry, make_provider(f"p-{number}"))
        with CaptureQueriesContext(connection) as queries:
            assert len(models.get(f"{MODELS}maker/one/").json()["endpoints"]) == total
        counts.append(len(queries))

    assert counts[0] == counts[1]

"""The list of providers and their data policies, over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import CatalogueProvider
from tests.ai.catalogue.rows import empty_catalogue, make_endpoint, make_model, make_provider

PROVIDERS = "/api/v1/providers/"
GONE = "2026-01-02T03:04:05Z"


@pytest.fixture
def providers(api):
    """A client, and providers of every kind of policy."""
    empty_catalogue()
    model, other = make_model("maker/one"), make_model("maker/two")
    clean = make_provider("clean", display_name="Clean Co", trains=False, retains_prompts=False)
    for entry in (model, other):
        make_endpoint(entry, clean, is_zdr=True)
        make_endpoint(entry, clean, is_zdr=True)
    keeps = make_provider("keeps", trains=True, retains_prompts=True, retention_days=30)
    make_endpoint(model, keeps, is_zdr=False)
    make_endpoint(model, keeps, is_zdr=True, gone_at=GONE)
    half = make_provider("half")
    make_endpoint(model, half, is_zdr=False)
    make_endpoint(other, half)
    make_endpoint(other, half, is_disabled=True, is_zdr=True)
    make_provider("late", gone_at=GONE)
    return api


def listed(client, query=""):
    answer = client.get(f"{PROVIDERS}{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["clean", "half", "keeps"]),
        ("?training=true", ["keeps"]),
        ("?training=false", ["clean"]),
        ("?retention=true", ["keeps"]),
        ("?retention=false", ["clean"]),
        ("?training=false&retention=true", []),
        ("?zdr=true", ["clean"]),
        ("?zdr=false", ["keeps"]),
        ("?gone=true", ["late"]),
        ("?search=CO", ["clean"]),
        ("?search=hal", ["half"]),
        ("?limit=1", ["clean"]),
    ],
)
def test_what_is_unknown_is_neither_yes_nor_no(providers, query, found):
    assert listed(providers, query) == found


def test_a_provider_says_everything_about_itself(providers):
    CatalogueProvider.objects.filter(slug="keeps").update(
        headquarters="US",
        requires_user_ids=True,
        notes=["A doubt."],
        privacy_url="https://a.example",
    )

    rows = {row["id"]: row for row in providers.get(PROVIDERS).json()["results"]}

    rows["keeps"].pop("modifiedAt")
    assert rows["keeps"] == {
        "id": "keeps",
        "name": "Keeps",
        "displayName": "Keeps",
        "headquarters": "US",
        "trains": True,
        "retainsPrompts": True,
        "retentionDays": 30,
        "requiresUserIds": True,
        "hasChatCompletions": None,
        "isAbortable": None,
        "moderationRequired": None,
        "byokEnabled": None,
        "privacyUrl": "https://a.example",
        "termsUrl": None,
        "dataPolicyUrl": None,
        "statusUrl": None,
        "isGone": False,
        "goneAt": None,
        "notes": ["A doubt."],
        "source": "shipped",
        "modelCount": 1,
        "zdrModelCount": 0,
    }
    assert rows["clean"]["displayName"] == "Clean Co"
    counts = {name: (row["modelCount"], row["zdrModelCount"]) for name, row in rows.items()}
    assert counts == {"clean": (2, 2), "half": (2, 0), "keeps": (1, 0)}


@pytest.mark.parametrize("query", ["training=maybe", "zdr=", "colour=red", "tools=true"])
def test_a_parameter_that_is_wrong_is_told(providers, query):
    answer = providers.get(f"{PROVIDERS}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


def test_the_number_of_statements_does_not_grow_with_the_rows(providers):
    listed(providers)  # the token's first use is noted
    counts = []

    for total in (3, 20):
        for number in range(CatalogueProvider.objects.filter(gone_at=None).count(), total):
            make_provider(f"p-{number:02}")
        with CaptureQueriesContext(connection) as queries:
            assert len(listed(providers)) == total
        counts.append(len(queries))

    assert counts[0] == counts[1]

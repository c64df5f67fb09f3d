"""The real client against the simulator: its figures are the shipped ones, and never more."""

import pytest

from ai.models import CatalogueEndpoint, CatalogueEntry, CatalogueProvider
from ai.simulator.background import serving

PRICES = ("prompt_nusd_per_m", "completion_nusd_per_m", "image_nusd_per_k",
          "image_output_nusd_per_k", "request_nusd_per_k", "pricing", "notes")  # fmt: skip


@pytest.fixture
def simulator(settings, db):
    """A simulator as upstream."""
    with serving() as url:
        settings.OPENROUTER_BASE_URL = url
        settings.OPENROUTER_API_KEY = "sk-or-v1-simulated"
        yield url


def figures():
    return {row["slug"]: row for row in CatalogueEntry.objects.values("slug", "gone_at", *PRICES)}


def test_the_simulator_is_not_believed(simulator, sync):
    before = figures()

    sync(failed=True)

    assert figures() == before
    assert not CatalogueProvider.objects.filter(slug="simulator").exists()


def test_when_asked_for_it_brings_its_endpoints_and_makes_nothing_free(simulator, sync):
    before = figures()

    text, row = sync("--simulated", "--endpoints", "all")

    assert figures() == before
    assert (row.source, row.problems) == ("simulator", [])
    assert text.splitlines()[0] == "providers: 1 new; endpoints: 39 new"
    llama = CatalogueEndpoint.objects.get(key="meta-llama/llama-3.1-70b-instruct@simulator")
    assert (llama.prompt_nusd_per_m, llama.is_free, llama.provider_id) == (None, None, "simulator")

"""The whole frozen set over real HTTP: every case can be asked, and simulated answers say so."""

import pytest

from ai.lab.frozen import frozen_set
from ai.models import LabResult, UpstreamCall
from ai.simulator.background import serving
from ai.simulator.settings import Settings
from scenes.models import ChangeSet
from tests.ai.lab.conftest import done, make_entry

SLUG = "openai/gpt-4o-mini"


@pytest.mark.parametrize("task", ["chat", "outline", "vision"])
def test_the_whole_frozen_set_is_asked_and_answered(api, models, settings, task):
    settings.OPENROUTER_API_KEY = "sk-or-v1-any"
    settings.BASELINE_MODEL = SLUG
    make_entry(SLUG)
    changes = ChangeSet.objects.count()
    with serving(Settings(first_token_s=0.0, tokens_per_second=1e6)) as url:
        settings.OPENROUTER_BASE_URL = url
        body = done(api, task=task, cases="all", models=[SLUG])

    (row,) = body["summary"]
    assert (row["cases"], row["answered"]) == (len(frozen_set(task).cases),) * 2
    assert row["simulated"] is True
    assert {result["error"] for result in body["results"] if result["isValid"]} == {""}
    for result in LabResult.objects.all():
        assert result.latency_s >= result.first_token_s > 0
        assert result.cost_nusd is not None
    assert UpstreamCall.objects.filter(ended_at=None).count() == 0
    assert ChangeSet.objects.count() == changes

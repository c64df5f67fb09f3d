"""Records of every shape with a few values replaced by hostile ones: no sync dies of any."""

import copy
import json
import random

import pytest

from ai.catalogue.sync import sync_files
from ai.models import CatalogueEntry
from tests.ai.catalogue.lists import endpoint, model, provider

ROUNDS = 40
BAD = [
    None, True, False, 0, -1, 5, 2**31, 2**63, 10**30, -(10**30), 1.5, 1e308, "", "x", "-1", "0",
    "1e999", "NaN", "\x00", "\ud800", "a/b", "~a/b", "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59", [], {}, [None], [[]], {"a": {}}, "x" * 400, ["x" * 400],
    {"\x00": "\ud800"}, "\uff12", "../..", "a@b/c:d#e",
]  # fmt: skip
SERVED = {
    "model_variant_slug": "web/model:free",
    "variant": "free",
    "provider_name": "Web",
    "provider_info": {
        "slug": "web",
        "name": "Web",
        "displayName": "Web",
        "dataPolicy": {"training": True, "retentionDays": 3, "paidModels": {"training": False}},
    },
    "pricing": {"prompt": "0", "completion": "0", "webSearch": "0.1"},
    "supported_parameters": ["tools"],
    "quantization": "fp8",
    "limit_rpm": 20,
    "is_free": True,
    "data_policy": {"training": False},
    "model": {"slug": "web/model", "permaslug": "web/model-1", "input_modalities": ["text"]},
}
RECORDS = [
    model(reasoning={"mandatory": True}, expiration_date="2026-12-31"),
    model("maker/two", alias_target={"slug": "maker/one"}),
    endpoint(),
    provider(),
    {
        "slug": "web/model",
        "permaslug": "web/model-1",
        "name": "Web",
        "author": "web",
        "context_length": 5,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "created_at": "2025-01-01T00:00:00Z",
        "reasoning_config": {"effort": "low"},
        "endpoint": SERVED,
    },
    SERVED,
    {"slug": "web", "name": "Web", "displayName": "Web", "dataPolicy": {"training": True}},
]


def places(value, path=()):
    """Every place inside a record."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inner:
        yield (*path, name)
        if isinstance(one, dict | list):
            yield from places(one, (*path, name))


def spoilt(record, chance):
    """A copy with one to three of its values replaced."""
    found = copy.deepcopy(record)
    for _ in range(chance.randint(1, 3)):
        *path, last = chance.choice(list(places(found)))
        inner = found
        for name in path:
            inner = inner[name]
        inner[last] = copy.deepcopy(chance.choice(BAD))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_spoilt_records_harm_nothing_but_themselves(db, tmp_path, seed):
    chance = random.Random(seed)  # noqa: S311 dice for a test
    path = tmp_path / "list.json"
    good = model("sound/one")
    path.write_text(json.dumps([good]))
    assert sync_files([path]).is_good
    kept = CatalogueEntry.objects.filter(slug="sound/one").values().get()

    for _ in range(ROUNDS):
        path.write_text(json.dumps([*(spoilt(one, chance) for one in RECORDS), good]))
        outcome = sync_files([path])

        assert outcome.is_good, outcome.sync.report

    assert CatalogueEntry.objects.filter(slug="sound/one").values().get() == kept
    assert not CatalogueEntry.objects.filter(context_length__lt=0).exists()
    assert not CatalogueEntry.objects.filter(prompt_nusd_per_m__lt=0).exists()

"""Wishes for providers: a closed shape; narrower scopes stand over wider ones, protection stays."""

from decimal import Decimal

import pytest

from ai.models import Configuration
from ai.routing import preferences
from ai.routing.preferences import Preferences
from ai.routing.scope import Scope, written
from canvas.core.errors import Invalid
from tests.ai.routing.conftest import stack_of


def merged(wide, narrow):
    return preferences.read(wide).under(preferences.read(narrow)).kept()


@pytest.mark.parametrize(
    ("wide", "narrow", "both"),
    [
        ({"order": ["a"], "sort": "price"}, {"order": ["b"]}, {"order": ["b"], "sort": "price"}),
        ({"data_collection": "deny"}, {"data_collection": "allow"}, {"data_collection": "deny"}),
        ({"data_collection": "allow"}, {"data_collection": "deny"}, {"data_collection": "deny"}),
        ({"zdr": True}, {"zdr": False}, {"zdr": True}),
        ({"zdr": False}, {}, {"zdr": False}),
        (
            {"max_price": {"prompt": "2", "image": "0.1"}},
            {"max_price": {"prompt": "3", "completion": "4"}},
            {"max_price": {"prompt": "2", "completion": "4", "image": "0.1"}},
        ),
        ({"allow_fallbacks": False}, {"allow_fallbacks": True}, {"allow_fallbacks": True}),
        ({}, {}, {}),
    ],
)
def test_scopes_are_merged_key_by_key_and_protection_is_never_loosened(wide, narrow, both):
    assert merged(wide, narrow) == both


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"speed": 1}, "/provider/speed"),
        ({"order": ["Not A Slug"]}, "/provider/order/0"),
        ({"order": "openai"}, "/provider/order"),
        ({"data_collection": "maybe"}, "/provider/dataCollection"),
        ({"max_price": {"prompt": 0.1}}, "/provider/maxPrice/prompt"),
        ({"max_price": {"prompt": "-1"}}, "/provider/maxPrice/prompt"),
        ({"max_price": {"prompt": "NaN"}}, "/provider/maxPrice/prompt"),
        ({"max_price": {"prompt": "1e99"}}, "/provider/maxPrice/prompt"),
        ({"max_price": {"audio": "1"}}, "/provider/maxPrice/audio"),
        ({"quantizations": ["int3"]}, "/provider/quantizations/0"),
        ({"sort": "vibes"}, "/provider/sort"),
        ({"only": ["a"] * 51}, "/provider/only"),
        ([], None),
        ("x", "/provider"),
    ],
)
def test_what_the_service_would_refuse_is_refused_here_with_its_place(value, pointer):
    if pointer is None:
        assert preferences.read(value) == Preferences()
        return
    with pytest.raises(Invalid) as refused:
        preferences.read(value)

    assert refused.value.code == "wrong-provider"
    assert refused.value.faults[0].pointer == pointer


def test_prices_keep_every_digit():
    found = preferences.read({"max_price": {"prompt": "0.123456789"}})

    assert found.max_price.prompt == Decimal("0.123456789")
    assert found.wire().max_price == {"prompt": "0.123456789"}
    assert Preferences().wire() is None


def test_plan_workspace_and_project_are_merged_at_the_call(project):
    stack_of(project.workspace, provider={"data_collection": "deny", "sort": "price"})
    Configuration.objects.create(workspace=project.workspace, provider={"sort": "latency"})
    Configuration.objects.create(
        workspace=project.workspace,
        project=project,
        provider={"data_collection": "allow", "only": ["acme"]},
    )
    scope = Scope(project.workspace, project.pk)

    found = written(scope.workspace, scope.project_id, "chat").provider()

    assert found.kept() == {"only": ["acme"], "data_collection": "deny", "sort": "latency"}

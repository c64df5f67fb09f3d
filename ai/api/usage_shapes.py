"""The ledger's sums on the wire. Shape only: what they mean stands in ai.usage."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ai.api.money import UsdField
from ai.api.serializers import NamedField
from ai.models import Task
from canvas.core.serializers import CamelSerializer


def _usd(help_text: str) -> UsdField:
    return UsdField(read_only=True, allow_null=True, help_text=help_text)


def _count(help_text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(read_only=True, help_text=help_text)


def _told(help_text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(read_only=True, allow_null=True, help_text=help_text)


def _number(help_text: str) -> serializers.FloatField:
    return serializers.FloatField(read_only=True, allow_null=True, help_text=help_text)


class _Keys(CamelSerializer[Any]):
    """What a row stands for: the members of the keys that `by` names, and no others."""

    day = serializers.CharField(required=False, help_text="YYYY-MM-DD, UTC.")
    model = NamedField(required=False, help_text="As asked for.")
    model_served = NamedField(required=False)
    provider = NamedField(required=False)
    task = NamedField(required=False)
    payer = serializers.CharField(required=False, help_text="operator, or own: your own key.")
    project_id = serializers.UUIDField(required=False, allow_null=True)
    project_title = serializers.CharField(required=False, allow_null=True)
    project_is_deleted = serializers.BooleanField(
        required=False, allow_null=True, help_text="In the bin; null: gone for good, or no project."
    )
    person_id = serializers.UUIDField(required=False, allow_null=True)
    person_name = serializers.CharField(required=False, allow_null=True)
    token_id = serializers.UUIDField(required=False, allow_null=True)
    token_name = serializers.CharField(required=False, allow_null=True)


class UsageSumsSerializer(CamelSerializer[Any]):
    """Sums of some calls. null: none of them told; never 0 for what is not known."""

    calls = _count("Attempts, whatever became of them.")
    failed = _count("Refused, broken off, unusable, or past a deadline.")
    stopped = _count("Ended by us: cancelled, shut down.")
    failure_rate = _number("failed of those that ended and were not stopped, 0..1.")
    unknown_calls = _count("Calls whose cost is not known (yet); not in `costUsd`.")
    prompt_tokens = _told("Cached ones included.")
    completion_tokens = _told("Reasoning ones included.")
    cached_tokens = _told()
    reasoning_tokens = _told()
    images = _count("Pictures seen or made.")
    cost_usd = _usd("What is known; null when no call has told.")
    own_key_usd = _usd("The part of it that your own key paid.")
    simulated_usd = _usd("The part of it that is simulated: nobody paid it.")
    held_usd = _usd("What the calls of unknown cost may still cost at most.")
    latency_p50_s = _number("Seconds, of calls that were answered.")
    latency_p95_s = _number("Seconds, of calls that were answered.")
    first_token_p50_s = _number("Seconds to the first piece of a streamed answer.")
    simulated = serializers.BooleanField(
        read_only=True, help_text="Some calls went to the simulator."
    )


class UsageRowSerializer(_Keys, UsageSumsSerializer):
    """One group."""

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out the keys that the row was not asked by: null means something else."""
        found = super().to_representation(instance)
        return {name: found[name] for name in found if self.fields[name].source in instance}


class UsagePageSerializer(CamelSerializer[Any]):
    """One page of groups, and the total of all groups of all pages."""

    results = UsageRowSerializer(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    previous = serializers.URLField(read_only=True, allow_null=True)
    total = UsageSumsSerializer(read_only=True)


class TaskCostsSerializer(CamelSerializer[Any]):
    """What each service cost."""

    chat = _usd("Director chat.")
    outline = _usd("Outlines.")
    vision = _usd("Picture analysis.")
    image = _usd("Pictures made.")
    other = _usd("Everything else.")


assert [*Task.values, "other"] == list(TaskCostsSerializer().fields)  # noqa: S101 one member a task


class ProjectUsageSerializer(CamelSerializer[Any]):
    """What one project has cost."""

    project_id = serializers.UUIDField(read_only=True)
    project_title = serializers.CharField(read_only=True)
    is_deleted = serializers.BooleanField(read_only=True)
    is_finished = serializers.BooleanField(
        read_only=True, help_text="Archived, or every one of its scenes is locked."
    )
    scenes = _count("Living ones.")
    locked_scenes = _count()
    calls = _count()
    unknown_calls = _count("Calls whose cost is not known (yet); not in `costUsd`.")
    tokens = _told("Prompt and completion.")
    images = _count()
    cost_usd = _usd("What is known; null when no call has told.")
    held_usd = _usd("What the calls of unknown cost may still cost at most.")
    cost_per_scene_usd = _usd("null without scenes, or while the cost is not known.")
    cost_by_task = TaskCostsSerializer(read_only=True)
    simulated = serializers.BooleanField(read_only=True)


class FinishedSerializer(CamelSerializer[Any]):
    """What finished projects have cost, all pages together."""

    projects = _count()
    calls = _count()
    unknown_calls = _count()
    cost_usd = _usd("What is known.")
    cost_per_project_usd = _usd("null without finished projects, or while a cost is not known.")


class ProjectUsagePageSerializer(CamelSerializer[Any]):
    """One page of projects, newest first."""

    results = ProjectUsageSerializer(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    previous = serializers.URLField(read_only=True, allow_null=True)
    finished = FinishedSerializer(read_only=True)


class WhatIfTaskSerializer(CamelSerializer[Any]):
    """One service's traffic at the prices of another model."""

    task = NamedField(read_only=True)
    model = serializers.CharField(
        read_only=True, allow_null=True, help_text="null: no other model; left as it was."
    )
    calls = _count("Calls whose bill is known.")
    prompt_tokens = _told()
    completion_tokens = _told()
    images = _count()
    actual_usd = _usd("What they cost.")
    what_if_usd = _usd("What they would have cost; null when `unpriced` says why.")
    unpriced = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="What is not known, in words."
    )


class WhatIfSerializer(CamelSerializer[Any]):
    """The same traffic on another stack."""

    tasks = WhatIfTaskSerializer(many=True, read_only=True)
    actual_usd = _usd("What all of it cost.")
    what_if_usd = _usd("What it would have cost; null while a part is not known.")
    difference_usd = _usd("whatIfUsd less actualUsd.")
    ratio = _number("whatIfUsd to actualUsd; null when either is not known, or nothing was paid.")
    left_out = _count("Calls without a known bill; in neither figure.")
    simulated = serializers.BooleanField(read_only=True)
    notes = serializers.ListField(child=serializers.CharField(), read_only=True)

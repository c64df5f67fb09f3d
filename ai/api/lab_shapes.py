"""Lab runs on the wire. Shape only: every rule lives in ai.services.lab."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai.api.money import UsdField
from ai.api.serializers import JobSerializer, ProblemField, TargetSerializer
from ai.lab.selectors import complete_costs
from ai.lab.summary import Row
from ai.lab.wordings import LONGEST_NAME, LONGEST_TEXT, MOST_WORDINGS
from ai.models import LabResult, LabRun, Task
from ai.services.lab import MOST_MODELS
from canvas.core.money import usd_text
from canvas.core.serializers import (
    CamelModelSerializer,
    CamelSerializer,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictUUIDField,
)

TASKS: Final = (Task.CHAT, Task.OUTLINE, Task.VISION)
ALL: Final = "all"
LONGEST_SLUG: Final = 200
LONGEST_CONTENT: Final = 100_000
LONGEST_SOURCE: Final = 400_000
MOST_KEYS: Final = 200
EXPECTATIONS: Final = {"type": "array", "items": {"type": "object"}, "maxItems": 30}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": [ALL]},
            {
                "type": "array",
                "items": {"type": "string", "maxLength": LONGEST_NAME},
                "minItems": 1,
                "maxItems": MOST_KEYS,
            },
        ]
    }
)
class CasesField(serializers.Field[Any, Any, Any, Any]):
    """Keys of the frozen set, or `all`."""

    default_error_messages = {"invalid": "Send “all” or a list of keys."}

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 any JSON value
        """Take the word, or a list of texts."""
        if data == ALL:
            return data
        is_list = isinstance(data, list) and 0 < len(data) <= MOST_KEYS
        if not is_list or not all(
            isinstance(key, str) and len(key) <= LONGEST_NAME for key in data
        ):
            self.fail("invalid")
        return list(dict.fromkeys(data))


@extend_schema_field(EXPECTATIONS)
class ExpectationsField(serializers.ListField):
    """Checks of the answers; see docs/lab.md. What each may say is checked by the service."""

    child = serializers.DictField()


class LabRequestSerializer(CamelSerializer[Any]):
    """One request of one's own: `content` for chat, `text` for outline, `assetId` for vision."""

    content = StrictCharField(required=False, max_length=LONGEST_CONTENT, trim_whitespace=False)
    text = StrictCharField(required=False, max_length=LONGEST_SOURCE, trim_whitespace=False)
    asset_id = StrictUUIDField(required=False)
    target = TargetSerializer(required=False, allow_null=True)
    expectations = ExpectationsField(required=False, max_length=30)

    def validate_target(self, target: dict[str, Any] | None) -> dict[str, Any] | None:
        """Give the target the names that prompts know."""
        names = {"runtime_seconds": "runtimeSeconds"}
        return target and {names.get(name, name): value for name, value in target.items()}


class NewWordingSerializer(CamelSerializer[Any]):
    """A prompt version; a text that is left out is the shipped one."""

    name = StrictCharField(max_length=LONGEST_NAME)
    system = StrictCharField(
        required=False, allow_blank=True, max_length=LONGEST_TEXT, trim_whitespace=False
    )
    user = StrictCharField(
        required=False, allow_blank=True, max_length=LONGEST_TEXT, trim_whitespace=False
    )


class NewLabRunSerializer(CamelSerializer[Any]):
    """What to compare: exactly one of `cases`, `request` and `jobId`."""

    task = StrictChoiceField(choices=TASKS)
    name = StrictCharField(required=False, allow_blank=True, max_length=200)
    cases = CasesField(required=False)
    request = LabRequestSerializer(required=False, allow_null=True)
    job_id = StrictUUIDField(required=False, allow_null=True)
    expectations = ExpectationsField(
        required=False, max_length=30, help_text="What is expected of the answers to `jobId`."
    )
    models = serializers.ListField(
        child=StrictCharField(max_length=LONGEST_SLUG), min_length=1, max_length=MOST_MODELS
    )
    wordings = NewWordingSerializer(  # type: ignore[call-arg] # `many` takes the length
        many=True, required=False, max_length=MOST_WORDINGS
    )
    baseline = StrictCharField(required=False, max_length=LONGEST_SLUG)
    project_id = StrictUUIDField(required=False, allow_null=True)


class PromotionSerializer(CamelSerializer[Any]):
    """Whom to give the model to: the workspace, or a plan."""

    scope = StrictChoiceField(choices=["workspace", "plan"], required=False)
    plan = StrictCharField(required=False, max_length=40)
    task = StrictChoiceField(choices=TASKS, required=False)
    model = StrictCharField(max_length=LONGEST_SLUG)
    force = StrictBooleanField(required=False, default=False)


# --- answers --------------------------------------------------------------------------------------


class SetSerializer(CamelSerializer[Any]):
    """Which frozen set the cases are of; runs of one digest can be compared."""

    version = serializers.IntegerField(read_only=True)
    digest = serializers.CharField(read_only=True)


class CaseSerializer(CamelSerializer[Any]):
    """One case of a run."""

    key = serializers.CharField(read_only=True)
    about = serializers.CharField(read_only=True)
    expectations = serializers.SerializerMethodField()

    def get_expectations(self, case: dict[str, Any]) -> int:
        """Count what is expected."""
        return len(case.get("expect") or ())


class WordingSerializer(CamelSerializer[Any]):
    """One prompt version that a run tries."""

    name = serializers.CharField(read_only=True)
    digest = serializers.CharField(read_only=True)
    system = serializers.CharField(read_only=True)
    user = serializers.CharField(read_only=True)


class LabProgressSerializer(CamelSerializer[Any]):
    """How many of a run's answers are there."""

    done = serializers.IntegerField(read_only=True)
    total = serializers.IntegerField(read_only=True)


class LabRunSerializer(CamelModelSerializer[LabRun]):
    """One run in a list, as `ai.lab.selectors` reads it."""

    project_id = serializers.UUIDField(read_only=True, allow_null=True)
    job_id = serializers.UUIDField(read_only=True, allow_null=True)
    status = serializers.SerializerMethodField(help_text="The job's; null when it is gone.")
    error = serializers.SerializerMethodField(help_text="Why it ended before its end.")
    models = serializers.ListField(source="model_slugs", read_only=True)
    case_count = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    frozen_set = serializers.SerializerMethodField()

    class Meta:
        model = LabRun
        fields = [
            "id", "name", "task", "status", "error", "job_id", "project_id", "models", "baseline",
            "frozen_set", "case_count", "progress", "promoted_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_status(self, run: LabRun) -> str | None:
        """Read the job's."""
        return run.job.status if run.job else None

    @extend_schema_field(ProblemField(allow_null=True))
    def get_error(self, run: LabRun) -> Any:  # noqa: ANN401 a problem document
        """Read the job's."""
        return run.job.error if run.job else None

    def get_case_count(self, run: LabRun) -> int:
        """Count the cases."""
        return len(run.cases["cases"])

    @extend_schema_field(LabProgressSerializer)
    def get_progress(self, run: LabRun) -> dict[str, int]:
        """Count results, and what they will be."""
        total = len(run.cases["cases"]) * len(run.model_slugs) * max(len(run.wordings), 1)
        return {"done": getattr(run, "result_count", 0), "total": total}

    @extend_schema_field(SetSerializer(allow_null=True))
    def get_frozen_set(self, run: LabRun) -> Any:  # noqa: ANN401 JSON
        """Name the set, if the cases are of one."""
        return run.cases["set"]


class RatiosSerializer(CamelSerializer[Any]):
    """The model's figures divided by the baseline's; null when one is not known."""

    validity = serializers.CharField(read_only=True, allow_null=True)
    score = serializers.CharField(read_only=True, allow_null=True)
    latency = serializers.CharField(read_only=True, allow_null=True)
    cost = serializers.CharField(read_only=True, allow_null=True)


class SummarySerializer(CamelSerializer[Row]):
    """One model with one wording over its cases."""

    model = serializers.CharField(read_only=True)
    wording = serializers.CharField(read_only=True, help_text="Blank: the shipped one.")
    prompt_digest = serializers.CharField(read_only=True)
    is_baseline = serializers.BooleanField(read_only=True)
    cases = serializers.IntegerField(read_only=True)
    answered = serializers.IntegerField(read_only=True)
    valid = serializers.IntegerField(read_only=True)
    repaired = serializers.IntegerField(read_only=True)
    tries = serializers.IntegerField(read_only=True)
    validity_rate = serializers.FloatField(read_only=True, allow_null=True)
    score = serializers.FloatField(read_only=True, allow_null=True)
    calls_right = serializers.IntegerField(read_only=True, allow_null=True)
    calls_expected = serializers.IntegerField(read_only=True, allow_null=True)
    p50_latency_s = serializers.FloatField(read_only=True, allow_null=True)
    p50_first_token_s = serializers.FloatField(read_only=True, allow_null=True)
    prompt_tokens = serializers.IntegerField(read_only=True, allow_null=True)
    completion_tokens = serializers.IntegerField(read_only=True, allow_null=True)
    cost_usd = UsdField(source="cost_nusd", read_only=True, allow_null=True)
    mean_cost_usd = serializers.SerializerMethodField()
    simulated = serializers.BooleanField(read_only=True)
    ratios = RatiosSerializer(read_only=True, allow_null=True)

    def get_mean_cost_usd(self, row: Row) -> str | None:
        """Write what one answer costs, to the nano-dollar."""
        return None if row.mean_cost_nusd is None else usd_text(round(row.mean_cost_nusd)) or "0"


class LabResultSerializer(CamelModelSerializer[LabResult]):
    """How one model did one case."""

    model = serializers.CharField(source="model_slug", read_only=True)
    call_id = serializers.UUIDField(read_only=True, allow_null=True)
    cost_usd = UsdField(
        source="cost_nusd", read_only=True, allow_null=True, help_text="Null while not known."
    )
    expectations = serializers.JSONField(read_only=True)
    repairs = serializers.JSONField(read_only=True)

    class Meta:
        model = LabResult
        fields = [
            "id", "case", "model", "wording", "prompt_digest", "is_valid", "repairs", "tries",
            "score", "expectations", "latency_s", "first_token_s", "prompt_tokens",
            "completion_tokens", "cost_usd", "call_id", "model_served", "simulated", "error",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class _AnswersSerializer(serializers.ListSerializer[Any]):
    """A page of answers, with the costs that came to be known after they were kept."""

    def to_representation(self, data: Any) -> list[Any]:  # noqa: ANN401 rows of a page
        """Complete the costs of the whole page at once."""
        rows = list(data)
        complete_costs(rows)
        return super().to_representation(rows)


class LabAnswerSerializer(LabResultSerializer):
    """The same, with the answer itself."""

    class Meta(LabResultSerializer.Meta):
        list_serializer_class = _AnswersSerializer
        fields = [*LabResultSerializer.Meta.fields, "answer"]
        read_only_fields = fields


class WholeLabRunSerializer(LabRunSerializer):
    """One run side by side: `summary` a model and wording, `results` a cell."""

    cases = CaseSerializer(source="listed_cases", many=True, read_only=True)
    wordings = WordingSerializer(many=True, read_only=True)
    summary = SummarySerializer(many=True, read_only=True)
    results = LabResultSerializer(source="listed_results", many=True, read_only=True)

    class Meta(LabRunSerializer.Meta):
        fields = [*LabRunSerializer.Meta.fields, "cases", "wordings", "summary", "results"]
        read_only_fields = fields


class SubmittedLabRunSerializer(CamelSerializer[Any]):
    """A run that was just asked for, and its job."""

    run = LabRunSerializer(read_only=True)
    job = JobSerializer(read_only=True)


class FrozenCasesSerializer(CamelSerializer[Any]):
    """The frozen set of one task."""

    task = serializers.CharField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    digest = serializers.CharField(read_only=True)
    cases = serializers.JSONField(read_only=True)


class FrozenSetsSerializer(CamelSerializer[Any]):
    """The frozen sets of all tasks."""

    sets = FrozenCasesSerializer(many=True, read_only=True)

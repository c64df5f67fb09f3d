"""AI work on the wire. Shape only: every rule lives in ai.services and ai.jobs."""

from typing import Any, Final, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai import route
from ai.api.money import UsdField
from ai.contracts.outline import TimeOfDay
from ai.models import ChatMessage, Job, Outline
from ai.route import OUTCOMES, Stop
from canvas.core.serializers import (
    CamelModelSerializer,
    CamelSerializer,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
    StrictFloatField,
    StrictIntegerField,
    StrictUUIDField,
    camel,
    writer,
)
from scenes.api.serializers import AssetSerializer

LONGEST_MESSAGE: Final = 100_000
LONGEST_SLUG: Final = 200
MOST_ATTACHMENTS: Final = 50
MOST_SCENES: Final = 500
LONGEST_RUNTIME_S: Final = 86_400
ATTACHABLE: Final = ("asset", "scene", "entry")
SOURCES: Final = ("chat", "text", "script")
AS_WRITTEN: Final = "as-written"
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


def asked_model(*, write_only: bool = False) -> StrictCharField:
    """Describe the model that a request may ask for before all others."""
    return StrictCharField(
        max_length=LONGEST_SLUG,
        required=False,
        allow_null=True,
        help_text="Tried first; the configured models follow if it fails.",
        write_only=write_only,
    )


@extend_schema_field(serializers.CharField(allow_null=True))
class NamedField(serializers.Field[str, Any, str | None, str]):
    """A text of which a blank means that it is not known: null on the wire."""

    def to_representation(self, value: str) -> str | None:
        """Write null for a blank."""
        return value or None


@extend_schema_field(PROBLEM)
class ProblemField(serializers.JSONField):
    """A problem document, or null."""


class ProgressSerializer(CamelSerializer[Job]):
    """How far a job is; `total` is null while nobody knows it."""

    done = serializers.IntegerField(source="progress_done", read_only=True)
    total = serializers.IntegerField(source="progress_total", read_only=True, allow_null=True)
    note = serializers.CharField(source="progress_note", read_only=True)


class TokensSerializer(CamelSerializer[Any]):
    """Tokens of a job's calls so far."""

    prompt = serializers.IntegerField(source="prompt_tokens", read_only=True)
    completion = serializers.IntegerField(source="completion_tokens", read_only=True)


class StopSerializer(CamelSerializer[Stop]):
    """One model on a job's way: why it was tried, and why it was left."""

    model = serializers.CharField(read_only=True)
    provider = NamedField(read_only=True)
    chosen_as = NamedField(
        read_only=True, help_text="request, project, workspace, plan, fallback 1, …"
    )
    outcome = serializers.ChoiceField(choices=OUTCOMES, read_only=True)
    reason = serializers.CharField(read_only=True)
    at = serializers.DateTimeField(read_only=True)
    cost_usd = UsdField(
        source="cost_nusd", read_only=True, allow_null=True, help_text="Null when not known."
    )
    call_id = serializers.UUIDField(read_only=True, allow_null=True)


class JobSerializer(CamelModelSerializer[Job]):
    """One job, as `ai.selectors` reads it."""

    project_id = serializers.UUIDField(read_only=True, allow_null=True)
    subject_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The message or picture that it is about."
    )
    progress = ProgressSerializer(source="*", read_only=True)
    retry_of = serializers.UUIDField(source="retry_of_id", read_only=True, allow_null=True)
    error = ProblemField(read_only=True, allow_null=True)
    result = serializers.JSONField(read_only=True, allow_null=True)
    cost_usd = UsdField(
        source="cost_nusd", read_only=True, allow_null=True, help_text="Null while not known."
    )
    tokens = TokensSerializer(source="*", read_only=True)
    model = serializers.CharField(
        source="model_served",
        read_only=True,
        allow_null=True,
        help_text="The model that served the last call.",
    )
    simulated = serializers.BooleanField(read_only=True)
    route = serializers.SerializerMethodField(help_text="Each model that was looked at, in time.")

    class Meta:
        model = Job
        fields = [
            "id", "kind", "status", "project_id", "subject_id", "progress", "attempts", "retry_of",
            "queued_at", "run_after", "started_at", "finished_at", "error", "result", "cost_usd",
            "tokens", "model", "simulated", "route", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(StopSerializer(many=True))
    def get_route(self, job: Job) -> list[dict[str, Any]]:
        """Write the stops of the job's route."""
        write = writer(StopSerializer)
        return [write(stop) for stop in route.of(job)]


class ToolCallSerializer(CamelSerializer[Any]):
    """One call of a tool by the director; `arguments` is the text as the model wrote it."""

    id = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    arguments = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True, allow_null=True)
    result = serializers.CharField(read_only=True, allow_null=True)
    callId = serializers.CharField(  # noqa: N815 as it is kept
        read_only=True, default="", help_text="As in the events of the feed."
    )
    changeId = serializers.UUIDField(read_only=True, allow_null=True)  # noqa: N815 as it is kept
    outlineId = serializers.UUIDField(read_only=True, allow_null=True)  # noqa: N815 as it is kept


class AttachmentSerializer(CamelSerializer[Any]):
    """Something of the project that a message points at."""

    type = StrictChoiceField(choices=ATTACHABLE)
    id = StrictUUIDField()


class MessageSerializer(CamelModelSerializer[ChatMessage]):
    """One message, as `ai.selectors` reads it."""

    project_id = serializers.UUIDField(read_only=True)
    tool_calls = ToolCallSerializer(many=True, read_only=True)
    attachments = AttachmentSerializer(many=True, read_only=True)
    linked_scene_id = serializers.UUIDField(read_only=True, allow_null=True)
    parent_id = serializers.UUIDField(read_only=True, allow_null=True)
    job_id = serializers.UUIDField(read_only=True, allow_null=True)
    model = NamedField(source="model_served", read_only=True)
    cost_usd = UsdField(
        source="cost_nusd", read_only=True, allow_null=True, help_text="Null when not known."
    )

    class Meta:
        model = ChatMessage
        fields = [
            "id", "project_id", "role", "status", "content", "tool_calls", "tool_call_id",
            "attachments", "linked_scene_id", "parent_id", "job_id", "model", "simulated",
            "cost_usd", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewMessageSerializer(CamelSerializer[Any]):
    """What a person says to the director."""

    content = StrictCharField(max_length=LONGEST_MESSAGE, trim_whitespace=False)
    attachments = AttachmentSerializer(  # type: ignore[call-arg] # `many` takes the length
        many=True, required=False, max_length=MOST_ATTACHMENTS
    )
    linked_scene_id = StrictUUIDField(required=False, allow_null=True)
    parent_id = StrictUUIDField(required=False, allow_null=True)
    model = asked_model()

    def validate_content(self, content: str) -> str:
        """Refuse what has no words; blanks around words are kept, they indent screenplays."""
        if not content.strip():
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        return content

    def validate_attachments(self, attachments: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Write the ids as they are kept in JSON."""
        return [{"type": one["type"], "id": str(one["id"])} for one in attachments]


class AnsweredSerializer(CamelSerializer[Any]):
    """A message that was posted, and the job of its answer."""

    message = MessageSerializer(read_only=True)
    job = JobSerializer(read_only=True)


class TargetSerializer(CamelSerializer[Any]):
    """What an outline should come out as."""

    scenes = StrictIntegerField(min_value=1, max_value=MOST_SCENES, required=False)
    runtime_seconds = StrictFloatField(min_value=1, max_value=LONGEST_RUNTIME_S, required=False)
    mode = StrictChoiceField(choices=[AS_WRITTEN], required=False)


class NewOutlineSerializer(CamelSerializer[Any]):
    """What to outline: the conversation, or a text."""

    source = StrictChoiceField(choices=SOURCES)  # type: ignore[assignment] # a member of the body
    text = StrictCharField(required=False, allow_blank=True, trim_whitespace=False)
    script_id = StrictUUIDField(required=False, allow_null=True)
    target = TargetSerializer(required=False, allow_null=True)
    model = asked_model()

    def validate_target(self, target: dict[str, Any] | None) -> dict[str, Any] | None:
        """Give the target the names it is kept and answered with."""
        return target and {camel(name): value for name, value in target.items()}


class OutlineBeatSerializer(CamelSerializer[Any]):
    """One beat of a proposed scene."""

    summary = serializers.CharField(read_only=True)
    duration_seconds = serializers.FloatField(source="duration_s", read_only=True, allow_null=True)


class OutlineSceneSerializer(CamelSerializer[Any]):
    """One proposed scene; `id` is what an accept may choose it by."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    summary = serializers.CharField(read_only=True)
    location = serializers.CharField(read_only=True)
    time_of_day = serializers.ChoiceField(choices=get_args(TimeOfDay), read_only=True)
    characters = serializers.ListField(child=serializers.CharField(), read_only=True)
    beats = OutlineBeatSerializer(many=True, read_only=True)
    duration_seconds = serializers.FloatField(source="duration_s", read_only=True, allow_null=True)
    purpose = serializers.CharField(read_only=True)


class OutlineEntrySerializer(CamelSerializer[Any]):
    """Someone or somewhere of a proposal."""

    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)


class AcceptedSerializer(CamelSerializer[Any]):
    """What was taken of a proposal: ids in it, and ids of the scenes that were made of them."""

    scenes = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    made = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    bible = serializers.BooleanField(read_only=True)
    title = serializers.BooleanField(read_only=True)


class OutlineSerializer(CamelModelSerializer[Outline]):
    """One proposal."""

    target = TargetSerializer(read_only=True)
    scenes = OutlineSceneSerializer(source="content.scenes", many=True, read_only=True)
    characters = OutlineEntrySerializer(source="content.characters", many=True, read_only=True)
    locations = OutlineEntrySerializer(source="content.locations", many=True, read_only=True)
    model = NamedField(source="model_served", read_only=True)
    job_id = serializers.UUIDField(read_only=True, allow_null=True)
    change_id = serializers.UUIDField(read_only=True, allow_null=True)
    accepted = AcceptedSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Outline
        fields = [
            "id", "number", "status", "source", "target", "title", "logline", "scenes",
            "characters", "locations", "model", "simulated", "job_id", "change_id", "accepted",
            "created_at", "decided_at",
        ]  # fmt: skip
        read_only_fields = fields


class AcceptSerializer(CamelSerializer[Any]):
    """How much of a proposal to take; without `scenes` it is all of them."""

    scenes = serializers.ListField(
        child=StrictUUIDField(), max_length=MOST_SCENES, required=False, allow_null=True
    )
    bible = StrictBooleanField(required=False)
    title = StrictBooleanField(required=False)

    def validate_scenes(self, scenes: list[Any] | None) -> list[str] | None:
        """Write the ids as they are kept in the proposal."""
        return None if scenes is None else [str(one) for one in scenes]


class UploadSerializer(AssetSerializer):
    """A picture to take in. Unless `analyze` is false, a job describes it."""

    file = serializers.FileField(write_only=True)
    analyze = StrictBooleanField(default=True, write_only=True)
    model = asked_model(write_only=True)

    class Meta(AssetSerializer.Meta):
        fields = ["file", "label", "category", "analyze", "model"]


class AnalyzeSerializer(CamelSerializer[Any]):
    """How to describe a picture."""

    model = asked_model()


class UploadedSerializer(CamelSerializer[Any]):
    """The stored picture and its analysis. A picture is kept even when no analysis can be paid."""

    asset = AssetSerializer(read_only=True)
    job = JobSerializer(read_only=True, allow_null=True)
    problem = ProblemField(
        read_only=True, allow_null=True, help_text="Why there is no job, if you asked for one."
    )

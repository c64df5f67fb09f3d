"""The film on the wire. Shape only: every rule lives in `scenes.services`."""

from typing import Any, ClassVar, Final

from django.core.validators import URLValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from canvas.core.serializers import (
    CamelModelSerializer,
    CamelSerializer,
    StrictCharField,
    StrictChoiceField,
    StrictFloatField,
    StrictUUIDField,
)
from scenes.api.shapes import (
    TEXT_CHARS,
    AestheticSerializer,
    FreeMapField,
    GlobalStyleSerializer,
    OriginSerializer,
    PromptSlotsField,
    StateSerializer,
    SwatchSerializer,
    texts,
)
from scenes.media import media_url
from scenes.models import (
    Beat,
    BibleEntry,
    Category,
    MediaStatus,
    Project,
    Scene,
    SceneMedia,
    SceneStatus,
    SceneTemplate,
    SceneVersion,
    Snapshot,
    VisualAsset,
)
from scenes.selectors import Bible
from scenes.services.bible import blank_aesthetic

STAMPS: Final = ["created_at", "modified_at", "version"]
DAY_S: Final = 86_400
URL_CHARS: Final = 4_000
_PARTS_OF_A_BIBLE: Final = {
    "characters": Category.CHARACTER,
    "locations": Category.LOCATION,
    "props": Category.PROP,
    "styles": Category.STYLE,
    "shot_refs": Category.SHOT_REF,
}


def _seconds(**options: Any) -> StrictFloatField:  # noqa: ANN401 a field's own
    return StrictFloatField(
        source="duration_s",
        min_value=0,
        max_value=DAY_S,
        required=False,
        allow_null=True,
        **options,
    )


class ProjectSerializer(CamelModelSerializer[Project]):
    """One project."""

    tags = texts(most=50, longest=80, required=False)
    global_style = GlobalStyleSerializer(required=False)
    scene_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Project
        fields = [
            "id", "title", "logline", "description", "tags", "aspect_ratio", "target_model",
            "global_style", "is_archived", "scene_count", "deleted_at", *STAMPS,
        ]  # fmt: skip
        read_only_fields = ["id", "deleted_at", *STAMPS]
        extra_kwargs: ClassVar[dict[str, Any]] = {"description": {"max_length": TEXT_CHARS}}


class SceneSerializer(CamelModelSerializer[Scene]):
    """One scene. A PATCH of `promptSlots` is a merge patch and compiles the prompt anew."""

    project_id = StrictUUIDField(read_only=True)
    template_id = StrictCharField(
        max_length=80,
        write_only=True,
        required=False,
        help_text="When adding: title, slots and model come from this template.",
    )
    prompt_slots = PromptSlotsField(required=False)
    cast = texts(required=False)
    duration_seconds = _seconds()
    source_span = serializers.JSONField(read_only=True, allow_null=True)
    origin = OriginSerializer(read_only=True)

    class Meta:
        model = Scene
        fields = [
            "id", "project_id", "order", "title", "notes", "status", "selected_model",
            "prompt_slots", "compiled_prompt", "cast", "location", "duration_seconds",
            "source_span", "origin", "template_id", *STAMPS,
        ]  # fmt: skip
        read_only_fields = ["id", "order", "compiled_prompt", *STAMPS]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "title": {"required": False},
            "notes": {"max_length": TEXT_CHARS, "trim_whitespace": False},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a title, unless a template brings one; templates start scenes only."""
        if not self.partial and not {"title", "template_id"} & attrs.keys():
            missing = ErrorDetail("This field is required.", code="required")
            raise serializers.ValidationError({"title": [missing]})
        if self.partial and "template_id" in attrs:
            late = ErrorDetail("Only a new scene takes a template.", code="unknown-field")
            raise serializers.ValidationError({"templateId": [late]})
        return attrs


class SceneStatusSerializer(CamelSerializer[Any]):
    """How settled a scene is to be."""

    status = StrictChoiceField(choices=SceneStatus.choices)


class MoveSerializer(CamelSerializer[Any]):
    """Behind which sibling to put a row; null puts it first."""

    after = StrictUUIDField(allow_null=True)


class BeatSerializer(CamelModelSerializer[Beat]):
    """One beat of a scene."""

    scene_id = StrictUUIDField(read_only=True)
    duration_seconds = _seconds()
    shot = FreeMapField(required=False, help_text="The camera set-up.")
    origin = OriginSerializer(read_only=True)

    class Meta:
        model = Beat
        fields = [
            "id", "scene_id", "order", "summary", "purpose", "duration_seconds", "shot", "origin",
            *STAMPS,
        ]  # fmt: skip
        read_only_fields = ["id", "order", *STAMPS]


class SnapshotSerializer(CamelModelSerializer[Snapshot]):
    """One frozen state of a scene; `prompt` and `promptSlots` are what it had then."""

    scene_id = StrictUUIDField(read_only=True)
    prompt_slots = PromptSlotsField(read_only=True)

    class Meta:
        model = Snapshot
        fields = [
            "id", "scene_id", "notes", "prompt", "prompt_slots", "thumbnail", "created_at",
            "version",
        ]  # fmt: skip
        read_only_fields = ["id", "prompt", "created_at", "version"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "notes": {"max_length": TEXT_CHARS},
            "thumbnail": {"max_length": URL_CHARS},
        }


class SceneVersionSerializer(CamelModelSerializer[SceneVersion]):
    """One iteration of a compiled prompt; the present prompt unless another is given."""

    scene_id = StrictUUIDField(read_only=True)
    metadata = FreeMapField(required=False, allow_null=True)

    class Meta:
        model = SceneVersion
        fields = [
            "id", "scene_id", "number", "prompt", "thumbnail", "notes", "metadata", "created_at",
            "version",
        ]  # fmt: skip
        read_only_fields = ["id", "number", "created_at", "version"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "prompt": {"max_length": TEXT_CHARS, "trim_whitespace": False},
            "notes": {"max_length": TEXT_CHARS},
            "thumbnail": {"max_length": URL_CHARS},
        }


class SceneMediaSerializer(CamelModelSerializer[SceneMedia]):
    """One medium of a scene: give either the address of a file or one of the project's assets."""

    scene_id = StrictUUIDField(read_only=True)
    asset_id = StrictUUIDField(required=False, allow_null=True)
    url = StrictCharField(
        max_length=URL_CHARS, required=False, validators=[URLValidator(["http", "https"])]
    )
    status = StrictChoiceField(choices=MediaStatus.choices, required=False)
    metadata = FreeMapField(required=False, allow_null=True)

    class Meta:
        model = SceneMedia
        fields = [
            "id", "scene_id", "order", "asset_id", "url", "status", "metadata", "created_at",
            "version",
        ]  # fmt: skip
        read_only_fields = ["id", "order", "created_at", "version"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        if bool(attrs.get("url")) == bool(attrs.get("asset_id")):
            wrong = ErrorDetail("Give either url or assetId.", code="one-of")
            raise serializers.ValidationError([wrong])
        return attrs

    def to_representation(self, instance: SceneMedia) -> dict[str, Any]:
        """Show where the file is."""
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.asset is not None:
            shown["url"] = address_of(self, instance.asset)
        return shown


class AssetSerializer(CamelModelSerializer[VisualAsset]):
    """One picture. `palette` is measured, most frequent colour first; addresses are signed."""

    project_id = StrictUUIDField(read_only=True)
    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    palette = serializers.SerializerMethodField()
    palette_shares = SwatchSerializer(source="palette", many=True, read_only=True)
    tags = texts(most=50, required=False)
    duplicate_of = StrictUUIDField(source="duplicate_of_id", read_only=True, allow_null=True)
    origin = OriginSerializer(read_only=True)

    class Meta:
        model = VisualAsset
        fields = [
            "id", "project_id", "url", "thumbnail_url", "width", "height", "content_type",
            "size_bytes", "sha256", "palette", "palette_shares", "label", "description", "tags",
            "mood", "category", "duplicate_of", "file_name", "analyzed_at", "origin", *STAMPS,
        ]  # fmt: skip
        read_only_fields = [
            "id", "width", "height", "content_type", "size_bytes", "sha256", "file_name",
            "analyzed_at", *STAMPS,
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {"description": {"max_length": TEXT_CHARS}}

    def get_url(self, asset: VisualAsset) -> str:
        """Give the address of the picture."""
        return address_of(self, asset)

    def get_thumbnail_url(self, asset: VisualAsset) -> str | None:
        """Give the address of the small picture; None for pictures that are stored elsewhere."""
        return _absolute(self, asset.thumbnail.name) if asset.thumbnail else None

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_palette(self, asset: VisualAsset) -> list[str]:
        """Give the colours as hex texts."""
        return [swatch["hex"] for swatch in asset.palette]


class AssetIdsField(serializers.ListField):
    """The ids of linked pictures."""

    child = StrictUUIDField()

    def to_representation(self, data: Any) -> list[str]:  # noqa: ANN401 Django's related manager
        """Show the linked pictures as their ids."""
        return [str(asset.pk) for asset in data.all()]


class BibleEntrySerializer(CamelModelSerializer[BibleEntry]):
    """One entry of the visual bible; `assets` are ids of the project's pictures."""

    project_id = StrictUUIDField(read_only=True)
    aliases = texts(most=50, required=False)
    tags = texts(most=50, required=False)
    states = serializers.ListField(child=StateSerializer(), max_length=50, required=False)
    assets = AssetIdsField(max_length=200, required=False)
    origin = OriginSerializer(read_only=True)

    class Meta:
        model = BibleEntry
        fields = [
            "id", "project_id", "category", "name", "aliases", "description", "tags", "states",
            "assets", "origin", *STAMPS,
        ]  # fmt: skip
        read_only_fields = ["id", *STAMPS]
        extra_kwargs: ClassVar[dict[str, Any]] = {"description": {"max_length": TEXT_CHARS}}


class BiblePatchSerializer(CamelSerializer[Any]):
    """What of a bible is patched as a whole; entries have addresses of their own."""

    aesthetic = AestheticSerializer(required=False)


class BibleSerializer(CamelSerializer[Bible]):
    """The whole bible of a project."""

    characters = BibleEntrySerializer(many=True, read_only=True)
    locations = BibleEntrySerializer(many=True, read_only=True)
    props = BibleEntrySerializer(many=True, read_only=True)
    styles = BibleEntrySerializer(many=True, read_only=True)
    shot_refs = BibleEntrySerializer(many=True, read_only=True)
    aesthetic = AestheticSerializer(read_only=True)
    visual_assets = AssetSerializer(many=True, read_only=True)

    def to_representation(self, instance: Bible) -> dict[str, Any]:
        """Sort the entries by category."""
        entries = list(instance.entries)
        parts = {
            name: [entry for entry in entries if entry.category == category]
            for name, category in _PARTS_OF_A_BIBLE.items()
        }
        aesthetic = blank_aesthetic() | instance.project.aesthetic
        assets = list(instance.assets)
        shown: dict[str, Any] = super().to_representation(
            {**parts, "aesthetic": aesthetic, "visual_assets": assets}  # type: ignore[arg-type] # read by key
        )
        return shown


class SceneTemplateSerializer(CamelModelSerializer[SceneTemplate]):
    """One scene template."""

    id = serializers.CharField(source="key", read_only=True)
    default_prompt_slots = PromptSlotsField(read_only=True)
    recommended_models = texts(read_only=True)
    tags = texts(read_only=True)

    class Meta:
        model = SceneTemplate
        fields = [
            "id", "name", "category", "description", "thumbnail", "default_prompt_slots",
            "recommended_models", "tags", "difficulty", "is_pro",
        ]  # fmt: skip
        read_only_fields = ["name", "category", "description", "thumbnail", "difficulty", "is_pro"]


def address_of(serializer: serializers.BaseSerializer[Any], asset: VisualAsset) -> str:
    """Give the signed address of a picture, or the one that a document of the web app named."""
    return _absolute(serializer, asset.picture.name) if asset.picture else asset.external_url


def _absolute(serializer: serializers.BaseSerializer[Any], path: str | None) -> str:
    request = serializer.context.get("request")
    address = media_url(path or "")
    return address if request is None else str(request.build_absolute_uri(address))

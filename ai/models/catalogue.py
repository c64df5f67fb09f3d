"""OpenRouter's models, providers and endpoints as we know them.

Prices are nano-dollars per million tokens or per thousand pieces, for sums and filters; `pricing`
keeps each price as the exact decimal text that was read. None is unknown, 0 is free.
`abilities` is a line for filters: ` in:text in:image out:text can:tools … `, blank at both ends.
"""

from django.db import models
from django.db.models import Q

from canvas.core.rows import uuid7


class Source(models.TextChoices):
    """Where figures come from."""

    SHIPPED = "shipped", "Shipped with this service"
    OPENROUTER = "openrouter", "Read from OpenRouter"
    SIMULATOR = "simulator", "Read from the simulator"


class Priced(models.Model):
    """What is offered at a price."""

    context_length = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    prompt_nusd_per_m = models.PositiveBigIntegerField(null=True, blank=True)
    completion_nusd_per_m = models.PositiveBigIntegerField(null=True, blank=True)
    image_nusd_per_k = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="A thousand pictures seen."
    )
    request_nusd_per_k = models.PositiveBigIntegerField(null=True, blank=True)
    pricing = models.JSONField(default=dict, help_text="Exact dollars a unit, as read.")
    abilities = models.TextField(default=" ", help_text="Modalities and parameters, for filters.")
    notes = models.JSONField(default=list, blank=True, help_text="Doubts and remarks, in words.")
    source = models.CharField(max_length=16, choices=Source, default=Source.SHIPPED)
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is not listed any more."
    )
    wire = models.JSONField(default=dict, help_text="The record as it was read.")
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class CatalogueEntry(Priced):
    """One model slug. A model that is gone stays: jobs, stacks and the ledger name it."""

    slug = models.CharField(primary_key=True, max_length=200)
    canonical_slug = models.CharField(max_length=200, blank=True, db_index=True)
    name = models.CharField(max_length=200)
    author = models.CharField(max_length=120, blank=True, db_index=True)
    description = models.TextField(blank=True)
    image_output_nusd_per_k = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="A thousand pictures made, at the smallest size."
    )
    input_modalities = models.JSONField(default=list)
    output_modalities = models.JSONField(default=list)
    supported_parameters = models.JSONField(default=list)
    reasoning = models.JSONField(default=dict, blank=True, help_text="How it can think, as read.")
    listed_at = models.DateTimeField(null=True, blank=True, help_text="Published by OpenRouter.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Announced end.")

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "catalogue entries"

    def __str__(self) -> str:
        return self.slug


class CatalogueProvider(models.Model):
    """A company that serves models, and what it does with what it is sent. None is unknown."""

    slug = models.CharField(primary_key=True, max_length=120)
    name = models.CharField(max_length=120, db_index=True, help_text="As replies name it.")
    display_name = models.CharField(max_length=120, blank=True)
    headquarters = models.CharField(max_length=8, blank=True)
    trains = models.BooleanField(null=True, help_text="Trains on prompts of paid models.")
    retains_prompts = models.BooleanField(null=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    requires_user_ids = models.BooleanField(null=True)
    has_chat_completions = models.BooleanField(null=True)
    is_abortable = models.BooleanField(null=True, help_text="Stopping a call stops its bill.")
    moderation_required = models.BooleanField(null=True)
    byok_enabled = models.BooleanField(null=True)
    privacy_url = models.TextField(blank=True)
    terms_url = models.TextField(blank=True)
    data_policy_url = models.TextField(blank=True)
    status_url = models.TextField(blank=True)
    notes = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=16, choices=Source, default=Source.SHIPPED)
    gone_at = models.DateTimeField(null=True, blank=True)
    wire = models.JSONField(default=dict)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.display_name or self.name


class CatalogueEndpoint(Priced):
    """One model at one provider. `key` tells it from the others of the same model."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(CatalogueEntry, on_delete=models.CASCADE, related_name="endpoints")
    provider = models.ForeignKey(
        CatalogueProvider, on_delete=models.SET_NULL, null=True, related_name="endpoints"
    )
    key = models.CharField(max_length=300, unique=True)
    name = models.CharField(max_length=300, blank=True)
    tag = models.CharField(max_length=120, blank=True, help_text="As `provider.order` names it.")
    quantization = models.CharField(max_length=16, blank=True)
    max_prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    max_prompt_images = models.PositiveIntegerField(null=True, blank=True)
    trains = models.BooleanField(null=True)
    retains_prompts = models.BooleanField(null=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    is_zdr = models.BooleanField(null=True, help_text="Zero data retention.")
    is_free = models.BooleanField(null=True)
    is_disabled = models.BooleanField(null=True)
    limit_rpm = models.PositiveIntegerField(null=True, blank=True)
    limit_rpd = models.PositiveIntegerField(null=True, blank=True)
    uptime_ratio = models.FloatField(null=True, blank=True, help_text="Of the last 30 minutes.")

    class Meta:
        ordering = ["entry", "key"]

    def __str__(self) -> str:
        return self.name or self.key


class AliasKind(models.TextChoices):
    """Why another name leads to a model."""

    DATED = "dated", "Dated id"
    ALIAS = "alias", "Alias"
    MISTAKE = "mistake", "Common wrong id"


class CatalogueAlias(models.Model):
    """Another name of a model. A mistake is answered with the right id; the others resolve."""

    alias = models.CharField(primary_key=True, max_length=200)
    slug = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=AliasKind, default=AliasKind.ALIAS)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["alias"]
        verbose_name_plural = "catalogue aliases"

    def __str__(self) -> str:
        return f"{self.alias} → {self.slug}"


class PriceTier(models.Model):
    """A word for what a model costs: by the mix of three tokens read to one written.

    A model belongs to the first tier whose `most_nusd_per_m` it does not pass; None has no end.
    """

    key = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    most_nusd_per_m = models.PositiveBigIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["order", "key"]

    def __str__(self) -> str:
        return self.name


class SyncStatus(models.TextChoices):
    """How a sync ended."""

    SUCCEEDED = "succeeded", "Succeeded"
    PARTIAL = "partial", "Partial: some records could not be read and were left as they were"
    FAILED = "failed", "Failed: nothing was changed"


class CatalogueSync(models.Model):
    """One reading of OpenRouter's lists, with a report for people."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=16, choices=Source)
    status = models.CharField(max_length=16, choices=SyncStatus)
    counts = models.JSONField(default=dict, help_text="new, changed, repriced, gone, back, refused")
    report = models.TextField(blank=True)
    problems = models.JSONField(default=list, help_text="What could not be read, and why.")
    seconds = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.status}"


class CatalogueChange(models.Model):
    """One value that a sync changed: the history of prices and abilities."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sync = models.ForeignKey(CatalogueSync, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(
        max_length=16, choices={name: name for name in ("model", "provider", "endpoint")}
    )
    key = models.CharField(max_length=300)
    field = models.CharField(max_length=80)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["kind", "key", "-created_at"], name="change_of_key")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["model", "provider", "endpoint"]), name="change_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.field}"

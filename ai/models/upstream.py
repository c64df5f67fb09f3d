"""The ledger: one row per attempt at OpenRouter, counters that equal its sums, and their checks."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import uuid7
from canvas.workspaces.models import Workspace


class CallStatus(models.TextChoices):
    """How far a call is, and whether its cost is known."""

    RESERVED = "reserved", "Reserved: money is held, nothing was sent"
    SENT = "sent", "Sent: an answer is awaited"
    SETTLED = "settled", "Settled: the cost is known"
    FAILED = "failed", "Failed: nothing is charged"
    UNKNOWN = "unknown", "Unknown: it may have cost something; the hold stays until looked up"


class Payer(models.TextChoices):
    """Whose key pays: two ledgers that never mix."""

    OPERATOR = "operator", "The operator's key"
    OWN = "own", "The workspace's own key"


class UpstreamCall(models.Model):
    """One attempt at OpenRouter. Money is in nano-dollars; None means unknown, never zero.

    `hold_nusd` is what is reserved for it now: the worst case until it ends, 0 once settled or
    failed. Prompt tokens include the cached ones, completion tokens the reasoning ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="calls")
    project = models.ForeignKey(
        "scenes.Project", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    job = models.ForeignKey(
        "ai.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    message_id = models.UUIDField(null=True, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    token_id = models.UUIDField(null=True, blank=True)
    payer = models.CharField(max_length=8, choices=Payer, default=Payer.OPERATOR)
    request_id = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="The job's attempt.")
    fence = models.UUIDField(null=True, blank=True)

    task = models.CharField(max_length=16, blank=True, help_text="chat, outline, vision, …")
    recipe = models.CharField(max_length=40)
    prompt_digest = models.CharField(max_length=12, blank=True)
    status = models.CharField(max_length=16, choices=CallStatus, default=CallStatus.RESERVED)
    day = models.CharField(
        max_length=10, help_text="YYYY-MM-DD, UTC, of the budgets it counts against."
    )
    hold_nusd = models.PositiveBigIntegerField(default=0)
    hold_tokens = models.PositiveBigIntegerField(default=0)
    cost_nusd = models.PositiveBigIntegerField(null=True, blank=True)

    model_slug = models.CharField(max_length=200, help_text="As asked for.")
    chosen_as = models.CharField(
        max_length=40, blank=True, help_text="Who chose it: request, project, plan, fallback 1, …"
    )
    model_served = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=120, blank=True)
    generation_id = models.CharField(max_length=120, blank=True)
    streamed = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    finish_reason = models.CharField(max_length=40, blank=True)

    prompt_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    reasoning_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    image_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    images = models.PositiveIntegerField(default=0, help_text="Pictures seen or made.")

    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    latency_s = models.FloatField(null=True, blank=True)
    first_token_s = models.FloatField(null=True, blank=True)

    error_code = models.CharField(max_length=80, blank=True)
    error_detail = models.TextField(blank=True)
    raw_text = models.TextField(blank=True, help_text="The raw answer, kept for 30 days.")
    verdict = models.TextField(
        blank=True, help_text="Why the answer was not used; blank if it was."
    )
    look_up_at = models.DateTimeField(
        null=True, blank=True, help_text="When to ask for the bill again."
    )
    look_ups = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["workspace", "created_at"], name="call_of_workspace"),
            models.Index(fields=["workspace", "day"], name="call_of_day"),
            models.Index(fields=["project", "task", "-created_at"], name="call_of_project"),
            models.Index(fields=["generation_id"], name="call_generation"),
            models.Index(
                fields=["look_up_at"], condition=Q(look_up_at__isnull=False), name="call_look_up"
            ),
            models.Index(fields=["job"], condition=Q(ended_at__isnull=True), name="call_open"),
            models.Index(fields=["ended_at"], condition=~Q(raw_text=""), name="call_raw_text_kept"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CallStatus.values), name="call_status"),
            models.CheckConstraint(
                condition=~Q(status="settled") | Q(cost_nusd__isnull=False),
                name="call_settled_has_cost",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["settled", "failed"]) | Q(hold_nusd=0),
                name="call_ended_holds_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipe} on {self.model_slug}"


class Budget(models.Model):
    """Counters of one purse: a workspace's month, its day, or a project from first to last.

    `scope_id` is the workspace's id, or the project's; `period` is YYYY-MM, YYYY-MM-DD or `all`.
    `spent + hold <= limit` is kept by one conditional UPDATE; the sums equal the ledger's rows.
    A project's limit stands here; those of workspaces follow from workspace and plan.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="budgets")
    project = models.ForeignKey(
        "scenes.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    scope_id = models.UUIDField()
    period = models.CharField(max_length=10)
    payer = models.CharField(max_length=8, choices=Payer, default=Payer.OPERATOR)
    limit_nusd = models.PositiveBigIntegerField(null=True, blank=True)
    spent_nusd = models.PositiveBigIntegerField(default=0)
    hold_nusd = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    hold_tokens = models.PositiveBigIntegerField(default=0)
    images = models.PositiveBigIntegerField(default=0)
    warned_at = models.DateTimeField(
        null=True, blank=True, help_text="When four fifths of a limit were passed."
    )

    class Meta:
        ordering = ["-period"]
        indexes = [models.Index(fields=["workspace", "-period"], name="budget_of_workspace")]
        constraints = [
            models.UniqueConstraint(fields=["scope_id", "period", "payer"], name="budget_once")
        ]

    def __str__(self) -> str:
        return f"{self.project or self.workspace} {self.period}"


class CheckKind(models.TextChoices):
    """What the ledger was held against."""

    COUNTERS = "counters", "Our counters against our rows"
    KEY = "key", "What the key has used"
    CREDITS = "credits", "What the account has used"
    ACTIVITY = "activity", "The account's activity by day and model"


class LedgerCheck(models.Model):
    """One comparison of the ledger with another book. `is_ok` is None when there was nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=CheckKind)
    account = models.CharField(max_length=40, blank=True)
    day = models.CharField(max_length=10, blank=True)
    is_ok = models.BooleanField(null=True)
    ours_nusd = models.BigIntegerField(null=True, blank=True)
    theirs_nusd = models.BigIntegerField(null=True, blank=True)
    detail = models.JSONField(default=list, help_text="Each difference, in words.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"

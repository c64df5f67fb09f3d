"""The tenant's tables: people, plans, workspaces, memberships, tokens, idempotency records."""

from typing import Final

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from canvas.core.rows import Row, uuid7

IDEMPOTENCY_HOURS: Final = 24


class User(AbstractUser):
    """A person who logs in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)


class Plan(models.Model):
    """What a workspace may use. Editable data: no figure of it stands in code.

    A limit of None means that there is none.
    """

    key = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False, help_text="New workspaces get this plan.")
    max_projects = models.PositiveIntegerField(null=True, blank=True)
    max_scenes_per_project = models.PositiveIntegerField(null=True, blank=True)
    tokens_a_month = models.PositiveBigIntegerField(null=True, blank=True)
    images_a_month = models.PositiveIntegerField(
        null=True, blank=True, help_text="Images seen or made."
    )
    budget_nusd_a_month = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="In nano-dollars: 1 USD is 1,000,000,000."
    )
    budget_nusd_a_day = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The most on one day (UTC), in nano-dollars."
    )
    watermark = models.BooleanField(default=False, help_text="Exports carry a watermark line.")

    class Meta:
        ordering = ["order", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="plan_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SecondMessage(models.TextChoices):
    """What happens to a message that arrives while the director is answering."""

    REFUSE = "refuse", "Refuse with 409"
    QUEUE = "queue", "Queue"


class Workspace(Row):
    """The tenant: everything below belongs to exactly one."""

    name = models.CharField(max_length=120)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="workspaces")
    budget_nusd_a_month = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Stands over the plan's budget when set. Nano-dollars."
    )
    budget_nusd_a_day = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Stands over the plan's day when set. Nano-dollars."
    )
    second_message = models.CharField(
        max_length=16, choices=SecondMessage, default=SecondMessage.REFUSE
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def budget_nusd(self) -> int | None:
        """The month's budget in nano-dollars; None means no limit."""
        own = self.budget_nusd_a_month
        return self.plan.budget_nusd_a_month if own is None else own

    @property
    def day_budget_nusd(self) -> int | None:
        """The most that one day (UTC) may cost, in nano-dollars; None means no limit."""
        own = self.budget_nusd_a_day
        return self.plan.budget_nusd_a_day if own is None else own


class Role(models.TextChoices):
    """What a member may do; each role includes those before it."""

    VIEWER = "viewer", "Viewer: reads"
    COMMENTER = "commenter", "Commenter: reads and talks"
    EDITOR = "editor", "Editor: writes"
    OWNER = "owner", "Owner: manages people, keys and plan"


class Membership(Row):
    """One person in one workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.EDITOR)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"


class Scope(models.TextChoices):
    """What a token may do; `write` includes `read`, `admin` includes both."""

    READ = "read", "Read"
    WRITE = "write", "Write"
    ADMIN = "admin", "Admin"


class ApiToken(Row):
    """A workspace's key for programs. Only the SHA-256 digest of its text is kept."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tokens")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=120)
    hint = models.CharField(max_length=12, help_text="The first characters, to tell tokens apart.")
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.WRITE)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="token_scope")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class IdempotencyRecord(models.Model):
    """The first answer to a request that carried an Idempotency-Key; kept 24 hours.

    While `status_code` is None the first request is still running.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.CharField(
        max_length=64, help_text="SHA-256 of method, path and body; files count by their hash."
    )
    status_code = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="idempotency_key_once"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="idempotency_lives"
            ),
        ]

    def __str__(self) -> str:
        return self.key

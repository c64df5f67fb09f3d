"""A workspace's own OpenRouter key."""

from django.db import models
from django.db.models import Q

from canvas.core.rows import Row
from canvas.workspaces.models import User, Workspace


class OwnKey(Row):
    """A key that a workspace brought along: encrypted, never shown again, its own ledger.

    Calls with it count against `budget_nusd_a_month` here and not against the plan.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="own_keys")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    hint = models.CharField(max_length=20, help_text="Its last characters, to tell keys apart.")
    secret = models.TextField(help_text="Encrypted.")
    budget_nusd_a_month = models.PositiveBigIntegerField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(revoked_at=None), name="own_key_one_in_use"
            )
        ]

    def __str__(self) -> str:
        return f"…{self.hint}"

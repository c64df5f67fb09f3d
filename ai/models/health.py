"""How models and keys have answered lately, shared by all workers."""

from django.db import models


class ModelHealth(models.Model):
    """A model, or a model at one provider, that fails. Those that answer have no row.

    A blank `provider` is the model itself, wherever it is served. `failures` counts the rests in a
    row, or the outages before the first. Until `closed_until` nobody asks it; then one call at a
    time tries. The time is the database's.
    """

    slug = models.CharField(max_length=200)
    provider = models.CharField(max_length=120, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["slug", "provider"]
        verbose_name_plural = "model health"
        constraints = [
            models.UniqueConstraint(fields=["slug", "provider"], name="health_once"),
        ]

    def __str__(self) -> str:
        return f"{self.slug} at {self.provider}" if self.provider else self.slug


class RateWindow(models.Model):
    """How many calls one account has made in one window of time, such as free ones in a minute."""

    key = models.CharField(primary_key=True, max_length=120, help_text="account:what:window")
    used = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class AccountState(models.Model):
    """What OpenRouter last said of a key. `account` is `operator`, or a workspace's id."""

    account = models.CharField(primary_key=True, max_length=40)
    label = models.CharField(max_length=120, blank=True)
    is_free_tier = models.BooleanField(null=True)
    limit_left_nusd = models.BigIntegerField(null=True, blank=True)
    free_a_day = models.PositiveIntegerField(null=True, blank=True)
    refused_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when the key is refused; none while it works."
    )
    reason = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["account"]

    def __str__(self) -> str:
        return self.account

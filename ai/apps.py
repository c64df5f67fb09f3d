"""The ai app."""

from django.apps import AppConfig


class AiConfig(AppConfig):
    """Everything that talks to a model."""

    name = "ai"
    verbose_name = "AI"

    def ready(self) -> None:
        """Tell the runner which service does which kind of job, and waiting callers its end."""
        # They need the tables, which need this app.
        from ai import accounts, following, services  # noqa: PLC0415 as above
        from canvas.core import health  # noqa: PLC0415 as above
        from canvas.core.endings import endings  # noqa: PLC0415 as above

        services.register()
        endings.find = following.ended
        health.told_checks["openrouter-key"] = accounts.readiness

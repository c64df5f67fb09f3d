"""The ai app."""

from django.apps import AppConfig


class AiConfig(AppConfig):
    """Everything that talks to a model."""

    name = "ai"
    verbose_name = "AI"

    def ready(self) -> None:
        """Tell the runner which service does which kind of job."""
        from ai import services  # noqa: PLC0415 services need the tables, which need this app

        services.register()

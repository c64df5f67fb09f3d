"""The scenes app."""

from django.apps import AppConfig


class ScenesConfig(AppConfig):
    """Tables of the film."""

    name = "scenes"
    verbose_name = "Film"

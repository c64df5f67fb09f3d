"""The project: wiring and the shared floor."""

from canvas.celery import app as celery_app

__all__ = ["celery_app"]

"""The Celery application: the messenger. What it carries is a job's id; the row is the truth."""

import os

from celery import Celery

from canvas import doorbell

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "canvas.settings")
doorbell.register()

app = Celery("canvas")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ai"])

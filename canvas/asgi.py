"""The door of an ASGI server."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "canvas.settings")
django.setup(set_prefix=False)

from canvas.core.handler import Handler  # noqa: E402 it needs the settings

application = Handler()

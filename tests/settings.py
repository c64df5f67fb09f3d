"""The settings under test: the real ones, with what a test must not share or wait for."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_FOLDER = Path(tempfile.mkdtemp(prefix="canvas-tests-"))
(_FOLDER / "static").mkdir()
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

# A real broker is for the tests that start processes of their own, and for the bus of all others;
# each parallel run takes a database number of its own.
BROKER_URL = os.environ.get("CELERY_BROKER_URL", "")
_RUN = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_REDIS = BROKER_URL.startswith("redis")
_BUS_URL = f"{BROKER_URL.rpartition('/')[0]}/{10 + _RUN}" if _REDIS else "local://"

os.environ.update(
    SECRET_KEY="only for tests",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    BUS_FOLDER=str(_FOLDER / "bus"),
    HTTPS="false",
    DEBUG="false",
    MEDIA_ROOT=str(_FOLDER / "media"),
    STATIC_ROOT=str(_FOLDER / "static"),
    OPENROUTER_API_KEY="",
)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_FOLDER / 'canvas.sqlite3'}")

from canvas.settings import *  # noqa: E402, F403 after the environment
from canvas.settings import DATABASES  # noqa: E402 by name, for its change below

if DATABASES["default"]["ENGINE"].endswith("sqlite"):
    # A file of this process: threads share it as in production, parallel runs do not.
    DATABASES["default"]["TEST"] = {"NAME": str(_FOLDER / "test.sqlite3")}
else:
    # Threads that outlive a test give their connections back to the server, not to a pool:
    # the database could not be dropped at the end.
    DATABASES["default"]["OPTIONS"].pop("pool")
CELERY_BROKER_URL = "embedded://"
BUS_URL = _BUS_URL
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REQUESTS_A_MINUTE = 100_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

"""The service's settings, and what only experiments turn. Processes get it by their environment.

| variable               | what it does                                                  |
|------------------------|---------------------------------------------------------------|
| CHAOS_MEMORY_BYTES     | most memory that the process may map; asking for more raises  |
| CHAOS_POISON           | outlines that name a poison take it (`chaos.within.poison`)   |
| CHAOS_VISIBILITY_S     | Redis gives a ring that nobody acknowledged to others then    |
| CHAOS_SOFT_SHUTDOWN_S  | Celery's soft shutdown: how long tasks may still run          |
"""

import os
import resource

from canvas.settings import *  # noqa: F403 the whole page
from canvas.settings import CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS

if _most := os.environ.get("CHAOS_MEMORY_BYTES"):
    resource.setrlimit(resource.RLIMIT_AS, (int(_most), int(_most)))
if os.environ.get("CHAOS_POISON"):
    INSTALLED_APPS = [*INSTALLED_APPS, "chaos.within.poison.PoisonConfig"]
if _seconds := os.environ.get("CHAOS_VISIBILITY_S"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        **CELERY_BROKER_TRANSPORT_OPTIONS,
        "visibility_timeout": int(_seconds),
    }
if _seconds := os.environ.get("CHAOS_SOFT_SHUTDOWN_S"):
    CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = float(_seconds)
    CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True

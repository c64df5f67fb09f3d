"""Every setting, on one page. There is no `if` on an environment: production is other values.

Each value that can be set from outside is listed in `.env.example` with a comment.
"""

from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext

from canvas import env

django_stubs_ext.monkeypatch()  # ModelAdmin[Scene] at run time

BASE_DIR = env.BASE_DIR

# --- What is asked of Django: https://docs.djangoproject.com/en/5.2/ref/settings/ --------------
SECRET_KEY = env.secret("SECRET_KEY")
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "canvas.urls"
ASGI_APPLICATION = "canvas.asgi.application"
APPEND_SLASH = False  # a redirect would turn a POST into a GET
AUTH_USER_MODEL = "workspaces.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "canvas.workspaces",
    "scenes",
    "ai",
]

MIDDLEWARE = [
    "canvas.core.requests.RequestIdMiddleware",
    "canvas.core.wait.PreferWaitMiddleware",
    "canvas.core.health.HealthMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- The web process: a request takes one of these threads, streams and waits take none --------
WEB_THREADS = env.number("WEB_THREADS", 8, least=1)

# --- Databases: SQLite without a service, PostgreSQL by URL ------------------------------------
DATABASE_URL = env.url(
    "DATABASE_URL",
    f"sqlite:///{BASE_DIR / 'var' / 'canvas.sqlite3'}",
    schemes=("sqlite", "postgres", "postgresql"),
)
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 16, least=1)
_DATABASE_OPTIONS: dict[str, dict[str, Any]] = {
    # WAL and IMMEDIATE: readers never wait, writers queue up instead of failing half-way.
    "sqlite": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
    # A thread that waits for a model gives its connection back, so a few serve hundreds of calls.
    # No transaction waits for anything but the database: a process that stands still in one loses
    # its locks, or whoever needs them would stand still with it.
    "postgresql": {
        "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 20},
        "options": "-c idle_in_transaction_session_timeout=10s",
    },
}
_SQLITE = urlsplit(DATABASE_URL).scheme == "sqlite"
_DATABASE = dj_database_url.parse(DATABASE_URL, engine="canvas.core.sqlite" if _SQLITE else None)
DATABASES = {
    "default": {
        **_DATABASE,
        # What the address itself asks for, like ?sslmode=require, stands over ours.
        "OPTIONS": _DATABASE_OPTIONS["sqlite" if _SQLITE else "postgresql"]
        | _DATABASE.get("OPTIONS", {}),
    }
}

# --- Files --------------------------------------------------------------------------------------
MEDIA_ROOT = env.folder("MEDIA_ROOT", "var/media")
MEDIA_URL = "media/"
STATIC_ROOT = env.folder("STATIC_ROOT", "var/static")
STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# --- Safety: https://docs.djangoproject.com/en/5.2/howto/deployment/checklist/ -----------------
HTTPS = env.flag("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 * HTTPS
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "canvas.core.problems.csrf_failure"
SECRETS_KEYS = env.secret("SECRETS_KEYS", "")  # with commas; see canvas/core/secrets.py
X_FRAME_OPTIONS = "DENY"

CORS_ALLOWED_ORIGINS = env.names("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "prefer",
    "x-csrftoken",
    "x-request-id",
    "x-workspace",
]
CORS_EXPOSE_HEADERS = ["ETag", "Location", "Retry-After", "X-Request-ID", "Idempotent-Replayed"]

# --- Limits of the doors ------------------------------------------------------------------------
JSON_BODY_LIMIT_BYTES = 2 * 1024 * 1024
UPLOAD_LIMIT_BYTES = 25 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = JSON_BODY_LIMIT_BYTES + 1
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
REQUESTS_A_MINUTE = env.number("REQUESTS_A_MINUTE", 1200, least=1)

# --- REST: https://www.django-rest-framework.org/api-guide/settings/ ---------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "canvas.workspaces.authentication.TokenAuthentication",
        "canvas.workspaces.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["canvas.workspaces.permissions.HasRole"],
    "DEFAULT_RENDERER_CLASSES": ["canvas.core.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["canvas.core.json.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "canvas.core.pagination.CursorPages",
    "DEFAULT_THROTTLE_CLASSES": ["canvas.workspaces.throttling.WorkspaceThrottle"],
    "DEFAULT_SCHEMA_CLASS": "canvas.core.openapi.Schema",
    "EXCEPTION_HANDLER": "canvas.core.problems.handle",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Scene Canvas",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "WorkspaceRoleEnum": "canvas.workspaces.models.Role",
        "OriginKindEnum": "scenes.models.OriginKind",
        "CategoryEnum": "scenes.models.Category",
        "SceneStatusEnum": "scenes.models.SceneStatus",
        "MediaStatusEnum": "scenes.models.MediaStatus",
        "TemplateCategoryEnum": "scenes.models.template.TemplateCategory",
        "JobKindEnum": "ai.models.JobKind",
        "JobStatusEnum": "ai.models.JobStatus",
        "OutlineStatusEnum": "ai.models.OutlineStatus",
        "MessageStatusEnum": "ai.models.MessageStatus",
        "EstimateKindEnum": "ai.api.estimate_shapes.KINDS",
        "TaskEnum": "ai.models.Task",
        "CatalogueSourceEnum": "ai.models.Source",
        "AliasKindEnum": "ai.models.AliasKind",
        "OutlineSourceEnum": "ai.api.serializers.SOURCES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "canvas.core.openapi.camel_paths",
        "canvas.core.openapi.any_json_may_be_null",
        "canvas.core.openapi.closed_bodies",
    ],
}

# --- Celery: a worker may die at any line: https://docs.celeryq.dev/en/stable/userguide ---------
CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL",
    "embedded://",
    schemes=("embedded", "redis", "rediss", "amqp", "amqps", "memory"),
)
# A ring is acknowledged as it comes: the Job row is the truth, and its lease brings it back. With
# late acknowledgement a worker that holds rings ends when Redis dies (docs/adr/0015).
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_IGNORE_RESULT = True  # the Job row is the result
CELERY_TASK_DEFAULT_QUEUE = "llm"
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.number("WORKER_THREADS", 64, least=1)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# It would be restored by the threads of the pool while the consumer reads from the same connection,
# which RabbitMQ's client cannot bear: a worker lost its connection again after each outage.
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A Redis that accepts and never answers must not hold a worker; only its transport has these.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 3600,
        "socket_timeout": 3,
        "socket_connect_timeout": 1,
        "retry_on_timeout": False,
    }
    if urlsplit(CELERY_BROKER_URL).scheme in {"redis", "rediss"}
    else {}
)

# --- The bus only wakes: what is replayed is read from tables -----------------------------------
# Redis when the broker is Redis; else datagram sockets in a folder of this machine.
BUS_URL = env.text(
    "BUS_URL",
    CELERY_BROKER_URL if urlsplit(CELERY_BROKER_URL).scheme in {"redis", "rediss"} else "local://",
)
BUS_FOLDER = env.folder("BUS_FOLDER", "var/bus")

# --- Jobs: seconds of the database's clock ------------------------------------------------------
JOB_LEASE_S = env.seconds("JOB_LEASE_S", 15)
JOB_LEASE_RENEWAL_S = env.seconds("JOB_LEASE_RENEWAL_S", 5)
JOB_SWEEP_EVERY_S = env.seconds("JOB_SWEEP_EVERY_S", 2)
JOB_LONGEST_S = env.seconds("JOB_LONGEST_S", 3600)  # all rounds and tries of one claim

# --- OpenRouter: https://openrouter.ai/docs/api_reference/overview -----------------------------
OPENROUTER_API_KEY = env.secret("OPENROUTER_API_KEY", "")
OPENROUTER_BASE_URL = env.text("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
OPENROUTER_CONNECT_TIMEOUT_S = env.seconds("OPENROUTER_CONNECT_TIMEOUT_S", 5)
OPENROUTER_FIRST_DATA_TIMEOUT_S = env.seconds("OPENROUTER_FIRST_DATA_TIMEOUT_S", 60)
OPENROUTER_IDLE_TIMEOUT_S = env.seconds("OPENROUTER_IDLE_TIMEOUT_S", 45)
OPENROUTER_TOTAL_TIMEOUT_S = env.seconds("OPENROUTER_TOTAL_TIMEOUT_S", 300)
OPENROUTER_APP_URL = env.text("OPENROUTER_APP_URL", "")
OPENROUTER_APP_TITLE = env.text("OPENROUTER_APP_TITLE", "Scene Canvas")
CATALOGUE_SYNC_EVERY_S = env.seconds("CATALOGUE_SYNC_EVERY_S", 6 * 3600)
FREE_REQUESTS_A_MINUTE = env.number("FREE_REQUESTS_A_MINUTE", 20)  # to free models; 0: no count
FREE_REQUESTS_A_DAY = env.number("FREE_REQUESTS_A_DAY", 50)
BASELINE_MODEL = env.text("BASELINE_MODEL", "openai/gpt-4o-mini")  # others are compared to it

# --- Logs: one JSON object a line, the request's id in each ------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "canvas.core.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},  # an embedded queue has and needs no host name
        "django.request": {"level": "ERROR"},  # a refused request is told to its caller
    },
}

env.seal()

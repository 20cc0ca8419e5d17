"""Settings of the server, all from the environment; `.env.example` lists every variable with its default."""

import os
import secrets
from datetime import timedelta
from pathlib import Path

import environ
from csp import constants as csp

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
# Platforms set variables to the empty string when a person clears them; that counts as not set.
environ.Env.ENVIRON = {name: value for name, value in os.environ.items() if value}

# Safety. syncserver/checks.py refuses to start with unsafe values and names the variable to set.
DEBUG = env.bool("DEBUG", default=False)
DEVELOPMENT_SECRET_KEY = "django-insecure-for-development-on-this-machine-only"  # noqa: S105  # refused in production
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET_KEY if DEBUG else "")
SECRET_KEY_IS_SET = bool(SECRET_KEY)
# A build collects static files without a secret, and apps read the key while they load. A random key cannot be guessed.
SECRET_KEY = SECRET_KEY or secrets.token_urlsafe(50)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
# The server address in letters. Without it, that by which the request came.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Behind a proxy. NUM_PROXIES is the number of the operator's proxies that append to X-Forwarded-For. Where it is not
# set, the peer may be a router that all people share, and its rates are ten times those of a client.
NUM_PROXIES = env.int("NUM_PROXIES", default=None)
TRUST_PROXY_HTTPS = env.bool("TRUST_PROXY_HTTPS", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY_HTTPS else None

# HTTPS. Pages redirect plain HTTP; calls under /api/ answer it with 403 (syncserver/https.py).
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^api/"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 365 * 24 * 3600)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
# Two servers on one host name need different names: a browser sends cookies to all ports of a host.
COOKIE_PREFIX = env.str("COOKIE_PREFIX", default="syncserver")
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}_session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}_csrf"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Scripts and styles come from files of this host alone, so that text of a record cannot become a script or a style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.SELF],
        "style-src": [csp.SELF],
        "img-src": [csp.SELF],
        "font-src": [csp.SELF],
        "connect-src": [csp.SELF],
        "manifest-src": [csp.SELF],
        "form-action": [csp.SELF],
        "base-uri": [csp.NONE],
        "frame-ancestors": [csp.NONE],
    }
}
# The name that people see on the pages. The extension has the same by its manifest.
SITE_NAME = env.str("SITE_NAME", default="Browsing record")
CSRF_FAILURE_VIEW = "syncserver.errors.csrf_failure"
# W005 and W021 ask for HSTS on sibling hosts of the domain, which belong to other people on a shared platform.
# W040 warns that SQLite has no non-key columns in an index; it reads the rows instead.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "models.W040"]

INSTALLED_APPS = [
    "sync.apps.StaffAdminConfig",
    # Before Django's auth, for the command changepassword.
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "syncserver",
    "sync",
    "insights",
    "portability",
]

MIDDLEWARE = [
    "syncserver.health.HealthMiddleware",
    "syncserver.metrics.MetricsMiddleware",
    "syncserver.request_log.RequestLogMiddleware",
    "syncserver.compression.CompressionMiddleware",
    "syncserver.no_store.NoStoreMiddleware",
    "syncserver.https.HttpsMiddleware",
    "syncserver.unstorable_text.UnstorableTextMiddleware",
    "syncserver.chunked_bodies.ChunkedBodiesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.sessions.middleware.SignInMiddleware",
    "accounts.sessions.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "syncserver.outage_middleware.OutageMiddleware",
    *(["syncserver.development_errors.DevelopmentErrorsMiddleware"] if DEBUG else []),
    "syncserver.reading_bounds.ReadingBoundsMiddleware",
]

ROOT_URLCONF = "syncserver.urls"
WSGI_APPLICATION = "syncserver.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "syncserver" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["syncserver.unindented_templates.FilesystemLoader", "syncserver.unindented_templates.AppLoader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            # Every page has the name of the site, and links that keep the person's filter.
            "builtins": ["syncserver.site_name", "insights.templatetags.filter_links"],
        },
    }
]

# Database. Every push is durable: SQLite runs with synchronous=FULL, PostgreSQL keeps the server's own default (on).
DATABASE_WAIT_SECONDS = env.float("DATABASE_WAIT_SECONDS", default=10.0)
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Under DEFERRED, a transaction that reads and then writes fails at once with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_WAIT_SECONDS,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=134217728;",
    }
else:
    # Opening a connection for each request costs 5 ms. A pool is no faster than kept connections under gunicorn
    # (batches of 10, medians of four rounds: 14.1 ms kept, 13.2 ms pooled, rounds from 12.3 to 15.5), and is one more
    # package.
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, **DATABASES["default"].get("OPTIONS", {})}
    DATABASES["default"]["ENGINE"] = "syncserver.postgresql"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "accounts.User"
REGISTRATION_OPEN = env.bool("REGISTRATION_OPEN", default=True)
# The time zone of a new account where the browser or the extension names none.
DEFAULT_TIME_ZONE = env.str("DEFAULT_TIME_ZONE", default="UTC")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "insights:overview"
LOGOUT_REDIRECT_URL = "home"
# Seconds for which a link sent by e-mail works.
PASSWORD_RESET_TIMEOUT = 3600
# E-mail: printed on the console in development; without EMAIL_URL a server in production sends none.
vars().update(env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "dummymail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="syncserver@localhost")
# Mail is sent after the answer, so that the answer's time says nothing.
WORK_IN_BACKGROUND = True

# The first page that reads a month has it added up in the background. Tests of pages switch it off: it would change
# what later pages ask the database.
TALLY_AT_READING = True

# A second step of signing in: for staff who set one up, and for all staff when it is required.
STAFF_TOTP_REQUIRED = env.bool("STAFF_TOTP_REQUIRED", default=False)
OTP_TOTP_ISSUER = "syncserver"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

# Failed sign-ins (accounts/limits/failed_sign_ins.py): how many of one client to one account are checked at once, and
# the minutes for which they count.
LOGIN_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
LOGIN_FAILURE_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=15)

# The API
PUSH_RATE = env.str("PUSH_RATE", default="300/min")
# The seconds for which a page or call reads (syncserver/reading_bounds.py). The number of rows that it shows bounds the
# rest of its time.
READING_SECONDS = env.float("READING_SECONDS", default=1.7)
READ_RATE = env.str("READ_RATE", default="120/min")
TOKEN_RATE = env.str("TOKEN_RATE", default="1200/min")
AUTH_RATE = env.str("AUTH_RATE", default="60/min")
RESET_RATE = env.str("RESET_RATE", default="20/hour")
# The store that counts requests for all processes: redis://…, or the database where it is empty.
RATE_COUNTS_URL = env.str("RATE_COUNTS_URL", default="")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.limits.throttling.ScopedThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["syncserver.json_requests.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "syncserver.json_requests.JSONOnlyNegotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_RATES": {
        "push": PUSH_RATE,
        "read": READ_RATE,
        "token": TOKEN_RATE,
        "auth": AUTH_RATE,
        "start": AUTH_RATE,
        "link": AUTH_RATE,
        # An extension that waits for an answer asks 30 times a minute.
        "connect": "300/min",
        "refresh": AUTH_RATE,
        "account": AUTH_RATE,
        "erase": AUTH_RATE,
        "reset": RESET_RATE,
    },
    "EXCEPTION_HANDLER": "syncserver.errors.api_exception_handler",
    "NUM_PROXIES": NUM_PROXIES or 0,
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

# Imports: the largest file that is taken.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=1024**3)

# The life of a session. An extension's session ends after SESSION_IDLE_DAYS without a refresh, and in any case
# SESSION_MAX_DAYS after the sign-in.
SESSION_IDLE_DAYS = env.int("SESSION_IDLE_DAYS", default=90)
SESSION_MAX_DAYS = env.int("SESSION_MAX_DAYS", default=365)
# The sign-in of the pages and the admin ends 14 days after it began, used or not.
SESSION_COOKIE_AGE = 14 * 24 * 3600

# Tokens. An access token is short-lived and names its session. Refresh tokens rotate within the session by the rule of
# accounts/sessions/rotation.py. A token signed with an old key is good until that key is removed from the variable.
REFRESH_GRACE_SECONDS = env.int("REFRESH_GRACE_SECONDS", default=60)
JWT_SIGNING_KEY = env.str("JWT_SIGNING_KEY", default="") or SECRET_KEY
JWT_OLD_SIGNING_KEYS = env.list("JWT_OLD_SIGNING_KEYS", default=[])
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=SESSION_IDLE_DAYS),
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ALGORITHM": "HS256",
    "ISSUER": "syncserver",
    "AUDIENCE": "syncserver-api",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "syncserver",
    "VERSION": "1",
    "DESCRIPTION": (BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8"),
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True, "validatorUrl": None},
    "SCHEMA_PATH_PREFIX": "/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["syncserver.openapi.describe_errors"],
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# The most months for which records are kept; without it, each person decides.
KEEP_MONTHS_MAX = env.int("KEEP_MONTHS_MAX", default=None)

# The token with which a program of the operator reads /metrics; without it there are none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# The Sentry to which unexpected errors are reported.
SENTRY_DSN = env.str("SENTRY_DSN", default="")

# Static files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "syncserver.extension_finder.ExtensionFinder",
]
# Where people install the extension from: a store's page, or the zip of this server where it is empty.
EXTENSION_CHROMIUM_URL = env.str("EXTENSION_CHROMIUM_URL", default="")
EXTENSION_FIREFOX_URL = env.str("EXTENSION_FIREFOX_URL", default="")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "syncserver.static_names.HashedNames"
    },
}

# Time and language
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

# Log lines go to standard error, or as JSON to standard output, and hold no path, no URL, no token and no record.
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "syncserver.log_format.LineFormatter"},
        "json": {"()": "syncserver.log_format.JsonFormatter"},
    },
    "filters": {"without_client_text": {"()": "syncserver.log_format.ClientTextFilter"}},
    "handlers": {
        "text": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_client_text"]},
        "json": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["without_client_text"],
            "stream": "ext://sys.stdout",
        },
    },
    "root": {"handlers": ["json" if LOG_FORMAT == "json" else "text"], "level": LOG_LEVEL},
    "loggers": {
        # These replace Django's own handlers. Otherwise lines would skip the filter and be logged twice.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # The line of each request tells its status; this one adds the stack of an error.
        "django.request": {"level": "ERROR"},
        # LOG_LEVEL must not silence the record of staff access.
        "syncserver.audit": {"level": "INFO"},
    },
}

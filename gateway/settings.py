"""Django settings: everything variable comes from the table in `gateway.env`."""

import os
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF

from gateway import VERSION, env
from providers.addresses import AddressPolicy

BASE_DIR: Final = Path(__file__).resolve().parent.parent

try:
    VALUES: Final = env.parse(
        env.read_environment(environment=os.environ, dotenv=BASE_DIR / ".env")
    )
except env.BadSettings as bad:
    sys.stderr.write(f"{bad}\n")
    raise SystemExit(2) from None

# --- server ---------------------------------------------------------------------------------
DEBUG = VALUES["DEBUG"]
PUBLIC_URL = VALUES["PUBLIC_URL"]
SERVE_ROLE = VALUES["SERVE_ROLE"]
VAR_DIR = Path(VALUES["VAR_DIR"]).resolve()
TRUSTED_PROXY_CIDRS = VALUES["TRUSTED_PROXY_CIDRS"]
BODY_MAX_BYTES = VALUES["BODY_MAX_BYTES"]
HTTPS = PUBLIC_URL.startswith("https://")
BASE_URL = PUBLIC_URL or f"http://localhost:{VALUES['PORT']}"
ALLOWED_HOSTS = [
    name
    for name in ("localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "")
    if name
] + list(VALUES["ALLOWED_HOSTS"])
ROOT_URLCONF = "gateway.urls"
ASGI_APPLICATION = "gateway.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
DEFAULT_EXCEPTION_REPORTER_FILTER = "gateway.console.error_reports.NoVariables"

# --- secrets --------------------------------------------------------------------------------
SECRET_KEY = VALUES["SECRET_KEY"]
KEY_ENCRYPTION_KEY = VALUES["SWITCHYARD_KEK"]
KEY_PEPPER = VALUES["SWITCHYARD_KEY_PEPPER"]
KEY_PEPPER_PREVIOUS = VALUES["SWITCHYARD_KEY_PEPPER_PREVIOUS"]
MASTER_API_KEY = VALUES["MASTER_API_KEY"]
METRICS_TOKEN = VALUES["METRICS_TOKEN"]

# --- outbound calls -------------------------------------------------------------------------
EGRESS_POLICY = AddressPolicy.of_settings(VALUES)
EGRESS_CA_BUNDLE = VALUES["EGRESS_CA_BUNDLE"]

# --- apps -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "gateway.console.admin_app.SuperadminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "accounts",
    "providers",
    "policies",
    "routing",
    "billing",
    "gateway.console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "gateway.telemetry.routes.RouteName",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sessions.SessionClock",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "gateway" / "console" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# --- state ----------------------------------------------------------------------------------


def _database(url: str) -> dict[str, Any]:
    config = environ.Env.db_url_config(url)
    return {
        **config,
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": False,  # raises on async views
        "CONN_HEALTH_CHECKS": True,
        # What the URL says, as sslmode, reaches the driver too.
        "OPTIONS": {"connect_timeout": 5, **config.get("OPTIONS", {})},
    }


DATABASE_URL = VALUES["DATABASE_URL"]
DATABASE_OWNER_URL = VALUES["DATABASE_OWNER_URL"]
DATABASES = {}
if DATABASE_URL:
    DATABASES["default"] = _database(DATABASE_URL)
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 10, "timeout": 5}
if DATABASE_OWNER_URL:
    DATABASES["owner"] = _database(DATABASE_OWNER_URL)
ALLOW_SUPERUSER_DB = VALUES["ALLOW_SUPERUSER_DB"]

REDIS_URL = VALUES["REDIS_URL"]
CACHE_REDIS_URL = VALUES["CACHE_REDIS_URL"] or REDIS_URL
CELERY_BROKER_URL = VALUES["CELERY_BROKER_URL"] or REDIS_URL
CACHE_TIMEOUT_S: Final = 1
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_REDIS_URL,
        "KEY_PREFIX": "switchyard",
        "OPTIONS": {
            "serializer": "gateway.console.cache.MsgpackSerializer",
            # Every request counts here; a frozen cache may not hold it for the driver's 5 seconds.
            "socket_timeout": CACHE_TIMEOUT_S,
            "socket_connect_timeout": CACHE_TIMEOUT_S,
        },
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [CACHE_REDIS_URL],
            "prefix": "switchyard:ws",
            "symmetric_encryption_keys": [SECRET_KEY],
        },
    }
}

# --- providers ------------------------------------------------------------------------------
BACKEND_LOAD_BALANCE_STRATEGY = VALUES["BACKEND_LOAD_BALANCE_STRATEGY"]
BACKEND_MAX_FAILURES = VALUES["BACKEND_MAX_FAILURES"]
BACKEND_RETRY_AFTER_SECS = VALUES["BACKEND_RETRY_AFTER_SECS"]
BACKEND_FAILURE_WINDOW_SECS = VALUES["BACKEND_FAILURE_WINDOW_SECS"]

# --- books ----------------------------------------------------------------------------------
RECORD_RETENTION_DAYS = VALUES["RECORD_RETENTION_DAYS"]
WINDOW_RETENTION_DAYS = VALUES["WINDOW_RETENTION_DAYS"]
ARCHIVE_DIR = VALUES["ARCHIVE_DIR"]

# --- people ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 24 * 3600  # the absolute limit; the idle limit is the tenant's
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
PASSWORD_RESET_TIMEOUT = 3600
CSRF_FAILURE_VIEW = "accounts.api.problems.csrf_failure"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people come by invitation; the link proves the address
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip", "signup": "5/h/ip", "reset_password": "5/h/ip"}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Switchyard"
MFA_TOTP_TOLERANCE = 1  # clocks differ; accounts.throttle.first_use keeps a code single-use
MFA_RECOVERY_CODE_COUNT = 10
USERSESSIONS_TRACK_ACTIVITY = True
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_reset_password": f"{BASE_URL}/forgot",
    "account_reset_password_from_key": f"{BASE_URL}/reset?key={{key}}",
    "account_signup": f"{BASE_URL}/login",
    "account_confirm_email": f"{BASE_URL}/verify?key={{key}}",
}

EMAIL_URL = VALUES["EMAIL_URL"]
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = (
    VALUES["EMAIL_FROM"] or f"switchyard@{urlsplit(PUBLIC_URL).hostname or 'localhost'}"
)

DJANGO_ADMIN_ENABLED = VALUES["DJANGO_ADMIN_ENABLED"]
DJANGO_ADMIN_ALLOWED_CIDRS = VALUES["DJANGO_ADMIN_ALLOWED_CIDRS"]

# --- REST -----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.ManagementKeyAuthentication",
        "accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasCapability"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttling.ManagementThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.api.renderers.JsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.api.renderers.OnlyJson",
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsers.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.ManagementSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "accounts.api.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Switchyard management API",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Without the enum hook closed sets stay beside their field instead of in shared names.
    "POSTPROCESSING_HOOKS": ["accounts.api.schema.strip_marks"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SCHEMA_PATH_PREFIX": r"/(api|admin)/",
}

# --- static, security -------------------------------------------------------------------------
STATIC_URL = "/static/"
# A checkout builds the console in its own folder, a wheel brings it inside the package.
CONSOLE_DIST = BASE_DIR / "gateway" / "console" / "dist"
if not CONSOLE_DIST.is_dir():
    CONSOLE_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [("console", CONSOLE_DIST)] if CONSOLE_DIST.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
SECURE_SSL_REDIRECT = False  # TLS ends at the edge; a redirect would break health probes
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # no SSL redirect: see SECURE_SSL_REDIRECT
    "auth.W004",  # e-mail addresses are unique by a constraint on lower(email)
]

# --- language, time, logs ---------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-cn", "简体中文")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = "gateway.logs.configure_django"
LOGGING: dict[str, Any] = {"level": VALUES["LOG_LEVEL"], "format": VALUES["LOG_FORMAT"]}

"""Django's settings, read once from the environment (docs/reference/settings.md lists it).

Importing this module touches no database and starts nothing. It raises `SettingError` (one line:
variable, problem, mend) when a variable cannot be used or two contradict each other.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from signoff.cli.embedded.places import NAME, PORT, Places
from signoff.config.document_settings import clamd_address, document_store, documents_key
from signoff.config.env import Database, Env, Secret, SettingError
from signoff.config.keys import secret_key
from signoff.config.texting import texting

_env = Env()
_PACKAGE = Path(__file__).resolve().parent.parent

# ---------------------------------------------------------------- ours
SIGNOFF_HOME = _env.path("SIGNOFF_HOME", Path("var"))
SIGNOFF_DEMO = _env.flag("SIGNOFF_DEMO")
SIGNOFF_PORT = _env.number("PORT", 8000, least=1, most=65535)
SIGNOFF_LISTEN = _env.text("SIGNOFF_LISTEN", "127.0.0.1")
SIGNOFF_BASE_URL = _env.url(
    "SIGNOFF_BASE_URL", f"http://127.0.0.1:{SIGNOFF_PORT}", schemes=("https", "http")
)
SIGNOFF_SANDBOX_URL = _env.url("SIGNOFF_SANDBOX_URL", "http://127.0.0.1:8090", schemes=("http",))
SIGNOFF_SANDBOX_SECRET = _env.secret("SIGNOFF_SANDBOX_SECRET").reveal() or "sandbox-secret"
SIGNOFF_STRIPE_KEY = _env.secret("SIGNOFF_STRIPE_KEY")
SIGNOFF_STRIPE_WEBHOOK_SECRET = _env.secret("SIGNOFF_STRIPE_WEBHOOK_SECRET")
SIGNOFF_STRIPE_URL = _env.url(
    "SIGNOFF_STRIPE_URL", "https://api.stripe.com", schemes=("https", "http")
)
SIGNOFF_CARRIERS = _env.path("SIGNOFF_CARRIERS", Path()) if _env.text("SIGNOFF_CARRIERS") else None
SIGNOFF_POLICIES = _env.path("SIGNOFF_POLICIES", _PACKAGE / "policies")
SIGNOFF_DOCUMENT_MB = _env.number("SIGNOFF_DOCUMENT_MB", 10, least=1, most=50)
SIGNOFF_DOCUMENTS = document_store(_env)
SIGNOFF_DOCUMENTS_KEY = documents_key(_env)
SIGNOFF_S3_KEY_ID = _env.text("SIGNOFF_S3_KEY_ID")
SIGNOFF_S3_SECRET = _env.secret("SIGNOFF_S3_SECRET")
SIGNOFF_CLAMD = clamd_address(_env)
SIGNOFF_WORKER_THREADS = _env.number("SIGNOFF_WORKER_THREADS", 4, least=1, most=64)
SIGNOFF_EMBEDDED = not _env.secret("DATABASE_URL")

_BASE = urlsplit(SIGNOFF_BASE_URL)
_SECURE = _BASE.scheme == "https"
SIGNOFF_INSTALLATION = _env.text("SIGNOFF_INSTALLATION", f"{_BASE.hostname}/signoff")
"""The name this installation signs under; it goes into every certificate."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
if not _SECURE and not SIGNOFF_DEMO and _BASE.hostname not in _LOOPBACK:
    raise SettingError(
        "SIGNOFF_BASE_URL",
        f"http on {_BASE.hostname} would send log-in cookies unprotected",
        mend="begin it with https://, or set SIGNOFF_DEMO=1 for a demo",
    )

# ---------------------------------------------------------------- Django
SECRET_KEY = secret_key(_env, home=SIGNOFF_HOME)
SECRET_KEY_FALLBACKS = [key for key in [_env.secret("SIGNOFF_SECRET_KEY_OLD").reveal()] if key]
DEBUG = False
ALLOWED_HOSTS = ["*"] if SIGNOFF_DEMO else sorted({_BASE.hostname or "", *_LOOPBACK, "[::1]"})
CSRF_TRUSTED_ORIGINS = [SIGNOFF_BASE_URL] if _SECURE else []
ROOT_URLCONF = "signoff.config.urls"
WSGI_APPLICATION = "signoff.config.wsgi.application"
AUTH_USER_MODEL = "records.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "signoff.config.apps.ConfigConfig",
    "signoff.records",
    "signoff.channels.portal",
    "signoff.channels.demo_mailbox",
    "signoff.channels.demo_sms",
    "signoff.console",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "signoff.config.headers.ContentSecurityPolicy",
    "signoff.api.problems.ProblemDetails",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "signoff.channels.portal.account.devices.LastSeen",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_PACKAGE / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "signoff.console.access.nav",
            ],
            "builtins": ["signoff.wording.tags"],
        },
    },
]


# ---------------------------------------------------------------- database
def _connection(database: Database) -> dict[str, Any]:
    """One persistent connection per thread, checked before it is used again."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": database.host,
        "PORT": database.port,
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password.reveal(),
        "OPTIONS": {"application_name": "signoff", **database.options},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def _embedded() -> Database:
    places = Places(SIGNOFF_HOME)
    return Database(
        host=str(places.sockets),
        port=PORT,
        name=NAME,
        user=NAME,
        password=Secret(""),
        options={},
    )


DATABASES = {"default": _connection(_env.database("DATABASE_URL") or _embedded())}

# ---------------------------------------------------------------- languages and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = _env.text("SIGNOFF_TIME_ZONE", "UTC")

# ---------------------------------------------------------------- sessions, cookies, headers
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "signoff.config.uploads.Quota",
    "signoff.config.uploads.Held",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ---------------------------------------------------------------- log-in
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "signoff.config.accounts.ClosedAccounts"
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_FORMS = {
    "login": "signoff.channels.portal.account.forms.LogIn",
    "request_login_code": "signoff.channels.portal.account.forms.AskForCode",
    "reset_password": "signoff.channels.portal.account.forms.AskForReset",
    "reset_password_from_key": "signoff.channels.portal.account.forms.NewPassword",
}
ACCOUNT_RATE_LIMITS = {
    # Six digits, three tries a code: a day's guesses at a log-in hit one time in eight thousand.
    "request_login_code": "20/m/ip,3/m/key,12/h/key,40/d/key",
    "reset_password": "20/m/ip,3/m/key,12/h/key,40/d/key",
    "call_for_help": "5/h/ip,3/d/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = _env.number("SIGNOFF_PROXIES", 0, least=0, most=9)
MFA_ADAPTER = "signoff.config.second_factors.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Signoff"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _SECURE
SIGNOFF_STEP_UP_MINUTES = _env.number("SIGNOFF_STEP_UP_MINUTES", 15, least=1, most=720)
"""How long a proof of the person counts before the final button (A4)."""
SIGNOFF_STAFF_MFA = _env.flag("SIGNOFF_STAFF_MFA")
"""Whether the desk is open only to staff with a passkey or an authenticator app."""

# Limits on tries are counted here, over all processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "records_limits",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# ---------------------------------------------------------------- mail
SIGNOFF_SMTP_URL = _env.url(
    "SIGNOFF_SMTP_URL", "smtp://127.0.0.1:1025", schemes=("smtp", "smtps", "smtp+tls")
)
_MAIL = urlsplit(SIGNOFF_SMTP_URL)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _MAIL.hostname or "127.0.0.1"
EMAIL_PORT = _MAIL.port or {"smtps": 465, "smtp+tls": 587}.get(_MAIL.scheme, 25)
EMAIL_HOST_USER = unquote(_MAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(_MAIL.password or "")
EMAIL_USE_SSL = _MAIL.scheme == "smtps"
EMAIL_USE_TLS = _MAIL.scheme == "smtp+tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = _env.text("SIGNOFF_MAIL_FROM", f"signoff@{_BASE.hostname}")

# ---------------------------------------------------------------- text messages
SIGNOFF_SMS = texting(_env)

# ---------------------------------------------------------------- files
STATIC_URL = "/static/"
STATICFILES_DIRS = [folder for folder in [_PACKAGE / "config" / "static"] if folder.is_dir()]
WHITENOISE_USE_FINDERS = True

# ---------------------------------------------------------------- logging
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "signoff.config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": _env.text("SIGNOFF_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "procrastinate": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},  # aiosmtpd names recipients at INFO
        "httpcore": {"level": "WARNING"},
    },
}

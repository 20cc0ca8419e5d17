"""Settings from the environment: .env.example lists each variable, and production does not start with unsafe ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SAFE = {"SECRET_KEY": "x" * 20 + "-0123456789-abcdefghijklmnopqrstuvwxyz", "ALLOWED_HOSTS": "sync.example.org"}
START = "import syncserver.wsgi"


def python(code, **environment):
    """Run code in a fresh interpreter; of the server's variables only `environment` is set."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_env_example_lists_each_variable_that_is_read_and_no_other():
    files = ("syncserver/settings.py", "gunicorn.conf.py", "syncserver/http_worker/pace.py")
    source = "".join((ROOT / file).read_text() for file in files)
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)) | set(re.findall(r'environ\.get\("([A-Z_]+)"', source))
    listed = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert listed == read | {"DATABASE_URL"}


def test_the_defaults_in_env_example_are_those_of_the_settings():
    listed = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    # These defaults can be read from the source alone: the first depends on the database, the others are gunicorn's.
    files = ("syncserver/settings.py", "gunicorn.conf.py", "syncserver/http_worker/pace.py")
    source = "".join((ROOT / file).read_text() for file in files)
    in_source = dict(re.findall(r'"(CONN_MAX_AGE|PORT|WEB_CONCURRENCY|WEB_THREADS)", (?:default=)?"?(\d+)', source))
    assert {name: listed[name] for name in ("CONN_MAX_AGE", "PORT", "WEB_CONCURRENCY", "WEB_THREADS")} == in_source
    code = f"""
import os, django.conf, importlib.util
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
from django.conf import settings as s
listed = {listed!r}
settings = dict(
    DEBUG=s.DEBUG, DATABASE_WAIT_SECONDS=int(s.DATABASE_WAIT_SECONDS),
    REGISTRATION_OPEN=s.REGISTRATION_OPEN, COOKIE_PREFIX=s.COOKIE_PREFIX, DEFAULT_TIME_ZONE=s.DEFAULT_TIME_ZONE,
    SECURE_SSL_REDIRECT=s.SECURE_SSL_REDIRECT, TRUST_PROXY_HTTPS=s.TRUST_PROXY_HTTPS,
    SESSION_IDLE_DAYS=s.SESSION_IDLE_DAYS, SESSION_MAX_DAYS=s.SESSION_MAX_DAYS,
    REFRESH_GRACE_SECONDS=s.REFRESH_GRACE_SECONDS, RESET_RATE=s.RESET_RATE,
    STAFF_TOTP_REQUIRED=s.STAFF_TOTP_REQUIRED, MAIL_FROM=s.DEFAULT_FROM_EMAIL,
    SECURE_HSTS_SECONDS=s.SECURE_HSTS_SECONDS, PUSH_RATE=s.PUSH_RATE, TOKEN_RATE=s.TOKEN_RATE,
    AUTH_RATE=s.AUTH_RATE,
    LOGIN_FAILURE_LIMIT=s.LOGIN_FAILURE_LIMIT, LOGIN_LOCK_MINUTES=s.LOGIN_FAILURE_MINUTES,
    LOG_LEVEL=s.LOG_LEVEL, LOG_FORMAT=s.LOG_FORMAT,
)
for name, value in settings.items():
    assert listed[name].lower() == str(value).lower(), (name, listed[name], value)
"""
    done = python(code, **SAFE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"ALLOWED_HOSTS": "sync.example.org"}, "SECRET_KEY is not set."),
        ({**SAFE, "SECRET_KEY": "django-insecure-for-development-on-this-machine-only"}, "SECRET_KEY is a default"),
        ({**SAFE, "SECRET_KEY": "short"}, "SECRET_KEY is a default or too short"),
        ({"SECRET_KEY": SAFE["SECRET_KEY"]}, "ALLOWED_HOSTS is not set."),
        ({**SAFE, "ALLOWED_HOSTS": "sync.example.org,*"}, "ALLOWED_HOSTS is *"),
        ({**SAFE, "PUBLIC_URL": "sync.example.org/path"}, "PUBLIC_URL is no server address."),
        ({**SAFE, "JWT_SIGNING_KEY": "short"}, "JWT_SIGNING_KEY or one of JWT_OLD_SIGNING_KEYS is too short"),
    ],
)
def test_production_does_not_start_without_what_it_needs_and_says_what_to_set(environment, sentence):
    done = python(START, **environment)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Set the environment variable" in done.stderr


def test_production_starts_with_a_key_and_a_host():
    assert python(START, **SAFE).returncode == 0


def test_empty_variables_are_unset_ones():
    empty = dict.fromkeys(("DATABASE_URL", "NUM_PROXIES", "DEBUG", "PUSH_RATE", "LOG_LEVEL"), "")
    done = python(START, **SAFE, **empty)
    assert done.returncode == 0, done.stderr


def test_a_rate_that_is_none_stops_the_start_and_says_how_to_write_one():
    done = python(START, **SAFE, PUSH_RATE="fast")
    assert done.returncode != 0
    assert "PUSH_RATE is not a rate. Write it like 300/min" in done.stderr


def test_debug_needs_nothing():
    assert python(START, DEBUG="true").returncode == 0


def test_collectstatic_needs_no_secret_key(tmp_path):
    code = (
        "from django.core.management import call_command; import django, os; "
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'syncserver.settings'; django.setup(); "
        f"from django.conf import settings; settings.STATIC_ROOT = {str(tmp_path)!r}; "
        "call_command('collectstatic', interactive=False, verbosity=0)"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert any(tmp_path.rglob("*.css"))


def test_the_check_command_reports_an_unsafe_setting():
    code = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'syncserver.settings'; django.setup(); "
        "from django.core.management import call_command; call_command('check')"
    )
    done = python(code, **{**SAFE, "SECRET_KEY": "short"})
    assert done.returncode != 0
    assert "SECRET_KEY is a default or too short" in done.stderr


def test_the_first_description_that_a_process_makes_names_the_sign_in_of_a_call():
    code = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'syncserver.settings'; django.setup(); "
        "from drf_spectacular.generators import SchemaGenerator; "
        "paths = SchemaGenerator().get_schema(public=True)['paths']; "
        "print(paths['/api/auth/me']['get']['security'], '401' in paths['/api/auth/me']['get']['responses'])"
    )
    done = python(code, **SAFE)
    assert done.stdout == "[{'bearer': []}] True\n", done.stderr

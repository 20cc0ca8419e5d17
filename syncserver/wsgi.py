"""The WSGI entry point; raises ImproperlyConfigured for settings that are unsafe in production."""

import os

import django

from syncserver.checks import require_safe_settings
from syncserver.utf8_request import Utf8Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
require_safe_settings()

django.setup(set_prefix=False)
application = Utf8Handler()

"""The WSGI entry point; raises ImproperlyConfigured for settings that are unsafe in production."""

import os

from django.core.wsgi import get_wsgi_application

from syncserver.checks import require_safe_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
require_safe_settings()

application = get_wsgi_application()

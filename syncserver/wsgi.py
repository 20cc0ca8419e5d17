"""The WSGI entry point; it refuses to start with settings that are unsafe in production."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")

application = get_wsgi_application()

from syncserver.checks import require_safe_settings  # noqa: E402  # settings exist only after set-up

require_safe_settings()

#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

# The commands that builds run before they have a SECRET_KEY.
NEED_NO_SECRET = {"collectstatic", "help", "--help", "version", "--version"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from syncserver.checks import require_safe_settings

    try:
        if not NEED_NO_SECRET.intersection(sys.argv[1:2] or ["help"]):
            require_safe_settings()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)

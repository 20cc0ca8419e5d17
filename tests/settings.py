"""The server's settings with what production demands: tests need nothing in the environment but DATABASE_URL."""

import os

os.environ |= {
    "DEBUG": "false",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "localhost",
    "SECURE_SSL_REDIRECT": "false",
    # Tests of pages ask for hundreds of them; those of the rate set one of their own.
    "READ_RATE": "1000000/min",
    # Only tests of the time set a short one: on a busy machine any page may take seconds.
    "READING_SECONDS": "120",
}

from syncserver.settings import *  # noqa: F403  # after what it reads

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405

# Work that follows a reply runs before it, so a test sees its result; tests/live runs the work as production does.
WORK_IN_BACKGROUND = False
TALLY_AT_READING = False

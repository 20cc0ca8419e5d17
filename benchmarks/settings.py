"""The server's own settings, with the URLs of the reference designs added."""

from syncserver.settings import *  # noqa: F403  # all of them

ROOT_URLCONF = "benchmarks.urls"

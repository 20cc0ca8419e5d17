"""The server's own settings, with the references served beside it; nothing else differs."""

from syncserver.settings import *  # noqa: F403  # all of them

ROOT_URLCONF = "benchmarks.urls"

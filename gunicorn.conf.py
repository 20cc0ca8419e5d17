"""Settings of gunicorn, from the environment, with the reason for each default."""

import gc
import os
import resource
import shutil
import tempfile
from typing import Any

# A client has a socket and, with a large request to a busy worker, a temporary file. Many machines allow 1,024 files at
# first.
FILES = 8_192
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

bind = "0.0.0.0:" + os.environ.get("PORT", "8000")
# One worker a core. A request parses for half of its time and waits for the database for the other half.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Requests that a worker works on at the same time, each with a connection to the database.
threads = int(os.environ.get("WEB_THREADS", "4"))
# Clients that are idle or slow hold no thread: the worker's loop reads requests and sends replies. Its own limit of
# clients drops the slowest one; at this one gunicorn would refuse new ones. Beside 200 idle and half-sent clients,
# gunicorn's sync and threaded workers answered nobody within 3 s, and this one within 0.02 s. It costs no rows: with
# four clients, two sync workers stored 12,400 rows/s in batches of 500 and 107 batches of ten a second, two of these
# 13,900 and 128 (medians of three interleaved rounds on two cores; `python -m benchmarks.run --only workers`).
worker_class = "syncserver.http_worker.worker.BufferingWorker"
worker_connections = 4_000
# The worker closes a connection after its reply, and writes replies itself.
keepalive = 0
sendfile = False
# The time without a sign of life of the worker's loop, after which gunicorn kills it. A long request is no reason.
timeout = 60
graceful_timeout = 30
# syncserver/request_log.py writes a line a request, by route. A path may hold the site of a person's page, and a query
# their search words, so this log names the route too where an operator turns it on. gunicorn's own lines are written as
# all others, since those about a request that failed would quote it.
accesslog = None
access_log_format = '%(h)s "%(m)s %({syncserver.route}e)s" %(s)s %(B)s %(M)sms'
logger_class = "syncserver.gunicorn_log.Logger"
# gunicorn itself trusts no proxy. Django reads X-Forwarded-Proto if TRUST_PROXY_HTTPS is set.
forwarded_allow_ips = ""
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Allow as many files as there may be clients; let the garbage collector run seldom, and not over what was loaded.

    A push of 500 fresh visits took 36.0 ms without what was loaded and 38.0 ms with it, a push sent again 18.4 and
    19.6 ms (medians of four interleaved rounds on two cores). The threshold saved 1 and 3 % more. A request leaves next
    to nothing that only the collector can free: over 2,000 batches of 1,000 records a worker grew by 1 MiB.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def on_starting(server: Any) -> None:
    """Exit with one sentence, before any worker starts, when the settings are not safe for production."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
    from django.core.exceptions import ImproperlyConfigured

    from syncserver.checks import require_safe_settings

    try:
        require_safe_settings()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None
    from syncserver.settings import DEBUG, METRICS_TOKEN, STATIC_ROOT

    if not (DEBUG or (STATIC_ROOT / "staticfiles.json").exists()):
        server.log.error("Pages have no styles. Run this in the build: python manage.py collectstatic --noinput")
    if METRICS_TOKEN:
        # Each worker writes its numbers to a file there, so that any worker can add them up. The variable is set before
        # prometheus_client is imported, which reads it then.
        os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="metrics-")


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a worker that has ended was working on."""
    if METRICS_FOLDER in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Delete the numbers of all workers."""
    if METRICS_FOLDER in os.environ:
        shutil.rmtree(os.environ[METRICS_FOLDER], ignore_errors=True)

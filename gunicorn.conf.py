"""Settings of gunicorn, from the environment, with the reason for each default."""

import gc
import os
from typing import Any

bind = "0.0.0.0:" + os.environ.get("PORT", "8000")
# One worker a core, each with one kept connection. A request parses for half of its time and waits for the database for
# the other half. Measured with `python -m benchmarks.run --only workers` on two cores shared with PostgreSQL and four
# clients (medians of two rounds; rows/s in batches of 500, and batches of ten a second): 2 sync workers 22,000 and 252,
# 3 of them 20,000 and 245, 4 of them 18,200 and 247; 2 workers of 4 threads 19,200 and 186, 2 of 2 threads 17,100 and
# 190, 1 of 4 threads 15,600 and 143.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# One thread means the sync worker, the fastest one. A slow client would block it; a PaaS router buffers slow bodies.
threads = int(os.environ.get("WEB_THREADS", "1"))
# Longer than a push waits for its lock (10 s): a busy database then gives a 503 and not a killed worker.
timeout = 60
graceful_timeout = 30
# syncserver/request_log.py writes a line a request, by route. A path may hold the site of a person's page, and a query
# their search words, so this log names the route too where an operator turns it on.
accesslog = None
access_log_format = '%(h)s "%(m)s %({syncserver.route}e)s" %(s)s %(B)s %(M)sms'
# gunicorn itself trusts no proxy. Django reads X-Forwarded-Proto if TRUST_PROXY_HTTPS is set.
forwarded_allow_ips = ""
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Keep the garbage collector away from the objects that were loaded at the start.

    A push of 500 fresh visits took 36.0 ms with it and 38.0 ms without, a push sent again 18.4 and 19.6 ms (medians of
    four interleaved rounds on two cores). A higher threshold saved 2 % more and let a worker grow by 40 MiB.
    """
    from syncserver.log_format import ClientTextFilter

    # gunicorn's own lines about a request that failed name its path and query.
    worker.log.error_log.addFilter(ClientTextFilter())
    gc.collect()
    gc.freeze()


def on_starting(server: Any) -> None:
    """Exit with one sentence, before any worker starts, when the settings are not safe for production."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
    from django.core.exceptions import ImproperlyConfigured

    from syncserver.checks import require_safe_settings

    try:
        require_safe_settings()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None

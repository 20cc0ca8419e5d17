"""How gunicorn serves syncserver.wsgi; each setting from the environment, with the reason for its default."""

import gc
import os
from typing import Any

bind = "0.0.0.0:" + os.environ.get("PORT", "8000")
# One worker a core, each with one kept connection: the work is parsing and waiting for the database, about half each.
# On two cores shared with PostgreSQL and four clients, `python -m benchmarks.run --only workers` gave, in medians of
# two rounds: 2 sync workers 22,000 rows/s in batches of 500 and 252 batches of ten a second, 3 of them 20,000 and 245,
# 4 of them 18,200 and 247; 2 workers of 4 threads 19,200 and 186, 2 of 2 threads 17,100 and 190, 1 of 4 15,600 and 143.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# One thread means the sync worker. Behind a PaaS router, which reads slow clients' bodies itself, it is the fastest.
threads = int(os.environ.get("WEB_THREADS", "1"))
# Longer than a push may wait for its lock (10 s), so that a busy database is answered with 503 and not a lost worker.
timeout = 60
graceful_timeout = 30
# The path without its query, no referrer: what a person reads and looks for is no business of the log.
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
# The router in front may come from anywhere; Django decides by TRUST_PROXY_HTTPS what it is believed.
forwarded_allow_ips = ""
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Keep the garbage collector from walking through what was loaded at the start.

    A push takes 5 % less time so: 38.0 and 36.0 ms for 500 fresh visits, 19.6 and 18.4 sent again (medians of four
    interleaved rounds on two cores). Calling it less often as well brought 2 % more and let a worker grow by 40 MiB.
    """
    gc.collect()
    gc.freeze()


def on_starting(server: Any) -> None:
    """Stop before any worker starts, with one sentence, when production is not configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncserver.settings")
    from django.core.exceptions import ImproperlyConfigured

    from syncserver.checks import require_safe_settings

    try:
        require_safe_settings()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None

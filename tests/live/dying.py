"""The server's settings with a middleware that kills its worker after the commit and before the reply, when asked."""

import os
import signal

from syncserver.settings import *  # noqa: F403  # these settings and one more


def die_before_replying(get_response):
    def answer(request):
        response = get_response(request)
        if "X-Die" in request.headers:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    return answer


MIDDLEWARE = ["tests.live.dying.die_before_replying", *MIDDLEWARE]  # noqa: F405  # from the settings above

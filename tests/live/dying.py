"""Settings with a middleware that kills its worker between commit and reply, when a request asks for it."""

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

"""Settings with a middleware that kills its worker when a request asks for it: before the reply, or amid an erasure."""

import os
import signal

from syncserver.settings import *  # noqa: F403  # these settings and one more


def die_before_replying(get_response):
    def answer(request):
        if "X-Die-Amid-Erasure" in request.headers:
            from sync.erasures import erasure_service  # models can be imported only when the apps are ready

            erasure_service.steps = dying_after_two_steps(erasure_service.steps)
        response = get_response(request)
        if "X-Die" in request.headers:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    return answer


def dying_after_two_steps(steps):
    def dying(*arguments):
        for number, rows in enumerate(steps(*arguments)):
            if number == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            yield rows

    return dying


MIDDLEWARE = ["tests.live.dying.die_before_replying", *MIDDLEWARE]  # noqa: F405  # from the settings above

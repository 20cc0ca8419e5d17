"""Settings with a middleware that fails as a request asks, with an error that repeats the request."""

from django.http import StreamingHttpResponse

from syncserver.settings import *  # noqa: F403  # these settings and one more


def fail_as_asked(get_response):
    def answer(request):
        crash = request.headers.get("X-Crash")
        everything = f"{request.get_full_path()} {request.headers}"
        if crash == "view":
            raise ValueError(everything)
        if crash == "reply":
            return StreamingHttpResponse(half_of(everything))
        return get_response(request)

    return answer


def half_of(everything):
    yield b"so far"
    raise ValueError(everything)


MIDDLEWARE = [*MIDDLEWARE, "tests.live.crashing.fail_as_asked"]  # noqa: F405  # from the settings above
# Pages need no files that a build collects.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405  # as above

"""The files that browsers and search engines ask every server for, and the one by which a phone installs the pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
@cache_control(max_age=86_400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon, which pages name and the API's replies cannot."""
    return redirect(static("syncserver/icon.svg"))


@require_safe
@cache_control(max_age=86_400, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    """Ask search engines to leave: every page but the front page belongs to a person."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86_400, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the pages as an app, so that a phone or a desktop can keep them beside its other apps."""
    pictures = [
        {"src": static(f"syncserver/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    drawing = {"src": static("syncserver/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    content = {
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "start_url": resolve_url(settings.LOGIN_REDIRECT_URL),
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfbf9",
        "theme_color": "#155a8a",
        "icons": [*pictures, drawing],
    }
    return JsonResponse(content, content_type="application/manifest+json")

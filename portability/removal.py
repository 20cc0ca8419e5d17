"""Removes what an import brought: an erasure by its browser, which also keeps the same visits from coming back."""

from sync.erasures import erasure_service
from sync.models import Browser, Erasure, PageVisit

SECONDS_A_RUN = 8.0


def imports_with_visits(user_id: int) -> list[Browser]:
    """Return the person's browsers of kind `import` that have a visit."""
    mine = Browser.objects.filter(user_id=user_id, kind=Browser.Kind.IMPORT).order_by("client_id")
    visits = PageVisit.objects.filter(user_id=user_id)
    return [browser for browser in mine if visits.filter(browser_id=browser.pk).values_list("pk")[:1]]


def import_browser(user_id: int, browser_id: int) -> Browser | None:
    """Return a browser of kind `import` of the person; None for every other."""
    return Browser.objects.filter(user_id=user_id, pk=browser_id, kind=Browser.Kind.IMPORT).first()


def remove(browser: Browser, seconds: float = SECONDS_A_RUN) -> bool:
    """Erase the records of a browser; return False where time was up before the end. Raises PersonGone."""
    user_id, client_id = browser.user_id, browser.client_id
    of_browser = Erasure.objects.filter(
        user_id=user_id, client_id=client_id, domain_hash=None, id_hashes=None, starts_at=None, ends_at=None
    )
    erasure = of_browser.filter(is_done=False).order_by("seq").first()
    if erasure is None:
        erasure = erasure_service.begin(user_id, erasure_service.Conditions(client_id=client_id))
    return erasure_service.run_in_request(user_id, erasure, seconds)

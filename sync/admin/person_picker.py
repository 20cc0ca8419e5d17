"""The page on which staff choose the person whose rows a list shows."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin import has_text
from accounts.email_address import MAX_EMAIL_LENGTH
from accounts.models import User
from id_numbers import parse_id
from sync.admin import access_log, filters
from sync.models import Browser

MOST_PEOPLE = 50


class WantedPerson(NamedTuple):
    """The person whom a request names, if there is one, and the text that names them."""

    person: User | None
    text: str
    is_by_id: bool


def wanted_person(request: HttpRequest) -> WantedPerson:
    """Return the person of the request's id or exact e-mail address."""
    find, chosen, searched = (
        filters.parameter(request, name)[:MAX_EMAIL_LENGTH]
        for name in (filters.FIND_PERSON, filters.PERSON, filters.SEARCH)
    )
    if not find and (number := parse_id(chosen)) is not None:
        return WantedPerson(User.objects.filter(pk=number).first(), chosen, is_by_id=True)
    text = find or chosen or (searched if "@" in searched else "")
    person = User.objects.by_email(text).first() if text else None
    return WantedPerson(person, text, is_by_id=False)


def kept(request: HttpRequest) -> dict[str, str]:
    """Return the query parameters that hold for any person: not the page, and no browser of another person."""
    return {name: value for name in (filters.DAY, filters.SITE, filters.RESULT) if (value := request.GET.get(name))}


def page(model_admin: "ModelAdmin[Any]", request: HttpRequest, text: str) -> HttpResponse:
    """Return the picker, with the people whose e-mail address or name contains the text."""
    people = User.objects.only("email", "name").order_by("email").filter(has_text(text))
    found = list(people[: MOST_PEOPLE + 1])
    shown = found[:MOST_PEOPLE]
    last_pushes = dict(
        Browser.objects.filter(user__in=shown).values_list("user").annotate(Max("last_push_at")).order_by()
    )
    plural = str(model_admin.opts.verbose_name_plural)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "title": f"{plural.capitalize()}: choose a person",
        "plural": plural,
        "text": text,
        "kept": kept(request),
        "kept_query": urlencode(kept(request)),
        "people": [(person, last_pushes.get(person.pk)) for person in shown],
        "is_cut": len(found) > MOST_PEOPLE,
        "most": MOST_PEOPLE,
    }
    access_log.note(request, "searched", model_admin.model)
    return TemplateResponse(request, "admin/sync/person_picker.html", context)

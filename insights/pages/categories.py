"""The page of a person's rules for categories, and the page on which they choose one for a site."""

from collections.abc import Mapping

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from id_numbers import parse_id
from insights.asked_page import url_before
from insights.categories import stored_rules
from insights.categories.names import BUILT_IN, order_of
from insights.categories.resolver import Resolver, built_in_category, names_above
from insights.categories.rule_text import RuleText, path_of_url
from insights.filter_query import with_query
from insights.folded_text import readable_site, readable_url
from insights.pages.page_context import form_page, viewer_of
from sync.person_lock import PersonGone
from sync.records.page_url import site_of_domain

SAVED = "Saved. All numbers use it now, also those of the past."


@form_page
def rules(request: HttpRequest) -> HttpResponse:
    """Show the person's rules; add one when the form is sent."""
    viewer = viewer_of(request)
    errors: list[str] = []
    if request.method == "POST":
        errors = _save(viewer.pk, request.POST)
        if not errors:
            messages.success(request, SAVED)
            return redirect(request.get_full_path())
    found = stored_rules.rules_of(viewer.pk)
    context = {
        "nav": "",
        "rules": found,
        "errors": errors,
        "asked": request.POST,
        "choices": choices({rule.category for rule in found}),
    }
    return render(request, "insights/categories.html", context)


@form_page
def choose(request: HttpRequest) -> HttpResponse:
    """Ask for the category of a site, of all of its domain, or of a path; save it when one is chosen."""
    viewer = viewer_of(request)
    given = request.POST if request.method == "POST" else request.GET
    site = site_of_domain(given.get("of", "").replace("\0", ""))
    if site is None:
        raise Http404
    path = path_of_url(f"https://{site}{given.get('path', '')}")
    errors: list[str] = []
    if request.method == "POST":
        errors = _save(viewer.pk, request.POST)
        if not errors:
            messages.success(request, SAVED)
            return redirect(url_before(request) or "insights:overview")
    resolver = stored_rules.resolver_of(viewer.pk)
    has_rule = any((rule.site, rule.path) == (site, path) for rule in resolver.path_rules)
    context = {
        "nav": "",
        "site": site,
        "path": path,
        "errors": errors,
        "next": url_before(request),
        "targets": targets(site, path, has_rule=has_rule),
        "checked": f"{site}{path}" if has_rule else site,
        "now": resolver.category(site, None, f"https://{site}{path}"),
        "is_built_in": built_in_category(site) != "",
        "choices": choices(_own(resolver)),
    }
    return render(request, "insights/category_choice.html", context)


@require_POST
@never_cache
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Delete a rule."""
    number = parse_id(request.POST.get("rule", ""))
    if number is None or not stored_rules.delete_rule(viewer_of(request).pk, number):
        raise Http404
    messages.success(request, "Deleted. No number uses it any more, not even those of the past.")
    return redirect(
        with_query(reverse("insights:categories"), {name: str(value) for name, value in request.GET.items()})
    )


def _save(user_id: int, sent: Mapping[str, str]) -> list[str]:
    """Store the rule of a form; return the reasons why it cannot be stored."""
    # A button sends a built-in category. The text field sends a name that the person made up.
    category = sent.get("category") or sent.get("own", "")
    text = RuleText(data={"site": sent.get("site", ""), "category": category})
    if not text.is_valid():
        return [str(reason) for reasons in text.errors.values() for reason in reasons]
    try:
        stored_rules.save_rule(user_id, **text.validated_data)
    except stored_rules.TooManyRules:
        return [stored_rules.TOO_MANY]
    except PersonGone as error:
        raise Http404 from error
    return []


def choices(own: set[str]) -> list[str]:
    """Return the categories to choose from: the built-in ones and the person's own."""
    return sorted({*BUILT_IN, *own} - {""}, key=order_of)


def _own(resolver: Resolver) -> set[str]:
    return {*resolver.by_site.values(), *(rule.category for rule in resolver.path_rules)}


def targets(site: str, path: str, *, has_rule: bool = False) -> list[tuple[str, str]]:
    """Return what a rule may be for, as the form sends it and in words: the site, domains above it, paths of it.

    A path is offered down to two steps, and whole where there is a rule for it.
    """
    found = [(site, readable_site(site))]
    found += [(name, f"all of {readable_site(name)}") for name in names_above(site) if name != site and has_owner(name)]
    steps = path.split("/")[1:]
    paths = ["/" + "/".join(steps[:depth]) for depth in range(1, min(len(steps), 2) + 1)]
    if has_rule and path not in paths:
        paths.append(path)
    return found + [(f"{site}{each}", f"only {readable_site(site)}{readable_url(each)}") for each in paths]


def has_owner(domain: str) -> bool:
    """Tell whether a domain belongs to somebody, by its shape: com and co.uk do not."""
    labels = domain.partition(":")[0].split(".")
    is_number = labels[-1].isdigit()
    return len(labels) > 1 and not is_number and (len(labels) > 2 or len(labels[0]) > 3 or len(labels[1]) > 2)

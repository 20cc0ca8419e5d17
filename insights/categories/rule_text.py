"""A person's rule as they type it or as a program sends it."""

from typing import Any
from urllib.parse import quote, urlsplit

from rest_framework import serializers

from accounts.api.fields import TextField
from insights.categories.names import BUILT_IN
from insights.models import CategoryRule
from sync.limits import MAX_CATEGORY
from sync.records.page_url import read_page_url, site_of_domain

# What browsers leave as it is in a path.
LEFT_IN_PATHS = "/%:@!$&'()*+,;=~-._|\\[]^"


def path_of_url(url: str) -> str:
    """Return the path of a URL as browsers write it, without a slash at its end; "" for the whole site."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return quote(path, safe=LEFT_IN_PATHS).rstrip("/")


def category_of_text(text: str) -> str:
    """Return the category that a person means; a built-in one may be given by its name for people."""
    text = " ".join(text.split())
    meant = {name.casefold(): key for key, name in BUILT_IN.items()} | {key: key for key in BUILT_IN}
    return meant.get(text.casefold(), text)


class RuleText(serializers.Serializer[Any]):
    """A rule for categories; a URL as the site also gives the path, if none is given beside it."""

    site = TextField(
        max_length=2_000, help_text="A domain. The rule holds for its subdomains too, unless it has a path."
    )
    path = TextField(
        required=False,
        allow_blank=True,
        max_length=2_000,
        help_text="The rule holds for this path and all below it, of this site alone; null for the whole site.",
    )
    category = TextField(max_length=MAX_CATEGORY, help_text="A key of `categories`, or a name of your own.")

    def validate_category(self, text: str) -> str:
        """Return the category."""
        return category_of_text(text)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return site, path and category as they are stored; raises ValidationError."""
        text = attrs["site"]
        path = attrs.get("path") or ""
        site = site_of_domain(text)
        if site is None:
            found = read_page_url(text if "://" in text else f"https://{text}")
            if found is None:
                raise serializers.ValidationError({"site": ["Enter a site, such as example.org."]})
            url, site = found
            path = path or path_of_url(url)
        # A URL parser takes `*.example.org` for a host of this very name, so the rule would hold for nothing.
        if site.startswith(("*", ".")):
            raise serializers.ValidationError(
                {"site": ["Enter a site, such as example.org. A rule holds for its subdomains too."]}
            )
        if path and not path.startswith("/"):
            raise serializers.ValidationError({"path": ["Begin the path with a slash, as in /wiki/Garden."]})
        # The site makes it a URL, so that a path such as //a/b is no host.
        path = path_of_url(f"https://{site}{path}")
        if len(path) > CategoryRule.MAX_PATH:
            most = CategoryRule.MAX_PATH
            raise serializers.ValidationError({"path": [f"Give a path of at most {most} characters."]})
        return {"site": site, "path": path, "category": attrs["category"]}

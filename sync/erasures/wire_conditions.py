"""Reads the body of an erasure. Unknown names are refused: without a condition that it misses, a rule erases more."""

from collections.abc import Callable
from typing import Any, Final

from sync import limits
from sync.erasures.erasure_service import Conditions
from sync.records.fields import storable
from sync.records.page_url import site_of_domain

CONDITIONS: Final = ("ids", "domain", "from", "to", "browser", "everything")


class Wrong(Exception):
    """A body that is refused; `errors` holds sentences by field, such as rule.domain."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.errors = {field: [text]}


def read_body(body: dict[str, Any]) -> tuple[Conditions, bool]:
    """Return the conditions of an erasure, and whether it is only a preview; raises Wrong."""
    if unknown := sorted(set(body) - {"rule", "preview"}):
        raise Wrong("rule", f"Send only rule and preview. This name is not known: {_named(unknown)}.")
    preview = body.get("preview")
    if preview is not None and type(preview) is not bool:
        raise Wrong("preview", "Send true or false.")
    return read_rule(body.get("rule")), bool(preview)


def read_rule(rule: Any) -> Conditions:
    """Return the conditions of a rule; raises Wrong."""
    wanted = f"Send an object with at least one of {', '.join(CONDITIONS)}."
    if not isinstance(rule, dict):
        raise Wrong("rule", wanted)
    if unknown := sorted(set(rule) - set(CONDITIONS)):
        raise Wrong("rule", f"A condition of this name is not known: {_named(unknown)}. {wanted}")
    given = {name: value for name, value in rule.items() if value is not None}
    if not given:
        raise Wrong("rule", f"A rule without a condition erases nothing. {wanted}")
    if "everything" in given:
        if given["everything"] is not True:
            raise Wrong("rule.everything", "Send true, or leave it out.")
        if len(given) > 1:
            raise Wrong("rule.everything", "Send everything alone; other conditions would narrow it.")
        return Conditions()
    values = {name: _READERS[name](value) for name, value in given.items()}
    if "from" in values and "to" in values and values["from"] >= values["to"]:
        raise Wrong("rule.to", "“to” must be later than “from”.")
    return Conditions(
        ids=values.get("ids"),
        domain=values.get("domain"),
        starts_at=values.get("from"),
        ends_at=values.get("to"),
        client_id=values.get("browser"),
    )


def _named(names: list[str]) -> str:
    """Return up to three names as a client sent them, for the developer of the client."""
    shown = [name[:32].encode(errors="replace").decode() for name in names[:3]]
    return ", ".join(shown) + (", …" if len(names) > 3 else "")


def _instant(field: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not 0 <= value <= limits.MAX_INTEGER:
            raise Wrong(field, "Enter whole milliseconds since the epoch.")
        return value

    return read


def _domain(value: Any) -> str:
    site = site_of_domain(value) if type(value) is str and storable(value) else None
    if site is None:
        raise Wrong("rule.domain", "Enter a domain such as example.org, without a path.")
    # A URL parser takes `*.example.org` for a host of this very name, so the rule would erase nothing.
    if site.startswith(("*", ".")):
        raise Wrong("rule.domain", "Enter a domain such as example.org. Its subdomains are always included.")
    # The site of `www.com` is `com`, and its subdomains are every site in .com.
    if "." not in site and value.strip().lower().startswith("www."):
        raise Wrong("rule.domain", f"This would erase every site that ends in .{site}. Send “{site}” if you mean that.")
    return site


def _client_id(value: Any, field: str = "rule.browser") -> str:
    if type(value) is not str or len(value) > limits.MAX_CLIENT_ID or not storable(value):
        raise Wrong(field, f"Enter the anonymousClientId of a browser, of at most {limits.MAX_CLIENT_ID} characters.")
    return value


def _ids(value: Any) -> tuple[tuple[str, str], ...]:
    if type(value) is not list or not 1 <= len(value) <= limits.MAX_ERASURE_IDS:
        raise Wrong("rule.ids", f"Send a list of 1 to {limits.MAX_ERASURE_IDS} objects with browser and id.")
    return tuple(dict.fromkeys(_visit_key(each, f"rule.ids.{place}") for place, each in enumerate(value)))


def _visit_key(value: Any, field: str) -> tuple[str, str]:
    if not isinstance(value, dict) or set(value) != {"browser", "id"}:
        raise Wrong(field, "Send an object with browser and id, and nothing else.")
    visit_id = value["id"]
    if type(visit_id) is not str or not 1 <= len(visit_id) <= limits.MAX_ID or not storable(visit_id):
        raise Wrong(f"{field}.id", f"Enter the id of a visit, of 1 to {limits.MAX_ID} characters.")
    return _client_id(value["browser"], f"{field}.browser"), visit_id


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "ids": _ids,
    "domain": _domain,
    "from": _instant("rule.from"),
    "to": _instant("rule.to"),
    "browser": _client_id,
}

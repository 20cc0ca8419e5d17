"""The label that a session has until its person names it."""

import re

# The first match wins: Edge, Opera and others also name Chrome, and Chrome names Safari.
BROWSERS = (
    ("Edge", r"Edg(?:A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Vivaldi", r"Vivaldi/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS|Chromium)/(\d+)"),
    ("Safari", r"Version/(\d+)\S* (?:Mobile/\S+ )?Safari/"),
)
SYSTEMS = (
    ("Android", r"Android"),
    ("iOS", r"iPhone|iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)
UNKNOWN = "Unknown browser"


def label_from(user_agent: str) -> str:
    """Return a browser and its system, such as "Firefox 153 on Linux"; never text that was sent."""
    browser = next(
        (f"{name} {found[1][:4]}" for name, pattern in BROWSERS if (found := re.search(pattern, user_agent))), UNKNOWN
    )
    system = next((name for name, pattern in SYSTEMS if re.search(pattern, user_agent)), "")
    return f"{browser} on {system}" if system else browser

"""Loaders of templates that leave out the indentation, which would be a quarter of the bytes of a page."""

import re

from django.template.base import Origin
from django.template.loaders import app_directories, filesystem

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


def unindented(name: str, text: str) -> str:
    """Return the text of a template without its indentation; the number of its lines stays, for messages of errors."""
    # Blanks are part of a text in e-mails, and in what HTML shows as it is written.
    is_free = name.endswith(".html") and "<pre" not in text and "<textarea" not in text
    return INDENTATION.sub("", text) if is_free else text


class FilesystemLoader(filesystem.Loader):
    """Loads the templates of the project."""

    def get_contents(self, origin: Origin) -> str:
        """Return the text of a template; raises TemplateDoesNotExist."""
        return unindented(str(origin.template_name), super().get_contents(origin))


class AppLoader(app_directories.Loader):
    """Loads the templates of the apps."""

    def get_contents(self, origin: Origin) -> str:
        """Return the text of a template; raises TemplateDoesNotExist."""
        return unindented(str(origin.template_name), super().get_contents(origin))

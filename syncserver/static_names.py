"""The names of static files in pages."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedNames(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Names with a hash of the file; the plain names where none were collected, so that pages answer all the same."""

    def stored_name(self, name: str) -> str:
        """Return the name that stands in a page."""
        return str(super().stored_name(name)) if self.hashed_files else name

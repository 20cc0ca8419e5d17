"""The names of static files in pages, where the build collected them and where it did not."""

from django.test import override_settings

from syncserver.static_names import HashedNames


def test_files_that_were_collected_have_the_hash_in_their_names(tmp_path):
    manifest = '{"version": "1.1", "paths": {"syncserver/site.css": "syncserver/site.0123456789ab.css"}, "hash": ""}'
    (tmp_path / "staticfiles.json").write_text(manifest)
    with override_settings(STATIC_ROOT=tmp_path):
        assert HashedNames().url("syncserver/site.css") == "/static/syncserver/site.0123456789ab.css"


def test_where_none_were_collected_pages_have_the_plain_names(tmp_path):
    with override_settings(STATIC_ROOT=tmp_path):
        assert HashedNames().url("syncserver/site.css") == "/static/syncserver/site.css"

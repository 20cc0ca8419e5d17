"""Pages are sent without the indentation of their templates."""

from syncserver.unindented_templates import unindented


def test_a_page_has_no_indentation(client, db):
    lines = client.get("/").content.decode().splitlines()
    assert len(lines) > 10
    assert [line for line in lines if line.startswith((" ", "\t"))] == []


def test_lines_and_blanks_within_them_stay():
    assert unindented("page.html", "<p>\n    a  b\n\t{% if c %}\n</p>\n") == "<p>\na  b\n{% if c %}\n</p>\n"


def test_texts_that_are_shown_as_they_are_written_stay():
    for name, text in (
        ("mail.txt", "  a"),
        ("page.html", "<pre>\n  a</pre>"),
        ("page.html", "<textarea>\n  a</textarea>"),
    ):
        assert unindented(name, text) == text

"""Pages are compressed, unless another site made the browser ask."""

import gzip

import pytest


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_is_compressed_where_no_other_site_asks(client, db, site):
    plain = client.get("/", headers={"Accept-Encoding": "gzip"})
    answer = client.get("/", headers={"Accept-Encoding": "gzip", "Sec-Fetch-Site": site})
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == plain.content
    assert len(answer.content) < len(plain.content)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", None])
def test_a_page_that_another_site_may_have_asked_for_is_not_compressed(client, db, site):
    headers = {"Accept-Encoding": "gzip", **({} if site is None else {"Sec-Fetch-Site": site})}
    answer = client.get("/", headers=headers)
    assert "Content-Encoding" not in answer
    assert {"Accept-Encoding", "Sec-Fetch-Site"} & set(answer["Vary"].split(", ")) == {"Sec-Fetch-Site"}


def test_calls_are_not_compressed(client, db):
    answer = client.get("/api/nothing", headers={"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"})
    assert "Content-Encoding" not in answer

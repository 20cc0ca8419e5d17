"""Personal tokens that are made at once by two processes: a person never gets more than fifty."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.live.service import PASSWORD

FULL_BUT_TWO = """
    INSERT INTO accounts_personaltoken
        (user_id, name, scopes, prefix, digest, created_at, last_client_ips)
    VALUES ({user}, 'old', 'read', 'ssp_0000', '{number}', '2026-03-01 00:00:00+00:00', '[]')
"""


def test_of_eight_at_once_two_find_room(service, database, token):
    user = int(service.call("GET", "/api/auth/me", token=token)[2]["id"])
    with closing(database.connect()) as connection:
        for number in range(48):
            connection.execute(FULL_BUT_TWO.format(user=user, number=f"{user}-{number}"))

    def make(number):
        body = {"name": f"token {number}", "scopes": ["read"], "password": PASSWORD}
        return service.call("POST", "/api/auth/tokens", body, token)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(make, range(8)))
    assert sorted(status for status, _, _ in replies) == [201] * 2 + [403] * 6
    assert database.select(f"SELECT count(*) AS n FROM accounts_personaltoken WHERE user_id = {user}")[0]["n"] == 50

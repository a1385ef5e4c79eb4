"""F-56 on the sign-in paths, which anybody may post to."""

import msgspec
import pytest

from tests.browser import AUTH, Browser

HOSTILE = {
    "depth 100,000": b"[" * 100_000,
    "integer of 900,000 digits": b'{"email":' + b"1" * 900_000 + b"}",
    "duplicate key": b'{"email":"ana@example.test","email":"eve@example.test","password":"x"}',
    "NaN": b'{"email":NaN}',
    "not UTF-8": b'{"email":"\xff"}',
    "no object": b"[1, 2]",
}
PATHS = ("auth/login", "auth/password/reset", "config")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_body_made_to_be_expensive_or_ambiguous_is_refused(
    db: None, name: str, path: str
) -> None:
    answer = Browser().post(f"{AUTH}/{path}", msgspec.Raw(HOSTILE[name]))

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")

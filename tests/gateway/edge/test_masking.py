"""Credentials in what vendors say."""

from typing import Final

import pytest

from gateway.edge.masking import LOOKED_THROUGH_BYTES, masked, unsaid
from protocols.errors import Problem

ID: Final = b"AKIAIOSFODNN7EXAMPLE"
KEY: Final = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN: Final = b"IQoJb3JpZ2luX2VjEJr0123456789//////////wEaCXVzLWVhc3QtMSJHMEUCIQDabcdefgh=="
TEMPORARY: Final = ID + b":" + KEY + b":" + TOKEN
PLAIN: Final = b"sk-0123456789abcdefghij"


@pytest.mark.parametrize(
    ("secret", "said", "shown"),
    [
        (PLAIN, b"bad key " + PLAIN, b"bad key ***"),
        (PLAIN, b"bad key sk-0123456789abcdef...", b"bad key ***..."),
        (PLAIN, b"bad key sk-01234********ghij", b"bad key sk-01234********ghij"),
        (KEY, KEY.replace(b"/", b"\\/"), b"***"),
        (b"a-key", b"key=a-key.", b"key=***."),
        (b"", b"anything", b"anything"),
        (ID + b":" + KEY, b"Credential=" + ID + b"/20260101", b"Credential=***/20260101"),
        (TEMPORARY, b"id " + ID + b", token " + TOKEN, b"id ***, token ***"),
        (TEMPORARY, b"token " + TOKEN[:40] + b" is over", b"token *** is over"),
        (TEMPORARY, b"token ..." + TOKEN[-30:] + b" is over", b"token ...*** is over"),
        (TEMPORARY, KEY[3:30], b"***"),
        (TEMPORARY, b"AKIAIOSFODNN7EXAMPLF and more", b"*** and more"),
        (TEMPORARY, b"req-0123456789abcdef0123456789", b"req-0123456789abcdef0123456789"),
    ],
)
def test_whatever_can_be_used_of_it_is_masked(secret: bytes, said: bytes, shown: bytes) -> None:
    assert masked(said, secret) == shown
    problem = Problem(kind="invalid_request", message=said.decode(), code=said.decode())
    assert unsaid(problem, secret).message == shown.decode()
    assert unsaid(problem, secret).param is None


def test_of_what_is_very_long_whole_ones_are_masked() -> None:
    long = b"x " * LOOKED_THROUGH_BYTES
    assert ID not in masked(long + ID, TEMPORARY)
    assert masked(long + TOKEN[:40], TEMPORARY) == long + TOKEN[:40]

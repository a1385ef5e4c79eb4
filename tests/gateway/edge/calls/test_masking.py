"""Credentials in what vendors say."""

import base64
from typing import Final

import msgspec
import pytest

from gateway.edge.calls.masking import LOOKED_THROUGH_BYTES, masked, unsaid
from protocols.anthropic_messages.envelopes import event_in
from protocols.errors import Problem
from protocols.framing.aws import AwsSplitter, read_message, write_event, write_exception

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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b'{"a":"bad key:\\n' + PLAIN[:20] + b'****"}', {"a": "bad key:\n*******"}),
        (b'{"a":"\\"' + PLAIN + b'\\"","b":"\\t"}', {"a": '"***"', "b": "\t"}),
        (b'{"a":"' + PLAIN.replace(b"k", b"\\u006b") + b'"}', {"a": "***"}),
        (b'{"a":"x\\\\","b":"' + PLAIN + b'"}', {"a": "x\\", "b": "***"}),
    ],
)
def test_json_stays_json(said: bytes, shown: dict[str, str]) -> None:
    assert msgspec.json.decode(masked(said, PLAIN)) == shown


@pytest.mark.parametrize("said", [b'{"a":"\\ud800 ', b'"\\x ', b"\\ ", b'{"a":"b\\n'])
def test_what_is_no_json_is_masked_all_the_same(said: bytes) -> None:
    assert masked(said + PLAIN, PLAIN) == said + b"***"
    assert masked(said + PLAIN + b'"', PLAIN) == said + b"***" + b'"'


def test_what_needs_no_mask_keeps_its_spelling() -> None:
    for said in (b'{"a" : "\\u0041\\/"}', write_exception("e", b'{"a" : "\\u0041"}')):
        assert masked(said, PLAIN) == said


def test_a_secret_that_holds_quotes_is_masked_wherever_it_stands() -> None:
    secret = b'{"private_key":"a\\nb"}'
    assert masked(b"no " + secret, secret) == b"no ***"
    said = msgspec.json.encode({"message": secret.decode()})
    assert msgspec.json.decode(masked(said, secret)) == {"message": "***"}


def test_a_message_of_aws_stays_one() -> None:
    said = write_exception("internalServerException", b'{"message":"key ' + PLAIN + b' bad"}')
    (shown,) = AwsSplitter(cap=1_000).feed(masked(said, PLAIN))
    message = read_message(shown)
    assert (message.event, message.data) == (
        "internalServerException",
        b'{"message":"key *** bad"}',
    )


def test_what_a_message_carries_is_masked() -> None:
    inner = b'{"type":"error","error":{"type":"api_error","message":"' + PLAIN + b'"}}'
    told = msgspec.json.encode({"bytes": base64.b64encode(inner).decode(), "p": "abc"})
    (shown,) = AwsSplitter(cap=1_000).feed(masked(write_event("chunk", told), PLAIN))
    assert event_in(shown) == b"event: error\ndata: %b\n\n" % inner.replace(PLAIN, b"***")
    for other in (b'{"bytes":"abcde"}', b'{"bytes":"aGk="}'):
        assert masked(write_event("chunk", other), PLAIN) == write_event("chunk", other)

"""The mock as Bedrock carries Claude's Messages."""

import base64
from typing import Any, Final

import msgspec
import pytest

from protocols.framing.aws import CONTENT_TYPE, AwsSplitter, read_message
from providers.adapters.mock.serving import Call, respond

HELLO: Final = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 200,
    "messages": [{"role": "user", "content": "Good morning"}],
}


def heard(
    model: str, *, stream: bool = False, body: object = HELLO
) -> tuple[int, dict[str, str], bytes]:
    verb = "invoke-with-response-stream" if stream else "invoke"
    said = respond(
        Call(
            method="POST",
            path=f"/model/{model}/{verb}",
            headers={},
            body=body if isinstance(body, bytes) else msgspec.json.encode(body),
            id="1",
            created=1,
        )
    )
    return said.status, dict(said.headers), b"".join(piece for _, piece in said.pieces)


def test_an_answer_is_claudes() -> None:
    status, headers, body = heard("mock-echo%3Btps%3D0")
    said: Any = msgspec.json.decode(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (said["type"], said["stop_reason"]) == ("message", "end_turn")
    assert said["content"][0]["text"] == "Good morning"


def test_a_stream_is_in_messages() -> None:
    status, headers, body = heard("mock-echo", stream=True)
    assert (status, headers["content-type"]) == (200, CONTENT_TYPE.decode())
    messages = [read_message(each) for each in AwsSplitter(cap=1 << 20).feed(body)]
    assert {message.event for message in messages} == {"chunk"}
    inside = [
        msgspec.json.decode(base64.b64decode(msgspec.json.decode(message.data)["bytes"]))["type"]
        for message in messages
    ]
    assert (inside[0], inside[-1]) == ("message_start", "message_stop")


def test_a_stream_that_fails_ends_in_an_exception() -> None:
    *_, last = AwsSplitter(cap=1 << 20).feed(
        heard("mock-lorem;fail=429;fail_at=text_delta", stream=True)[2]
    )
    assert read_message(last).event == "throttlingException"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({**HELLO, "stream": True}, "stream: Extra inputs are not permitted"),
        ({**HELLO, "model": "m"}, "model: Extra inputs are not permitted"),
        ({"messages": []}, "anthropic_version: Field required"),
        ({**HELLO, "anthropic_version": "2023-06-01"}, "Invalid API version"),
        ({**HELLO, "anthropic_beta": "a"}, "anthropic_beta"),
        (b"[]", "no JSON object"),
    ],
)
def test_what_is_no_envelope_of_bedrocks_is_refused(body: object, why: str) -> None:
    status, headers, told = heard("mock-echo", body=body)
    assert (status, headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert why in msgspec.json.decode(told)["message"]


def test_an_error_is_told_as_aws_tells_it() -> None:
    status, headers, body = heard("mock-echo;fail=429")
    assert (status, headers["x-amzn-errortype"]) == (429, "ThrottlingException")
    assert msgspec.json.decode(body).keys() == {"message"}

"""The mock as Bedrock: the model in the path, streams in AWS's framing."""

from typing import Any, Final

import msgspec
import pytest

from protocols.framing.aws import CONTENT_TYPE, AwsSplitter, read_message
from providers.adapters.mock.serving import Call, respond

HELLO: Final = {"messages": [{"role": "user", "content": [{"text": "Good morning"}]}]}


def heard(model: str, *, verb: str = "converse", body: object = HELLO) -> tuple[int, str, bytes]:
    said = respond(
        Call(
            method="POST",
            path=f"/model/{model}/{verb}",
            headers={},
            body=msgspec.json.encode(body),
            id="1",
            created=1,
        )
    )
    return said.status, dict(said.headers)["content-type"], b"".join(p for _, p in said.pieces)


def test_an_answer_is_bedrocks() -> None:
    status, _, body = heard("mock-echo%3Btps%3D0")
    said: Any = msgspec.json.decode(body)
    assert (status, said["stopReason"]) == (200, "end_turn")
    assert said["output"]["message"]["content"] == [{"text": "Good morning"}]


def test_a_stream_is_in_messages() -> None:
    status, kind, body = heard("mock-thinking", verb="converse-stream")
    assert (status, kind) == (200, CONTENT_TYPE.decode())
    messages = [read_message(each) for each in AwsSplitter(cap=1 << 20).feed(body)]
    assert (messages[0].event, messages[-1].event) == ("messageStart", "metadata")


def test_a_thought_is_sealed_and_its_seal_is_owed() -> None:
    said: Any = msgspec.json.decode(heard("mock-thinking")[2])
    answer = said["output"]["message"]
    turns = [*HELLO["messages"], answer, *HELLO["messages"]]
    assert heard("mock-thinking", body={"messages": turns})[0] == 200
    answer["content"][0]["reasoningContent"]["reasoningText"]["signature"] = "forged"
    assert heard("mock-thinking", body={"messages": turns})[0] == 400


@pytest.mark.parametrize(
    ("body", "status"), [({"input": {"converse": HELLO}}, 200), ({"input": {}}, 400), (HELLO, 400)]
)
def test_tokens_of_what_is_wrapped_are_counted(body: object, status: int) -> None:
    answered, _, told = heard("mock-echo", verb="count-tokens", body=body)
    assert answered == status
    assert (b'"inputTokens"' in told) == (status == 200)


def test_tokens_of_what_would_be_invoked_are_counted() -> None:
    asked = {"max_tokens": 1, "messages": [{"role": "user", "content": "Good morning"}]}
    body = {"input": {"invokeModel": {"body": msgspec.json.encode(asked)}}}
    status, _, told = heard("mock-echo", verb="count-tokens", body=body)
    same = heard("mock-echo", verb="count-tokens", body={"input": {"converse": HELLO}})
    assert (status, told) == (200, same[2])


def test_an_error_is_told_as_aws_tells_it() -> None:
    status, _, body = heard("mock-echo;fail=429")
    assert (status, b'{"message":' in body) == (429, True)

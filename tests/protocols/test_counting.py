"""How dialects ask, and say, how many tokens a request has (protocols.md PR-48)."""

import base64
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols.anthropic_messages.envelopes import counted, enclosed
from protocols.codec import Head, Target
from protocols.errors import DecodeError
from protocols.ir import Dialect, FunctionTool, Message, Request, Sampling, Text
from protocols.registry import CLIENT_CODECS, COUNT_CODECS, UPSTREAM_CODECS

SAYS: list[tuple[Dialect, dict[str, Any]]] = [
    ("anthropic.messages", {"input_tokens": 7}),
    ("openai.responses", {"object": "response.input_tokens", "input_tokens": 7}),
    ("gemini.generate", {"totalTokens": 7}),
    ("bedrock.converse", {"inputTokens": 7}),
]
ASKED = Request(
    dialect="openai.chat",
    model="m",
    messages=(
        Message(role="system", content=(Text(text="Be short."),)),
        Message(role="user", content=(Text(text="Hi"),)),
    ),
    tools=(FunctionTool(name="look", parameters=Raw(b'{"type":"object"}')),),
    sampling=Sampling(max_tokens=9, temperature=0.5, stop=("x",)),
    end_user="u",
)


def request_in(dialect: Dialect, body: bytes) -> tuple[Dialect, bytes]:
    return COUNT_CODECS[dialect].request_in(body, msgspec.json.decode(body, type=dict[str, Raw]))


def written(dialect: Dialect) -> dict[str, Any]:
    target = Target(model="theirs", vendor="v")
    body = UPSTREAM_CODECS[dialect].encode_request(ASKED, target, "seed").body
    said: dict[str, Any] = msgspec.json.decode(
        COUNT_CODECS[dialect].question(body, model=target.model)
    )
    return said


@pytest.mark.parametrize(("dialect", "answer"), SAYS)
def test_each_dialect_has_its_answer(dialect: Dialect, answer: dict[str, Any]) -> None:
    codec = COUNT_CODECS[dialect]
    assert codec.dialect == dialect
    assert msgspec.json.decode(codec.answer(7)) == answer
    assert codec.tokens(msgspec.json.encode({**answer, "more": [1]})) == 7


@pytest.mark.parametrize(("dialect", "answer"), SAYS)
@pytest.mark.parametrize("said", [None, -1, "7", True, 7.5])
def test_what_is_no_number_is_no_answer(
    dialect: Dialect, answer: dict[str, Any], said: object
) -> None:
    body = msgspec.json.encode({name: said for name, value in answer.items() if value == 7})
    with pytest.raises(DecodeError, match="is no number of tokens"):
        COUNT_CODECS[dialect].tokens(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}"])
def test_what_says_nothing_is_no_answer(body: bytes) -> None:
    for codec in COUNT_CODECS.values():
        with pytest.raises(DecodeError):
            codec.tokens(body)


@pytest.mark.parametrize(
    ("asked", "body", "dialect", "inner"),
    [
        ("anthropic.messages", b'{"messages":[]}', "anthropic.messages", b'{"messages":[]}'),
        ("openai.responses", b'{"input":"a"}', "openai.responses", b'{"input":"a"}'),
        ("gemini.generate", b'{"contents":[]}', "gemini.generate", b'{"contents":[]}'),
        ("gemini.generate", b'{"generateContentRequest":{"a":1}}', "gemini.generate", b'{"a":1}'),
        ("gemini.generate", b'{"generate_content_request":{"a":1}}', "gemini.generate", b'{"a":1}'),
        ("bedrock.converse", b'{"input":{"converse":{"a":1}}}', "bedrock.converse", b'{"a":1}'),
        (
            "bedrock.converse",
            b'{"input":{"invokeModel":{"body":"e30="}}}',
            "anthropic.messages",
            b"{}",
        ),
    ],
)
def test_a_question_holds_a_request(
    asked: Dialect, body: bytes, dialect: Dialect, inner: bytes
) -> None:
    assert request_in(asked, body) == (dialect, inner)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"input":{}}',
        b'{"input":7}',
        b'{"input":{"invokeModel":{"body":"?"}}}',
        '{"input":{"invokeModel":{"body":"é"}}}'.encode(),
    ],
)
def test_a_question_about_nothing_is_none(body: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        request_in("bedrock.converse", body)
    assert refused.value.path == "input"


def test_vendors_are_asked_with_what_their_counters_take() -> None:
    messages = written("anthropic.messages")
    assert messages.keys() == {"model", "system", "messages", "tools"}
    responses = written("openai.responses")
    assert responses.keys() <= {"model", "instructions", "input", "tools"}
    assert {"model", "input", "tools"} <= responses.keys()
    converse = written("bedrock.converse")
    assert converse.keys() == {"input"}
    assert converse["input"]["converse"].keys() == {"system", "messages", "toolConfig"}


def test_gemini_is_asked_with_the_whole_request() -> None:
    said = written("gemini.generate")["generateContentRequest"]
    assert said["model"] == "models/theirs"
    assert said["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]
    assert {"systemInstruction", "tools"} <= said.keys()
    named = COUNT_CODECS["gemini.generate"].question(b"{}", model="models/theirs")
    assert named == b'{"generateContentRequest":{"model":"models/theirs"}}'


@pytest.mark.parametrize("dialect", sorted(COUNT_CODECS))
def test_what_is_asked_holds_the_request_again(dialect: Dialect) -> None:
    body = msgspec.json.encode(written(dialect))
    meant, inner = request_in(dialect, body)
    again = CLIENT_CODECS[meant].decode_request(inner, Head(model="m"))
    assert [message.role for message in again.messages][-1] == "user"
    assert [tool.name for tool in again.tools if isinstance(tool, FunctionTool)] == ["look"]


@pytest.mark.parametrize(
    ("said", "most"),
    [
        ({}, 1),
        ({"max_tokens": 99}, 99),
        ({"thinking": {"type": "adaptive"}}, 1),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, 2049),
        ({"thinking": {"type": "enabled", "budget_tokens": -9}}, 1),
    ],
)
def test_bedrock_wants_a_longest_answer_though_there_is_none(
    said: dict[str, Any], most: int
) -> None:
    body = msgspec.json.encode({"model": "m", "messages": [], **said})
    wrapped = counted(enclosed(body, version="v", betas=""))
    inner = msgspec.json.decode(wrapped)["input"]["invokeModel"]["body"]
    found = msgspec.json.decode(base64.b64decode(inner))
    assert found == {"messages": [], "anthropic_version": "v", **said, "max_tokens": most}
    assert request_in("bedrock.converse", wrapped)[0] == "anthropic.messages"

"""Embeddings of Gemini: one or many for clients, always many for vendors."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Head, Target
from protocols.errors import DecodeError, ProtocolError, Unsupported
from protocols.gemini_generate.embeddings import (
    GenerateEmbeddingsCodec,
    GenerateEmbeddingsUpstream,
)

CLIENT = GenerateEmbeddingsCodec()
UPSTREAM = GenerateEmbeddingsUpstream()
TARGET = Target(model="gemini-embedding-001", vendor="gemini")


def content(*texts: str) -> dict[str, Any]:
    return {"parts": [{"text": text} for text in texts]}


def decoded(**body: Any) -> ir.EmbeddingRequest:
    return CLIENT.decode_request(msgspec.json.encode(body), Head(model="m"))


def sent(request: ir.EmbeddingRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(
        UPSTREAM.encode_request(request, TARGET).body
    )["requests"]
    return found


def foreign(**fields: Any) -> ir.EmbeddingRequest:
    return ir.EmbeddingRequest(
        dialect="openai.embeddings", model="m", **{"inputs": ("a",), **fields}
    )


def told(request: ir.EmbeddingRequest, *vectors: bytes, **fields: Any) -> Any:
    response = ir.EmbeddingResponse(
        model="m",
        vectors=tuple(map(Raw, vectors)),
        usage=fields.pop("usage", ir.Usage()),
        **fields,
    )
    return msgspec.json.decode(CLIENT.encode_response(response, request).body)


def test_one_content_is_one_text() -> None:
    request = decoded(content=content("a", "b"), outputDimensionality=3, task_type="CLUSTERING")
    assert (request.model, request.inputs) == ("m", ("a\nb",))
    assert (request.dimensions, request.task) == (3, "CLUSTERING")
    assert told(request, b"[1,2,3]") == {"embedding": {"values": [1, 2, 3]}}
    assert decoded(content="a").inputs == ("a",)


def test_many_are_asked_for_alike() -> None:
    asked = [
        {"model": "models/x", "content": content(text), "taskType": "CLUSTERING", "title": "t"}
        for text in "ab"
    ]
    request = decoded(requests=asked)
    assert request.inputs == ("a", "b")
    usage = ir.Usage(input_tokens=2)
    assert told(request, b"[1]", b"[2]", usage=usage, extra={"odd": Raw(b"1")}) == {
        "embeddings": [{"values": [1]}, {"values": [2]}],
        "usageMetadata": {"promptTokenCount": 2, "totalTokenCount": 2},
        "odd": 1,
    }
    assert sent(request) == [{**each, "model": "models/gemini-embedding-001"} for each in asked]
    assert decoded(requests=[]).inputs == ()


def test_the_path_names_the_model_before_the_body_does() -> None:
    body = msgspec.json.encode({"content": "a", "model": "models/x"})
    assert CLIENT.decode_request(body, Head()).model == "models/x"
    with pytest.raises(DecodeError, match="model"):
        CLIENT.decode_request(b'{"content":"a"}', Head())


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, DecodeError),
        ({"requests": [{}]}, DecodeError),
        ({"content": {"parts": [{"inlineData": {"data": "aGk="}}]}}, Unsupported),
        (
            {"requests": [{"content": "a", "taskType": "X"}, {"content": "b"}]},
            Unsupported,
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(body: Any, fault: type[ProtocolError]) -> None:
    with pytest.raises(fault):
        decoded(**body)


def test_what_others_ask_for_is_asked_text_by_text() -> None:
    request = foreign(inputs=("a", "b"), dimensions=3, end_user="u", extra={"odd": Raw(b"1")})
    model = "models/gemini-embedding-001"
    assert sent(request) == [
        {"model": model, "outputDimensionality": 3, "content": content("a")},
        {"model": model, "outputDimensionality": 3, "content": content("b")},
    ]
    codes = [loss.code for loss in UPSTREAM.encode_request(request, TARGET).losses]
    assert codes == ["metadata", "other:odd"]


@pytest.mark.parametrize("asked", [{"dimensions": 3}, {"inputs": ((1, 2),)}])
def test_other_vectors_than_were_asked_for_are_of_no_use(asked: dict[str, Any]) -> None:
    target = Target(model="m", vendor="gemini", refuses=frozenset({"dimensions"}))
    with pytest.raises(Unsupported):
        UPSTREAM.encode_request(foreign(**asked), target)


def test_an_answer_is_read() -> None:
    body = {
        "embeddings": [{"values": [0.5]}, {}],
        "usageMetadata": {"promptTokenCount": 4},
        "odd": 1,
    }
    response = UPSTREAM.decode_response(msgspec.json.encode(body))
    assert response.vectors == (Raw(b"[0.5]"), Raw())
    assert response.usage.input_tokens == 4
    assert response.extra == {"odd": Raw(b"1")}
    assert UPSTREAM.decode_response(b'{"embeddings":[]}').extra is None


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"error":{}}'])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(body)

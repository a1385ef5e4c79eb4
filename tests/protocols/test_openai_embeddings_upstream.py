import base64
import struct
from typing import Any, Literal

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Encoded, Head, Target
from protocols.errors import DecodeError, Unsupported
from protocols.openai_embeddings.codec import OpenAiEmbeddingsCodec
from protocols.openai_embeddings.upstream import OpenAiEmbeddingsUpstream

CODEC = OpenAiEmbeddingsCodec()
UPSTREAM = OpenAiEmbeddingsUpstream()
PACKED = base64.b64encode(struct.pack("<2f", 0.5, -2.0)).decode()


def sent(request: ir.EmbeddingRequest, *refuses: str) -> Encoded:
    target = Target(model="upstream", vendor="openai", refuses=frozenset(refuses))
    return UPSTREAM.encode_request(request, target)


def asked(**said: object) -> ir.EmbeddingRequest:
    return CODEC.decode_request(msgspec.json.encode({"model": "m", **said}), Head())


def body(encoded: Encoded) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(encoded.body)
    return said


@pytest.mark.parametrize("said", ["a", ["a"], ["a", "b"], [1, 2], [[1, 2]], [[1], "a"]])
def test_a_request_goes_on_as_it_came(said: object) -> None:
    request = asked(
        input=said, dimensions=8, encoding_format="base64", user="u", input_type="query"
    )
    assert body(sent(request)) == {
        "model": "upstream",
        "input": said,
        "dimensions": 8,
        "encoding_format": "base64",
        "user": "u",
        "input_type": "query",
    }


def test_what_is_refused_stays_behind() -> None:
    request = asked(input="a", encoding_format="base64", user="u")
    assert body(sent(request, "encoding_format", "user")) == {"model": "upstream", "input": "a"}


def test_vectors_of_another_size_are_not_asked_for() -> None:
    with pytest.raises(Unsupported) as caught:
        sent(asked(input="a", dimensions=8), "dimensions")
    assert str(caught.value) == "dimensions cannot be chosen for upstream"


def test_what_another_dialect_says_beside_is_lost() -> None:
    request = ir.EmbeddingRequest(
        dialect="gemini.generate",
        model="m",
        inputs=("a",),
        task="RETRIEVAL_QUERY",
        extra={"title": Raw(b'"t"')},
    )
    encoded = sent(request)
    assert body(encoded) == {"model": "upstream", "input": ["a"]}
    assert [loss.code for loss in encoded.losses] == ["other:task", "other:title"]


def answer(**said: object) -> ir.EmbeddingResponse:
    return UPSTREAM.decode_response(msgspec.json.encode({"object": "list", **said}))


def test_an_answer_is_read_in_its_order() -> None:
    data = [{"index": 1, "embedding": [1]}, {"index": 0, "embedding": "AAAA"}]
    told = answer(data=data, model="v", usage={"prompt_tokens": 3, "total_tokens": 3}, id="x")
    assert [bytes(vector) for vector in told.vectors] == [b'"AAAA"', b"[1]"]
    assert (told.model, told.usage.input_tokens) == ("v", 3)
    assert told.extra == {"id": Raw(b'"x"')}


def test_an_answer_without_indexes_is_in_order() -> None:
    told = answer(data=[{"embedding": [1]}, {"embedding": [2]}])
    assert [bytes(vector) for vector in told.vectors] == [b"[1]", b"[2]"]
    assert (told.model, told.usage, told.extra) == ("", ir.Usage(), None)


@pytest.mark.parametrize("said", [b"{}", b"[]", b"", b'{"data":5}', b"\xff"])
def test_what_is_no_answer_is_refused(said: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(said)


def test_an_answer_reaches_the_client_as_it_was() -> None:
    said = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": PACKED}],
        "model": "v",
        "usage": {"prompt_tokens": 3, "total_tokens": 3, "cost": 0.1},
        "provider": "p",
    }
    response = UPSTREAM.decode_response(msgspec.json.encode(said))
    encoded = CODEC.encode_response(response, asked(input="a", encoding_format="base64"))
    assert body(encoded) == said


@pytest.mark.parametrize(
    ("encoding", "vector", "told"),
    [
        ("base64", [0.5, -2.0], PACKED),
        ("float", PACKED, [0.5, -2.0]),
        ("base64", "", ""),
        ("float", [], []),
        # What is no vector is the vendor's word, and stays it.
        ("float", "no base64!", "no base64!"),
        ("float", "AAA=", "AAA="),
        ("base64", ["a"], ["a"]),
        ("base64", 5, 5),
    ],
)
def test_a_vector_comes_in_the_encoding_asked_for(
    encoding: Literal["float", "base64"], vector: object, told: object
) -> None:
    response = ir.EmbeddingResponse(
        model="m", vectors=(Raw(msgspec.json.encode(vector)),), usage=ir.Usage()
    )
    said = body(CODEC.encode_response(response, asked(input="a", encoding_format=encoding)))
    assert said["data"][0]["embedding"] == told

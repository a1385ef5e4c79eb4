import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.errors import DecodeError
from protocols.ir import EmbeddingRequest
from protocols.openai_embeddings.codec import OpenAiEmbeddingsCodec
from protocols.openai_embeddings.native import OpenAiEmbeddings

CODEC = OpenAiEmbeddingsCodec()
NATIVE = OpenAiEmbeddings()


def decoded(**said: object) -> EmbeddingRequest:
    return CODEC.decode_request(msgspec.json.encode({"model": "m", **said}), Head())


@pytest.mark.parametrize(
    ("said", "inputs"),
    [
        ("text", ("text",)),
        (["a", "b"], ("a", "b")),
        ([1, 2, 3], ((1, 2, 3),)),
        ([[1, 2], [3]], ((1, 2), (3,))),
        (["a", [1]], ("a", (1,))),
        ([""], ("",)),
    ],
)
def test_texts_and_tokens_are_understood(said: object, inputs: tuple[object, ...]) -> None:
    assert decoded(input=said).inputs == inputs


def test_all_that_is_said_is_kept() -> None:
    request = decoded(
        input=["a"], dimensions=256, encoding_format="base64", user="u", truncate="END"
    )
    assert (request.model, request.dimensions, request.encoding) == ("m", 256, "base64")
    assert request.end_user == "u"
    assert request.extra == {"truncate": Raw(b'"END"')}


def test_the_model_of_the_path_is_the_model() -> None:
    request = CODEC.decode_request(b'{"input":["a"],"model":"m"}', Head(model="deployed"))
    assert (request.model, request.extra) == ("deployed", None)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "input is missing; expected a string or a list"),
        ({"input": 5}, "input is 5; expected a list"),
        ({"input": [{"a": 1}]}, "input[0] is an object; expected a string or a list of tokens"),
        ({"input": ["a", ["b"]]}, "input[1] is a list; expected a string or a list of tokens"),
        (
            {"input": "a", "encoding_format": "int8"},
            "encoding_format is 'int8'; expected float or base64",
        ),
        ({"input": "a", "model": None}, "model is missing; expected a string"),
        ({"input": "a", "dimensions": 1.5}, "dimensions is 1.5; expected a whole number"),
    ],
)
def test_what_is_wrong_is_named(said: dict[str, object], message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decoded(**said)
    assert str(caught.value) == message


@pytest.mark.parametrize("vectors", [(b"[0.10,-2e-3]", b"[1]"), (b'"AAAA"',), ()])
def test_vectors_go_through_as_they_are(vectors: tuple[bytes, ...]) -> None:
    response = ir.EmbeddingResponse(
        model="m", vectors=tuple(map(Raw, vectors)), usage=ir.Usage(input_tokens=4)
    )
    body = CODEC.encode_response(response, decoded(input="a")).body
    assert all(b'"embedding":%b' % vector in body for vector in vectors)
    said = msgspec.json.decode(body)
    assert [each["index"] for each in said["data"]] == [*range(len(vectors))]
    assert said["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert NATIVE.usage(body) == (
        ir.Usage(input_tokens=4, raw=Raw(b'{"prompt_tokens":4,"total_tokens":4}')),
        None,
    )


def test_unknown_usage_is_not_told() -> None:
    response = ir.EmbeddingResponse(model="m", vectors=(), usage=ir.Usage())
    body = CODEC.encode_response(response, decoded(input="a")).body
    assert NATIVE.usage(body) == (None, None)


def test_a_total_alone_is_the_input() -> None:
    usage, _ = NATIVE.usage(b'{"usage":{"total_tokens":9}}')
    assert usage is not None
    assert usage.input_tokens == 9


def test_a_stream_of_embeddings_would_be_all_content() -> None:
    observer = NATIVE.observer(hide_usage=True)
    assert observer.feed(b"data: x\n\n")
    assert observer.content
    assert (observer.stopped, observer.terminal, observer.tier) == (False, False, None)
    assert NATIVE.tier(b'{"service_tier":"flex"}') is None

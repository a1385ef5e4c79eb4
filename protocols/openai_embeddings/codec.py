"""Embeddings as a server speaks it. Law: vectors go through as they are."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Raw

from protocols.codec import Encoded, Head
from protocols.errors import DecodeError
from protocols.fields import NULL, Fields, Item, read_body, unexpected
from protocols.ir import Dialect, EmbeddingRequest, EmbeddingResponse, Usage
from protocols.openai_embeddings.native import read_usage
from protocols.openai_embeddings.upstream import ONE_INPUT
from protocols.openai_embeddings.vectors import encoded

Input: TypeAlias = str | tuple[int, ...]
ENCODINGS: Final[Mapping[str, Literal["float", "base64"]]] = {"float": "float", "base64": "base64"}
OWN_USAGE: Final = b'"total_tokens"'
TOKENS: Final = msgspec.json.Decoder(tuple[int, ...])


class OpenAiEmbeddingsCodec:
    dialect: Dialect = "openai.embeddings"

    def decode_request(self, body: bytes, head: Head) -> EmbeddingRequest:
        fields = read_body(body)
        named = fields.text("model")
        model = head.model or named
        if model is None:
            raise DecodeError("model", "is missing; expected a string")
        inputs, is_one = _inputs(fields)
        return EmbeddingRequest(
            dialect=self.dialect,
            model=model,
            inputs=inputs,
            dimensions=fields.whole("dimensions"),
            encoding=fields.choice("encoding_format", ENCODINGS),
            end_user=fields.text("user"),
            extra=({ONE_INPUT: NULL, **(fields.rest() or {})} if is_one else fields.rest()),
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        encoding = request.encoding or "float"
        said: dict[str, Any] = {
            **(response.extra or {}),
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": encoded(vector, encoding)}
                for index, vector in enumerate(response.vectors)
            ],
            "model": response.model,
        }
        usage = _usage_object(response.usage)
        if usage is not None:
            said["usage"] = usage
        return Encoded(body=msgspec.json.encode(said))


def _usage_object(usage: Usage) -> dict[str, int] | Raw | None:
    """What a vendor said in the dialect's own words is said again as it was."""
    if OWN_USAGE in bytes(usage.raw) and read_usage(usage.raw) == usage:
        return usage.raw
    tokens = usage.input_tokens
    return None if tokens is None else {"prompt_tokens": tokens, "total_tokens": tokens}


def _inputs(fields: Fields) -> tuple[tuple[Input, ...], bool]:
    """And whether it is one, without a list around it."""
    item = fields.item("input")
    if item is None:
        raise DecodeError(fields.at("input"), "is missing; expected a string or a list")
    if item.is_text():
        return (item.text(),), True
    one = _tokens(item)
    return ((one,), True) if one else (tuple(map(_input, item.items())), False)


def _input(item: Item) -> Input:
    if item.is_text():
        return item.text()
    tokens = _tokens(item)
    if tokens is None:
        raise unexpected(item.raw, item.path, "a string or a list of tokens")
    return tokens


def _tokens(item: Item) -> tuple[int, ...] | None:
    try:
        return TOKENS.decode(item.raw)
    except msgspec.DecodeError:
        return None

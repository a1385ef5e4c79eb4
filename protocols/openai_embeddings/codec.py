"""Embeddings as a server speaks it. Law: vectors go through as they are."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

from protocols.codec import Encoded, Head
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, read_body, unexpected
from protocols.ir import Dialect, EmbeddingRequest, EmbeddingResponse

Input: TypeAlias = str | tuple[int, ...]
ENCODINGS: Final[Mapping[str, Literal["float", "base64"]]] = {"float": "float", "base64": "base64"}
TOKENS: Final = msgspec.json.Decoder(tuple[int, ...])


class OpenAiEmbeddingsCodec:
    dialect: Dialect = "openai.embeddings"

    def decode_request(self, body: bytes, head: Head) -> EmbeddingRequest:
        fields = read_body(body)
        named = fields.text("model")
        model = head.model or named
        if model is None:
            raise DecodeError("model", "is missing; expected a string")
        return EmbeddingRequest(
            dialect=self.dialect,
            model=model,
            inputs=_inputs(fields),
            dimensions=fields.whole("dimensions"),
            encoding=fields.choice("encoding_format", ENCODINGS),
            end_user=fields.text("user"),
            extra=fields.rest(),
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        said: dict[str, Any] = {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": vector}
                for index, vector in enumerate(response.vectors)
            ],
            "model": response.model,
        }
        tokens = response.usage.input_tokens
        if tokens is not None:
            said["usage"] = {"prompt_tokens": tokens, "total_tokens": tokens}
        return Encoded(body=msgspec.json.encode(said))


def _inputs(fields: Fields) -> tuple[Input, ...]:
    item = fields.item("input")
    if item is None:
        raise DecodeError(fields.at("input"), "is missing; expected a string or a list")
    if item.is_text():
        return (item.text(),)
    one = _tokens(item)
    return (one,) if one else tuple(map(_input, item.items()))


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

"""Embeddings as a client speaks it. Law: vectors are never parsed, and stay in order."""

from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.codec import Encoded, Target
from protocols.errors import DecodeError, Unsupported
from protocols.ir import NOTHING, Dialect, EmbeddingRequest, EmbeddingResponse, Usage
from protocols.lenient import VALUES, read, whole, words
from protocols.losses import NOTE, Losses
from protocols.openai_embeddings.native import read_usage

ONE_INPUT: Final = f"{NOTE}input"  # no list of one
TOP: Final = msgspec.json.Decoder(dict[str, Raw])
DATA: Final = msgspec.json.Decoder(list[dict[str, Raw]])


class OpenAiEmbeddingsUpstream:
    dialect: Dialect = "openai.embeddings"

    def encode_request(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """Raises Unsupported: a vector of another size is of no use."""
        losses = Losses()
        said: dict[str, Any] = {"model": target.model, "input": _input(request)}
        if request.dimensions is not None:
            if "dimensions" in target.refuses:
                raise Unsupported("dimensions", f"cannot be chosen for {target.model}")
            said["dimensions"] = request.dimensions
        if request.encoding is not None and "encoding_format" not in target.refuses:
            said["encoding_format"] = request.encoding
        if request.end_user is not None and "user" not in target.refuses:
            said["user"] = request.end_user
        if request.task is not None:
            losses.add("other:task", "task", "embeddings of OpenAI know no tasks")
        if request.dialect != self.dialect:
            losses.unknown(request.extra)
        else:
            rest = {key: raw for key, raw in (request.extra or {}).items() if key[:1] != NOTE}
            said = {**rest, **said}
        return Encoded(body=msgspec.json.encode(said), losses=tuple(losses.found))

    def decode_response(self, body: bytes) -> EmbeddingResponse:
        top = read(TOP, body) or {}
        data = read(DATA, top.pop("data", NOTHING))
        if data is None:
            raise DecodeError("data", "is missing; expected a list of embeddings")
        usage = read_usage(top.pop("usage", NOTHING))
        model = words(read(VALUES, top.pop("model", NOTHING)))
        top.pop("object", None)
        return EmbeddingResponse(
            model=model or "",
            vectors=tuple(item.get("embedding", NOTHING) for item in _sorted(data)),
            usage=usage or Usage(),
            extra=top or None,
        )


def _input(request: EmbeddingRequest) -> Any:
    is_one = ONE_INPUT in (request.extra or {})
    return request.inputs[0] if is_one and len(request.inputs) == 1 else request.inputs


def _sorted(data: list[dict[str, Raw]]) -> list[dict[str, Raw]]:
    """By their indexes, where they have any."""
    indexed = [(whole(read(VALUES, item.get("index", NOTHING))) or 0, item) for item in data]
    return [item for _, item in sorted(indexed, key=lambda each: each[0])]

"""Embeddings, as a server and as a client speaks them. Law: vectors are never parsed.

Clients ask for one (`embedContent`) or for many (`batchEmbedContents`); vendors are always asked
for many, each of whose requests names the model.
"""

from typing import Any, Final

import msgspec

from protocols.codec import Encoded, Head, Target
from protocols.errors import DecodeError, Unsupported
from protocols.fields import NULL, Fields, Item, read_body
from protocols.gemini_generate.ids import Calls
from protocols.gemini_generate.parts import DIALECT, read_part
from protocols.gemini_generate.reading import camelled, each, noted
from protocols.gemini_generate.upstream_response import camel_object, listed
from protocols.gemini_generate.usage import read_usage, usage_object
from protocols.gemini_generate.wire import with_extra
from protocols.ir import (
    NOTHING,
    Dialect,
    EmbeddingRequest,
    EmbeddingResponse,
    Extra,
    Text,
    Usage,
)
from protocols.lenient import an_object
from protocols.losses import NOTE, Losses

ONE: Final = f"{NOTE}one"  # asked for by `embedContent`
PREFIX: Final = "models/"
BETWEEN: Final = "\n"  # parts of one text


class GenerateEmbeddingsCodec:
    dialect: Dialect = DIALECT

    def decode_request(self, body: bytes, head: Head) -> EmbeddingRequest:
        fields = camelled(read_body(body))
        model = head.model or fields.text("model")
        if model is None:
            raise DecodeError("model", "is missing; expected in the path")
        fields.raw("model")
        is_one = not fields.has("requests")
        asked = [fields]
        if not is_one:
            asked = [camelled(item.fields()) for item in each(fields, "requests")]
        texts = tuple(map(_text, asked))
        options = [_options(request) for request in asked]
        if any(other != options[0] for other in options[1:]):
            raise Unsupported("requests", "differ in more than their content: send them one by one")
        dimensions, task, rest = options[0] if options else (None, None, None)
        return EmbeddingRequest(
            dialect=self.dialect,
            model=model,
            inputs=texts,
            dimensions=dimensions,
            task=task,
            extra={ONE: NULL, **(rest or {})} if is_one else rest,
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        vectors = [{"values": vector} for vector in response.vectors]
        said: dict[str, Any] = {"embeddings": vectors}
        if noted(request.extra, "one") is not None and len(vectors) == 1:
            said = {"embedding": vectors[0]}
        usage = usage_object(response.usage)
        if usage is not None:
            said["usageMetadata"] = usage
        return Encoded(body=msgspec.json.encode(with_extra(said, response.extra)))


class GenerateEmbeddingsUpstream:
    dialect: Dialect = DIALECT

    def encode_request(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """Raises Unsupported: a vector of another size, or of other words, is of no use."""
        losses = Losses()
        said: dict[str, Any] = {"model": PREFIX + target.model}
        if request.dimensions is not None:
            if "dimensions" in target.refuses:
                raise Unsupported("dimensions", f"cannot be chosen for {target.model}")
            said["outputDimensionality"] = request.dimensions
        if request.task is not None:
            said["taskType"] = request.task
        if request.end_user is not None:
            losses.add("metadata", "end_user", "generateContent has no field for it")
        if request.dialect == DIALECT:
            said = with_extra(said, request.extra)
        else:
            losses.unknown(request.extra)
        asked = [{**said, "content": _content(each)} for each in request.inputs]
        return Encoded(body=msgspec.json.encode({"requests": asked}), losses=tuple(losses.found))

    def decode_response(self, body: bytes) -> EmbeddingResponse:
        answer = camel_object(body)
        found = answer.pop("embeddings", None)
        if found is None:
            raise DecodeError("embeddings", "is missing; expected a list of embeddings")
        usage = read_usage(an_object(answer.pop("usageMetadata", NULL)))
        return EmbeddingResponse(
            model="",
            vectors=tuple(camel_object(raw).get("values", NOTHING) for raw in listed(found)),
            usage=usage or Usage(),
            extra=answer or None,
        )


def _text(fields: Fields) -> str:
    item = fields.item("content")
    if item is None:
        raise DecodeError(fields.at("content"), "is missing; expected an object")
    if item.is_text():
        return item.text()
    said = camelled(item.fields())
    return BETWEEN.join(_words(part) for part in each(said, "parts"))


def _words(item: Item) -> str:
    part = read_part(item, Calls())
    if not isinstance(part, Text):
        raise Unsupported(item.path, "is no text: vectors are made of texts only")
    return part.text


def _options(fields: Fields) -> tuple[int | None, str | None, Extra | None]:
    fields.raw("model")  # once more in each request
    return fields.whole("outputDimensionality"), fields.text("taskType"), fields.rest()


def _content(text: str | tuple[int, ...]) -> dict[str, Any]:
    if not isinstance(text, str):
        raise Unsupported("input", "holds tokens: this vendor reads texts only")
    return {"parts": [{"text": text}]}

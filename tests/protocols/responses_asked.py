"""What clients of Responses ask, read."""

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.errors import DecodeError
from protocols.openai_responses.codec import ResponsesCodec

CODEC = ResponsesCodec()


def decode(*items: object, head: Head | None = None, **said: object) -> ir.Request:
    body = {"model": "m", "input": list(items) or "hi", **said}
    return CODEC.decode_request(msgspec.json.encode(body), head or Head())


def block(**item: object) -> ir.Content:
    (message,) = decode(item).messages
    (content,) = message.content
    return content


def part(**said: object) -> ir.Content:
    return block(role="user", content=[said])


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def why_not(*items: object) -> str:
    with pytest.raises(DecodeError) as refused:
        decode(*items)
    return str(refused.value)

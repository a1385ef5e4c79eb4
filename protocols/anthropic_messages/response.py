"""A whole Messages answer, written."""

from typing import Any

import msgspec

from protocols import ir
from protocols.anthropic_messages.wire import (
    block_object,
    losses_of,
    stop_object,
    usage_object,
    with_rest,
)
from protocols.codec import Encoded, Loss


def encode_response(response: ir.Response) -> Encoded:
    losses: list[Loss] = []
    for position, block in enumerate(response.content):
        losses.extend(losses_of(block, f"content[{position}]"))
    if response.alternatives:
        why = "Messages answers once"
        losses.append(Loss(code="n", path="alternatives", why=why, content=True))
    said: dict[str, Any] = {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": [each for each in map(block_object, response.content) if each is not None],
        **stop_object(response.stop),
        "usage": usage_object(response.usage),
    }
    with_rest(said, response.extra)
    return Encoded(body=msgspec.json.encode(said), losses=tuple(losses))

"""A whole Converse answer, written."""

from typing import Any

import msgspec

from protocols import ir
from protocols.bedrock_converse.rests import with_rest
from protocols.bedrock_converse.wire import (
    METRICS,
    NO_METRICS,
    block_object,
    losses_of,
    stop_word,
    usage_object,
)
from protocols.codec import Encoded, Loss


def encode_response(response: ir.Response) -> Encoded:
    losses: list[Loss] = []
    for position, block in enumerate(response.content):
        losses.extend(losses_of(block, f"content[{position}]"))
    if response.alternatives:
        why = "Converse answers once"
        losses.append(Loss(code="n", path="alternatives", why=why, content=True))
    content = [each for each in map(block_object, response.content) if each is not None]
    said: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop_word(response.stop),
        "usage": usage_object(response.usage),
    }
    if response.service_tier is not None:
        said["serviceTier"] = {"type": response.service_tier}
    with_rest(said, response.extra).setdefault(METRICS, NO_METRICS)
    return Encoded(body=msgspec.json.encode(said), losses=tuple(losses))

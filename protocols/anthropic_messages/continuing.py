"""A question asked once more, with as much of its answer as its vendor has given."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.blocks import DIALECT
from protocols.anthropic_messages.upstream_request import encode_request
from protocols.codec import Target

OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
LIST: Final = msgspec.json.Decoder(list[Raw])
MESSAGES: Final = "messages"


def continued(body: bytes, content: Sequence[ir.Content], target: Target) -> bytes:
    """`body` as it was encoded; `content` goes back as the vendor has said it.

    It says texts that it does not take: those without a word do not go back.
    """
    told = tuple(block for block in content if not _is_blank(block))
    if not told:
        return body
    said = ir.Message(role="assistant", content=told)
    own = ir.Request(dialect=DIALECT, model=target.model, messages=(said,))
    (answer,) = _messages(encode_request(own, target, "").body)
    asked: dict[str, Any] = {**OBJECT.decode(body)}
    asked[MESSAGES] = [*_messages(body), answer]
    return msgspec.json.encode(asked)


def _is_blank(block: ir.Content) -> bool:
    return isinstance(block, ir.Text) and not block.text.strip()


def _messages(body: bytes) -> list[Raw]:
    return LIST.decode(OBJECT.decode(body)[MESSAGES])

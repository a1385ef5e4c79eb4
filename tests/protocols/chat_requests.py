"""Requests as vendors that speak Chat get them."""

from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Encoded, Target
from protocols.ir import Content, Message, Request
from protocols.openai_chat.codec import ChatUpstream

UPSTREAM = ChatUpstream()


def target(*refuses: str, vendor: str = "openai", **said: Any) -> Target:
    return Target(model="upstream", vendor=vendor, refuses=frozenset(refuses), **said)


OPENAI = target()
OTHER = target(vendor="somebody")
THINKER = target(vendor="somebody", reasoning_passback="tool_turns")


def asked(*messages: Message, dialect: ir.Dialect = "anthropic.messages", **said: Any) -> Request:
    return Request(dialect=dialect, model="m", messages=messages, **said)


def sent(request: Request, to: Target = OPENAI) -> Encoded:
    return UPSTREAM.encode_request(request, to, "seed")


def body(request: Request, to: Target = OPENAI) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(sent(request, to).body)
    return said


def losses(request: Request, to: Target = OPENAI) -> list[str]:
    return [loss.code for loss in sent(request, to).losses]


def user(*content: Content, **said: Any) -> Message:
    return Message(role="user", content=content, **said)


def model(*content: Content, **said: Any) -> Message:
    return Message(role="assistant", content=content, **said)


def messages(*told: Message, to: Target = OPENAI) -> list[Any]:
    found: list[Any] = body(asked(*told), to)["messages"]
    return found


def raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


CALL = ir.ToolCall(id="c1", name="f", arguments='{"a":1}')

"""What vendors of Responses are sent."""

from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Encoded, Head, Target
from protocols.openai_responses.codec import ResponsesCodec, ResponsesUpstream
from providers.vendor_tables import TOOLS

CODEC = ResponsesCodec()
UPSTREAM = ResponsesUpstream()
WORDS = ("none", "low", "high")
OPENAI = Target(
    model="gpt",
    vendor="openai",
    effort="effort",
    efforts=WORDS,
    links=frozenset({"https"}),
    tools=TOOLS["openai"],
)
PLAIN = Target(model="gpt", vendor="openai")
OTHER = Target(model="llama", vendor="local", efforts=WORDS, effort="effort")


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def refusing(*concepts: str, target: Target = OPENAI) -> Target:
    return msgspec.structs.replace(target, refuses=frozenset(concepts))


def foreign(*content: ir.Content, role: Any = "user", **said: Any) -> ir.Request:
    """As a client of another dialect asks."""
    messages = said.pop("messages", (ir.Message(role=role, content=content),))
    return ir.Request(dialect="anthropic.messages", model="m", messages=messages, **said)


def send(request: ir.Request, target: Target = OPENAI) -> Encoded:
    return UPSTREAM.encode_request(request, target, "seed")


def body(request: ir.Request, target: Target = OPENAI) -> Any:
    return msgspec.json.decode(send(request, target).body)


def losses(request: ir.Request, target: Target = OPENAI) -> list[str]:
    return [loss.code for loss in send(request, target).losses]


def own(**said: object) -> ir.Request:
    return CODEC.decode_request(msgspec.json.encode({"model": "m", **said}), Head())


def again(**said: object) -> Any:
    """What came in the dialect, as it goes out."""
    encoded = send(own(**said))
    assert encoded.losses == ()
    found = msgspec.json.decode(encoded.body)
    assert found.pop("model") == "gpt"
    return found


def items(*content: ir.Content, role: Any = "user", target: Target = PLAIN) -> list[Any]:
    found: list[Any] = body(foreign(*content, role=role), target)["input"]
    return found

"""Vendors that sign what they think, verify what comes back, and refuse what others signed."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from gateway.edge.egress.upstream import Deadlines
from protocols import ir
from protocols.codec import Head, Target
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS
from providers.adapters.base import UpstreamCall
from providers.specs import ProviderSpec
from tests.gateway.edge.dialects import frames, streamed, vendor, whole
from tests.gateway.edge.vendors import Said, target

# Vendor -> its dialect, and how it names its calls.
VENDORS: Final[Mapping[str, tuple[Dialect, str]]] = {
    "anthropic": ("anthropic.messages", "toolu_01AbCdEfGhIjKlMnOpQrSt{}"),
    "gemini": ("gemini.generate", ""),
    "openai": ("openai.responses", "call_AbCdEfGhIjKlMnOpQrSt0{}"),
    "deepseek": ("openai.chat", "functions.look:0"),
}
REFUSALS: Final = {
    "anthropic": "messages.1.content.0: Invalid `signature` in `thinking` block",
    "gemini": "Thought signature is not valid",
    "openai": "invalid_encrypted_content",
    "deepseek": "Missing `reasoning_content` field in the assistant message",
}
UNSIGNED: Final = "skip_thought_signature_validator"
PASSBACK: Final = {"deepseek": "always"}


def models() -> tuple[ProviderSpec, ...]:
    """A provider of each, with one model of its name."""
    return tuple(_provider(name) for name in VENDORS)


def _provider(name: str) -> ProviderSpec:
    dialect, _ = VENDORS[name]
    can: Any = {
        "reasoning_passback": PASSBACK.get(name, "never"),
        "seal_required": name == "gemini",
        "effort": "adaptive" if name == "anthropic" else "none",
    }
    row = target(
        name, price_model="m", id=f"t-{name}", target=Target(model=name, vendor=name, **can)
    )
    return msgspec.structs.replace(vendor(dialect, slug=name), targets=(row,))


class Signers:
    """All of them, in place of sockets."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.refused: list[str] = []
        self.returned: list[str] = []  # a vendor's name for each seal of its own
        self._turn = 0
        self._streams = False

    def streaming(self, streams: bool) -> None:  # noqa: FBT001 - one thing to say
        self._streams = streams

    async def send(
        self, call: UpstreamCall, *, origin: str, proxy_url: str = "", deadlines: Deadlines
    ) -> Said:
        name = next(each for each in VENDORS if f"sk-{each}-k1" in str(call.headers))
        self.bodies.append((name, call.body))
        self._turn += 1
        dialect, ids = VENDORS[name]
        request = CLIENT_CODECS[dialect].decode_request(call.body, Head(model=name))
        if not all(self._verified(name, request)):
            self.refused.append(name)
            return Said(_refusal(dialect, REFUSALS[name]), status=400)
        answer = _answer(name, self._turn, ids)
        return (
            streamed(dialect, *frames(dialect, answer)) if self._streams else whole(dialect, answer)
        )

    async def close(self) -> None: ...

    def _verified(self, name: str, request: ir.Request) -> Iterator[bool]:
        for message in request.messages:
            called = [each for each in message.content if isinstance(each, ir.ToolCall)]
            thoughts = [each for each in message.content if isinstance(each, ir.Thinking)]
            if name == "deepseek" and message.role == "assistant":
                own = any(each.id == VENDORS[name][1] for each in called)
                text = "".join(thought.text for thought in thoughts)
                yield (text.startswith("deepseek thinks") if own else True)
                if own:
                    self.returned.append(name)
                continue
            for block in message.content:
                seal: ir.Seal | None = getattr(block, "seal", None)
                if seal is None or seal.signature in {None, UNSIGNED}:
                    continue
                yield seal.signature == signature(name, block)
                self.returned.append(name)


def signature(name: str, block: Any) -> str:
    """Over what the block says, and in base64 that no alphabet may be changed of."""
    said = block.text if isinstance(block, ir.Thinking) else f"{block.name}{block.arguments}"
    if name == "openai":
        said = "encrypted"  # it does not show what it thought
    return "s+/" + hmac.new(name.encode(), said.encode(), hashlib.sha256).hexdigest()


def _answer(name: str, turn: int, ids: str) -> ir.Response:
    thought = ir.Thinking(text=f"{name} thinks of turn {turn}", summary=name == "openai")
    call = ir.ToolCall(
        id=ids.format(turn) or f"g{turn}", name="look", arguments=f'{{"turn":{turn}}}'
    )
    if name == "gemini":
        call = replace(call, seal=ir.Seal(origin=name, signature=signature(name, call)))
    elif name != "deepseek":
        seal = ir.Seal(origin=name, signature=signature(name, thought), id=f"rs_{turn}")
        thought = replace(thought, seal=seal)
    return ir.Response(
        id=f"theirs-{turn}",
        model=name,
        content=(thought, ir.Text(text=f"{name} says"), call),
        stop=ir.Stop(reason="tool_call"),
        usage=ir.Usage(input_tokens=5, output_tokens=2),
    )


def _refusal(dialect: Dialect, message: str) -> bytes:
    error = {"type": "invalid_request_error", "message": message, "code": 400}
    return msgspec.json.encode({"type": "error", "error": error})

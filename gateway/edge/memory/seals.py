"""Whose seals go where (protocols.md PR-33, PR-34).

Laws: a seal goes back to the vendor, and the account, that made it and to nobody else; in the field
of another vendor's dialect it travels wrapped, so that whoever reads it later knows whose it is;
nothing is remembered here.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from gateway.edge.memory.vault import Pin
from protocols import ir
from protocols.codec import Loss, Target
from protocols.ir import Dialect, Event, Seal
from protocols.seals import MARK, unwrap, wrap

# What a seal that is not wrapped belongs to: the dialect's own vendor. Chat has a field for
# Google's alone; those of others do not fit into it.
OWN_VENDOR: Final[Mapping[Dialect, str]] = {
    "openai.responses": "openai",
    "anthropic.messages": "anthropic",
    "gemini.generate": "gemini",
    "bedrock.converse": "anthropic",
}
REFUSALS: Final = (
    b"invalid_encrypted_content",
    b"organization_mismatch",
    b"Invalid `signature` in `thinking` block",
    b"Thought signature is not valid",
)
# In an answer with seals that do not say whose they are.
BARE: Final[Mapping[Dialect, re.Pattern[bytes]]] = {
    "openai.responses": re.compile(rb'"encrypted_content"\s*:\s*"(?!c3kx|")'),
    "anthropic.messages": re.compile(rb'"signature"\s*:\s*"(?!c3kx|")|"redacted_thinking"'),
    "gemini.generate": re.compile(rb'"thought_?[sS]ignature"\s*:\s*"(?!c3kx|")'),
    "bedrock.converse": re.compile(rb'"(?:signature|redactedContent)"\s*:\s*"(?!c3kx|")'),
}
# By either of its doors, as Chat names it.
GOOGLE: Final = "google"
# Of the right vendor and another account: nobody who is asked here can read it.
ELSEWHERE: Final = "another account"
GOOGLE_VENDORS: Final = frozenset({"gemini", "vertex"})
# As a string in JSON begins with it: whoever is shown such a body is shown a seal of another's.
WRAPPED: Final = b'"' + MARK.encode()


def opened(request: ir.Request, *, target: Target, pin: Pin | None = None) -> ir.Request:
    """Each seal under the name of who made it; `target` is who will be asked.

    `pin`: whose those are that do not say so.
    """
    own = OWN_VENDOR.get(request.dialect)

    def known(seal: Seal) -> Seal:
        found = unwrap(seal.signature) if seal.signature else None
        if found is not None:
            seal = replace(
                seal, origin=found.origin, signature=found.signature, account=found.account
            )
        elif pin is not None and seal.origin == own:
            seal = replace(seal, origin=pin.vendor, account=pin.account)
        elif seal.origin == GOOGLE and target.vendor in GOOGLE_VENDORS:
            seal = replace(seal, origin=target.vendor)
        is_elsewhere = seal.account not in {None, target.account}
        return replace(seal, origin=ELSEWHERE) if is_elsewhere else seal

    messages = tuple(
        replace(message, content=_changed(message.content, known))
        if any(map(_sealed, message.content))
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)


def is_refused(answer: bytes) -> bool:
    """Whether an error is about a seal that its reader did not make, or makes no more."""
    return any(words in answer for words in REFUSALS)


def stripped(request: ir.Request) -> tuple[ir.Request, tuple[Loss, ...]]:
    """Without any: what was thought is of no use to who cannot prove it."""
    losses: list[Loss] = []
    messages: list[ir.Message] = []
    for number, message in enumerate(request.messages):
        if not any(map(_sealed, message.content)):
            messages.append(message)
            continue
        path = f"messages[{number}].content"
        losses.append(Loss(code="seal", path=path, why="was refused by the target"))
        content = tuple(
            replace(block, seal=None) if _sealed(block) else block
            for block in message.content
            if not (isinstance(block, ir.Thinking) and _sealed(block))
        )
        if content:
            messages.append(replace(message, content=content))
    return replace(request, messages=tuple(messages)), tuple(losses)


class Sealer:
    """The seals of one answer, as its client may keep them."""

    __slots__ = ("_account", "_has_field", "_vendor", "wraps")

    def __init__(self, *, asks: Dialect, target: Target, pin: Pin | None = None) -> None:
        """`target` has made them, `asks` is spoken by who gets them.

        `pin`: whose those are that do not say so, once there is one.
        """
        own = OWN_VENDOR.get(asks)
        self._has_field = own is not None
        self._vendor, self._account = target.vendor, target.account
        if pin is None:
            self.wraps = own != target.vendor
        else:
            self.wraps = pin != Pin(vendor=target.vendor, account=target.account)

    def event(self, event: Event) -> Event:
        match event:
            case ir.Sealed():
                return replace(event, seal=self._told(event.seal))
            case ir.BlockStarted(block=block) if _sealed(block):
                return replace(event, block=_with_seal(block, self._told))
            case _:
                return event

    def response(self, response: ir.Response) -> ir.Response:
        return replace(
            response,
            content=_changed(response.content, self._told),
            alternatives=tuple(
                replace(other, content=_changed(other.content, self._told))
                for other in response.alternatives
            ),
        )

    def _told(self, seal: Seal) -> Seal:
        seal = replace(seal, origin=self._vendor, account=self._account)
        if not (self._has_field and self.wraps) or seal.signature is None:
            return seal
        return replace(seal, signature=wrap(seal))


def _changed(content: tuple[ir.Content, ...], change: Callable[[Seal], Seal]) -> tuple[Any, ...]:
    return tuple(_with_seal(block, change) if _sealed(block) else block for block in content)


def _sealed(block: ir.Content) -> bool:
    return getattr(block, "seal", None) is not None


def _with_seal(block: Any, change: Callable[[Seal], Seal]) -> Any:
    return replace(block, seal=change(block.seal))

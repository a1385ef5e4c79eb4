"""Whose seals go where (protocols.md PR-33, PR-34).

Laws: a seal goes back to the vendor that made it and to nobody else; in the field of another
vendor's dialect it travels wrapped, so that whoever reads it later knows whose it is; nothing is
remembered here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from protocols import ir
from protocols.codec import Loss
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
# By either of its doors, as Chat names it.
GOOGLE: Final = "google"
GOOGLE_VENDORS: Final = frozenset({"gemini", "vertex"})
# As a string in JSON begins with it: whoever is shown such a body is shown a seal of another's.
WRAPPED: Final = b'"' + MARK.encode()


def opened(request: ir.Request, *, vendor: str) -> ir.Request:
    """Each seal under the name of who made it; `vendor` is who will be asked."""

    def known(seal: Seal) -> Seal:
        found = unwrap(seal.signature) if seal.signature else None
        if found is not None:
            return replace(seal, origin=found.origin, signature=found.signature)
        is_google = seal.origin == GOOGLE and vendor in GOOGLE_VENDORS
        return replace(seal, origin=vendor) if is_google else seal

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

    __slots__ = ("_own", "_vendor")

    def __init__(self, *, asks: Dialect, vendor: str) -> None:
        """`vendor` has made them, `asks` is spoken by who gets them."""
        self._own = OWN_VENDOR.get(asks)
        self._vendor = vendor

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
        own = self._own
        if own is None or own == self._vendor or seal.signature is None:
            return replace(seal, origin=self._vendor)
        return replace(seal, origin=own, signature=wrap(replace(seal, origin=self._vendor)))


def _changed(content: tuple[ir.Content, ...], change: Callable[[Seal], Seal]) -> tuple[Any, ...]:
    return tuple(_with_seal(block, change) if _sealed(block) else block for block in content)


def _sealed(block: ir.Content) -> bool:
    return getattr(block, "seal", None) is not None


def _with_seal(block: Any, change: Callable[[Seal], Seal]) -> Any:
    return replace(block, seal=change(block.seal))

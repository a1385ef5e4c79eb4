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
from protocols.codec import Target
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
# What vendors say of a seal that they did not make, or make no more. Each of these was seen.
REFUSALS: Final = re.compile(
    rb"invalid_encrypted_content|organization_mismatch"
    rb"|encrypted[_ ]content[^\"]{0,200}?"
    rb"(?:could not be|cannot be|was not issued|did not match|does not match)"
    rb"|invalid `(?:signature|data)` in `(?:redacted_)?thinking` block"
    rb"|(?:corrupted|invalid) thought signature|thought signature is not valid",
    re.IGNORECASE,
)
REFUSAL_BYTES: Final = 8_192  # what an error says of a seal it says at once
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
# Whoever it was, the one who was asked has refused it.
DOUBTED: Final = "somebody else"
GOOGLE_VENDORS: Final = frozenset({"gemini", "vertex"})
# As a string in JSON begins with it: whoever is shown such a body is shown a seal of another's.
WRAPPED: Final = b'"' + MARK.encode()


def is_of(pin: Pin, target: Target) -> bool:
    """A pin without an account is any account's of its vendor."""
    return pin.vendor == target.vendor and pin.account in {None, target.account}


def opened(request: ir.Request, *, target: Target, pin: Pin | None = None) -> ir.Request:
    """Each seal under the name of who made it; `target` is who will be asked.

    `pin`: whose those are that do not say so.
    """
    return _each_seal(request, _knowing(request.dialect, target=target, pin=pin))


def doubted(
    request: ir.Request, *, target: Target, pin: Pin | None = None
) -> tuple[ir.Request, bool]:
    """The same for a target that has refused one of them: none that does not say whose it is.

    Where it was shown none of those it gets none at all. And whether the others are still trusted.
    """
    known = _knowing(request.dialect, target=target, pin=pin)
    are_others_trusted = any(
        seal.signature is not None and _is_bare(seal) and known(seal).origin == target.vendor
        for message in request.messages
        for seal in map(_seal_of, message.content)
        if seal is not None
    )

    def left(seal: Seal) -> Seal:
        is_trusted = are_others_trusted and not _is_bare(seal)
        return known(seal) if is_trusted else replace(seal, origin=DOUBTED)

    return _each_seal(request, left), are_others_trusted


def accounts_in(request: ir.Request, *, vendor: str) -> set[str]:
    """Of this vendor's: those that can read what is wrapped in the history."""
    seals = (_seal_of(block) for message in request.messages for block in message.content)
    found = (unwrap(seal.signature) for seal in seals if seal and seal.signature)
    return {seal.account for seal in found if seal and seal.account and seal.origin == vendor}


def _knowing(dialect: Dialect, *, target: Target, pin: Pin | None) -> Callable[[Seal], Seal]:
    own = OWN_VENDOR.get(dialect)

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

    return known


def is_refused(answer: bytes) -> bool:
    """Whether an error is about a seal that its reader did not make, or makes no more."""
    return REFUSALS.search(answer, 0, REFUSAL_BYTES) is not None


class Sealer:
    """The seals of one answer, as its client may keep them."""

    __slots__ = ("_account", "_has_field", "_vendor", "wraps")

    def __init__(
        self,
        *,
        asks: Dialect,
        target: Target,
        pin: Pin | None = None,
        owner: Pin | None = None,
    ) -> None:
        """`target` has made them, `asks` is spoken by who gets them.

        `pin`: whose those are that do not say so, once there is one; `owner`: who would be taken
        for it as long as there is none.
        """
        own = OWN_VENDOR.get(asks)
        self._has_field = own is not None
        self._vendor, self._account = target.vendor, target.account
        if pin is not None:
            self.wraps = not is_of(pin, target)
        else:
            self.wraps = own != target.vendor or (owner is not None and not is_of(owner, target))

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


def _each_seal(request: ir.Request, change: Callable[[Seal], Seal]) -> ir.Request:
    messages = tuple(
        replace(message, content=_changed(message.content, change))
        if any(map(_sealed, message.content))
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)


def _sealed(block: ir.Content) -> bool:
    return _seal_of(block) is not None


def _seal_of(block: ir.Content) -> Seal | None:
    return getattr(block, "seal", None)


def _is_bare(seal: Seal) -> bool:
    """It does not say whose it is."""
    return seal.signature is None or unwrap(seal.signature) is None


def _with_seal(block: Any, change: Callable[[Seal], Seal]) -> Any:
    return replace(block, seal=change(block.seal))

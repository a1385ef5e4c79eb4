"""What an answer leaves in the vault for the next turn.

Laws: it is kept before the client knows the call's id; what no client could go on with is not kept;
an answer waits no longer in all than for one question, however many its calls are.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from gateway.edge.memory.steps import Maker, Names, Step, kept_of, places_of
from gateway.edge.memory.vault import Kept, Vault
from protocols import ir
from protocols.codec import Loss, Target

if TYPE_CHECKING:
    from gateway.edge.exchange import Exchange

SEAL: Final = "seal"
UNKEPT: Final = Loss(code=SEAL, path="content", why="the vault could not keep it")

# As encoders name the blocks of an answer, by place or by number; of alternatives none is kept.
BLOCK: Final = re.compile(r"(?:choices\[0\]\.)?(?:content|blocks)\[(\d{1,9})\]")


class Keeping:
    """What one answer leaves in the vault; WAIT_S is all that it may take, in all its parts."""

    __slots__ = (
        "_after",
        "_content",
        "_done",
        "_is_whole",
        "_left_s",
        "_maker",
        "_names",
        "_taken",
        "_tenant_id",
        "_vault",
        "step",
    )

    def __init__(
        self, vault: Vault, *, tenant_id: str, maker: Maker, messages: Sequence[ir.Message]
    ) -> None:
        self._vault = vault
        self._tenant_id = tenant_id
        self._maker = maker
        self._names = Names(messages)
        self._left_s = vault.wait_s
        self._content: tuple[ir.Content, ...] = ()  # of a whole answer
        self._after = 0
        self._done: dict[str, Kept] = {}
        self._is_whole = True
        self._taken: dict[str, Kept] = {}
        self.step = Step(maker)

    def take(self, content: tuple[ir.Content, ...], *, after: int = 0) -> None:
        """Of a whole answer, after so many blocks that were said before a pause."""
        self._content, self._after = content, after
        self._taken = kept_of(content, self._maker)

    async def keep(self) -> None:
        """What there is by now."""
        if self.step.changed:
            self._taken = self.step.take()
            self._is_whole = self._is_whole and self.step.fits
        await self._keep(self._taken)

    def left(self, losses: Sequence[Loss]) -> tuple[Loss, ...]:
        """What is lost after all: what the client's dialect has no field for is not, if kept."""
        if not self._is_whole:
            return (*losses, UNKEPT)
        kept = {self._after + at for at in places_of(self._content, self._maker)}
        kept |= self.step.places
        return tuple(loss for loss in losses if loss.code != SEAL or _block(loss) not in kept)

    async def _keep(self, found: Mapping[str, Kept]) -> None:
        new = {
            self._names.of(call_id): kept
            for call_id, kept in found.items()
            if self._done.get(call_id) != kept
        }
        if not new:
            return
        self._done |= found
        began_at = self._vault.clock()
        is_whole = await self._vault.keep(self._tenant_id, new, within_s=self._left_s)
        self._left_s -= self._vault.clock() - began_at
        self._is_whole = self._is_whole and is_whole


def _block(loss: Loss) -> int | None:
    found = BLOCK.fullmatch(loss.path)
    return None if found is None else int(found[1])


def keeping_of(
    exchange: "Exchange", request: ir.Request, target: Target, vault: Vault
) -> Keeping | None:
    """None where no call can come of it that the client goes on with."""
    if not request.tools or exchange.key is None or not keeps(exchange):
        return None
    maker = Maker.of(target, asks=exchange.arrival.operation.dialect)
    return Keeping(vault, tenant_id=exchange.key.tenant_id, maker=maker, messages=request.messages)


def keeps(exchange: "Exchange") -> bool:
    """Whether its tenant wants anything kept."""
    return exchange.tenant is None or exchange.tenant.vault == "on"


async def lost_of(keeping: Keeping | None, losses: Sequence[Loss]) -> Sequence[Loss]:
    """What of an answer is lost, once what can be kept for the client is kept."""
    if keeping is None:
        return losses
    await keeping.keep()
    return keeping.left(losses)

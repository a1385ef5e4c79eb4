"""What one exchange changes in what is known of kept answers, right before its last bytes go out.

Law: whatever goes wrong here, the client gets its answer.
"""

import hmac
from contextlib import suppress
from typing import Final

from gateway.edge.exchange import Attempt, Exchange
from gateway.edge.memory.kept_answers import DIGEST_CHARS, RESPONSES, Place, Unreached
from gateway.edge.runtime import Runtime
from protocols.openai_responses.kept import ids_of

FALSE: Final = b"false"


class Keeper:
    """Of one exchange: remembers where its answer is kept, before its last bytes go out."""

    __slots__ = ("_exchange", "_ids", "_made", "_runtime")

    def __init__(self, exchange: Exchange, runtime: Runtime) -> None:
        self._exchange = exchange
        self._runtime = runtime
        self._ids: tuple[str, ...] = ()
        self._made: Attempt | None = None

    def hear(self, made: Attempt, answer: bytes) -> None:
        """The whole answer, as the vendor told it."""
        if made.candidate.surface.dialect == RESPONSES:
            self._made, self._ids = made, ids_of(answer)

    async def settle(self) -> None:
        """What cannot be remembered is answered all the same: the client has the whole of it."""
        exchange, made = self._exchange, self._made
        if made is None or not self._ids or exchange.key is None:
            return
        place = Place(
            made.candidate.provider.id,
            made.candidate.target.public_name,
            account_of(exchange, made.credential.id, hmac_key=self._runtime.hmac_key),
            exchange.model,
        )
        kept = self._runtime.kept_answers
        try:
            await kept.note(self._ids, place, tenant_id=exchange.key.tenant_id)
        except Unreached:
            self._runtime.metrics.unnoted()


class Forgetter:
    """Of one exchange: forgets an answer that its vendor has deleted."""

    __slots__ = ("_confirmed", "_exchange", "_id", "_runtime")

    def __init__(self, exchange: Exchange, runtime: Runtime, *, id_: str) -> None:
        self._exchange = exchange
        self._runtime = runtime
        self._id = id_
        self._confirmed = False

    def hear(self, _made: Attempt, _answer: bytes) -> None:
        self._confirmed = True

    async def settle(self) -> None:
        key = self._exchange.key
        if not self._confirmed or key is None:
            return
        with suppress(Unreached):  # its vendor will say that it is gone
            await self._runtime.kept_answers.forget(self._id, tenant_id=key.tenant_id)


def keeper_of(exchange: Exchange, runtime: Runtime) -> Keeper | None:
    """None where the client wants nothing to be kept."""
    if bytes(exchange.top.get("store", b"")) == FALSE:
        return None
    return Keeper(exchange, runtime)


def account_of(exchange: Exchange, credential_id: str, *, hmac_key: bytes) -> str:
    """Whose the answers are: a credential's of ours, or the client's own."""
    own = exchange.vendor_key
    if own is None:
        return credential_id
    return "own:" + hmac.digest(hmac_key, b"own\0" + own, "sha256").hex()[:DIGEST_CHARS]

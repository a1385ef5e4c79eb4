"""What is written of exchanges, and when: before a vendor is asked, and before the client hears
the end.

    START       before each call to a vendor
    CHECKPOINT  each second while output grows
    END         of each attempt; the final one before the last bytes, whatever they are

Laws: each exchange has exactly one final END; of a failed attempt it is written together with the
START of the next; what nobody was asked for is recorded REFUSALS_PER_SECOND times a second and key,
and counted beyond; strangers are never recorded.
"""

from collections import Counter
from contextlib import suppress
from typing import Final, Protocol

from gateway.edge.accounting.entries import (
    bare_end_of,
    checkpoint_of,
    end_of,
    end_of_failed,
    end_of_paused,
    end_of_refused,
    start_of,
)
from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Attempt, Exchange
from gateway.edge.worker.slots import SHOULD_RETRY
from gateway.spool.frames import End, Frame
from gateway.spool.writer import SpoolFacts, SpoolFull
from protocols.errors import Problem

REFUSALS_PER_SECOND: Final = 10
RETRY_AFTER_S: Final = 5.0
UNAVAILABLE: Final = Problem(
    kind="usage_unavailable",
    message="This gateway cannot record what is used at the moment, so it serves nothing.",
    code="usage_unavailable",
    retry_after=RETRY_AFTER_S,
)
AUDIT_UNAVAILABLE: Final = Problem(
    kind="usage_unavailable",
    message="This gateway cannot write its audit log at the moment, so it serves nothing.",
    code="audit_unavailable",
    retry_after=RETRY_AFTER_S,
)


class Spool(Protocol):
    """As `gateway.spool.writer.SpoolWriter`."""

    @property
    def node(self) -> str: ...

    @property
    def waits(self) -> bool: ...

    @property
    def lenient(self) -> bool: ...

    @property
    def audit_is_behind(self) -> bool: ...

    def problem(self) -> str: ...

    def write(self, *frames: Frame) -> None: ...

    def keep(self, *frames: Frame) -> bool: ...

    async def settled(self) -> None: ...

    async def stop(self) -> None: ...


class RecordMeter(Protocol):
    """Counts what is recorded; must not block."""

    def recorded(self, *, status: str) -> None: ...

    def unrecorded(self) -> None: ...

    def suppressed(self) -> None: ...

    def spool(self, facts: SpoolFacts) -> None: ...


class Unrecordable(Exception):
    """What has happened cannot be put into a record; the cause says why."""


class Books:
    """One per worker."""

    def __init__(self, *, spool: Spool, meter: RecordMeter, hmac_key: bytes) -> None:
        self._spool = spool
        self._meter = meter
        self._hmac_key = hmac_key
        self._refusals: Counter[str] = Counter()
        self._second = 0

    def problem(self) -> str:
        """Why nothing can be recorded; empty when it can."""
        return self._spool.problem()

    def admit(self) -> None:
        """Raises GatewayError while new exchanges cannot be recorded."""
        if self._spool.audit_is_behind:
            raise GatewayError(AUDIT_UNAVAILABLE, headers=SHOULD_RETRY)
        if self._spool.problem() and not self._spool.lenient:
            raise unavailable()

    def begin(self, exchange: Exchange, made: Attempt) -> None:
        """Before the call; `made` is not among the attempts yet. Raises GatewayError."""
        number = len(exchange.attempts)
        start = made.start = start_of(
            exchange, made, number=number, node=self._spool.node, hmac_key=self._hmac_key
        )
        before = exchange.attempts[-1] if number else None
        ended = None
        if before is not None and before.start is not None:
            ended_as = end_of_paused if before.paused else end_of_failed
            ended = ended_as(exchange, before, before.start)
        try:
            self._spool.write(*((start,) if ended is None else (start, ended)))
        except SpoolFull:
            if not self._spool.lenient:
                raise unavailable() from None
            if ended is not None:
                self._keep(ended, status=ended.outcome.status)
        else:
            if ended is not None:
                self._meter.recorded(status=ended.outcome.status)
        if ended is not None and ended.money.charge_nano:
            exchange.charge_nano = (exchange.charge_nano or 0) + ended.money.charge_nano

    def checkpoint(self, exchange: Exchange, made: Attempt) -> None:
        assert made.start is not None  # noqa: S101 - it has begun
        with suppress(SpoolFull):  # the next one says it too
            self._spool.write(checkpoint_of(exchange, made, made.start))

    def conclude(self, exchange: Exchange, *, now: float, wall: float) -> bool:
        """The final END, once per exchange; False where its answer must be withheld.

        Raises Unrecordable where there is none because it cannot be made.
        """
        if exchange.key is None or exchange.tenant is None:
            return True
        if not exchange.started_at:
            exchange.started_at = wall
        last = exchange.attempts[-1] if exchange.attempts else None
        if last is None or last.start is None:
            self._refuse(exchange, now=now)
            return True
        try:
            end = end_of(exchange, last, last.start, now=now)
            if end.money.cost_nano is not None or end.money.charge_nano:
                exchange.charge_nano = (exchange.charge_nano or 0) + end.money.charge_nano
            self._spool.write(end)
        except SpoolFull:
            if not self._spool.lenient:
                return False
            # Else its START would stay open as long as this worker lives.
            self._keep(end, status=exchange.status)
        except Exception as error:
            raise Unrecordable from error
        else:
            self._meter.recorded(status=exchange.status)
        return True

    def keep(self, exchange: Exchange, *, now: float) -> None:
        """The final END of an exchange whose answer is withheld: it is written when it can be."""
        last = exchange.attempts[-1]
        assert last.start is not None  # noqa: S101 - what was never asked is not withheld
        self._keep(end_of(exchange, last, last.start, now=now), status=exchange.status)

    def conclude_barely(self, exchange: Exchange, *, now: float) -> None:
        """Instead of the END that cannot be made: what nothing has to be reckoned for."""
        start = exchange.attempts[-1].start if exchange.attempts else None
        if start is None:
            self._meter.suppressed()
            return
        end = bare_end_of(exchange, start, now=now)
        try:
            self._spool.write(end)
        except SpoolFull:
            self._keep(end, status=exchange.status)
        else:
            self._meter.recorded(status=exchange.status)

    def _keep(self, end: End, *, status: str) -> None:
        if self._spool.keep(end):
            self._meter.recorded(status=status)
        else:
            self._meter.unrecorded()

    async def settled(self) -> bool:
        """Whether what was written may be relied on; waits where the settings say so."""
        if not self._spool.waits:
            return True
        try:
            await self._spool.settled()
        except SpoolFull:
            return self._spool.lenient
        return True

    async def close(self) -> None:
        await self._spool.stop()

    def _refuse(self, exchange: Exchange, *, now: float) -> None:
        assert exchange.key is not None  # noqa: S101 - `conclude` has looked
        if int(now) != self._second:
            self._second = int(now)
            self._refusals.clear()
        self._refusals[exchange.key.id] += 1
        # What room is left belongs to those that are running.
        if self._refusals[exchange.key.id] > REFUSALS_PER_SECOND or self._spool.problem():
            self._meter.suppressed()
            return
        node, hmac_key = self._spool.node, self._hmac_key
        try:
            self._spool.write(end_of_refused(exchange, node=node, hmac_key=hmac_key, now=now))
        except SpoolFull:
            self._meter.suppressed()
        except Exception as error:
            raise Unrecordable from error
        else:
            self._meter.recorded(status=exchange.status)


def unavailable() -> GatewayError:
    return GatewayError(UNAVAILABLE, headers=SHOULD_RETRY)


def withheld(exchange: Exchange) -> Problem:
    """What is told instead of an answer that is not recorded."""
    problem = exchange.error if exchange.withheld else None
    return problem or UNAVAILABLE

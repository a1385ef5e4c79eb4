"""What ends an exchange from outside: the client that leaves, and time.

    What an interrupted exchange sees in its own task:
    ClientLeft   there is nobody left to answer
    TimedOut     the vendor's, the provider's or the client's time is over
    Stopping     the worker has to go

Laws: one listener and one timer per exchange, whatever its length; the timer reads the clock only
when it fires, so that a chunk costs no timer; whoever is interrupted is cancelled in its own task
and asks `took` why; a cancellation that is not ours, or not ours alone, is never swallowed.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Literal, TypeAlias

from gateway.edge.egress.upstream import Phase, Stopping, TimedOut
from gateway.edge.errors import ClientLeft
from gateway.edge.exchange import Exchange
from gateway.edge.messages import DISCONNECT
from gateway.edge.worker.budgets import DrainSlots

Reason: TypeAlias = Literal["gone", "stalled", "stopping", "first", "idle", "total"]
PHASES: Final[Mapping[Reason, Phase]] = {"first": "headers", "idle": "body", "total": "total"}

STREAM_STALL_S: Final = 30.0  # how long a client may leave what was sent to it unread
READ_OUT_MAX_S: Final = 120.0
LOOK_EACH_S: Final = 5.0  # most exchanges are over before, and have set one timer in all


class Watch:
    __slots__ = (
        "_armed_at",
        "_concluded",
        "_exchange",
        "_holds_drain",
        "_listener",
        "_loop",
        "_on_quiet",
        "_reason",
        "_slots",
        "_stall_s",
        "_task",
        "_timer",
        "clock",
        "drainable",
        "keepalive_s",
        "left_at",
        "limit",
        "limit_s",
        "main_sends",
        "quiet_since",
        "sending_since",
        "since",
        "total_at",
    )

    def __init__(
        self,
        exchange: Exchange,
        *,
        clock: Callable[[], float],
        slots: DrainSlots,
        total_at: float,
        keepalive_s: float = math.inf,
    ) -> None:
        self._exchange = exchange
        self.clock = clock
        self._slots = slots
        self._holds_drain = False
        self._concluded = False
        self._stall_s = STREAM_STALL_S
        self._reason: Reason | None = None
        self._on_quiet: Callable[[], None] | None = None
        self._armed_at = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._listener: asyncio.Task[None] | None = None
        self.total_at = total_at
        self.left_at: float | None = None  # when the client left and took its call along
        self.drainable = False  # the vendor works for us and its provider wants to be read out
        # What the vendor must do within limit_s of `since`.
        self.limit: Literal["first", "idle"] = "first"
        self.limit_s = math.inf
        self.since = 0.0
        # What the client has seen.
        self.keepalive_s = keepalive_s
        self.quiet_since = exchange.arrival.began_at
        self.sending_since = 0.0  # 0: nothing is being sent
        self.main_sends = False

    def begin(self, *, on_quiet: Callable[[], None]) -> None:
        """From here on the current task may be interrupted; `on_quiet` must not block."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - whoever runs a coroutine has a task
        self._task = task
        self._loop = task.get_loop()
        self._on_quiet = on_quiet
        self._listener = self._loop.create_task(self._listen(), name="disconnect-watcher")
        self.arm()

    def end(self) -> None:
        # Whoever still holds us is not held by us: else each exchange would wait for the collector.
        listener, self._listener, self._on_quiet = self._listener, None, None
        if listener is not None:
            listener.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._holds_drain:
            self._holds_drain = False
            self._slots.give_back()

    def stop(self) -> None:
        """The worker has to go: no more attempts, and an end as the dialect tells it."""
        if not self._concluded:
            self.total_at = min(self.total_at, self.clock())
            self._interrupt("stopping")

    def took(self) -> Reason | None:
        """To be asked on CancelledError: why, if that was ours and ours alone."""
        reason, self._reason = self._reason, None
        if reason is None or self._task.uncancel() > 0:
            return None
        return reason

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """What was interrupted by us raises what the header of this module says."""
        if kind is not asyncio.CancelledError or (reason := self.took()) is None:
            return
        self._raise_fault(reason)
        self._exchange.client_gone = True
        raise ClientLeft from None

    def conclude(self) -> None:
        """The end is known and only has to be told: no deadline but the client's own pace."""
        self._concluded = True
        self.total_at = self.limit_s = self.keepalive_s = math.inf

    def reads_on(self) -> bool:
        """To be asked when a send was cancelled: the client is gone, its answer is read out."""
        if not self._holds_drain or (reason := self.took()) is None:
            return False
        self._raise_fault(reason)
        return True

    def expect(self, limit: Literal["first", "idle"], *, since: float, within_s: float) -> None:
        self.limit, self.since, self.limit_s = limit, since, within_s
        self.arm()

    def rest(self) -> None:
        """No vendor is waited for until the next `expect`; the client is still kept company."""
        self.limit_s = math.inf
        self.arm()

    def sends(self, now: float) -> None:
        self.sending_since = now
        if self._armed_at > now + self._stall_s:
            self._set_timer(now + self._stall_s, now=now)

    def arm(self) -> None:
        """After any deadline has moved closer."""
        now = self.clock()
        due = min(self._due()[0], self._beat_at(), now + LOOK_EACH_S)
        if due < self._armed_at:
            self._set_timer(due, now=now)

    def _due(self) -> tuple[float, Reason]:
        at = self.since + self.limit_s
        reason: Reason = self.limit
        if self.sending_since:
            # While the client does not take what it is sent, nothing more is asked of the vendor.
            at, reason = self.sending_since + self._stall_s, "stalled"
        return (at, reason) if at < self.total_at else (self.total_at, "total")

    def _beat_at(self) -> float:
        if self.sending_since or self._exchange.client_gone:
            return math.inf
        return self.quiet_since + self.keepalive_s

    def _tick(self) -> None:
        self._timer, self._armed_at = None, math.inf
        now = self.clock()
        at, reason = self._due()
        if now >= at:
            self._interrupt(reason)
            return
        if now >= self._beat_at() and self._on_quiet is not None:
            self.quiet_since = now
            self._on_quiet()
        self._set_timer(min(at, self._beat_at(), now + LOOK_EACH_S), now=now)

    def _set_timer(self, at: float, *, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_at = at
        self._timer = self._loop.call_later(max(0.0, at - now), self._tick)

    async def _listen(self) -> None:
        receive = self._exchange.receive
        while (await receive())["type"] != DISCONNECT:
            pass
        self._exchange.client_gone = True
        if self.drainable and self._slots.take():
            self._holds_drain = True
            self.total_at = min(self.total_at, self.clock() + READ_OUT_MAX_S)
            self.arm()
            if not self.main_sends:
                return
        else:
            self.left_at = self.clock()
        self._interrupt("gone")

    def _raise_fault(self, reason: Reason) -> None:
        phase = PHASES.get(reason)
        if phase is not None:
            raise TimedOut(phase, sent=True) from None
        if reason == "stopping":
            raise Stopping from None

    def _interrupt(self, reason: Reason) -> None:
        if self._reason is None:
            self._reason = reason
            self._task.cancel()

"""What the exchanges of a worker share, so that a few cannot take it all. One each per worker."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final, Protocol

BUDGET_RATIO: Final = 0.2
BUDGET_LEAST: Final = 3
DRAINS_MAX: Final = 32


class RetryBudget:
    """Per provider, one per worker: extra attempts stay a fraction of all that are open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._extra: Counter[str] = Counter()

    def allows(self, provider_id: str) -> bool:
        most = max(BUDGET_LEAST, self._open[provider_id] * BUDGET_RATIO)
        return self._extra[provider_id] < most

    def begin(self, provider_id: str, *, extra: bool) -> None:
        self._open[provider_id] += 1
        if extra:
            self._extra[provider_id] += 1

    def end(self, provider_id: str, *, extra: bool) -> None:
        self._open[provider_id] -= 1
        if extra:
            self._extra[provider_id] -= 1


class DrainSlots:
    """How many answers are read to their end although nobody waits for them, per worker."""

    def __init__(self, *, most: int = DRAINS_MAX) -> None:
        self._free = most

    def take(self) -> bool:
        if self._free == 0:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        self._free += 1


class Stoppable(Protocol):
    def stop(self) -> None:
        """At once, and never twice the same way; must not block."""
        ...


class OpenExchanges:
    """Those that are with a vendor, so that they can be ended when the worker must go."""

    def __init__(self) -> None:
        self._open: set[Stoppable] = set()
        self._last_left: asyncio.Event | None = None  # None: nobody waits for it

    def add(self, exchange: Stoppable) -> None:
        self._open.add(exchange)

    def discard(self, exchange: Stoppable) -> None:
        self._open.discard(exchange)
        if self._last_left is not None and not self._open:
            self._last_left.set()

    def stop(self) -> None:
        for exchange in tuple(self._open):
            exchange.stop()

    async def ended(self, *, within_s: float) -> int:
        """Returns when none is left, or how many are when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._open:
                    self._last_left = asyncio.Event()
                    await self._last_left.wait()
        return len(self._open)

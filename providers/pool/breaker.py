"""One thing that can fail, be left out for a while and be tried again. Pure.

Laws: a failure long after the last one starts the count anew; who is out is left alone until its
time is over, then exactly one request tries it; success forgets everything.
"""

from typing import Final

from providers.pool.counters import Rolling
from providers.specs import PoolPolicy

OUT_STEP_S: Final = 30.0
OUT_CAP_S: Final = 300.0
JITTER: Final = 0.1
RUNNING_S: Final = 1.0  # nobody knows when a request that runs will end
RATIO_WINDOW_S: Final = 30
RATIO_LEAST: Final = 20


class Breaker:
    __slots__ = ("_failed_at", "_trial_at", "failures", "in_flight", "outs", "until")

    def __init__(self) -> None:
        self.failures = 0
        self.outs = 0  # in a row
        self.until: float | None = None  # None: not out
        self.in_flight = 0
        self._failed_at = 0.0
        self._trial_at: float | None = None

    def is_out(self, now: float) -> bool:
        """Its time is not over, or somebody is trying it."""
        return self.until is not None and (now < self.until or self._is_tried())

    def _is_tried(self) -> bool:
        return self._trial_at is not None and self.in_flight > 0

    def back_in(self, now: float) -> float:
        """Seconds until it may be tried."""
        if self.until is None:
            return 0.0
        return max(self.until - now, RUNNING_S if self._is_tried() else 0.0)

    def begin(self, now: float) -> None:
        if self.until is not None and now >= self.until and not self._is_tried():
            self._trial_at = now
        self.in_flight += 1

    def end(self, began_at: float | None) -> bool:
        """Whether it was the trial."""
        self.in_flight = max(0, self.in_flight - 1)
        trial_at = self._trial_at
        if trial_at is None or (began_at is not None and began_at < trial_at and self.in_flight):
            return False
        self._trial_at = None
        return True

    def fail(self, *, now: float, window_s: int) -> None:
        self.failures = 1 if now - self._failed_at > window_s else self.failures + 1
        self._failed_at = now

    def take_out(self, *, now: float, policy: PoolPolicy, chance: float) -> None:
        """`chance` in [0, 1) spreads the workers' trials."""
        self.outs += 1
        if policy.retry_after_s is not None:
            self.until = now + policy.retry_after_s
            return
        spread = 1 + JITTER * (2 * chance - 1)
        self.until = now + min(OUT_STEP_S * self.outs, OUT_CAP_S) * spread

    def succeed(self) -> None:
        self.failures = 0
        self.outs = 0
        self.until = None


class Pair(Breaker):
    """A credential with one model."""

    __slots__ = ("_all", "_bad", "blocked_until", "cooling_until", "guessed")

    def __init__(self) -> None:
        super().__init__()
        self.cooling_until = 0.0
        self.guessed = False  # the vendor did not say how long
        self.blocked_until = 0.0
        self._bad = Rolling(RATIO_WINDOW_S)
        self._all = Rolling(RATIO_WINDOW_S)

    def cool(self, *, until: float, guessed: bool) -> None:
        if until >= self.cooling_until:
            self.cooling_until, self.guessed = until, guessed

    def fail(self, *, now: float, window_s: int) -> None:
        super().fail(now=now, window_s=window_s)
        self._bad.add(1, now=now)
        self._all.add(1, now=now)

    def succeed_at(self, now: float) -> None:
        if self.until is not None:
            # Else the failures that took it out would do so again.
            self._bad.clear()
            self._all.clear()
        self._all.add(1, now=now)
        self.succeed()

    def renew(self) -> None:
        self.cooling_until = self.blocked_until = 0.0
        self._bad.clear()
        self._all.clear()
        self.succeed()

    def fails_mostly(self, now: float) -> bool:
        counted = self._all.within(now)
        return counted >= RATIO_LEAST and self._bad.within(now) * 2 > counted

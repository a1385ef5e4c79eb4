"""PostgreSQL's time, carried on by this process's monotonic clock.

Laws: whatever is dated (switches, periods, signatures) asks here and nowhere else; one slow answer
or a host clock that is set moves nothing, because the median of the last answers decides; before
the first answer the host's wall clock stands in.
"""

import time
from collections import deque
from datetime import UTC, datetime
from statistics import median
from typing import Final

ANSWERS: Final = 5


class AnchoredClock:
    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=ANSWERS)
        self._offset_s: float | None = None

    def observe(self, *, server_s: float, asked_at: float, answered_at: float) -> None:
        """The server said `server_s` (since 1970) between two monotonic moments."""
        self._offsets.append(server_s - (asked_at + answered_at) / 2)
        self._offset_s = median(self._offsets)

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        if self._offset_s is None:
            return host_now()
        return time.monotonic() + self._offset_s

    def skew_s(self) -> float:
        """How far the host's wall clock is ahead of PostgreSQL's; 0 while that is unknown."""
        return host_now() - self.now() if self._offset_s is not None else 0.0


def host_now() -> float:
    return datetime.now(UTC).timestamp()

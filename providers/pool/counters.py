"""Counts over the last so many seconds, in constant memory. Pure."""

from math import floor


class Rolling:
    """Events of the last `seconds` seconds, to the second."""

    __slots__ = ("_second", "_slots", "total")

    def __init__(self, seconds: int) -> None:
        self._slots = [0] * seconds
        self._second = 0
        self.total = 0

    def add(self, number: int, *, now: float) -> None:
        self.advance(now)
        self._slots[self._second % len(self._slots)] += number
        self.total += number

    def advance(self, now: float) -> None:
        """Forgets what is too old; a clock that stands still forgets nothing."""
        second, size = floor(now), len(self._slots)
        for passed in range(max(self._second, second - size) + 1, second + 1):
            self.total -= self._slots[passed % size]
            self._slots[passed % size] = 0
        self._second = max(self._second, second)

    def within(self, now: float) -> int:
        self.advance(now)
        return self.total

    def below_in(self, limit: int, *, now: float) -> float:
        """Seconds until the count is below `limit`, if nothing is added."""
        left, size = self.within(now), len(self._slots)
        if left < limit:
            return 0.0
        for second in range(self._second - size + 1, self._second):
            left -= self._slots[second % size]
            if left < limit:
                return second + size - now
        return self._second + size - now

    def clear(self) -> None:
        self._slots = [0] * len(self._slots)
        self.total = 0

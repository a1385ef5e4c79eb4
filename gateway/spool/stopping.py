"""A wish to stop, which a signal handler may make.

An Event may not: its lock may be held by the very thread that the signal interrupts.
"""

import time
from typing import Final

SLICE_S: Final = 0.05


class Stopping:
    def __init__(self) -> None:
        self._wished = False

    def __bool__(self) -> bool:
        return self._wished

    def set(self) -> None:
        self._wished = True

    def wait(self, seconds: float) -> bool:
        """Whether it is wished, at the latest after that time."""
        until = time.monotonic() + seconds
        while not self._wished and (left := until - time.monotonic()) > 0:
            time.sleep(min(SLICE_S, left))
        return self._wished

"""F-89: Steps of the event loop that compute for too long: nobody else is served meanwhile.

Processor time is what counts, without the garbage collector's: a busy machine fails no test.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

LONGEST_S: Final = 0.05
TRACED_FACTOR: Final = 3  # what coverage and a profile make of each line
RUN: Final = vars(asyncio.Handle)["_run"]


class Steps:
    def __init__(self) -> None:
        self.too_long: list[str] = []
        self._collecting_s = 0.0
        self._collects_since = 0.0

    def run(self, handle: asyncio.Handle) -> None:
        began, collected_s = time.thread_time(), self._collecting_s
        RUN(handle)
        took_s = time.thread_time() - began - (self._collecting_s - collected_s)
        is_traced = sys.gettrace() is not None or sys.getprofile() is not None
        if took_s > LONGEST_S * (TRACED_FACTOR if is_traced else 1):
            self.too_long.append(f"{took_s:.3f} s in {handle!r}")

    def collects(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._collects_since = time.thread_time()
        else:
            self._collecting_s += time.thread_time() - self._collects_since


@contextmanager
def watched_steps() -> Iterator[Steps]:
    """On asyncio's own loop."""
    steps = Steps()
    gc.callbacks.append(steps.collects)
    with pytest.MonkeyPatch.context() as patch:
        # A function, for a bound method would not be given the handle.
        patch.setattr(asyncio.Handle, "_run", lambda handle: steps.run(handle))  # noqa: PLW0108
        yield steps
    gc.callbacks.remove(steps.collects)

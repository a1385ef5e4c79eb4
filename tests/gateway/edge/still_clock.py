"""An event loop whose time passes only while everybody waits: no load of the machine moves it."""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")


class Jumping(selectors.DefaultSelector):
    """Looks without waiting; what would have been waited for is over at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(timeout if timeout is None else 0)


class StillLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = Jumping()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def on_a_still_clock(
    test: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """For tests of what happens when: nothing in them may wait for anything but time."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=StillLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run

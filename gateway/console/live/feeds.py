"""What runs once per process, and only while a subscription needs it.

Law: per event loop, as everything that is open; the last to leave ends it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis


@dataclass(slots=True, kw_only=True)
class Running:
    task: asyncio.Task[None]
    needed_by: int = 0


class Feed:
    def __init__(self, run: Callable[[Redis], Coroutine[Any, Any, None]]) -> None:
        self._run = run
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Running] = WeakKeyDictionary()

    def join(self, redis: Redis) -> None:
        loop = asyncio.get_running_loop()
        running = self._by_loop.get(loop)
        if running is None:
            task = loop.create_task(self._run(redis), name="live-feed")
            running = self._by_loop[loop] = Running(task=task)
        running.needed_by += 1

    def leave(self) -> None:
        loop = asyncio.get_running_loop()
        running = self._by_loop[loop]
        running.needed_by -= 1
        if not running.needed_by:
            running.task.cancel()
            del self._by_loop[loop]

"""The mark by which `switchyard serve` says that this server is leaving.

Laws: a mark once seen stays seen; a draining worker never takes work back; what is still open when
the patience is over is told to end.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

POLL_S: Final = 0.25


class DrainWatch:
    def __init__(
        self,
        mark: Path | None,
        *,
        patience_s: float = 0.0,
        last_call: Callable[[], None] | None = None,
    ) -> None:
        self._mark = mark
        self._patience_s = patience_s
        self._last_call = last_call
        self._task: asyncio.Task[None] | None = None
        self.draining = False

    def start(self) -> None:
        if self._mark is not None:
            self._task = asyncio.create_task(self._watch(self._mark), name="drain-watch")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self, mark: Path) -> None:
        while not self.draining:
            await asyncio.sleep(POLL_S)
            self.draining = await asyncio.to_thread(mark.exists)
        if self._last_call is not None:
            await asyncio.sleep(self._patience_s)
            self._last_call()

"""The mark by which `switchyard serve` says that this server is leaving.

Law: a mark once seen stays seen; a draining worker never takes work back.
"""

import asyncio
from pathlib import Path
from typing import Final

POLL_S: Final = 0.25


class DrainWatch:
    def __init__(self, mark: Path | None) -> None:
        self._mark = mark
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

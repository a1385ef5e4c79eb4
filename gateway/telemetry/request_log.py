"""One line per request, written off the event loop.

Laws: the loop only appends; a thread writes each 100 ms, `flush` at once; the queue is
bounded, and what it cannot hold is counted in the next line.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

FLUSH_EACH_S: Final = 0.1
MAX_WAITING: Final = 50_000


class RequestLog:
    def __init__(self, *, stream: TextIO, render: Callable[[Mapping[str, Any]], str]) -> None:
        self._stream = stream
        self._render = render
        self._waiting: deque[dict[str, Any]] = deque()
        self._dropped = 0
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def note(self, fields: dict[str, Any]) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._dropped += 1
            return
        fields["ts"] = datetime.now(UTC)
        self._waiting.append(fields)

    def flush(self) -> None:
        """Returns when everything noted so far is written."""
        with self._writing:
            lines = []
            while self._waiting:
                fields = self._waiting.popleft()
                if self._dropped:
                    fields["lines_dropped"], self._dropped = self._dropped, 0
                lines.append(self._render(fields))
            if lines:
                self._stream.write("".join(f"{line}\n" for line in lines))
                self._stream.flush()

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_EACH_S)
            self.flush()

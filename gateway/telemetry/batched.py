"""Counting in memory: what was counted is written to the files of the node once a second.

Laws: a process counts this way only after `BATCH.start()`, and writes the rest with `BATCH.flush()`
when it ends; whoever reads in the same process reads exactly what was counted.
"""

import threading
import time
from typing import Any, Final

from prometheus_client import values

FLUSH_EACH_S: Final = 1.0


class Batch:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Any, float] = {}
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
            self._thread.start()

    def add(self, value: Any, amount: float) -> None:
        with self._lock:
            self._waiting[value] = self._waiting.get(value, 0.0) + amount

    def waiting(self, value: Any) -> float:
        with self._lock:
            return self._waiting.get(value, 0.0)

    def forget(self, value: Any) -> None:
        with self._lock:
            self._waiting.pop(value, None)

    def flush(self) -> None:
        """Returns when everything counted so far is written."""
        with self._lock:
            for value, amount in self._waiting.items():
                value.write(amount)
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_EACH_S)
            self.flush()


BATCH: Final = Batch()


def install() -> None:
    """To be called before the first metric is made."""
    values.ValueClass = _batched(values.ValueClass)


def _batched(base: Any) -> Any:
    class Batched(base):  # type: ignore[misc]  # chosen by the library at run time
        def inc(self, amount: float) -> None:
            if BATCH.is_on:
                BATCH.add(self, amount)
            else:
                super().inc(amount)

        def set(self, value: float, timestamp: float | None = None) -> None:
            BATCH.forget(self)
            super().set(value, timestamp)

        def get(self) -> float:
            return float(super().get()) + BATCH.waiting(self)

        def write(self, amount: float) -> None:
            super().inc(amount)

    return Batched

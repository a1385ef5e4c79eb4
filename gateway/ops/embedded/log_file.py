"""The log of one child: bytes as they come, 10 MB each, five kept.

Law: a disk that takes no more loses lines, never the services that write them.
"""

from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

LIMIT_BYTES: Final = 10 * 1024 * 1024
KEPT: Final = 5


class LogFile:
    def __init__(self, path: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path = path
        self._limit_bytes = limit_bytes
        self._stream = self._open()

    def write(self, chunk: bytes) -> None:
        with suppress(OSError):
            if self._stream.tell() + len(chunk) > self._limit_bytes:
                self._rotate()
            self._stream.write(chunk)

    def close(self) -> None:
        self._stream.close()

    def tail(self, *, lines: int) -> str:
        text = self.path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _rotate(self) -> None:
        for age in range(KEPT - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{age}")
            newer = self.path.with_name(f"{self.path.name}.{age - 1}") if age > 1 else self.path
            if newer.exists():
                newer.replace(older)
        fresh = self._open()
        self._stream.close()
        self._stream = fresh

    def _open(self) -> FileIO:
        return self.path.open("ab", buffering=0)

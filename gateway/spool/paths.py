"""Where the frames of a node lie and what the files are called.

    <SPOOL_DIR>/<node>/<pid>-<boot>-<seq>.log          frames of one writer, numbered from 000001
    <SPOOL_DIR>/<node>/<pid>-<boot>-<seq>.log.offset   how many bytes of it have been delivered
    <SPOOL_DIR>/<node>/<pid>-<boot>.lock               held as long as the writer lives
    <SPOOL_DIR>/<node>/audit-log-behind                the required audit log cannot be written

Law: pids repeat, in containers above all; with the boot, 64 random bits, no two writers share a
name.
"""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

SEGMENT: Final = re.compile(r"([1-9][0-9]{0,9})-([0-9a-f]{16})-([0-9]{6,9})\.log")
LOCK: Final = re.compile(r"[1-9][0-9]{0,9}-[0-9a-f]{16}\.lock")
AUDIT_MARK: Final = "audit-log-behind"
UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


class SegmentName(Struct, frozen=True, order=True):
    pid: int
    boot: str
    seq: int

    @property
    def lock(self) -> str:
        return lock_name(pid=self.pid, boot=self.boot)


def node_of(values: Mapping[str, Any]) -> str:
    """As records name it."""
    return values["NODE_ID"] or socket.gethostname()


def spool_dir(values: Mapping[str, Any]) -> Path:
    """By the settings."""
    return Path(values["SPOOL_DIR"] or Path(values["VAR_DIR"]) / "spool").resolve()


def node_dir(folder: Path, node: str) -> Path:
    return folder / (UNSAFE.sub("_", node).lstrip(".") or "_")


def segment_name(*, pid: int, boot: str, seq: int) -> str:
    return f"{pid}-{boot}-{seq:06d}.log"


def lock_name(*, pid: int, boot: str) -> str:
    return f"{pid}-{boot}.lock"


def is_lock(name: str) -> bool:
    """Of a writer."""
    return LOCK.fullmatch(name) is not None


def parse_segment(name: str) -> SegmentName | None:
    found = SEGMENT.fullmatch(name)
    return None if found is None else SegmentName(int(found[1]), found[2], int(found[3]))


def segments(folder: Path) -> Iterator[Path]:
    """Those of all writers of a node, in no order."""
    with suppress(FileNotFoundError):
        yield from (path for path in folder.iterdir() if parse_segment(path.name) is not None)


def offset_path(segment: Path) -> Path:
    return segment.with_name(f"{segment.name}.offset")


def delivered_bytes(segment: Path) -> int:
    """As the shipper last wrote it; 0 where it has written nothing that can be read."""
    try:
        return int(offset_path(segment).read_bytes())
    except (OSError, ValueError):
        return 0


def backlog_bytes(folder: Path) -> int:
    """What has been written at a node and not delivered."""
    total = 0
    for segment in segments(folder):
        with suppress(FileNotFoundError):  # delivered in this moment
            total += max(0, segment.stat().st_size - delivered_bytes(segment))
    return total

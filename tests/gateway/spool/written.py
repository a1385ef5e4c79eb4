"""Frames for tests of the spool, and what lies on disk read back."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.spool.frames import HEADER_BYTES, VERSION, Errand, Frame, Start, Subject, decode
from gateway.spool.paths import segments
from gateway.spool.writer import SpoolConfig

SUBJECT = Subject(tenant_id="0192b3c4-0000-7000-8000-000000000001", tenant="acme", key_id="key_a")
ERRAND = Errand(dialect="openai.chat", operation="chat", requested_model="gpt-4")


def start(number: int = 0, **fields: Any) -> Start:
    given: dict[str, Any] = {
        "v": VERSION,
        "request_id": f"0192b3c4-0000-7000-8000-{number:012x}",
        "started_us": 1_790_000_000_000_000,
        "attempt": 0,
        "node": "node",
        "subject": SUBJECT,
        "errand": ERRAND,
        **fields,
    }
    return Start(**given)


def config(folder: Path, **fields: Any) -> SpoolConfig:
    return SpoolConfig(folder=folder, node="node", **{"min_free_bytes": 0, **fields})


def frames_in(data: bytes, *, live: bool = False) -> Iterator[Frame]:
    """Raises where a frame is not whole; `live`: the last one is being written."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        payload = data[at + HEADER_BYTES : at + HEADER_BYTES + length]
        if live and len(payload) < length:
            return
        assert len(payload) == length
        assert zlib.crc32(payload) == int.from_bytes(data[at + 4 : at + 8], "little")
        yield decode(payload)
        at += HEADER_BYTES + length


def frames_of(folder: Path, *, live: bool = False) -> list[Frame]:
    """Of all segments below a node's folder, oldest first."""
    found = [path.read_bytes() for path in sorted(segments(folder))]
    return [frame for data in found for frame in frames_in(data, live=live)]

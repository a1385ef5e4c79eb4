"""A writer that has stopped, and what it keeps in memory until then."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.spool import writer as module
from gateway.spool.frames import MAX_PAYLOAD_BYTES
from gateway.spool.writer import SpoolFull, SpoolWriter
from tests.gateway.spool.written import config, frames_of, start


def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", write)


async def test_a_writer_that_has_stopped_writes_into_nobodys_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = SpoolWriter.open(config(tmp_path / "node"))
    writer.write(start(1))
    await writer.stop()
    # The numbers it had belong to whoever opens something now.
    others = [os.open(tmp_path / f"other{at}", os.O_CREAT | os.O_RDWR) for at in range(8)]

    with pytest.raises(SpoolFull, match="has stopped"):
        writer.write(start(2))
    assert not writer.keep(start(3))

    assert [os.fstat(file).st_size for file in others] == [0] * len(others)
    assert frames_of(tmp_path / "node") == [start(1)]
    assert "records_lost" in caplog.text
    for file in others:
        os.close(file)


async def test_nothing_is_written_while_the_writer_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    writer.write(start(1))
    refused: list[bool] = []
    close = SpoolWriter._close  # noqa: SLF001 - the moment in which the file is closed

    def closing(stopped: SpoolWriter) -> None:
        with pytest.raises(SpoolFull):
            stopped.write(start(2))
        refused.append(True)
        close(stopped)

    monkeypatch.setattr(SpoolWriter, "_close", closing)
    await writer.stop()

    assert refused == [True]
    assert frames_of(tmp_path) == [start(1)]


@pytest.mark.parametrize("limit", ["KEPT_AT_MOST", "KEPT_BYTES_AT_MOST"])
async def test_memory_for_what_is_kept_ends_where_nobody_is_refused(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, limit, 2)
    no_room(monkeypatch)
    lenient = SpoolWriter.open(config(tmp_path / "a", on_full="best_effort"))
    strict = SpoolWriter.open(config(tmp_path / "b"))

    kept = [lenient.keep(start(number)) for number in range(4)]
    assert kept == ([True, True, False, False] if limit == "KEPT_AT_MOST" else [True] + [False] * 3)
    assert all(strict.keep(start(number)) for number in range(4))

    monkeypatch.undo()
    await lenient.stop()
    await strict.stop()
    assert len(frames_of(tmp_path / "a")) == sum(kept)
    assert len(frames_of(tmp_path / "b")) == 4


async def test_there_is_memory_again_when_what_was_kept_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES_AT_MOST", 2)
    writer = SpoolWriter.open(config(tmp_path, on_full="best_effort"))
    assert writer.keep(start(1))
    assert not writer.keep(start(2))

    writer._again()  # noqa: SLF001 - as its timer does

    assert writer.keep(start(3))
    await writer.stop()
    assert frames_of(tmp_path) == [start(1), start(3)]


async def test_a_frame_that_no_reader_takes_is_not_written(tmp_path: Path) -> None:
    writer = SpoolWriter.open(config(tmp_path))
    endless: Any = start(node="n" * MAX_PAYLOAD_BYTES)

    with pytest.raises(SpoolFull, match="more than 65536 bytes"):
        writer.write(endless)
    assert not writer.keep(endless)
    assert writer.problem() == ""
    writer.write(start(1))

    await writer.stop()
    assert frames_of(tmp_path) == [start(1)]

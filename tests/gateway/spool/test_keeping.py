"""What can neither be delivered nor set aside, or is only in memory, stays in the spool."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from accounts.ids import new_id
from gateway.spool.frames import encode
from gateway.spool.paths import delivered_bytes
from tests.factories.frames import end_frame, start_frame
from tests.gateway.spool.scribe import (
    Counted,
    Heard,
    Scribe,
    end_of,
    exchange,
    in_quarantine,
    progress,
    rows,
    ship,
    shipper,
)

pytestmark = pytest.mark.usefixtures("books")


@contextmanager
def full_disk() -> Iterator[None]:
    with mock.patch.object(os, "fsync", side_effect=OSError(errno.ENOSPC, "no space left")):
        yield


def test_what_cannot_be_kept_in_quarantine_is_not_passed_over(folder: Path) -> None:
    scribe, other, counted = Scribe(folder, pid=1), Scribe(folder, pid=2), Counted()
    (_, first), (_, second), (_, third) = exchange(), exchange(), exchange()
    damaged = bytearray(encode(exchange()[1]))
    damaged[50] ^= 1
    scribe.write(first)
    scribe.write_bytes(bytes(damaged))
    scribe.roll()
    scribe.write(second)
    scribe.die()
    other.write(third)
    with full_disk():
        ship(folder, meter=counted, node="full")
    assert rows(first.request_id)
    assert rows(third.request_id)
    assert not rows(second.request_id)
    assert scribe.lock_path.exists()
    assert not in_quarantine(folder)
    assert progress("full")[0] > 86_400
    ship(folder, meter=counted, node="full")
    assert rows(second.request_id)
    assert not scribe.lock_path.exists()
    assert [name.split(".")[1] for name in in_quarantine(folder)] == ["damaged"]
    assert counted.in_quarantine == 1
    assert progress("full")[0] < 20
    other.die()


def test_a_refused_row_that_cannot_be_kept_holds_its_writer_s_offset(folder: Path) -> None:
    scribe, other, counted = Scribe(folder, pid=1), Scribe(folder, pid=2), Counted()
    (_, good), (_, elsewhere) = exchange(), exchange()
    scribe.write(end_frame(tenant_id="nobody"), good)
    other.write(elsewhere)
    one = shipper(folder, meter=counted)
    scribe.die()
    with full_disk():
        for _ in range(3):
            one.round()
    assert rows(good.request_id)
    assert rows(elsewhere.request_id)
    assert delivered_bytes(scribe.segment) == 0
    assert delivered_bytes(other.segment) == other.segment.stat().st_size
    assert not in_quarantine(folder)
    one.round()
    assert [name.split(".")[0] for name in in_quarantine(folder)] == ["refused"]
    assert counted.in_quarantine == 1
    assert not scribe.segment.exists()
    end_of(one)
    other.die()


def test_what_a_follower_holds_stays_in_the_spool(folder: Path) -> None:
    scribe, heard = Scribe(folder), Heard()
    heard.holds = True
    (_, end), open_start = exchange(), start_frame(request_id=str(new_id()))
    scribe.write(end, open_start)
    scribe.die()
    one = shipper(folder, followers=(heard,))
    for _ in range(3):
        one.round()
    assert rows(end.request_id)
    assert delivered_bytes(scribe.segment) == 0
    assert scribe.lock_path.exists()
    heard.holds = False
    one.round()
    assert not scribe.segment.exists()
    told = [landed.end.request_id for landed in heard.landed]
    assert told == [end.request_id, open_start.request_id]
    end_of(one)


def test_what_a_death_while_removing_has_left_is_cleared_away(folder: Path) -> None:
    gone, alive, new = Scribe(folder, pid=1), Scribe(folder, pid=2), Scribe(folder, pid=3)
    for scribe in (gone, alive, new):
        scribe.segment.unlink()
    gone.die()
    new.die()
    long_ago = (0, 0)
    os.utime(gone.lock_path, long_ago)
    os.utime(alive.lock_path, long_ago)
    for suffix in (".offset", ".tmp"):
        gone.segment.with_name(f"{gone.segment.name}{suffix}").write_text("7")
    ship(folder)
    assert sorted(folder.iterdir()) == sorted(
        [alive.lock_path, new.lock_path, folder / "shipper.lock"]
    )
    alive.die()

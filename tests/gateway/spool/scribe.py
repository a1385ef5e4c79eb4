"""A writer whose death can be chosen, and PostgreSQL as the shipper's readers see it."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from accounts.ids import new_id
from gateway.spool.frames import VERSION, Checkpoint, End, Frame, Start, Tokens, encode
from gateway.spool.paths import lock_name, segment_name
from gateway.spool.quarantine import Quarantine
from gateway.spool.shipment import Follower, Landed, Shipment
from gateway.spool.shipper import Shipper
from tests.factories.frames import end_frame, start_frame

TABLES = ("cost_records", "ledger_accounts", "ledger_transfers")


class Scribe:
    def __init__(self, folder: Path, *, pid: int = 7) -> None:
        self.folder = folder
        self._pid = pid
        self._boot = new_id().hex[-16:]
        folder.mkdir(parents=True, exist_ok=True)
        self.lock_path = folder / lock_name(pid=pid, boot=self._boot)
        self._lock = os.open(self.lock_path, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._seq = 0
        self.roll()

    @property
    def segment(self) -> Path:
        return self.folder / segment_name(pid=self._pid, boot=self._boot, seq=self._seq)

    def roll(self) -> None:
        self._seq += 1
        self.segment.touch()

    def write(self, *frames: Frame) -> None:
        self.write_bytes(b"".join(map(encode, frames)))

    def write_bytes(self, data: bytes) -> None:
        with self.segment.open("ab") as stream:
            stream.write(data)

    def die(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


class Counted:
    """A meter."""

    def __init__(self) -> None:
        self.rows = 0
        self.torn_tails = 0
        self.in_quarantine = 0
        self.behind_s: list[float] = []

    def landed(self, landed: Sequence[Landed], *, seconds: float) -> None:
        assert seconds >= 0
        self.rows += len(landed)

    def torn(self) -> None:
        self.torn_tails += 1

    def quarantined(self) -> None:
        self.in_quarantine += 1

    def behind(self, seconds: float) -> None:
        self.behind_s.append(seconds)


class Heard:
    """A follower."""

    def __init__(self) -> None:
        self.holds = False
        self.shipments: list[Shipment] = []

    def follow(self, shipment: Shipment) -> None:
        if shipment.starts or shipment.landed:
            self.shipments.append(shipment)

    @property
    def landed(self) -> list[Landed]:
        return [landed for shipment in self.shipments for landed in shipment.landed]


def shipper(
    folder: Path,
    *,
    meter: Counted | None = None,
    followers: tuple[Follower, ...] = (),
    node: str = "node",
    url: str | None = None,
) -> Shipper:
    return Shipper(
        folder=folder,
        node=node,
        url=url or os.environ["DATABASE_URL"],
        followers=followers,
        meter=meter or Counted(),
    )


def ship(folder: Path, **options: Any) -> None:
    """All that lies there, by a shipper that is new, and ends."""
    one = shipper(folder, **options)
    one.round()  # meets the writers
    end_of(one)


def end_of(one: Shipper) -> None:
    one.stop()
    one.run()


@contextmanager
def platform() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.platform', 'on', true)")
        yield cursor


def select(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with platform() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def checksums() -> list[tuple[Any, ...]]:
    """Of every table that only grows: how many rows, and a digest of all they hold."""
    digest = "md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), ''))"
    return [
        (table, *select(f"SELECT count(*), {digest} FROM {table} t")[0])  # noqa: S608 - our own names
        for table in TABLES
    ]


def exchange(**fields: Any) -> tuple[Start, End]:
    request_id = str(new_id())
    start = start_frame(request_id=request_id)
    return start, end_frame(request_id=request_id, **fields)


def row(request_id: str, columns: str, *, kind: str = "usage") -> tuple[Any, ...]:
    (found,) = select(
        f"SELECT {columns} FROM cost_records WHERE request_id = %s AND kind = %s",  # noqa: S608
        request_id,
        kind,
    )
    return found


def rows(request_id: str) -> list[tuple[Any, ...]]:
    return select(
        "SELECT attempt, kind, final, status FROM cost_records WHERE request_id = %s ORDER BY 1, 2",
        request_id,
    )


def in_quarantine(folder: Path) -> list[str]:
    return sorted(path.name for path in Quarantine(folder).folder.glob("*"))


def progress(node: str) -> tuple[Any, ...]:
    """How long ago all was delivered, and when the oldest began that is open."""
    (found,) = select(
        "SELECT extract(epoch FROM clock_timestamp() - delivered_to)::float8,"
        " extract(epoch FROM oldest_open)::float8 FROM spool_progress WHERE node = %s",
        node,
    )
    return found


def checkpoint(start: Start, *, bytes_out: int = 40, **tokens: Any) -> Checkpoint:
    return Checkpoint(
        VERSION, start.request_id, start.started_us, start.attempt, Tokens(**tokens), bytes_out
    )

"""A day's rows as files, before its table goes.

Laws: rows lie in the order of their key, and the same rows make the same bytes; a file has its name
only after it was read back and held what was written; the manifest names only such files, so a
crash costs no more than the file that was being written; memory does not grow with the day.
"""

import hashlib
import os
import time
import zlib
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from django.db import connections
from msgspec import Struct
from psycopg import sql

# A part takes seconds, so that a day of any size is written in many short tasks.
PART_ROWS: Final = 100_000
FETCHED_AT_ONCE: Final = 1_000
MANIFEST: Final = "manifest.json"
UNFINISHED: Final = "unfinished"

# A row as text, its key and its amounts.
Line: TypeAlias = tuple[bytes, tuple[str, ...], Sequence[int | None]]


class ArchiveDiffers(Exception):
    """What was read back is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Of a table: the columns of its key with their types, and the amounts that are added up."""

    key: tuple[tuple[str, str], ...]
    amounts: tuple[str, ...]


LAYOUTS: Final = {
    "cost_records": Layout(
        key=(
            ("started_at", "timestamptz"),
            ("request_id", "uuid"),
            ("attempt", "smallint"),
            ("kind", "text"),
        ),
        amounts=("cost_nano", "charge_nano"),
    ),
    "ledger_transfers": Layout(
        key=(("at", "timestamptz"), ("id", "bytea")), amounts=("amount_nano",)
    ),
}


class Part(Struct, frozen=True, kw_only=True):
    file: str
    rows: int
    sums: dict[str, int]
    sha256: str  # of the file as it lies there
    last: tuple[str, ...]  # key of its last row


class Manifest(Struct, frozen=True, kw_only=True):
    table: str
    complete: bool
    rows: int
    sums: dict[str, int]
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Tally:
    rows: int
    sums: list[int]
    text: Any  # a running SHA-256

    def add(self, line: bytes, amounts: Sequence[int | None]) -> None:
        self.rows += 1
        self.sums = [total + (more or 0) for total, more in zip(self.sums, amounts, strict=True)]
        self.text.update(line)

    def agrees(self, other: "Tally") -> bool:
        mine, its = (self.rows, self.sums), (other.rows, other.sums)
        return mine == its and bool(self.text.digest() == other.text.digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The files of one table. Whoever writes is alone, in a transaction that sees every row."""

    root: Path
    parent: str
    table: str
    using: str

    @property
    def folder(self) -> Path:
        return self.root / self.table

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.parent]

    def write(self, *, until: float) -> Manifest:
        """Goes on where the last call ended; at least a part is written, however late it is."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._manifest()
        parts = list(takewhile(self._is_intact, found.parts))
        if found.complete and len(parts) == len(found.parts):
            return found
        while True:
            part, is_last = self._write_part(parts)
            parts += [part] if part else []
            self._name(parts, complete=is_last)
            if is_last or time.monotonic() > until:
                return self._manifest()

    def whole(self) -> Manifest | None:
        """None unless every file is there and is what the manifest says."""
        manifest = self._manifest()
        return manifest if manifest.complete and all(map(self._is_intact, manifest.parts)) else None

    def forget(self) -> None:
        """The next call of `write` begins anew."""
        (self.folder / MANIFEST).unlink(missing_ok=True)

    def _manifest(self) -> Manifest:
        try:
            text = (self.folder / MANIFEST).read_bytes()
            return msgspec.json.decode(text, type=Manifest)
        except (FileNotFoundError, msgspec.DecodeError):
            return Manifest(table=self.table, complete=False, rows=0, sums={}, parts=())

    def _is_intact(self, part: Part) -> bool:
        try:
            return _sha256(self.folder / part.file) == part.sha256
        except FileNotFoundError:
            return False

    def _write_part(self, parts: Sequence[Part]) -> tuple[Part | None, bool]:
        unfinished, written = self.folder / UNFINISHED, self._tally()
        last = parts[-1].last if parts else ()
        with unfinished.open("wb") as file:
            # No name and no time in the file: both would make other bytes of the same rows.
            with (
                GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed,
                closing(self._rows(last)) as rows,
            ):
                for line, key, amounts in rows:
                    packed.write(line)
                    written.add(line, amounts)
                    last = key
            file.flush()
            os.fsync(file.fileno())
        if not written.rows:
            unfinished.unlink()
            return None, True
        if not self._reads_back(unfinished, written):
            raise ArchiveDiffers(f"{self.table}, part {len(parts) + 1}")
        part = Part(
            file=f"{len(parts) + 1:06}.ndjson.gz",
            rows=written.rows,
            sums=dict(zip(self.layout.amounts, written.sums, strict=True)),
            sha256=_sha256(unfinished),
            last=last,
        )
        self._rename(unfinished, part.file)
        return part, written.rows < PART_ROWS

    def _name(self, parts: Sequence[Part], *, complete: bool) -> None:
        manifest = Manifest(
            table=self.table,
            complete=complete,
            rows=sum(part.rows for part in parts),
            sums={name: sum(part.sums[name] for part in parts) for name in self.layout.amounts},
            parts=tuple(parts),
        )
        unfinished = self.folder / UNFINISHED
        with unfinished.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._rename(unfinished, MANIFEST)

    def _rename(self, path: Path, name: str) -> None:
        path.replace(self.folder / name)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _rows(self, after: tuple[str, ...]) -> Generator[Line]:
        """The part of the table that follows the key, at most as much as a file holds."""
        key = sql.SQL(", ").join(sql.Identifier(name) for name, _ in self.layout.key)
        beyond = sql.SQL("WHERE ({key}) > ({after})" if after else "").format(
            key=key,
            after=sql.SQL(", ").join(sql.SQL(f"%s::{kind}") for _, kind in self.layout.key),
        )
        query = sql.SQL(
            "SELECT row_to_json(t)::text, ARRAY[{texts}], ARRAY[{amounts}]::bigint[] FROM {table} t"
            " {beyond} ORDER BY {key} LIMIT {most}"
        ).format(
            texts=sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(name)) for name, _ in self.layout.key
            ),
            amounts=sql.SQL(", ").join(map(sql.Identifier, self.layout.amounts)),
            table=sql.Identifier(self.table),
            beyond=beyond,
            key=key,
            most=sql.Literal(PART_ROWS),
        )
        # A cursor of the server: the rows stay there until they are fetched.
        with connections[self.using].chunked_cursor() as cursor:
            cursor.execute(query, list(after))
            while rows := cursor.fetchmany(FETCHED_AT_ONCE):
                for line, last, amounts in rows:
                    yield line.encode() + b"\n", tuple(last), amounts

    def _reads_back(self, path: Path, written: Tally) -> bool:
        tally = self._tally()
        decoder = msgspec.json.Decoder(dict[str, Any])
        try:
            with GzipFile(path, "rb") as packed:
                for line in packed:
                    row = decoder.decode(line)
                    tally.add(line, [row[name] for name in self.layout.amounts])
        except (BadGzipFile, EOFError, zlib.error):
            return False
        return tally.agrees(written)

    def _tally(self) -> Tally:
        return Tally(rows=0, sums=[0] * len(self.layout.amounts), text=hashlib.sha256())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

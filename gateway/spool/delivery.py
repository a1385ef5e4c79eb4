"""The shipper's way to PostgreSQL.

Laws: a batch is one transaction over all sinks; what fails for another reason than its content is
tried again until it is done or the shipper stops; what is refused for its content is found by
halving, set aside, and everything else goes on.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import psycopg
import structlog
from psycopg import Cursor

from billing.ingest import Landing, ingest
from billing.record import USAGE, Key, Record
from gateway.spool.frames import End
from gateway.spool.interrupted import Terms
from gateway.spool.rows import EPOCH, NoRow, record_of
from gateway.spool.shipment import Landed
from gateway.spool.stopping import Stopping
from providers.specs import PriceSpec

Row: TypeAlias = tuple[Any, ...]
Refused: TypeAlias = Callable[[End, str], None]
T = TypeVar("T")

NAME: Final = "switchyard-shipper"  # in pg_stat_activity
CONNECT_S: Final = 5
LOST_AFTER_MS: Final = 30_000  # without any answer from the server's host
PAUSE_S: Final = (0.1, 2.0)  # between attempts
PLATFORM: Final = "SELECT set_config('app.platform', 'on', true)"
PRICES: Final = "SELECT spec::text FROM prices WHERE id::text = ANY(%s)"
NOT_CHARGED: Final = """
SELECT id::text FROM tenants WHERE charge_on_disconnect = 'none' AND id::text = ANY(%s)
"""
PROGRESS: Final = """
INSERT INTO spool_progress (node, delivered_to, oldest_open, seen_at)
VALUES (%s, clock_timestamp() - %s::interval, %s, clock_timestamp())
ON CONFLICT (node) DO UPDATE SET
    delivered_to = greatest(spool_progress.delivered_to, excluded.delivered_to),
    oldest_open = excluded.oldest_open, seen_at = excluded.seen_at
"""
# What PostgreSQL says of a row, and not of its own state.
CONTENT: Final = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """Told to stop while PostgreSQL is out."""


class Delivery:
    def __init__(self, url: str, *, stopping: Stopping, refused: Refused) -> None:
        self._url = url
        self._stopping = stopping
        self._refused = refused
        self._connection: psycopg.Connection[Row] | None = None
        self._in_trouble = False

    def land(self, ends: Sequence[End]) -> list[Landed]:
        """In PostgreSQL when it returns, but for what was refused. Raises Stopped."""
        given: dict[Key, End] = {}
        records: list[Record] = []
        for end in ends:
            try:
                record = record_of(end)
            except NoRow as error:
                self._refused(end, str(error))
            else:
                given.setdefault(record.key, end)
                records.append(record)
        landings = self._land(records, given=given)
        return [_landed(one, given=given) for one in landings]

    def _land(self, records: Sequence[Record], *, given: dict[Key, End]) -> list[Landing]:
        if not records:
            return []
        try:
            return self._patiently(lambda cursor: ingest(cursor, records))
        except CONTENT as error:
            if len(records) == 1:
                self._refused(given[records[0].key], str(error))
                return []
        middle = len(records) // 2
        return [
            *self._land(records[:middle], given=given),
            *self._land(records[middle:], given=given),
        ]

    def terms(self, *, prices: Iterable[str], tenants: Iterable[str]) -> Terms:
        def read(cursor: "Cursor[Row]") -> Terms:
            cursor.execute(PRICES, [sorted(prices)])
            found = [msgspec.json.decode(text, type=PriceSpec) for (text,) in cursor]
            cursor.execute(NOT_CHARGED, [sorted(tenants)])
            not_charged = frozenset(id_ for (id_,) in cursor)
            return Terms(prices={price.id: price for price in found}, not_charged=not_charged)

        return self._patiently(read)

    def tell_progress(self, node: str, *, behind_s: float, oldest_us: int | None) -> None:
        """Everything that ended `behind_s` ago or earlier is in PostgreSQL."""
        oldest = None if oldest_us is None else EPOCH + timedelta(microseconds=oldest_us)
        behind = timedelta(seconds=behind_s)
        self._patiently(lambda cursor: cursor.execute(PROGRESS, [node, behind, oldest]))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _patiently(self, work: Callable[["Cursor[Row]"], T]) -> T:
        while True:
            try:
                done = self._try(work)
            except CONTENT:
                raise
            except psycopg.Error as error:
                self._mourn(error)
            else:
                if self._in_trouble:
                    log.info("shipper_delivers_again")
                self._in_trouble = False
                return done

    def _try(self, work: Callable[["Cursor[Row]"], T]) -> T:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_S,
                application_name=NAME,
                # A pooler between us and the server keeps no names.
                prepare_threshold=None,
                tcp_user_timeout=LOST_AFTER_MS,
            )
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(PLATFORM)
            return work(cursor)

    def _mourn(self, error: psycopg.Error) -> None:
        if not self._in_trouble:
            log.error("shipper_waits", error=str(error).strip(), sqlstate=error.sqlstate)
        self._in_trouble = True
        if self._stopping.wait(random.uniform(*PAUSE_S)):  # noqa: S311 - no secret
            raise Stopped


def _landed(landing: Landing, *, given: dict[Key, End]) -> Landed:
    record = landing.record
    at, id_, attempt, _ = record.key
    end = given[at, id_, attempt, USAGE]
    return Landed(end=end, kind="usage" if record.kind == USAGE else "correction", new=landing.new)

"""The shipper's way to PostgreSQL.

Laws: a batch is one transaction over all sinks; what fails for another reason than its content is
tried again until it is done or the shipper stops; what is refused for its content is found by
halving, tried once more without what nobody is paid by, then set aside, and everything else goes
on. How far we are is told once, as it is in that moment, or not at all.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import psycopg
import structlog
from msgspec import Raw, Struct
from msgspec.structs import replace
from psycopg import Cursor

from billing.ingest import Landing, ingest
from billing.record import USAGE, Key, Record
from gateway.spool.frames import TRUNCATED, End
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
# The same where we have nothing to send, and wait for an answer.
KEEPALIVE_AFTER_S: Final = 10
KEEPALIVE_EACH_S: Final = 5
KEEPALIVES_UNANSWERED: Final = 3
PAUSE_S: Final = (0.1, 2.0)  # between attempts
PLATFORM: Final = "SELECT set_config('app.platform', 'on', true)"
PRICES: Final = "SELECT spec::text FROM prices WHERE id::text = ANY(%s)"
NOT_CHARGED: Final = """
SELECT id::text FROM tenants WHERE charge_on_disconnect = 'none' AND id::text = ANY(%s)
"""
NOW: Final = "SELECT clock_timestamp()"
PROGRESS: Final = """
INSERT INTO spool_progress (node, delivered_to, oldest_open, seen_at)
VALUES (%(node)s, %(delivered_to)s, %(oldest)s, clock_timestamp())
ON CONFLICT (node) DO UPDATE SET
    delivered_to = greatest(spool_progress.delivered_to, excluded.delivered_to),
    oldest_open = CASE WHEN %(is_whole)s THEN excluded.oldest_open
        ELSE least(spool_progress.oldest_open, excluded.oldest_open) END,
    seen_at = excluded.seen_at
"""
# What PostgreSQL says of a row, and not of its own state; what we say who write it down.
REFUSED: Final = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
UNWRITABLE: Final = (ArithmeticError, TypeError, ValueError, msgspec.MsgspecError)
CONTENT: Final = (*REFUSED, *UNWRITABLE)

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """Told to stop while PostgreSQL is out."""


class Progress(Struct, frozen=True, kw_only=True):
    behind_s: float  # everything that ended so long ago or earlier is in PostgreSQL
    oldest_us: int | None
    is_whole: bool  # False: there may be older ones that nobody has read yet


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
                return self._land_shorter(records[0], given=given, why=str(error))
        middle = len(records) // 2
        return [
            *self._land(records[:middle], given=given),
            *self._land(records[middle:], given=given),
        ]

    def _land_shorter(self, record: Record, *, given: dict[Key, End], why: str) -> list[Landing]:
        """Without what vendors and clients put into it: money is not lost to an odd field."""
        flags = (*record.flags, TRUNCATED)
        shorter = replace(record, usage_raw=None, tags=(), spans=Raw(b"[]"), flags=flags)
        try:
            landings = self._patiently(lambda cursor: ingest(cursor, [shorter]))
        except CONTENT:
            self._refused(given[record.key], why)
            return []
        log.warning(
            "record_made_shorter", request_id=record.request_id, attempt=record.attempt, error=why
        )
        return landings

    def terms(self, *, prices: Iterable[str], tenants: Iterable[str]) -> Terms:
        def read(cursor: "Cursor[Row]") -> Terms:
            cursor.execute(PRICES, [sorted(prices)])
            found = {price.id: price for (text,) in cursor if (price := _price_of(text))}
            cursor.execute(NOT_CHARGED, [sorted(tenants)])
            not_charged = frozenset(id_ for (id_,) in cursor)
            return Terms(prices=found, not_charged=not_charged)

        return self._patiently(read)

    def tell_progress(self, node: str, measure: Callable[[], Progress]) -> None:
        def tell(cursor: "Cursor[Row]") -> None:
            # Measured after PostgreSQL has read its clock: however long all this takes, nothing
            # is said to be delivered that is not.
            ((now,),) = cursor.execute(NOW).fetchall()
            progress = measure()
            oldest = progress.oldest_us
            values = {
                "node": node,
                "delivered_to": now - timedelta(seconds=progress.behind_s),
                "oldest": None if oldest is None else EPOCH + timedelta(microseconds=oldest),
                "is_whole": progress.is_whole,
            }
            cursor.execute(PROGRESS, values)

        try:
            self._try(tell)
        except UNWRITABLE:
            log.exception("shipper_progress_not_told")
        except psycopg.Error as error:
            self._note_trouble(error)
        else:
            self._note_success()

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
                self._note_trouble(error)
                if self._stopping.wait(random.uniform(*PAUSE_S)):  # noqa: S311 - no secret
                    raise Stopped from None
            else:
                self._note_success()
                return done

    def _try(self, work: Callable[["Cursor[Row]"], T]) -> T:
        if self._connection is None or self._connection.closed:
            self._connection = self._connected()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(PLATFORM)
            return work(cursor)

    def _connected(self) -> "psycopg.Connection[Row]":
        try:
            return psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_S,
                application_name=NAME,
                # A pooler between us and the server keeps no names.
                prepare_threshold=None,
                tcp_user_timeout=LOST_AFTER_MS,
                keepalives_idle=KEEPALIVE_AFTER_S,
                keepalives_interval=KEEPALIVE_EACH_S,
                keepalives_count=KEEPALIVES_UNANSWERED,
            )
        except UNWRITABLE as error:  # no row is to be blamed for that
            raise psycopg.OperationalError(str(error)) from error

    def _note_trouble(self, error: psycopg.Error) -> None:
        if not self._in_trouble:
            log.error("shipper_waits", error=str(error).strip(), sqlstate=error.sqlstate)
        self._in_trouble = True

    def _note_success(self) -> None:
        if self._in_trouble:
            log.info("shipper_delivers_again")
        self._in_trouble = False


def _price_of(text: str) -> PriceSpec | None:
    try:
        return msgspec.json.decode(text, type=PriceSpec)
    except msgspec.MsgspecError:
        log.exception("price_not_understood")
        return None


def _landed(landing: Landing, *, given: dict[Key, End]) -> Landed:
    record = landing.record
    at, id_, attempt, _ = record.key
    end = given[at, id_, attempt, USAGE]
    return Landed(end=end, kind="usage" if record.kind == USAGE else "correction", new=landing.new)

"""What the shipper says of how far it is, which others call final."""

import os
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import msgspec
import pytest

from accounts.ids import new_id
from gateway.spool.delivery import Delivery, Progress
from gateway.spool.shipper import BATCH_ROWS
from gateway.spool.stopping import Stopping
from tests.factories.frames import end_frame, start_frame
from tests.gateway.spool.scribe import (
    Counted,
    Scribe,
    end_of,
    exchange,
    in_quarantine,
    progress,
    select,
    ship,
    shipper,
)

pytestmark = pytest.mark.usefixtures("books")


def test_progress_tells_what_is_delivered_and_what_is_still_open(folder: Path) -> None:
    scribe, counted = Scribe(folder), Counted()
    (start, end), (older, _) = exchange(), exchange()
    older = msgspec.structs.replace(older, started_us=start.started_us - 5_000_000)
    scribe.write(start, older)
    one = shipper(folder, node="told", meter=counted)
    one.round()
    behind_s, oldest = progress("told")
    assert 1 <= behind_s < 20
    assert oldest * 1e6 == pytest.approx(older.started_us)
    assert len(counted.behind_s) == 1
    end_of(one)
    scribe.write(end, msgspec.structs.replace(end, request_id=older.request_id))
    scribe.die()
    ship(folder, node="told")
    assert progress("told")[1] is None


def test_a_shipper_that_has_not_read_everything_forgets_no_open_request(folder: Path) -> None:
    scribe, other = Scribe(folder, pid=2), Scribe(folder, pid=1)
    start = start_frame(request_id=str(new_id()))
    scribe.write(start)
    ship(folder, node="again")
    other.write(*(exchange()[1] for _ in range(BATCH_ROWS + 1)))
    one = shipper(folder, node="again")
    assert one.round()
    assert progress("again")[1] * 1e6 == pytest.approx(start.started_us)
    end_of(one)
    scribe.write(end_frame(request_id=start.request_id))
    ship(folder, node="again")
    assert progress("again")[1] is None
    for each in (scribe, other):
        each.die()


def test_progress_is_measured_after_postgresql_has_read_its_clock() -> None:
    measured_at: list[float] = []

    def measure() -> Progress:
        measured_at.append(datetime.now(UTC).timestamp())
        return Progress(behind_s=0, oldest_us=None, is_whole=True)

    delivery = Delivery(os.environ["DATABASE_URL"], stopping=Stopping(), refused=mock.Mock())
    delivery.tell_progress("measured", measure)
    delivery.close()
    ((told,),) = select(
        "SELECT extract(epoch FROM delivered_to)::float8 FROM spool_progress WHERE node = %s",
        "measured",
    )
    assert told <= measured_at[0]


def test_progress_that_cannot_be_told_is_given_up() -> None:
    measure = mock.Mock()
    url = "postgresql://nobody:x@127.0.0.1:1/none"
    delivery = Delivery(url, stopping=Stopping(), refused=mock.Mock())
    delivery.tell_progress("out", measure)
    measure.assert_not_called()


def test_an_open_request_of_no_possible_moment_stops_nothing(folder: Path) -> None:
    scribe = Scribe(folder)
    scribe.write(start_frame(started_us=10**19))
    ship(folder, node="odd")
    scribe.die()
    ship(folder, node="odd")
    assert len(in_quarantine(folder)) == 1


def test_a_silent_server_is_noticed(folder: Path) -> None:
    one = shipper(folder)
    one.round()
    connection = one._delivery._connection  # noqa: SLF001 - what it was opened with
    assert connection is not None
    told = connection.info.get_parameters()
    names = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
    assert [told[name] for name in names] == ["10", "5", "3", "30000"]
    end_of(one)


def test_a_backlog_is_not_called_delivered(folder: Path) -> None:
    scribe = Scribe(folder)
    scribe.write(*(exchange()[1] for _ in range(BATCH_ROWS + 1)))
    one = shipper(folder, node="behind")
    assert one.round()
    assert progress("behind")[0] > 86_400
    assert not one.round()
    end_of(one)
    scribe.die()

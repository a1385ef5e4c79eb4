"""From the spool into PostgreSQL: every row once, and nothing that stops it."""

import threading
from pathlib import Path
from typing import Any, Final
from unittest import mock

import msgspec
import psycopg
import pytest

from accounts.ids import new_id
from billing.ingest import ingest
from gateway.spool.delivery import NAME
from gateway.spool.frames import VERSION, Change, Difference, Span, encode
from gateway.spool.paths import delivered_bytes
from gateway.spool.quarantine import Quarantine
from gateway.spool.shipper import BATCH_ROWS, BATCH_STARTS
from tests.factories.frames import end_frame, start_frame
from tests.gateway.spool.scribe import (
    Counted,
    Heard,
    Scribe,
    checksums,
    end_of,
    exchange,
    in_quarantine,
    platform,
    row,
    rows,
    select,
    ship,
    shipper,
)

pytestmark = pytest.mark.usefixtures("books")

TENANT: Final = end_frame().subject.tenant_id


# --- what a row is --------------------------------------------------------------------------------


def test_an_end_becomes_one_row_with_its_transfers_and_its_window(folder: Path) -> None:
    scribe, heard, provider = Scribe(folder), Heard(), str(new_id())
    start, end = exchange(provider_id=provider, charge_nano=150_000)
    scribe.write(start, end)
    ship(folder, followers=(heard,))
    assert row(end.request_id, "kind, final, status, out_text, cost_nano, charge_nano") == (
        "usage", True, "ok", 300, 123_000, 150_000,
    )  # fmt: skip
    transfers = select(
        "SELECT d.kind, c.kind, t.amount_nano, t.kind, t.tenant_id IS NULL FROM ledger_transfers t"
        " JOIN ledger_accounts d ON d.id = t.debit_id JOIN ledger_accounts c ON c.id = t.credit_id"
        " WHERE t.ref = %s ORDER BY t.kind",
        f"{end.request_id}:0:usage",
    )
    assert transfers == [
        ("tenant_receivable", "tenant_usage", 150_000, "charge", False),
        ("provider_cost", "provider_payable", 123_000, "cost", True),
    ]
    (shipment,) = heard.shipments
    assert shipment.starts == (start,)
    assert [(landed.end, landed.kind, landed.new) for landed in shipment.landed] == [
        (end, "usage", True)
    ]
    assert select("SELECT version FROM dirty_windows WHERE tenant_id = %s", TENANT)
    scribe.die()


def test_every_column_says_what_the_frame_said(folder: Path) -> None:
    scribe = Scribe(folder)
    _, end = exchange(
        tags=("team-a", "x,y"),
        degraded=("no_cache",),
        target_dialect="bedrock.converse",
        difference=Difference((Change("model", 6, None, "fast", "nova"),), 1),
        flags=("rate_assumed",),
        usage_raw=b'{"total_tokens": 470}',
        spans=(Span("route", 0, 120), Span("call", 120, 900, "upstream", 0)),
        team_id=str(new_id()),
        budgets=(("budget.2026-02", 5),),
    )
    scribe.write(end)
    ship(folder)
    assert row(
        end.request_id,
        "tags, degraded, target_dialect, difference, flags, usage_raw, spans, team_id::text,"
        " budgets, node",
    ) == (
        ["team-a", "x,y"],
        ["no_cache"],
        "bedrock.converse",
        [[["model", 6, None, "fast", "nova"]], 1],
        ["rate_assumed"],
        {"total_tokens": 470},
        [["route", 0, 120, "gateway", None], ["call", 120, 900, "upstream", 0]],
        end.subject.team_id,
        [["budget.2026-02", 5]],
        "n1",
    )
    started_at, tokens = row(
        end.request_id, "extract(epoch FROM started_at) * 1000000, in_fresh + out_reasoning"
    )
    assert (int(started_at), tokens) == (end.started_us, 120)
    scribe.die()


@pytest.mark.parametrize(
    "fields",
    [
        {"simulated": True},
        {"byok": True, "cost_nano": 0, "charge_nano": 0, "notional_nano": 9},
        {"cost_nano": None, "charge_nano": 0},
        {"cost_certainty": "possible"},
        {"cost_nano": 0, "charge_nano": 0},
    ],
)
def test_what_nobody_pays_moves_no_money(folder: Path, fields: dict[str, Any]) -> None:
    scribe = Scribe(folder)
    _, end = exchange(**fields)
    scribe.write(end)
    ship(folder)
    assert row(end.request_id, "cost_nano, notional_nano") == (
        end.money.cost_nano,
        end.money.notional_nano,
    )
    ref = f"{end.request_id}:0:usage"
    assert not select("SELECT 1 FROM ledger_transfers WHERE ref = %s", ref)
    scribe.die()


def test_a_character_postgresql_cannot_hold_costs_the_character_not_the_record(
    folder: Path,
) -> None:
    scribe = Scribe(folder)
    _, end = exchange(requested_model="gpt\x004", usage_raw=b'{"said": "\\u0000"}')
    scribe.write(end)
    ship(folder)
    assert row(end.request_id, "requested_model, usage_raw") == ("gpt\ufffd4", {"said": "\ufffd"})
    assert not in_quarantine(folder)
    scribe.die()


# --- segments -------------------------------------------------------------------------------------


def test_what_is_delivered_is_noted_and_a_closed_segment_goes(folder: Path) -> None:
    scribe = Scribe(folder)
    scribe.write(*exchange(), *exchange())
    first = scribe.segment
    ship(folder)
    assert delivered_bytes(first) == first.stat().st_size
    scribe.roll()
    scribe.write(*exchange())
    ship(folder)
    assert not first.exists()
    assert scribe.segment.exists()
    scribe.die()
    ship(folder)
    assert [path.name for path in folder.iterdir()] == ["shipper.lock"]


def test_a_segment_stays_while_an_attempt_of_it_is_open(folder: Path) -> None:
    scribe = Scribe(folder)
    start, end = exchange()
    scribe.write(start)
    first = scribe.segment
    scribe.roll()
    scribe.write(*exchange())
    second = scribe.segment
    scribe.roll()
    ship(folder)
    assert first.exists()
    assert second.exists()  # an END may never go before its START
    scribe.write(end)
    ship(folder)
    assert not first.exists()
    assert not second.exists()
    assert rows(end.request_id) == [(0, "usage", True, "ok")]
    scribe.die()


def test_a_shipper_that_lost_its_notes_delivers_again_and_changes_nothing(folder: Path) -> None:
    scribe, counted = Scribe(folder), Counted()
    frames = [frame for _ in range(3) for frame in exchange()]
    scribe.write(*frames)
    ship(folder)
    before = checksums()
    for path in folder.glob("*.offset"):
        path.unlink()
    heard = Heard()
    ship(folder, followers=(heard,), meter=counted)
    assert checksums() == before
    assert [landed.new for landed in heard.landed] == [False] * 3
    heard_again = Heard()
    ship(folder, followers=(heard_again,))
    assert not heard_again.shipments
    scribe.die()


def test_more_than_a_batch_of_several_writers_is_delivered_in_turns(folder: Path) -> None:
    scribes = [Scribe(folder, pid=pid) for pid in (1, 2)]
    for scribe in scribes:
        scribe.write(*(exchange()[1] for _ in range(BATCH_ROWS + 1)))
        scribe.write(*(start_frame(request_id=str(new_id())) for _ in range(BATCH_STARTS + 1)))
    heard = Heard()
    ship(folder, followers=(heard,))
    assert len(heard.landed) == 2 * (BATCH_ROWS + 1)
    assert all(len(shipment.landed) <= BATCH_ROWS for shipment in heard.shipments)
    assert sum(len(shipment.starts) for shipment in heard.shipments) == 2 * (BATCH_STARTS + 1)
    for scribe in scribes:
        scribe.die()


def test_a_torn_tail_of_a_dead_writer_is_counted_and_the_rest_delivered(folder: Path) -> None:
    scribe, counted = Scribe(folder), Counted()
    _, end = exchange()
    scribe.write(end)
    scribe.write_bytes(encode(end)[:-5])
    ship(folder, meter=counted)
    assert counted.torn_tails == 0  # it may still grow
    scribe.die()
    ship(folder, meter=counted)
    assert counted.torn_tails == 1
    assert rows(end.request_id) == [(0, "usage", True, "ok")]
    assert not list(folder.glob("*.log"))


def test_damage_is_kept_in_quarantine_once_and_everything_else_delivered(folder: Path) -> None:
    scribe, counted = Scribe(folder), Counted()
    (_, first), (_, second) = exchange(), exchange()
    later = msgspec.structs.replace(start_frame(), v=VERSION + 1)
    damaged = bytearray(encode(exchange()[1]))
    damaged[50] ^= 1
    scribe.write(first)
    scribe.write_bytes(bytes(damaged) + encode(later))
    scribe.write(second)
    for _ in range(2):
        ship(folder, meter=counted)
        for path in folder.glob("*.offset"):
            path.unlink()
    assert counted.in_quarantine == 2
    kinds = [name.split(".")[1] for name in in_quarantine(folder)]
    assert kinds == ["damaged", "newer"]
    kept = Quarantine(folder).folder.glob("*.damaged.*")
    assert [path.read_bytes() for path in kept] == [bytes(damaged)]
    assert rows(first.request_id) == rows(second.request_id) == [(0, "usage", True, "ok")]
    scribe.die()


@pytest.mark.parametrize(
    "fields",
    [
        {"http_status": 99_999},
        {"tenant_id": "nobody"},
        {"request_id": "not-a-uuid"},
        {"started_us": 10**19},
    ],
)
def test_a_row_that_is_refused_is_set_aside_and_the_others_go_on(
    folder: Path, fields: dict[str, Any]
) -> None:
    """F-91."""
    scribe, counted, heard = Scribe(folder), Counted(), Heard()
    good = [exchange()[1] for _ in range(499)]
    bad = msgspec.structs.replace(end_frame(**fields))
    scribe.write(*good[:123], bad, *good[123:])
    ship(folder, meter=counted, followers=(heard,))
    assert {landed.end.request_id for landed in heard.landed} == {end.request_id for end in good}
    (name,) = in_quarantine(folder)
    assert (Quarantine(folder).folder / name).read_bytes() == encode(bad)
    assert counted.in_quarantine == 1
    assert delivered_bytes(scribe.segment) == scribe.segment.stat().st_size
    scribe.die()


def test_a_row_that_cannot_be_written_down_is_set_aside_and_the_others_go_on(folder: Path) -> None:
    scribe, (_, good), (_, bad) = Scribe(folder), exchange(), exchange()

    def picky(cursor: Any, records: Any) -> Any:
        if bad.request_id in {record.request_id for record in records}:
            raise OverflowError("integer value out of range")
        return ingest(cursor, records)

    scribe.write(good, bad)
    with mock.patch("gateway.spool.delivery.ingest", picky):
        ship(folder)
    assert rows(good.request_id)
    assert len(in_quarantine(folder)) == 1
    scribe.die()


def test_an_odd_field_costs_the_field_and_not_the_money(folder: Path) -> None:
    scribe, heard, provider = Scribe(folder), Heard(), str(new_id())
    _, end = exchange(
        usage_raw=b"{broken", tags=("a",), spans=(Span("route", 0, 1),), provider_id=provider
    )
    scribe.write(end)
    ship(folder, followers=(heard,))
    assert row(end.request_id, "cost_nano, usage_raw, tags, spans, flags") == (
        123_000, None, [], [], ["truncated"],
    )  # fmt: skip
    ref = f"{end.request_id}:0:usage"
    assert len(select("SELECT 1 FROM ledger_transfers WHERE ref = %s", ref)) == 2
    assert [landed.end for landed in heard.landed] == [end]
    assert not in_quarantine(folder)
    scribe.die()


# --- who goes wrong beside it ---------------------------------------------------------------------


def test_a_follower_that_fails_stops_neither_the_books_nor_the_others(folder: Path) -> None:
    scribe, heard, broken = Scribe(folder), Heard(), mock.Mock()
    broken.follow.side_effect = RuntimeError("no disk")
    _, end = exchange()
    scribe.write(end)
    ship(folder, followers=(broken, heard))
    assert [landed.end for landed in heard.landed] == [end]
    assert rows(end.request_id)
    scribe.die()


def test_one_shipper_waits_for_the_other(folder: Path) -> None:
    scribe = Scribe(folder)
    one, other = shipper(folder), shipper(folder)
    threads = [threading.Thread(target=each.run) for each in (one, other)]
    for thread in threads:
        thread.start()
    _, end = exchange()
    scribe.write(end)
    for each in (one, other):
        each.stop()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    ship(folder)
    assert rows(end.request_id) == [(0, "usage", True, "ok")]
    scribe.die()


def test_a_shipper_without_postgresql_waits_and_stops_when_told(folder: Path) -> None:
    scribe = Scribe(folder)
    _, end = exchange()
    scribe.write(end)
    one = shipper(folder, url="postgresql://nobody:x@127.0.0.1:1/none")
    thread = threading.Thread(target=one.run)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    one.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert delivered_bytes(scribe.segment) == 0
    ship(folder)
    assert rows(end.request_id)
    scribe.die()


def test_a_connection_that_cannot_be_made_is_held_against_no_row(folder: Path) -> None:
    scribe = Scribe(folder)
    scribe.write(exchange()[1])
    one = shipper(folder)
    one.stop()
    with mock.patch.object(psycopg, "connect", side_effect=UnicodeError("label too long")):
        one.run()
    assert not in_quarantine(folder)
    assert delivered_bytes(scribe.segment) == 0
    scribe.die()


def test_a_connection_that_breaks_is_made_again(folder: Path) -> None:
    scribe = Scribe(folder)
    one = shipper(folder)
    one.round()
    with platform() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [NAME],
        )
    _, end = exchange()
    scribe.write(end)
    one.round()
    assert rows(end.request_id)
    end_of(one)
    scribe.die()

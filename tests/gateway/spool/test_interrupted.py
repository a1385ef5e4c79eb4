"""What is written of attempts whose writer died, and of their ENDs found later."""

from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest
from pytest_django import DjangoDbBlocker

from accounts.ids import new_id
from accounts.tenancy import platform_scope
from gateway.spool.attempts import Interrupted
from gateway.spool.interrupted import Terms, end_of
from gateway.spool.quarantine import Quarantine
from providers.models.prices import OPERATOR_PAGE, PricePage
from providers.services.prices import price_row
from providers.specs import PriceSpec
from tests.factories.frames import end_frame, start_frame
from tests.gateway.spool.scribe import (
    Heard,
    Scribe,
    checkpoint,
    exchange,
    in_quarantine,
    platform,
    row,
    rows,
    select,
    ship,
)

pytestmark = pytest.mark.usefixtures("books")


@pytest.fixture(scope="module")
def price_id(books: None, django_db_blocker: DjangoDbBlocker) -> str:
    spec = PriceSpec(
        id=str(new_id()),
        version="1",
        scope="operator",
        model="mock-1",
        rates={"in_fresh": "2", "out_text": "10"},
    )
    with django_db_blocker.unblock(), platform_scope("test"):
        page, _ = PricePage.objects.get_or_create(id=OPERATOR_PAGE)
        price_row(spec, page_id=page.pk).save(force_insert=True)
    return spec.id


def test_an_attempt_of_a_dead_writer_is_billed_by_its_last_checkpoint(
    folder: Path, price_id: str
) -> None:
    """F-02."""
    scribe, heard = Scribe(folder), Heard()
    start = start_frame(
        request_id=str(new_id()),
        price_id=price_id,
        multiplier="0.5",
        markup_bp=1_000,
        input_tokens=100,
    )
    scribe.write(start, checkpoint(start, out_text=5), checkpoint(start, out_text=20))
    ship(folder, followers=(heard,))
    assert not rows(start.request_id)
    scribe.die()
    ship(folder, followers=(heard,))
    assert rows(start.request_id) == [(0, "usage", True, "interrupted")]
    # (100 x 2 + 20 x 10) / 1,000,000 USD, halved; a tenth more for the tenant.
    assert row(
        start.request_id, "in_fresh, out_text, cost_nano, charge_nano, cost_certainty, terminated"
    ) == (100, 20, 200_000, 220_000, "estimated", "crash")
    (landed,) = heard.landed
    assert (landed.kind, landed.new, landed.end.outcome.status) == ("usage", True, "interrupted")
    assert not list(folder.glob("*-*"))


def test_an_attempt_that_brought_nothing_may_have_cost_something_and_is_not_charged(
    folder: Path, price_id: str
) -> None:
    scribe = Scribe(folder)
    start = start_frame(request_id=str(new_id()), price_id=price_id, input_tokens=100)
    scribe.write(start)
    scribe.die()
    ship(folder)
    assert row(start.request_id, "cost_nano, charge_nano, cost_certainty, http_status") == (
        200_000, 0, "possible", 0,
    )  # fmt: skip
    assert not select(
        "SELECT 1 FROM ledger_transfers WHERE ref = %s", f"{start.request_id}:0:usage"
    )


def test_the_last_open_attempt_is_the_final_one_unless_another_ended_the_exchange(
    folder: Path,
) -> None:
    scribe = Scribe(folder)
    (first, end), (other, other_end) = exchange(), exchange(attempt=1, attempts=2)
    again = msgspec.structs.replace(first, attempt=1)
    failed = msgspec.structs.replace(
        end, outcome=msgspec.structs.replace(end.outcome, final=False, status="upstream_error")
    )
    other_again = msgspec.structs.replace(other, attempt=1)
    scribe.write(first, again, failed)
    scribe.write(other, other_again, other_end)  # the END of attempt 0 is lost
    scribe.die()
    ship(folder)
    assert rows(first.request_id) == [
        (0, "usage", False, "upstream_error"),
        (1, "usage", True, "interrupted"),
    ]
    assert rows(other.request_id) == [
        (0, "usage", False, "interrupted"),
        (1, "usage", True, "ok"),
    ]


@pytest.mark.parametrize("bytes_out", [0, 40])
def test_an_end_found_later_is_a_correction_and_rows_and_books_sum_to_it(
    folder: Path, price_id: str, bytes_out: int
) -> None:
    scribe, provider = Scribe(folder), str(new_id())
    start = start_frame(
        request_id=str(new_id()), price_id=price_id, input_tokens=100, provider_id=provider
    )
    scribe.write(start, checkpoint(start, bytes_out=bytes_out, out_text=200))
    scribe.die()
    ship(folder)
    end = end_frame(request_id=start.request_id, provider_id=provider, in_fresh=100)
    for _ in range(2):  # and once more
        late, heard = Scribe(folder), Heard()
        late.write(end)
        ship(folder, followers=(heard,))
        late.die()
        ship(folder)
    sums = select(
        "SELECT sum(cost_nano), sum(charge_nano), sum(in_fresh), sum(out_text), sum(out_reasoning),"
        " count(*) FILTER (WHERE final), count(*) FILTER (WHERE kind = 'usage')"
        " FROM cost_records WHERE request_id = %s",
        start.request_id,
    )
    assert sums == [(123_000, 123_000, 100, 300, 20, 1, 1)]
    booked = select(
        "SELECT c.kind, sum(CASE WHEN t.credit_id = c.id THEN amount_nano ELSE -amount_nano END)"
        " FROM ledger_transfers t JOIN ledger_accounts c ON c.id IN (t.credit_id, t.debit_id)"
        " WHERE split_part(t.ref, ':', 1) = %s AND c.kind IN ('tenant_usage', 'provider_payable')"
        " GROUP BY 1 ORDER BY 1",
        start.request_id,
    )
    assert booked == [("provider_payable", 123_000), ("tenant_usage", 123_000)]
    assert "correction" in [landed.kind for landed in heard.landed]
    assert not any(landed.new for landed in heard.landed)


def test_an_attempt_that_cannot_be_rated_gets_its_row_without_a_price(
    folder: Path, price_id: str
) -> None:
    scribe = Scribe(folder)
    start = start_frame(request_id=str(new_id()), price_id=price_id, multiplier="many")
    scribe.write(start)
    scribe.die()
    ship(folder)
    assert row(start.request_id, "status, cost_nano") == ("interrupted", None)


def set_spec(price_id: str, spec: str) -> None:
    with platform() as cursor:
        cursor.execute("UPDATE prices SET spec = %s WHERE id = %s", [spec, price_id])


def test_a_price_that_nobody_understands_is_none(folder: Path, price_id: str) -> None:
    ((spec,),) = select("SELECT spec::text FROM prices WHERE id = %s", price_id)
    scribe = Scribe(folder)
    start = start_frame(request_id=str(new_id()), price_id=price_id)
    scribe.write(start)
    scribe.die()
    set_spec(price_id, "{}")
    ship(folder)
    set_spec(price_id, spec)
    assert row(start.request_id, "status, cost_nano") == ("interrupted", None)


def test_what_cannot_even_be_encoded_is_set_aside_in_words(folder: Path) -> None:
    scribe = Scribe(folder)
    start = start_frame(request_id=str(new_id()))
    scribe.write(start)
    scribe.die()
    beyond = end_frame(request_id=start.request_id, cost_nano=2**70)
    with mock.patch("gateway.spool.shipper.end_of", return_value=beyond):
        ship(folder)
    (name,) = in_quarantine(folder)
    assert str(2**70) in (Quarantine(folder).folder / name).read_text()
    assert not list(folder.glob("*-*"))


# --- by whose terms -------------------------------------------------------------------------------

OWN: PriceSpec = PriceSpec(
    id="own", version="1", scope="tenant", model="m", rates={"out_text": "7"}
)
COST: PriceSpec = PriceSpec(
    id="cost", version="1", scope="operator", model="m", rates={"in_fresh": "2", "out_text": "10"}
)


def billed(*, not_charged: frozenset[str] = frozenset(), **fields: Any) -> tuple[Any, ...]:
    """Of an attempt that had put out 100 tokens for 10: cost, charge, notional."""
    start = start_frame(price_id="cost", input_tokens=10, **fields)
    one = Interrupted(start=start, checkpoint=checkpoint(start, out_text=100), final=True)
    terms = Terms(prices={"own": OWN, "cost": COST}, not_charged=not_charged)
    money = end_of(one, terms=terms).money
    return money.cost_nano, money.charge_nano, money.notional_nano


def test_a_tenant_is_charged_by_its_own_price_where_it_has_one() -> None:
    assert billed(charge_price_id="own", multiplier="3") == (3_060_000, 700_000, 0)
    assert billed(charge_price_id="gone", markup_bp=100) == (1_020_000, 1_030_200, 0)


def test_a_tenant_that_is_not_charged_for_what_was_cut_off_is_not() -> None:
    tenant = start_frame().subject.tenant_id
    assert billed(not_charged=frozenset({tenant})) == (1_020_000, 0, 0)


def test_no_amount_is_more_than_can_be_recorded() -> None:
    most = 2**53 - 1
    huge = msgspec.structs.replace(COST, rates={"out_text": str(10**15)})
    for fields, amounts in (
        ({}, (most, most, 0)),
        ({"byok": True}, (0, 0, most)),
    ):
        start = start_frame(price_id="cost", **fields)
        one = Interrupted(start=start, checkpoint=checkpoint(start, out_text=100), final=True)
        money = end_of(one, terms=Terms(prices={"cost": huge}, not_charged=frozenset())).money
        assert (money.cost_nano, money.charge_nano, money.notional_nano) == amounts


def test_the_client_s_own_vendor_key_costs_nobody_here_anything() -> None:
    assert billed(byok=True) == (0, 0, 1_020_000)


def test_counting_tokens_is_free_and_what_has_no_price_is_unknown() -> None:
    assert billed(operation="count_tokens") == (0, 0, 0)
    start = start_frame()
    one = Interrupted(start=start, checkpoint=None, final=True)
    money = end_of(one, terms=Terms(prices={}, not_charged=frozenset())).money
    assert (money.cost_nano, money.charge_nano, money.cost_certainty) == (None, 0, "possible")


def test_what_the_vendor_said_of_the_input_wins_over_the_estimate() -> None:
    start = start_frame(input_tokens=10)
    seen = checkpoint(start, in_cache_read=7)
    one = Interrupted(start=start, checkpoint=seen, final=False)
    end = end_of(one, terms=Terms(prices={}, not_charged=frozenset()))
    assert (end.tokens.in_fresh, end.tokens.in_cache_read, end.outcome.final) == (0, 7, False)

"""Which money a record moves, and what an END found late adds to it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.corrections import corrections_of
from billing.record import Record
from billing.transfers import account_id, transfers_of
from gateway.spool.rows import record_of
from providers.usage import CLASSES
from tests.factories.frames import end_frame

AMOUNTS = st.integers(0, 10**15)
PROVIDER = "0198c0de-0000-7000-8000-00000000000a"
BASE = record_of(end_frame(provider_id=PROVIDER))


def record(**fields: object) -> Record:
    return msgspec.structs.replace(BASE, **fields)


def posted(*records: Record) -> dict[str, int]:
    """Balance of each kind of account, credits less debits."""
    balances: dict[str, int] = {}
    for transfer in (transfer for one in records for transfer in transfers_of(one)):
        balances[transfer.credit.kind] = (
            balances.get(transfer.credit.kind, 0) + transfer.amount_nano
        )
        balances[transfer.debit.kind] = balances.get(transfer.debit.kind, 0) - transfer.amount_nano
    return balances


def test_a_charge_and_a_cost_are_a_transfer_each() -> None:
    charge, cost = transfers_of(record(charge_nano=7, cost_nano=5))
    assert (charge.kind, charge.amount_nano, charge.tenant_id) == ("charge", 7, BASE.tenant_id)
    assert (cost.kind, cost.amount_nano, cost.tenant_id) == ("cost", 5, None)
    assert (charge.debit.kind, charge.credit.kind) == ("tenant_receivable", "tenant_usage")
    assert (cost.debit.kind, cost.credit.kind) == ("provider_cost", "provider_payable")
    assert cost.debit.id == account_id(kind="provider_cost", owner=PROVIDER)
    assert charge.ref == cost.ref == f"{BASE.request_id}:0:usage"
    assert len(charge.id) == len(cost.id) == 16
    assert charge.id != cost.id


def test_the_same_record_makes_the_same_transfers_and_another_makes_others() -> None:
    assert list(transfers_of(record())) == list(transfers_of(record()))
    ids = {one.id for kind in ("usage", "correction") for one in transfers_of(record(kind=kind))}
    assert len(ids) == 4


def test_what_is_negative_goes_back_the_same_way() -> None:
    refund, back = transfers_of(record(charge_nano=-7, cost_nano=-5))
    assert (refund.kind, refund.amount_nano, refund.debit.kind) == ("refund", 7, "tenant_usage")
    assert (back.kind, back.amount_nano, back.debit.kind) == ("correction", 5, "provider_payable")


@pytest.mark.parametrize(
    "fields",
    [
        {"simulated": True},
        {"byok": True},
        {"cost_certainty": "possible"},
        {"charge_nano": 0, "cost_nano": 0},
        {"charge_nano": 0, "cost_nano": None},
    ],
)
def test_what_nobody_owes_is_not_posted(fields: dict[str, object]) -> None:
    assert not list(transfers_of(record(**fields)))


@st.composite
def rows(draw: st.DrawFn, *, certainty: st.SearchStrategy[str]) -> Record:
    return record(
        **{name: draw(st.integers(0, 10**6)) for name in CLASSES},
        cost_nano=draw(st.none() | AMOUNTS),
        charge_nano=draw(AMOUNTS),
        notional_nano=draw(AMOUNTS),
        cost_certainty=draw(certainty),
    )


@given(
    end=rows(certainty=st.sampled_from(["exact", "estimated"])),
    interrupted=rows(certainty=st.sampled_from(["estimated", "possible"])),
)
def test_rows_and_books_of_an_attempt_sum_to_what_its_end_says(
    end: Record, interrupted: Record
) -> None:
    if interrupted.cost_certainty == "possible":  # nobody is charged for what may not have been
        interrupted = msgspec.structs.replace(interrupted, charge_nano=0)
    corrections = list(corrections_of(end, interrupted=interrupted))
    whole = [interrupted, *corrections]
    for name in (*CLASSES, "charge_nano", "notional_nano"):
        assert sum(getattr(one, name) for one in whole) == getattr(end, name)
    assert sum(one.cost_nano or 0 for one in whole) == (end.cost_nano or 0)
    assert not any(one.final for one in corrections)
    assert len({one.key for one in whole}) == len(whole)
    expected = posted(end)
    found = {kind: nano for kind, nano in posted(*whole).items() if nano}
    assert found == expected


def test_an_end_that_was_only_possible_as_well_corrects_what_was_possible() -> None:
    interrupted = record(cost_certainty="possible", cost_nano=5, charge_nano=0)
    end = record(cost_certainty="possible", cost_nano=9, charge_nano=0)
    (correction,) = corrections_of(end, interrupted=interrupted)
    assert (correction.kind, correction.cost_nano) == ("correction", 4)

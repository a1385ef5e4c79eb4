"""BL-11, acceptance 12: rating again adds differences, and changes nothing that is recorded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from django.db import connection

from accounts.ids import new_id
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform_scope
from billing.models import CostRecord, LedgerClosing
from billing.selectors import rerating as selectors
from billing.selectors.ledger import balances, verify
from billing.services.rerating import ALONE
from billing.services.windows import aggregate
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin
from tests.billing.books import content, sums_of
from tests.factories.providers import make_price
from tests.factories.records import book, record_of

AT: Final = datetime.now(tz=UTC).replace(hour=0, minute=0, second=1)
RANGE: Final = {
    "from": (AT - timedelta(minutes=1)).isoformat(),
    "to": (AT + timedelta(days=1)).isoformat(),
}
# By the price of the town: 1,000 tokens in at 1 USD, and 100 out at 2 USD per million.
RATED: Final = 1_000_000 + 200_000
USED: Final = {"in_fresh": 1_000, "out_text": 100, "upstream_name": "gpt-4"}

Made = Callable[..., Any]


@pytest.fixture
def made(town: Town) -> Made:
    """A record of the town, booked."""

    def book_one(**columns: Any) -> Any:
        own = {"started_at": AT, "provider_id": str(town.provider.id), **USED}
        record = record_of(tenant_id=town.tenant.id, **{**own, **columns})
        book(record)
        return record

    return book_one


@pytest.fixture
def boss(town: Town) -> Api:
    del town
    return Api().as_user(make_superadmin())


def ask(api: Api, path: str = "rerate", **body: Any) -> dict[str, Any]:
    answer = api.post(f"cost/{path}", {**RANGE, **body})
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def deltas() -> list[CostRecord]:
    with platform_scope("test"):
        rows = CostRecord.objects.filter(kind__startswith="rerate:")
        return list(rows.order_by("started_at", "request_id", "attempt"))


def amounts() -> list[tuple[int | None, int]]:
    return sorted((row.cost_nano, row.charge_nano) for row in deltas())


def originals() -> list[Any]:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT r::text FROM cost_records r WHERE kind NOT LIKE 'rerate:%' ORDER BY 1"
        )
        return list(cursor.fetchall())


def standing() -> dict[tuple[str, str], int]:
    with platform_scope("test"):
        return {(one.kind, one.owner): one.nano for one in balances()}


def terms(tenant: Tenant, **fields: Any) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=tenant.pk).update(**fields)


def test_differences_are_added_and_what_is_recorded_stays(
    town: Town, made: Made, boss: Api
) -> None:
    made(cost_nano=1_000, charge_nano=1_100, markup_bp=1_000, price_version="old")
    dear = made(cost_nano=9_000_000, charge_nano=9_000_000, attempt=0)
    made(cost_nano=RATED, charge_nano=RATED)
    before, stood = originals(), standing()

    told = ask(boss)

    delta_cost = (RATED - 1_000) + (RATED - 9_000_000)
    delta_charge = (RATED * 11 // 10 - 1_100) + (RATED - 9_000_000)
    assert told.pop("job")
    assert told == {
        "records": 3,
        "changed": 2,
        "unpriced_left": 0,
        "cost_before": "0.010201000",
        "cost_after": "0.003600000",
        "delta_cost": "-0.006601000",
        "delta_charge": f"-0.00{-delta_charge}",
        "by_model": [
            {
                "model": "gpt-test",
                "records": 2,
                "delta_cost": "-0.006601000",
                "delta_charge": f"-0.00{-delta_charge}",
            }
        ],
    }
    assert originals() == before
    assert verify().count == 0
    moved = {key: nano - stood[key] for key, nano in standing().items()}
    assert moved == {
        ("provider_cost", town.provider.slug): delta_cost,
        ("provider_payable", town.provider.slug): -delta_cost,
        ("tenant_receivable", town.tenant.slug): delta_charge,
        ("tenant_usage", town.tenant.slug): -delta_charge,
    }
    row = next(row for row in deltas() if str(row.request_id) == dear.request_id)
    assert (row.in_fresh, row.out_text, row.final) == (0, 0, False)
    assert str(row.price_id) == str(town.price.id)


def test_the_same_again_adds_nothing(made: Made, boss: Api) -> None:
    made(cost_nano=1, charge_nano=1)
    made(cost_nano=None)
    assert ask(boss)["changed"] == 2
    books = {table: content(table) for table in ("cost_records", "ledger_transfers")}

    told = ask(boss)

    assert (told["job"], told["changed"], told["delta_cost"]) == (None, 0, "0.000000000")
    assert books == {table: content(table) for table in books}
    with platform_scope("test"):
        (entry,) = AuditEntry.objects.filter(action="cost.rerate")
    assert entry.after["changed"] == 2


@pytest.mark.parametrize(("path", "body"), [("what-if", {}), ("rerate", {"dry_run": True})])
def test_asking_moves_nothing(made: Made, boss: Api, path: str, body: dict[str, Any]) -> None:
    made(cost_nano=1, charge_nano=1)
    tables = ("cost_records", "ledger_transfers", "audit_logs", "dirty_windows")
    books = {table: content(table) for table in tables}

    told = ask(boss, path, **body)

    assert (told["job"], told["changed"]) == (None, 1)
    assert books == {table: content(table) for table in tables}


def test_what_had_no_price_gets_one_and_counts_as_priced(made: Made, boss: Api) -> None:
    made(cost_nano=None)
    made(cost_nano=None, upstream_name="nobody-knows-it")
    aggregate()
    assert sums_of("usage_windows")["unpriced"] == 2

    told = ask(boss)

    assert (told["changed"], told["unpriced_left"]) == (1, 1)
    assert amounts() == [(RATED, RATED)]
    aggregate()
    for table in ("cost_records", "usage_windows", "usage_totals", "usage_days"):
        sums = sums_of(table)
        assert (sums["unpriced"], sums["requests"], sums["cost_nano"]) == (1, 2, RATED), table


def test_what_was_rated_later_is_listed_with_its_price(town: Town, made: Made, boss: Api) -> None:
    later = made(cost_nano=None, charge_nano=0)
    made(cost_nano=None, charge_nano=0, upstream_name="nobody-knows")
    ask(boss)

    owner = town.api("owner")
    listed = owner.get("requests?range=30d").json()["data"]
    assert sorted((row["priced"], row["cost"]) for row in listed) == [
        (False, None),
        (True, "0.001200000"),
    ]
    shown = owner.get(f"requests/{later.request_id}").json()
    assert (shown["priced"], shown["cost"]) == (True, "0.001200000")


@pytest.mark.parametrize(
    ("columns", "tenant", "charged"),
    [
        ({}, {}, True),
        ({"final": False, "status": "upstream_error"}, {}, False),
        ({"status": "upstream_error"}, {}, False),
        ({"status": "canceled"}, {}, True),
        ({"status": "canceled"}, {"charge_on_disconnect": "none"}, False),
        ({"out_text": 0, "in_fresh": 1_200}, {}, True),
        ({"out_text": 0, "in_fresh": 1_200}, {"charge_on_empty": "none"}, False),
        (
            {"out_text": 0, "in_fresh": 1_200, "operation": "embeddings"},
            {"charge_on_empty": "none"},
            True,
        ),
        ({"status": "interrupted", "cost_certainty": "possible"}, {}, False),
        ({"charge_price_id": str(new_id()), "charge_nano": 5}, {}, False),
        ({"cost_nano": 5}, {}, False),  # it had a cost, and was not charged
    ],
)
def test_the_delivered_attempt_alone_is_charged(
    town: Town,
    made: Made,
    boss: Api,
    columns: dict[str, Any],
    tenant: dict[str, Any],
    *,
    charged: bool,
) -> None:
    terms(town.tenant, **tenant)
    record = made(**{"cost_nano": None, **columns})

    ask(boss)

    (row,) = deltas()
    assert row.cost_nano == RATED - (record.cost_nano or 0)
    assert row.charge_nano == (RATED if charged else 0)
    assert verify().count == 0


def test_what_is_nobodys_bill_moves_no_money(made: Made, boss: Api) -> None:
    made(cost_nano=None, simulated=True)
    made(cost_nano=0, byok=True)
    made(cost_nano=0, operation="count_tokens")
    made(cost_nano=0, in_fresh=0, out_text=0)

    assert ask(boss)["records"] == 1
    assert amounts() == [(RATED, RATED)]
    assert content("ledger_transfers") == []


def test_a_correction_is_rated_with_what_it_corrects(town: Town, made: Made, boss: Api) -> None:
    cut = {"status": "interrupted", "terminated": "crash", "cost_certainty": "estimated"}
    begun = made(**cut, in_fresh=400, out_text=0, cost_nano=10, charge_nano=10)
    end = msgspec.structs.replace(
        begun,
        in_fresh=1_000,
        out_text=100,
        cost_nano=40,
        charge_nano=40,
        status="ok",
        terminated="complete",
        cost_certainty="exact",
    )
    book(end)
    before = originals()

    ask(boss)

    assert amounts() == [(RATED - 40, RATED - 40)]
    assert originals() == before
    assert verify().count == 0
    api = Api(tenant=town.tenant).as_user(make_superadmin())
    _, correction, delta = api.get(f"receipts/{UUID(begun.request_id)}").json()["attempts"]
    assert correction["booked_before"]["cost"] == "0.000000010"
    assert delta["booked_before"]["cost"] == "0.000000040"


def test_what_was_given_back_stays_given_back(made: Made, boss: Api) -> None:
    record = made(cost_nano=RATED, charge_nano=RATED)
    zero = {"in_fresh": 0, "out_text": 0, "cost_nano": 0, "charge_nano": -RATED}
    book(msgspec.structs.replace(record, kind="refund:1", final=False, **zero))

    assert ask(boss)["changed"] == 0


def test_a_receipt_shows_by_which_price_it_was_rated_again(
    town: Town, made: Made, boss: Api
) -> None:
    record = made(cost_nano=1_000, charge_nano=1_000, price_id=str(new_id()))
    ask(boss)
    api = Api(tenant=town.tenant).as_user(make_superadmin())

    answer = api.get(f"receipts/{UUID(record.request_id)}").json()

    usage, delta = answer["attempts"]
    assert usage["cost"] == "0.000001000"
    assert (delta["kind"][:7], delta["cost"]) == ("rerate:", "0.001199000")
    assert delta["booked_before"] == {"cost": "0.000001000", "charge": "0.000001000"}
    assert delta["rounding"]["rounded_nano"] == str(RATED)
    assert delta["price"]["id"] == str(town.price.id)
    assert "recomputed_differs" not in delta["flags"]
    assert answer["total"] == {"cost": "0.001200000", "charge": "0.001200000"}


def test_a_version_is_rated_by_its_rows_alone(town: Town, made: Made, boss: Api) -> None:
    with platform_scope("test"):
        make_price(
            town.provider,
            model="closed",
            version="of-june",
            valid_from=1.0,
            valid_to=2.0,
            rates={"in_fresh": "3", "out_text": "0"},
        )
    made(cost_nano=0, upstream_name="closed")
    made(cost_nano=0)

    assert ask(boss, "what-if")["cost_after"] == "0.001200000"
    told = ask(boss, price_version="of-june")

    assert (told["changed"], told["cost_after"]) == (1, "0.003000000")
    answer = boss.post("cost/rerate", {**RANGE, "price_version": "of-nobody"})
    assert answer.json()["errors"][0]["field"] == "price_version"


@pytest.mark.parametrize("name", ["tenant", "provider", "model", "key_id"])
def test_a_filter_leaves_the_others_alone(town: Town, made: Made, boss: Api, name: str) -> None:
    made(cost_nano=1, provider=town.provider.slug, requested_model="mine", key_id="key_mine")
    mine = {"provider": town.provider.slug, "model": "mine", "key_id": "key_mine"}
    other = {"tenant": "default", "provider": "x", "model": "x", "key_id": "x"}

    given = town.tenant.slug if name == "tenant" else mine[name]
    assert ask(boss, "what-if", filter={name: given})["records"] == 1
    assert ask(boss, "what-if", filter={name: other[name]})["records"] == 0


def test_what_cannot_be_asked_is_refused(
    made: Made, boss: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(cost_nano=1)
    made(cost_nano=1)

    for body, field in [
        ({**RANGE, "filter": {"tenant": "nobody"}}, "filter.tenant"),
        ({"from": RANGE["to"], "to": RANGE["from"]}, "to"),
    ]:
        answer = boss.post("cost/rerate", body)
        assert answer.json()["errors"][0]["field"] == field, answer.content
    monkeypatch.setattr(selectors, "MOST", 1)
    answer = boss.post("cost/rerate", RANGE)
    assert (answer.status_code, answer.json()["code"]) == (422, "range_too_wide")
    assert len(answer.json()["suggestions"]) == 2


def test_a_closed_month_stays_closed(made: Made, boss: Api) -> None:
    made(cost_nano=1)
    with platform_scope("test"):
        LedgerClosing.objects.create(
            account_id=new_id(),
            month=AT.date().replace(day=1),
            balance_nano=0,
            transfers=0,
            sha256=bytes(32),
        )

    answer = boss.post("cost/rerate", RANGE)

    assert answer.json()["errors"][0]["field"] == "from"
    assert ask(boss, "what-if")["changed"] == 1
    assert deltas() == []


def test_one_job_at_a_time_books(made: Made, boss: Api) -> None:
    made(cost_nano=1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(ALONE.replace("_xact_", "_"))
            answer = boss.post("cost/rerate", RANGE)
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()

    assert (answer.status_code, answer.json()["code"]) == (409, "rating_running")
    assert ask(boss)["changed"] == 1


@pytest.mark.parametrize("path", ["rerate", "what-if"])
def test_it_asks_for_a_superadmin_with_a_fresh_proof(town: Town, path: str) -> None:
    assert town.api("owner").post(f"cost/{path}", RANGE).status_code == 403
    stale = Api().as_user(make_superadmin(), proof_age=timedelta(hours=1))
    answer = stale.post(f"cost/{path}", RANGE)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")

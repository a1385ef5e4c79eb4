"""Acceptance 13: from the receipt alone, anybody can do the sum again."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Raw, structs

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.ingest import CRASH
from billing.pricing import charge_nano, cost_nano
from billing.record import Record
from billing.services.ledger import close_due_months
from providers.models import Price, PricePage
from providers.specs import PriceSpec, Tier, TimeWindow
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.records import book, record_of

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
TIERED: dict[str, Any] = {
    "rates": {"in_fresh": "2.5", "in_cache_read": "0.3333", "out_text": "10"},
    "per_call": {"web_search_calls": "0.01", "requests": "0.000000001"},
    "tiers": (Tier(above_input_tokens=1000, rates={"in_fresh": "5", "out_text": "15.0001"}),),
    "variants": {"flex": {"out_text": "7.5"}},
    "time_windows": (TimeWindow(since="00:00", till="12:00", tz="UTC", rates={"out_text": "1"}),),
}


def price_of(*, tenant: Tenant | None = None, scope: str = "operator", **rates: Any) -> PriceSpec:
    """A row of the price book, and what is compiled of it."""
    spec = PriceSpec(
        id=str(new_id()),
        version="v7",
        scope=scope,  # type: ignore[arg-type]
        model="gpt-test",
        tenant_id=str(tenant.id) if tenant else None,
        source="a test",
        valid_from=FIRST_DAY.timestamp(),
        **rates,
    )
    with platform_scope("test"):
        page, _ = PricePage.objects.get_or_create(
            id=str(tenant.id) if tenant else "operator", defaults={"tenant": tenant}
        )
        Price.objects.create(
            id=spec.id,
            tenant=tenant,
            page=page,
            scope=scope,
            model=spec.model,
            match=spec.match,
            valid_from=FIRST_DAY,
            version=spec.version,
            spec=msgspec.to_builtins(spec),
        )
    return spec


def rated(record: Record, price: PriceSpec, *, own: PriceSpec | None = None) -> Record:
    """As a worker would have written it."""
    at = record.started_at.timestamp()
    cost = cost_nano(record, price, at=at, multiplier=record.multiplier, variant=record.variant)
    charge = 0
    if record.final:
        charge = (
            cost_nano(record, own, at=at, variant=record.variant)
            if own
            else charge_nano(cost, markup_bp=record.markup_bp)
        )
    return structs.replace(
        record,
        price_id=price.id,
        charge_price_id=own.id if own else None,
        cost_nano=cost,
        charge_nano=charge,
    )


def receipt(api: Api, record: Record) -> Any:
    answer = api.get(f"receipts/{record.request_id}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def nano(text: str) -> int:
    return int(Decimal(text).scaleb(9))


def sum_again(lines: list[dict[str, Any]]) -> int:
    """By hand, with nothing but the answer."""
    per = {"million": Decimal(1000), "each": Decimal(10) ** 9}
    exact = sum(
        (
            line["units"] * Decimal(line["rate"]) * per[line["per"]] * Decimal(line["multiplier"])
            for line in lines
        ),
        Decimal(0),
    )
    return int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))


def check(row: dict[str, Any]) -> None:
    before = row["booked_before"] or {"cost": "0", "charge": "0"}
    if row["cost"] is not None and row["lines"]:
        assert sum_again(row["lines"]) == nano(row["cost"]) + nano(before["cost"])
        assert sum(Decimal(line["nano"]) for line in row["lines"]) == Decimal(
            row["rounding"]["exact_nano"]
        )
        for line in row["lines"]:
            assert Decimal(line["usd"]).scaleb(9) == Decimal(line["nano"])
    if row["charged_by"] == "own_price":
        assert sum_again(row["charge_lines"]) == nano(row["charge"]) + nano(before["charge"])
    elif row["charged_by"] == "markup" and row["cost"] is not None:
        cost = nano(row["cost"]) + nano(before["cost"])
        marked_up = (Decimal(cost) * (10_000 + row["markup_bp"]) / 10_000).to_integral_value(
            rounding=ROUND_HALF_EVEN
        )
        assert marked_up == nano(row["charge"]) + nano(before["charge"])
    elif row["charged_by"] == "none":
        assert nano(row["charge"]) + nano(before["charge"]) == 0
    assert "recomputed_differs" not in row["flags"]


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def platform(town: Town) -> Api:
    return Api(tenant=town.tenant).as_user(make_superadmin())


def test_a_tiered_cached_request_of_several_attempts_can_be_summed_again(
    town: Town, platform: Api
) -> None:
    price = price_of(**TIERED)
    failed = record_of(
        tenant_id=town.tenant.id, started_at=AT, final=False, status="upstream_error",
        provider_id=str(new_id()), in_fresh=900, in_cache_read=77, markup_bp=1234, multiplier="0.9",
    )  # fmt: skip
    delivered = structs.replace(
        failed, attempt=1, final=True, status="ok", attempts=2, in_fresh=1333, in_cache_read=501,
        out_text=777, out_reasoning=99, web_search_calls=3, variant="flex",
        usage_raw=Raw(b'{"prompt_tokens":1834,"cost":0.5}'),
    )  # fmt: skip
    book(rated(failed, price), rated(delivered, price))

    told = receipt(platform, failed)

    first, second = told["attempts"]
    check(first)
    check(second)
    assert (first["tier"], first["window"]) == (None, "00:00-12:00 UTC")
    assert (second["tier"], second["variant"]) == (1000, "flex")
    assert second["price"]["version"] == "v7"
    assert second["price"]["valid_from"] == "2026-01-01T00:00:00Z"
    assert (first["charge"], first["charged_by"]) == ("0.000000000", "none")
    assert (first["who_pays"], second["who_pays"]) == ("platform", "tenant")
    assert second["usage_raw"] == {"prompt_tokens": 1834, "cost": 0.5}
    assert nano(told["total"]["cost"]) == nano(first["cost"]) + nano(second["cost"])
    assert told["total"]["charge"] == second["charge"]
    assert [row["kind"] for row in second["transfers"]] == ["charge", "cost"] or {
        row["kind"] for row in second["transfers"]
    } == {"charge", "cost"}
    assert {row["amount"] for row in second["transfers"]} == {second["cost"], second["charge"]}


def test_what_was_booked_late_is_on_its_receipt(town: Town) -> None:
    """Its transfers bear the moment at which it was recorded."""
    price = price_of(rates={"in_fresh": "1"})
    old = datetime.now(tz=UTC) - timedelta(days=70)
    begun, late = (
        rated(
            record_of(
                tenant_id=town.tenant.id,
                started_at=old,
                request_id=str(UUID(int=(int(old.timestamp() * 1_000) << 80) | count)),
                in_fresh=count,
            ),
            price,
        )
        for count in (3, 10)
    )
    book(begun)
    close_due_months()

    book(late)

    (row,) = receipt(town.api("owner"), late)["attempts"]
    assert [each["amount"] for each in row["transfers"]] == [row["charge"]] == ["0.000010000"]


def test_a_tenant_with_a_markup_learns_what_it_pays_and_no_cost(town: Town) -> None:
    price = price_of(rates={"in_fresh": "1"})
    record = record_of(
        tenant_id=town.tenant.id, started_at=AT, in_fresh=10, markup_bp=2000,
        provider_id=str(new_id()),
        usage_raw=Raw(
            b'{"tokens":10,"cost":1,"details":{"upstream_cost":1,"n":2},"parts":[{"Cost":1},[3]]}'
        ),
    )  # fmt: skip
    book(rated(record, price))

    told = receipt(town.api("owner"), record)

    (row,) = told["attempts"]
    assert row["charge"] == "0.000012000"
    assert (row["cost"], row["price"], row["lines"], row["rounding"]) == (None, None, [], None)
    assert row["markup_bp"] is None
    assert row["usage_raw"] == {"tokens": 10, "details": {"n": 2}, "parts": [{}, [3]]}
    assert [each["kind"] for each in row["transfers"]] == ["charge"]
    assert told["total"] == {"cost": None, "charge": "0.000012000"}


def test_without_a_markup_the_tenant_sees_the_same_sum(town: Town) -> None:
    price = price_of(rates={"in_fresh": "1"})
    record = record_of(tenant_id=town.tenant.id, started_at=AT, in_fresh=10)
    book(rated(record, price))

    (row,) = receipt(town.api("owner"), record)["attempts"]

    check(row)
    assert row["cost"] == row["charge"] == "0.000010000"
    assert (row["price"]["source"], row["markup_bp"]) == ("a test", 0)


def test_a_price_of_its_own_is_told_to_the_tenant_and_the_cost_is_not(
    town: Town, platform: Api
) -> None:
    price = price_of(rates={"in_fresh": "1"})
    own = price_of(tenant=town.tenant, scope="tenant", rates={"in_fresh": "3"})
    record = rated(record_of(tenant_id=town.tenant.id, started_at=AT, in_fresh=10), price, own=own)
    book(record)

    (row,) = receipt(town.api("billing_viewer"), record)["attempts"]
    (whole,) = receipt(platform, record)["attempts"]

    check(row)
    check(whole)
    assert (row["cost"], row["charge"], row["markup_bp"]) == (None, "0.000030000", None)
    assert row["charge_price"]["scope"] == "tenant"
    assert whole["cost"] == "0.000010000"


def test_a_correction_tells_the_attempt_as_it_was_in_the_end(town: Town, platform: Api) -> None:
    price = price_of(**TIERED)
    begun = record_of(
        tenant_id=town.tenant.id, started_at=AT, in_fresh=800, terminated=CRASH,
        status="interrupted", markup_bp=500, cost_certainty="estimated",
    )  # fmt: skip
    ended = structs.replace(
        begun, in_fresh=1200, out_text=33, terminated="complete", status="ok",
        cost_certainty="exact",
    )  # fmt: skip
    book(rated(begun, price))
    book(rated(ended, price))

    told = receipt(platform, begun)

    first, second = told["attempts"]
    assert [first["kind"], second["kind"]] == ["usage", "correction"]
    check(first)
    check(second)
    assert second["usage"] == {"in_fresh": 400, "out_text": 33}
    assert second["tier"] == 1000
    assert nano(told["total"]["cost"]) == rated(ended, price).cost_nano


def test_what_was_only_possible_is_taken_back_in_a_row_without_lines(
    town: Town, platform: Api
) -> None:
    price = price_of(rates={"in_fresh": "1"})
    begun = record_of(
        tenant_id=town.tenant.id, started_at=AT, in_fresh=800, terminated=CRASH,
        status="interrupted", cost_certainty="possible", final=False,
    )  # fmt: skip
    ended = structs.replace(begun, in_fresh=900, terminated="complete", cost_certainty="exact")
    book(rated(begun, price))
    book(rated(ended, price))

    rows = receipt(platform, begun)["attempts"]

    assert {row["kind"] for row in rows} == {"usage", "correction", "correction:possible"}
    for row in rows:
        check(row)
    assert [row["lines"] for row in rows if row["kind"] == "correction:possible"] == [[]]


def test_what_is_booked_otherwise_than_its_price_says_is_flagged(town: Town, platform: Api) -> None:
    price = price_of(rates={"in_fresh": "1"})
    record = rated(record_of(tenant_id=town.tenant.id, started_at=AT, in_fresh=10), price)
    wrong_cost = structs.replace(record, cost_nano=1)
    wrong_charge = structs.replace(record, request_id=str(new_id()), charge_nano=1)
    own = price_of(tenant=town.tenant, scope="tenant", rates={"in_fresh": "3"})
    wrong_own = structs.replace(
        record, request_id=str(new_id()), charge_nano=1, charge_price_id=own.id
    )
    book(wrong_cost, wrong_charge, wrong_own)

    for each in (wrong_cost, wrong_charge, wrong_own):
        (row,) = receipt(platform, each)["attempts"]
        assert row["flags"] == ["recomputed_differs"]


@pytest.mark.parametrize(
    ("columns", "pays"),
    [
        ({"byok": True, "notional_nano": 5}, "client"),
        ({"simulated": True, "charge_nano": 5, "cost_nano": 5}, "nobody"),
        ({"cost_nano": None}, "nobody"),
    ],
)
def test_who_pays_is_told(town: Town, platform: Api, columns: dict[str, Any], pays: str) -> None:
    record = record_of(tenant_id=town.tenant.id, **columns)
    book(record)

    told = receipt(platform, record)

    (row,) = told["attempts"]
    assert row["who_pays"] == pays
    assert row["lines"] == []
    if columns.get("cost_nano", 0) is None:
        assert (row["cost"], told["total"]["cost"]) == (None, None)


@pytest.mark.parametrize("columns", [{}, {"operation": "count_tokens", "in_fresh": 9}])
def test_what_no_vendor_bills_is_not_rated(
    town: Town, platform: Api, columns: dict[str, Any]
) -> None:
    price = price_of(rates={"in_fresh": "1"}, per_call={"requests": "0.01"})
    record = record_of(tenant_id=town.tenant.id, started_at=AT, price_id=price.id, **columns)
    book(record)

    (row,) = receipt(platform, record)["attempts"]

    check(row)
    assert (row["lines"], row["cost"]) == ([], "0.000000000")


def test_a_request_of_another_tenant_is_not_there(town: Town) -> None:
    record = record_of(tenant_id=town.tenant.id)
    book(record)

    assert make_town().api("owner").get(f"receipts/{record.request_id}").status_code == 404
    assert town.api("owner").get("receipts/not-an-id").status_code == 404
    assert town.api("owner").get(f"receipts/{new_id()}").status_code == 404


def test_developers_see_their_own_leads_their_teams_and_billing_all(town: Town) -> None:
    mine = record_of(tenant_id=town.tenant.id, user_id=str(town.people["developer"].id))
    teams = record_of(tenant_id=town.tenant.id, team_id=str(town.team.id))
    neither = record_of(tenant_id=town.tenant.id)
    book(mine, teams, neither)

    def seen(role: str) -> list[bool]:
        api = town.api(role)
        return [
            api.get(f"receipts/{each.request_id}").status_code == 200
            for each in (mine, teams, neither)
        ]

    assert seen("developer") == [True, False, False]
    assert seen("lead") == [False, True, False]
    assert seen("billing_viewer") == [True, True, True]

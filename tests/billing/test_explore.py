"""An exploration is the sum of the requests it is of, whatever it is cut by."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from billing.money import nano_of, usd
from billing.services.closed_days import drop_expired_windows
from billing.services.windows import aggregate
from tests.accounts.world import Town
from tests.billing.books import book
from tests.billing.usage import NOW, answer, half_summed, reporting_in

pytestmark = pytest.mark.usefixtures("half_past_three")
COLUMNS: Final = {"model": "requested_model", "key": "key_id", "provider": "provider"}
METRICS: Final[dict[str, Callable[[Any], int]]] = {
    "cost": lambda record: record["charge_nano"],
    "saved": lambda record: record["notional_nano"],
    "requests": lambda _record: 1,
    "tokens_in": lambda record: (
        record["in_fresh"] + record["in_cache_read"] + record["in_cache_write_5m"]
    ),
    "tokens_cached": lambda record: record["in_cache_read"],
    "tokens_out": lambda record: record["out_text"] + record["out_reasoning"],
}
ROLLUPS: Final = ("1d", "1w", "1mo", "none")


def number(value: Any) -> int:
    return nano_of(value) if isinstance(value, str) else int(value or 0)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("subgroup", ["", "key"])
def test_each_cell_is_the_sum_of_its_requests(town: Town, metric: str, subgroup: str) -> None:
    reporting_in(town, "Asia/Kolkata")
    records = half_summed(town)
    cut = f"&subgroup={subgroup}" if subgroup else ""

    found = answer(
        town.api("owner"), f"cost/explore?metric={metric}&group=model{cut}&top=50&range=30d"
    )

    by = [COLUMNS["model"], *([COLUMNS[subgroup]] if subgroup else [])]
    edges = [moment(one) for one in (*found["buckets"], found["to"])]
    assert found["other"] is None
    wanted: dict[tuple[tuple[str, ...], int], int] = {}
    for record in records:
        for place, (start, end) in enumerate(pairwise(edges)):
            if start <= record["at"] < end:
                cell = tuple(str(record[name] or "") for name in by), place
                wanted[cell] = wanted.get(cell, 0) + METRICS[metric](record)
    told = {
        (tuple(row["group"]), place): number(value)
        for row in found["series"]
        for place, value in enumerate(row["values"])
        if number(value)
    }
    assert told == {cell: value for cell, value in wanted.items() if value}
    assert number(found["total"]) == sum(wanted.values())
    totals = [number(row["total"]) for row in found["series"]]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize("rollup", ROLLUPS)
@pytest.mark.parametrize("top", [1, 3])
def test_what_is_left_is_one_more_and_all_of_them_are_everything(
    town: Town, rollup: str, top: int
) -> None:
    records = half_summed(town)

    found = answer(
        town.api("owner"), f"cost/explore?group=model&rollup={rollup}&top={top}&range=30d"
    )

    since = moment(found["from"])
    total = sum(record["charge_nano"] for record in records if record["at"] >= since)
    lines = [*found["series"], found["other"]]
    assert len(found["series"]) == top
    assert sum(number(line["total"]) for line in lines) == number(found["total"]) == total
    for line in lines:
        assert len(line["values"]) == len(found["buckets"])
        assert not line["values"] or sum(map(number, line["values"])) == number(line["total"])


BEGINS: Final[dict[str, Callable[[datetime], bool]]] = {
    "1w": lambda day: day.isoweekday() == 1,
    "1mo": lambda day: day.day == 1,
}


@pytest.mark.parametrize("rollup", BEGINS)
def test_weeks_and_months_begin_where_those_of_the_tenant_do(town: Town, rollup: str) -> None:
    reporting_in(town, "Asia/Shanghai")
    zone = ZoneInfo("Asia/Shanghai")

    found = answer(town.api("owner"), f"cost/explore?rollup={rollup}&range=90d")

    first, *others = [moment(one).astimezone(zone) for one in found["buckets"]]
    assert first == moment(found["from"])
    assert others
    assert all(BEGINS[rollup](one) and one.hour == 0 for one in others)


def test_averages_are_of_what_is_priced(town: Town) -> None:
    usual = {"requested_model": "m", "at": NOW - timedelta(hours=2)}
    book(
        town.tenant,
        {**usual, "charge_nano": 10},
        {**usual, "charge_nano": 5},
        {**usual, "charge_nano": 0, "cost_nano": None},
        {**usual, "requested_model": "free of a price", "charge_nano": 0, "cost_nano": None},
    )

    found = answer(town.api("owner"), "cost/explore?metric=avg_cost&rollup=1h&range=6h")

    totals = {row["group"][0]: (row["total"], row["unpriced_requests"]) for row in found["series"]}
    assert totals == {"m": (usd(8), 1), "free of a price": (None, 1)}
    assert found["series"][0]["group"] == ["m"]


def test_the_range_before_is_as_long_and_of_the_same_groups(town: Town) -> None:
    hour = timedelta(hours=1)
    book(
        town.tenant,
        {"requested_model": "a", "at": NOW - hour, "charge_nano": 10},
        {"requested_model": "a", "at": NOW - 7 * hour, "charge_nano": 4},
        {"requested_model": "gone", "at": NOW - 7 * hour, "charge_nano": 3},
        {"requested_model": "gone", "at": NOW - 20 * hour, "charge_nano": 100},
    )

    found = answer(town.api("owner"), "cost/explore?rollup=1h&range=6h&compare=previous")

    (row,) = found["series"]
    assert (row["total"], row["previous"]) == (usd(10), usd(4))
    assert (found["total"], found["previous_total"]) == (usd(10), usd(7))
    assert answer(town.api("owner"), "cost/explore?rollup=1h&range=6h")["previous_total"] is None


def test_nothing_is_nothing(town: Town) -> None:
    found = answer(town.api("owner"), "cost/explore?range=7d&compare=previous")

    assert (found["series"], found["other"], found["total"]) == ([], None, usd(0))
    assert (len(found["buckets"]), found["previous_total"]) == (7, usd(0))
    assert (found["metric"], found["group"], found["subgroup"]) == ("cost", "model", None)


def test_a_developer_sees_its_own(town: Town) -> None:
    records = half_summed(town)
    developer = town.people["developer"].id

    found = answer(town.api("developer"), "cost/explore?group=key&range=30d")

    since = moment(found["from"])
    own = [r for r in records if r["user_id"] == developer and r["at"] >= since]
    assert number(found["total"]) == sum(record["charge_nano"] for record in own)
    assert [row["labels"] for row in found["series"]] == [[town.key.name]]


@pytest.mark.parametrize(
    ("query", "rollups"),
    [("rollup=5m&range=7d", ["1h", "1d", "1w", "1mo", "none"]),
     ("rollup=1h&range=30d", ["1d", "1w", "1mo", "none"])],
)  # fmt: skip
def test_too_much_is_refused_with_what_fits(town: Town, query: str, rollups: list[str]) -> None:
    found = town.api("owner").get(f"cost/explore?{query}")

    assert (found.status_code, found.json()["code"]) == (422, "range_too_wide")
    assert [one["rollup"] for one in found.json()["suggestions"]] == rollups


@pytest.mark.parametrize(
    ("query", "field"),
    [("group=key&subgroup=key", "subgroup"), ("group=nobody", "group"), ("metric=luck", "metric"),
     ("top=51", "top"), ("compare=other", "compare")],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(town: Town, query: str, field: str) -> None:
    found = town.api("owner").get(f"cost/explore?{query}")

    assert (found.status_code, found.json()["errors"][0]["field"]) == (400, field)


def test_where_only_days_are_kept_nothing_finer_is_told(town: Town) -> None:
    half_summed(town)
    aggregate()
    assert drop_expired_windows(keep_days=5, now=NOW).days > 0
    owner = town.api("owner")

    fine = owner.get("cost/explore?rollup=1h&from=2026-10-30T00:00:00Z&to=2026-11-02T00:00:00Z")
    past = owner.get("cost/explore?range=7d&compare=previous")

    assert (fine.status_code, fine.json()["errors"][0]["field"]) == (400, "rollup")
    assert (past.status_code, past.json()["errors"][0]["field"]) == (400, "compare")
    assert answer(owner, "cost/explore?range=30d")["series"]

"""What tokens cost (providers.md PV-39, billing.md BL-8)."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import pricing
from billing.pricing import bounded, charge_nano, cost_nano, flags_of, rate
from gateway.spool.frames import Tokens
from providers.specs import PriceSpec, Tier, TimeWindow
from providers.usage import CALL_CLASSES, CLASSES, TOKEN_CLASSES, UsageClasses

AT: Final = 1_795_000_000.0


def priced(**said: Any) -> PriceSpec:
    return PriceSpec(id="price", version="1", scope="operator", model="m", **said)


SONNET: Final = priced(
    rates={
        "in_fresh": "3",
        "in_cache_read": "0.3",
        "in_cache_write_5m": "3.75",
        "in_cache_write_1h": "6",
        "out_text": "15",
    },
    per_call={"web_search_calls": "0.01"},
)


def used(**classes: Any) -> UsageClasses:
    return UsageClasses(**classes)


def test_a_receipt_tells_each_line_and_the_sum_rounded_once() -> None:
    said = rate(
        used(in_fresh=1000, in_cache_read=333, out_text=7, web_search_calls=2),
        SONNET,
        at=AT,
        multiplier="1.00005",
    )
    assert [(line.usage_class, line.units, line.rate, line.per) for line in said.lines] == [
        ("in_fresh", 1000, "3", "million"),
        ("in_cache_read", 333, "0.3", "million"),
        ("out_text", 7, "15", "million"),
        ("web_search_calls", 2, "0.01", "each"),
    ]
    assert [line.nano for line in said.lines] == ["3000150", "99904.995", "105005.25", "20001000"]
    assert said.cost_nano == 23_206_060
    assert (said.flags, said.tier, said.variant, said.window) == ((), None, "", None)


@pytest.mark.parametrize(
    ("units", "nano"),
    [(1, 0), (2, 1), (3, 2), (5, 2), (6, 3), (7, 4)],  # halves of a nano-USD, to the even one
)
def test_a_half_is_rounded_to_the_even_nano_dollar(units: int, nano: int) -> None:
    price = priced(rates={"in_fresh": "0.0005", "out_text": "1"})
    assert rate(used(in_fresh=units), price, at=AT).cost_nano == nano
    assert cost_nano(used(in_fresh=units), price, at=AT) == nano


def test_reasoning_costs_what_output_costs() -> None:
    said = rate(used(out_reasoning=10), SONNET, at=AT)
    assert (said.cost_nano, said.flags) == (150_000, ())


@pytest.mark.parametrize(
    ("name", "nano"),
    [("in_cache_write_12h", 3000), ("in_audio", 3000), ("in_video", 3000), ("out_audio", 15000)],
)
def test_a_class_without_a_rate_costs_what_it_is_made_of_and_says_so(name: str, nano: int) -> None:
    said = rate(used(**{name: 1}), SONNET, at=AT)
    assert (said.cost_nano, said.flags) == (nano, ("rate_assumed",))


def test_what_nothing_stands_for_costs_nothing_and_says_so() -> None:
    price = priced(rates={"in_fresh": "1"})
    assert rate(used(out_text=9), price, at=AT).flags == ("rate_missing",)
    said = rate(used(web_search_calls=1, images=2, seconds=3), price, at=AT)
    assert (said.cost_nano, said.flags) == (0, ("rate_missing",))
    assert rate(used(images=2, seconds=3), price, at=AT).flags == ()
    by_picture = priced(per_call={"images": "0.04", "requests": "0.001"})
    said = rate(used(images=2, seconds=3), by_picture, at=AT)
    assert (said.cost_nano, said.flags) == (81_000_000, ("rate_missing",))


def test_one_token_above_a_tier_takes_it_for_all_tokens() -> None:
    price = priced(
        rates={"in_fresh": "4", "in_cache_read": "0.4", "out_text": "20"},
        tiers=(
            Tier(
                above_input_tokens=272_000,
                rates={"in_fresh": "8", "in_cache_read": "0.8", "out_text": "30"},
                variants={"flex": {"in_fresh": "4", "out_text": "15"}},
            ),
            Tier(above_input_tokens=500_000, rates={"in_fresh": "16"}),
        ),
        variants={"flex": {"in_fresh": "2", "out_text": "10"}},
    )
    below, above = used(in_fresh=272_000, out_text=1), used(in_fresh=272_001, out_text=1)
    far = used(in_fresh=1, in_cache_read=500_000)
    assert rate(below, price, at=AT).cost_nano == 272_000 * 4_000 + 20_000
    assert rate(above, price, at=AT).cost_nano == 272_001 * 8_000 + 30_000
    assert rate(above, price, at=AT).tier == 272_000
    assert rate(below, price, at=AT, variant="flex").cost_nano == 272_000 * 2_000 + 10_000
    assert rate(above, price, at=AT, variant="flex").cost_nano == 272_001 * 4_000 + 15_000
    # What the tier does not name stays, and a variant that it does not know pays the tier.
    assert rate(far, price, at=AT).cost_nano == 16_000 + 500_000 * 400
    assert rate(far, price, at=AT, variant="flex").flags == ("rate_assumed",)


def test_a_variant_without_a_rate_pays_the_ordinary_one_and_says_so() -> None:
    said = rate(used(in_fresh=1), SONNET, at=AT, variant="priority")
    assert (said.cost_nano, said.flags, said.variant) == (3_000, ("rate_assumed",), "priority")


def test_words_that_no_price_knows_fill_no_memory() -> None:
    price = priced(
        rates={"in_fresh": "1"},
        variants={"flex": {"in_fresh": "0.5"}},
        tiers=(Tier(above_input_tokens=9, rates={}, variants={"fast": {"in_fresh": "7"}}),),
    )
    for number in range(100):
        for units in (1, 10):
            said = rate(used(in_fresh=units), price, at=AT, variant=f"word {number}")
            assert said.flags == ("rate_assumed",)
            given: dict[str, Any] = {"at": AT, "variant": f"word {number}"}
            assert cost_nano(used(in_fresh=units), price, **given) == said.cost_nano
            assert flags_of(used(in_fresh=units), price, **given) == said.flags
    assert cost_nano(used(in_fresh=10), price, at=AT, variant="fast") == 70_000
    assert cost_nano(used(in_fresh=10), price, at=AT, variant="flex") == 5_000

    assert len(pricing._KEPT[id(price)].tables) == 4  # noqa: SLF001 - what grows is not seen outside


def test_an_amount_is_as_large_as_it_can_be_recorded() -> None:
    assert [bounded(nano) for nano in (0, 2**53 - 1, 2**53, 10**30)] == [
        0,
        2**53 - 1,
        2**53 - 1,
        2**53 - 1,
    ]


def moment(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("at", "nano"),
    [
        ("2026-11-20 23:29", 100),  # a Friday
        ("2026-11-20 23:30", 50),
        ("2026-11-21 00:00", 50),
        ("2026-11-21 02:29", 50),
        ("2026-11-21 02:30", 100),
        ("2026-11-21 23:30", 100),  # Saturday's night is none of its
        ("2026-11-22 01:00", 25),  # a whole Sunday
        ("2026-11-22 12:00", 25),
        ("2026-11-22 23:59", 25),
        ("2026-11-23 00:00", 100),
        ("2026-10-25 02:10", 25),  # the hour that comes twice
        ("2026-03-27 09:15", 75),
        ("2026-03-30 09:15", 75),  # summer time: the same clock, another hour
        ("2026-03-30 10:00", 100),
    ],
)
def test_a_window_follows_the_clock_of_its_vendor(at: str, nano: int) -> None:
    def window(days: Sequence[int], since: str, till: str, fresh: str) -> TimeWindow:
        return TimeWindow(
            days=tuple(days),
            since=since,
            till=till,
            tz="Europe/Berlin",
            rates={"in_fresh": fresh},
        )

    price = priced(
        rates={"in_fresh": "0.1"},
        time_windows=(
            window(range(1, 6), "23:30", "02:30", "0.05"),
            window((7,), "00:00", "00:00", "0.025"),
            window(range(1, 6), "09:00", "10:00", "0.075"),
        ),
    )
    asked = used(in_fresh=1)
    assert rate(asked, price, at=moment(at, "Europe/Berlin")).cost_nano == nano
    assert cost_nano(asked, price, at=moment(at, "Europe/Berlin")) == nano


def test_the_window_is_told() -> None:
    price = priced(
        rates={"in_fresh": "1"},
        time_windows=(
            TimeWindow(since="10:00", till="11:00", tz="UTC", rates={}),
            TimeWindow(since="11:00", till="12:00", tz="UTC", rates={"in_fresh": "0.5"}),
        ),
    )
    said = rate(used(in_fresh=1), price, at=moment("2026-11-20 11:30", "UTC"))
    assert (said.window, said.cost_nano) == (1, 500)


def test_prices_are_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "MOST_KEPT", 2)
    prices = [priced(rates={"in_fresh": str(n)}) for n in range(5)]
    for _ in range(2):
        costs = [cost_nano(used(in_fresh=1), price, at=AT) for price in prices]
        assert costs == [0, 1000, 2000, 3000, 4000]


amounts = st.decimals(min_value=0, max_value=1000, places=6).map(lambda value: f"{value:f}")
rates = st.dictionaries(st.sampled_from(TOKEN_CLASSES), amounts)
usages = st.fixed_dictionaries({}, optional=dict.fromkeys(CLASSES, st.integers(0, 10**6)))
tiers = st.lists(
    st.builds(
        Tier,
        above_input_tokens=st.integers(0, 10**6),
        rates=rates,
        variants=st.dictionaries(st.just("flex"), rates),
    ),
    max_size=3,
    unique_by=lambda tier: tier.above_input_tokens,
).map(lambda found: tuple(sorted(found, key=lambda tier: tier.above_input_tokens)))
prices = st.builds(
    priced,
    rates=rates,
    per_call=st.dictionaries(st.sampled_from((*CALL_CLASSES, "requests")), amounts),
    tiers=tiers,
    variants=st.dictionaries(st.sampled_from(("flex", "batch")), rates),
    time_windows=st.lists(
        st.builds(
            TimeWindow,
            since=st.sampled_from(("00:00", "08:30", "23:00")),
            till=st.sampled_from(("00:00", "09:00", "22:15")),
            tz=st.sampled_from(("UTC", "Asia/Shanghai")),
            rates=rates,
        ),
        max_size=2,
    ).map(tuple),
)
moments = st.floats(min_value=1_700_000_000, max_value=1_900_000_000)
multipliers = st.decimals("0.01", 10, places=3).map(str)


@given(usages, prices, moments, multipliers, st.sampled_from(("", "flex", "batch", "fast")))
def test_the_fast_way_comes_to_the_same(
    classes: dict[str, Any], price: PriceSpec, at: float, multiplier: str, variant: str
) -> None:
    usage = Tokens(**classes)
    said = rate(usage, price, at=at, multiplier=multiplier, variant=variant)
    exact = sum((Fraction(line.nano) for line in said.lines), Fraction(0))
    assert said.cost_nano == round(exact)  # of a Fraction: half to even
    assert said.cost_nano >= 0
    for _ in range(2):
        assert cost_nano(usage, price, at=at, multiplier=multiplier, variant=variant) == round(
            exact
        )
        assert flags_of(usage, price, at=at, variant=variant) == said.flags


@given(st.integers(0, 10**15), st.integers(-10_000, 100_000))
def test_a_charge_is_the_cost_and_its_markup(cost: int, markup_bp: int) -> None:
    assert charge_nano(cost, markup_bp=markup_bp) == round(
        Fraction(cost * (10_000 + markup_bp), 10_000)
    )


def test_without_markup_the_charge_is_the_cost() -> None:
    assert charge_nano(123_456_789, markup_bp=0) == 123_456_789
    assert charge_nano(5, markup_bp=1_000) == 6  # 5.5
    assert charge_nano(15, markup_bp=1_000) == 16  # 16.5

"""Amounts: whole numbers of nano-USD inside, decimals with nine places outside."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import exact_sum, exact_usd, nano_of, usd

INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(INT64)
def test_an_amount_survives_the_way_through_text(nano: int) -> None:
    assert nano_of(usd(nano)) == nano


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "0.000000000"),
        (123_000, "0.000123000"),
        (-1, "-0.000000001"),
        (-1_500_000_000, "-1.500000000"),
        (2**63 - 1, "9223372036.854775807"),
    ],
)
def test_an_amount_has_nine_places(nano: int, text: str) -> None:
    assert usd(nano) == text


@pytest.mark.parametrize(("text", "nano"), [("5", 5_000_000_000), ("0.1", 100_000_000)])
def test_fewer_places_are_taken(text: str, nano: int) -> None:
    assert nano_of(text) == nano


@pytest.mark.parametrize(
    "text", ["", "1e3", "0.0000000001", " 1", "1.", ".5", "+1", "\u0661", "nan"]
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        nano_of(text)


@given(st.lists(st.decimals(min_value=0, max_value=10**12, places=12), max_size=9))
def test_exact_sums_lose_no_digit(amounts: list[Decimal]) -> None:
    with localcontext(prec=60):
        assert Decimal(exact_sum(f"{one:f}" for one in amounts)) == sum(amounts, Decimal(0))


@pytest.mark.parametrize(
    ("nano", "text"),
    [("0", "0"), ("1500", "0.0000015"), ("0.25", "0.00000000025"), ("3000000000", "3")],
)
def test_parts_of_a_nano_are_told_exactly(nano: str, text: str) -> None:
    assert exact_usd(nano) == text

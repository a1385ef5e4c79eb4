"""What a month will have cost, from the days before."""

from datetime import date, timedelta

from billing.forecast import Forecast, month_forecast

FRIDAY = date(2026, 11, 20)
DECEMBER = date(2026, 12, 1)


def days(costs: dict[int, int]) -> dict[date, int]:
    """By how many days before."""
    return {FRIDAY - timedelta(days=ago): cost for ago, cost in costs.items()}


def guess(costs: dict[int, int], *, spent: int = 0) -> Forecast | None:
    return month_forecast(spent_nano=spent, days=days(costs), today=FRIDAY, month_end=DECEMBER)


def test_even_days_go_on_evenly_and_for_certain() -> None:
    assert guess({0: 7, **dict.fromkeys(range(1, 29), 10)}, spent=7) == Forecast(
        amount_nano=110, low_nano=110, high_nano=110
    )


def test_each_weekday_is_expected_as_it_was() -> None:
    # Saturdays cost 70, other days nothing: two of them are left.
    found = guess({6: 70, 13: 70, 20: 70, 27: 70})

    assert found is not None
    assert found.amount_nano == 140


def test_with_few_of_a_weekday_all_days_are_the_guide() -> None:
    found = guess({1: 10, 2: 20, 3: 30, 4: 40})

    assert found is not None
    assert found.amount_nano == 11 * 25


def test_less_than_three_days_are_no_guide() -> None:
    assert guess({}) is None
    assert guess({1: 5, 2: 5}) is None
    assert guess({0: 5, 29: 5}) is None
    assert guess({3: 5}) is not None  # days without usage are known as well


def test_the_margin_grows_with_what_days_differ_and_never_undoes_what_is_spent() -> None:
    calm, wild = guess({1: 10, 2: 20, 3: 30}), guess({1: 0, 2: 20, 3: 40})

    assert calm is not None
    assert wild is not None
    # 1.28 times the deviation of 10 times the root of 11 days.
    assert calm.high_nano - calm.amount_nano == 42
    assert wild.high_nano - wild.amount_nano == 84
    far = guess({10: 900}, spent=500)
    assert far is not None
    assert far.low_nano == 500


def test_on_the_last_day_the_rest_of_it_is_left_to_guess() -> None:
    last = date(2026, 11, 30)
    costs = {last - timedelta(days=n): 30 for n in range(1, 6)}

    def found(today: int) -> Forecast | None:
        days = {**costs, last: today}
        return month_forecast(spent_nano=99, days=days, today=last, month_end=DECEMBER)

    assert found(10) == Forecast(amount_nano=119, low_nano=119, high_nano=119)
    assert found(40) == Forecast(amount_nano=99, low_nano=99, high_nano=99)


def test_no_day_is_lost_at_midnight() -> None:
    before, after = guess(dict.fromkeys(range(28), 10)), guess(dict.fromkeys(range(1, 29), 10))

    assert before is not None
    assert after is not None
    assert before.amount_nano == 100
    assert after.amount_nano == 110  # of which today's 10 are still to come

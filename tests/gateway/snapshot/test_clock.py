"""Time as PostgreSQL has it, whatever the host's clock does."""

import time

import pytest
import time_machine

from gateway.snapshot.clock import AnchoredClock

THEN = 1_800_000_000.0


def observe(clock: AnchoredClock, server_s: float, *, took_s: float = 0.0) -> None:
    now = time.monotonic()
    clock.observe(server_s=server_s, asked_at=now - took_s, answered_at=now)


def test_before_the_first_answer_the_host_stands_in() -> None:
    clock = AnchoredClock()
    with time_machine.travel(THEN, tick=False):
        assert clock.now() == THEN
        assert clock.skew_s() == 0


def test_the_server_s_time_goes_on_by_the_monotonic_clock() -> None:
    clock = AnchoredClock()
    observe(clock, THEN)
    assert clock.now() == pytest.approx(THEN, abs=1)
    with time_machine.travel(THEN + 60, tick=False):
        assert clock.skew_s() == pytest.approx(60, abs=1)
    with time_machine.travel(THEN - 7, tick=False):
        assert clock.skew_s() == pytest.approx(-7, abs=1)


def test_the_middle_of_question_and_answer_counts() -> None:
    clock = AnchoredClock()
    observe(clock, THEN, took_s=10)
    assert clock.now() == pytest.approx(THEN + 5, abs=1)


def test_two_odd_answers_of_five_move_nothing() -> None:
    clock = AnchoredClock()
    for wrong in (0, 0, 900, -900, 0):
        observe(clock, THEN + wrong)
    assert clock.now() == pytest.approx(THEN, abs=1)
    for _ in range(3):
        observe(clock, THEN + 3600)
    assert clock.now() == pytest.approx(THEN + 3600, abs=1)

import pytest

from accounts.errors import Refused
from gateway.edge.intake.bodies import BodyMeter, BodyPace

PACE = BodyPace(window_s=5, least_bytes_per_s=1000, allowance_s=30, bytes_per_extra_s=1_000_000)


def meter(max_bytes: int = 10_000_000) -> BodyMeter:
    return BodyMeter(pace=PACE, max_bytes=max_bytes)


def refused_code(body: BodyMeter, *, waited_s: float, arrived_bytes: int) -> str:
    with pytest.raises(Refused) as caught:
        body.note(waited_s=waited_s, arrived_bytes=arrived_bytes)
    return caught.value.code


def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    body = meter(max_bytes=1000)
    body.note(waited_s=0, arrived_bytes=1000)
    assert refused_code(body, waited_s=0, arrived_bytes=1) == "body_too_large"


def test_a_stalled_body_is_refused_after_one_window() -> None:
    body = meter()
    assert body.patience_s() == 5
    body.note(waited_s=4.9, arrived_bytes=10)
    assert refused_code(body, waited_s=0.1, arrived_bytes=0) == "body_too_slow"


def test_each_window_is_judged_alone() -> None:
    body = meter()
    body.note(waited_s=5, arrived_bytes=5000)
    assert body.patience_s() == 5
    assert refused_code(body, waited_s=5, arrived_bytes=4999) == "body_too_slow"


def test_a_slow_but_steady_body_ends_with_its_allowance() -> None:
    body = meter()
    for _ in range(5):
        body.note(waited_s=5, arrived_bytes=5000)
    body.note(waited_s=4, arrived_bytes=5000)
    assert body.patience_s() < 1.1
    assert refused_code(body, waited_s=1.1, arrived_bytes=0) == "body_too_slow"


def test_what_has_arrived_earns_time() -> None:
    body = meter()
    for _ in range(7):
        body.note(waited_s=5, arrived_bytes=1_000_000)
    assert body.waited_s == 35


def test_time_the_application_takes_costs_the_client_nothing() -> None:
    body = meter()
    for _ in range(1000):
        body.note(waited_s=0, arrived_bytes=1)
    assert body.patience_s() == 5

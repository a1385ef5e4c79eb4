"""What failures do: out, for how long, tried again, back (providers.md PV-18, acceptance 4)."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import VerdictClass
from providers.pool.health import FAILURES
from tests.providers.pool.worker import MODEL, Worker, credential, provider

if TYPE_CHECKING:
    from providers.pool import StateChange

MOSTLY: tuple[VerdictClass, ...] = ("server_error", "server_error", "ok")
PAIR = (credential("a"), credential("b"))


def test_three_failures_leave_a_credential_out_for_exactly_the_time_that_is_set() -> None:
    worker = Worker(provider(*PAIR, retry_after_s=300))
    assert worker.serve(500, {"a": "server_error"})["a"] == 3
    worker.now += 299.999
    assert worker.serve(500, {"a": "server_error"})["a"] == 0
    worker.now += 0.001
    assert worker.state("a") == "trial"
    assert worker.serve(500, {"a": "server_error"})["a"] == 1
    worker.now += 300
    assert worker.serve(500)["a"] == 250
    assert worker.state("a") == "active"
    # The count began anew.
    assert worker.serve(500, {"a": "server_error"})["a"] == 3


@given(chance=st.floats(0, 1, exclude_max=True))
def test_without_a_set_time_each_failed_trial_leaves_it_out_for_longer(chance: float) -> None:
    worker = Worker(provider(*PAIR), chance=chance)
    for _ in range(3):
        worker.call("a", "server_error")
    for out_s in (30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300):
        waited = worker.pool.soonest(provider(PAIR[0]), MODEL, now=worker.now)
        assert waited is not None
        assert out_s * 0.9 <= waited <= out_s * 1.1
        if chance == 0.5:
            assert waited == pytest.approx(out_s)
        worker.now += waited
        worker.call("a", "server_error")
    worker.now += 400
    worker.call("a")
    for _ in range(3):
        worker.call("a", "server_error")
    assert worker.pool.soonest(provider(PAIR[0]), MODEL, now=worker.now) <= 33  # type: ignore[operator]


@pytest.mark.parametrize("cls", sorted(FAILURES))
def test_every_kind_of_failure_counts(cls: VerdictClass) -> None:
    worker = Worker(provider(*PAIR))
    changes = [worker.call("a", cls) for _ in range(3)]
    assert changes[:2] == [(), ()]
    [change] = changes[2]
    assert (change.state, change.model, change.reason) == ("disabled_auto", None, cls)
    assert change.until == pytest.approx(worker.wall + 30, abs=0.001)
    assert worker.eligible() == {"b"}


@pytest.mark.parametrize("cls", ["client_error", "context_window", "content_policy"])
def test_no_client_can_disable_a_credential(cls: VerdictClass) -> None:
    worker = Worker(provider(*PAIR))
    for _ in range(1_000):
        assert worker.call("a", cls) == ()
    assert worker.eligible() == {"a", "b"}
    assert worker.state("a") == "active"


def test_failures_far_apart_do_not_add_up() -> None:
    worker = Worker(provider(*PAIR, failure_window_s=60))
    for _ in range(10):
        worker.call("a", "timeout")
        worker.now += 61
    assert worker.state("a") == "active"


def test_a_success_between_failures_starts_the_count_anew() -> None:
    worker = Worker(provider(*PAIR))
    for _ in range(5):
        worker.call("a", "timeout")
        worker.call("a", "timeout")
        worker.call("a")
    assert worker.state("a") == "active"


def test_one_model_failing_beside_a_healthy_one_takes_out_that_pair_only() -> None:
    worker = Worker(provider(*PAIR, retry_after_s=300))
    changes: list[StateChange] = []
    for _ in range(3):
        changes += worker.call("a", "server_error", "sick")
        worker.call("a", "ok", "well")
    assert [(change.model, change.state) for change in changes] == [("sick", "open")]
    assert worker.eligible("sick") == {"b"}
    assert worker.eligible("well") == {"a", "b"}
    assert (worker.state("a"), worker.state("a", "sick")) == ("active", "open")
    worker.now += 300
    assert worker.state("a", "sick") == "trial"
    assert worker.call("a", "server_error", "sick")[0].state == "open"
    assert worker.eligible("sick") == {"b"}
    worker.now += 300
    assert worker.call("a", "ok", "sick")[0].state == "active"
    assert worker.eligible("sick") == {"a", "b"}
    assert worker.state("a", "sick") == "active"


def test_most_of_many_failing_takes_the_pair_out_though_never_thrice_in_a_row() -> None:
    worker = Worker(provider(*PAIR))
    opened: list[StateChange] = []
    for _ in range(7):
        for cls in MOSTLY:
            opened += worker.call("a", cls)
    assert [(change.model, change.state) for change in opened] == [
        (MODEL, "open"),
        (MODEL, "active"),
    ]
    spread = Worker(provider(*PAIR))
    for _ in range(40):
        for cls in MOSTLY:
            assert spread.call("a", cls) == ()
            spread.now += 2


def test_exactly_one_request_tries_who_was_out() -> None:
    worker = Worker(provider(*PAIR, retry_after_s=300))
    for _ in range(3):
        worker.call("a", "transport")
    worker.now += 300
    assert worker.eligible() == {"a", "b"}
    worker.begin("a")
    assert worker.eligible() == {"b"}
    assert worker.pool.soonest(provider(PAIR[0]), MODEL, now=worker.now) == 1
    worker.end("a", "client_error")
    assert worker.eligible() == {"a", "b"}


def test_what_was_under_way_before_the_trial_does_not_end_it() -> None:
    worker = Worker(provider(*PAIR, retry_after_s=300))
    early = worker.now
    worker.begin("a")
    for _ in range(3):
        worker.call("a", "transport")
    worker.now += 300
    worker.begin("a")
    worker.end("a", "client_error", began_at=early)
    assert worker.eligible() == {"b"}
    [change] = worker.end("a", "transport", began_at=worker.now)
    assert change.state == "disabled_auto"


def test_failures_of_what_was_under_way_do_not_make_the_time_longer() -> None:
    worker = Worker(provider(*PAIR, retry_after_s=300))
    for _ in range(10):
        worker.begin("a")
    changes = [change for _ in range(10) for change in worker.end("a", "transport")]
    assert len(changes) == 1
    worker.now += 300
    assert worker.state("a") == "trial"
    sick = Worker(provider(*PAIR, retry_after_s=300))
    for _ in range(10):
        sick.begin("a", "sick")
    for _ in range(3):
        sick.end("a", "transport", "sick")
        sick.call("a", "ok", "well")
    assert sick.end("a", "transport", "sick") == ()


def test_a_late_success_brings_back_who_is_out_by_failures() -> None:
    worker = Worker(provider(*PAIR))
    for _ in range(4):
        worker.begin("a")
    for _ in range(3):
        worker.end("a", "transport")
    assert [change.state for change in worker.end("a")] == ["active"]
    assert worker.eligible() == {"a", "b"}


def test_panic_ignores_that_most_of_a_pool_is_out_by_failures_and_nothing_else() -> None:
    pool = [credential(name) for name in "abcdef"]
    worker = Worker(provider(*pool, credential("off", enabled=False)))
    for name in "abc":
        for _ in range(3):
            worker.call(name, "server_error")
    worker.call("d", "auth")
    worker.call("e", "quota")
    assert worker.eligible(panic=True) == {"a", "b", "c", "f"}
    assert worker.eligible() == {"f"}
    worker.call("f", "model_missing")
    assert worker.eligible(panic=True) == {"a", "b", "c"}
    # Ignored, not forgotten: a failure changes nothing, a success brings it back.
    assert worker.call("a", "server_error") == ()
    assert worker.eligible() == set()
    worker.call("b")
    assert worker.eligible() == {"b"}


def test_there_is_no_panic_while_half_of_a_pool_is_well() -> None:
    worker = Worker(provider(*PAIR))
    for _ in range(3):
        worker.call("a", "server_error")
    assert worker.eligible(panic=True) == {"b"}


def test_panic_ignores_open_pairs_too() -> None:
    worker = Worker(provider(credential("a")))
    for _ in range(3):
        worker.call("a", "server_error", "sick")
        worker.call("a", "ok", "well")
    assert worker.eligible("sick") == set()
    assert worker.eligible("sick", panic=True) == {"a"}

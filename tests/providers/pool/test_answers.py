"""What vendors say in so many words, and what operators and other workers do (PV-18 to PV-21)."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import VerdictClass
from providers.adapters.registry import ADAPTERS
from providers.pool import StateChange
from providers.pool.counters import Rolling
from providers.pool.health import MOST_PAIRS
from tests.providers.pool.worker import MODEL, WALL, Worker, credential, provider

PAIR = (credential("a"), credential("b"))
NEVER = 1e9


def test_a_rejected_credential_costs_one_attempt_and_stays_out() -> None:
    worker = Worker(provider(credential("a"), credential("b"), credential("c")))
    assert worker.serve(300, {"a": "auth"})["a"] == 1
    worker.now += NEVER
    assert worker.eligible() == {"b", "c"}
    assert worker.state("a") == "quarantined"
    assert worker.pool.soonest(provider(credential("a")), MODEL, now=worker.now) is None


def test_nothing_that_comes_later_hides_a_rejection() -> None:
    worker = Worker(provider(*PAIR))
    for _ in range(6):
        worker.begin("a")
    [change] = worker.end("a", "auth", message="invalid x-api-key")
    assert (change.state, change.until, change.reason) == (
        "quarantined",
        None,
        "invalid x-api-key",
    )
    later: tuple[VerdictClass, ...] = ("ok", "quota", "timeout", "timeout", "timeout")
    for cls in later:
        worker.end("a", cls)
    assert worker.state("a") == "quarantined"


def test_an_exhausted_credential_is_tried_again_after_five_minutes() -> None:
    worker = Worker(provider(*PAIR))
    worker.begin("a")
    [change] = worker.call("a", "quota")
    assert (change.state, change.until) == ("exhausted", worker.wall + 300)
    worker.end("a")  # was under way before
    assert worker.state("a") == "exhausted"
    worker.now += 299
    assert worker.eligible() == {"b"}
    worker.now += 1
    assert worker.state("a") == "trial"
    assert worker.call("a", "timeout")[0].state == "exhausted"
    worker.now += 300
    assert worker.call("a", "quota")[0].state == "exhausted"
    worker.now += 300
    assert worker.call("a")[0].state == "active"
    assert worker.eligible() == {"a", "b"}


@pytest.mark.parametrize(
    ("said", "cooled_s"),
    [("7", 7), ("garbage", 30), ("1000000000", 300), ("date", 42), ("past", 0)],
)
def test_a_rate_limit_cools_one_model_for_as_long_as_the_vendor_says(
    said: str, cooled_s: int
) -> None:
    worker = Worker(provider(*PAIR))
    moment = {"date": worker.wall + 42, "past": worker.wall - 42}.get(said)
    if moment is not None:
        said = format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)
    verdict = ADAPTERS["openai"].verdict(429, {"retry-after": said}, b"{}")
    worker.begin("a")
    [change] = worker.pool.end("a", MODEL, verdict=verdict, now=worker.now)
    assert (change.model, change.state) == (MODEL, "cooling")
    assert change.until == pytest.approx(worker.wall + cooled_s, abs=0.001)
    assert worker.eligible("other") == {"a", "b"}
    if cooled_s:
        worker.now += cooled_s - 0.001
        assert worker.state("a", MODEL) == "cooling"
        assert worker.eligible() == worker.eligible(panic=True) == {"b"}
        worker.now += 0.001
    assert worker.eligible() == {"a", "b"}


@pytest.mark.parametrize("retry_after", [5.0, None])
def test_a_guessed_time_is_ignored_when_nobody_else_is_left(retry_after: float | None) -> None:
    worker = Worker(provider(*PAIR))
    worker.call("a", "rate_limited", retry_after=retry_after, retry_after_guessed=True)
    worker.call("b", "rate_limited", retry_after=60)
    assert worker.eligible() == set()
    assert worker.eligible(panic=True) == {"a"}
    assert worker.pool.soonest(worker.spec, MODEL, now=worker.now) == 5


def test_a_shorter_wait_does_not_cut_a_longer_one() -> None:
    worker = Worker(provider(*PAIR))
    worker.call("a", "rate_limited", retry_after=60)
    worker.call("a", "rate_limited", retry_after=1)
    worker.now += 2
    assert worker.eligible() == {"b"}


def test_a_missing_model_blocks_its_pair_for_five_minutes() -> None:
    worker = Worker(provider(*PAIR))
    [change] = worker.call("a", "model_missing")
    assert (change.model, change.state, change.until) == (MODEL, "blocked", worker.wall + 300)
    assert worker.state("a", MODEL) == "blocked"
    assert worker.eligible(panic=True) == {"b"}
    assert worker.eligible("other") == {"a", "b"}
    worker.now += 300
    assert worker.eligible() == {"a", "b"}


def test_who_is_switched_off_expired_unconfirmed_or_for_other_models_is_never_asked() -> None:
    now = Worker(provider()).wall
    worker = Worker(
        provider(
            credential("off", enabled=False),
            credential("expired", expires_at=now),
            credential("moved", needs_confirmation=True),
            credential("other", models=("other",)),
            credential("good", expires_at=now + 1, models=(MODEL,)),
        )
    )
    assert worker.eligible(panic=True) == {"good"}
    assert worker.pool.soonest(worker.spec, MODEL, now=worker.now) == 0
    worker.now += 1
    assert worker.eligible(panic=True) == set()
    assert worker.pool.soonest(worker.spec, MODEL, now=worker.now) is None


@pytest.mark.parametrize("cls", ["auth", "quota", "timeout", "rate_limited", "model_missing"])
def test_an_edit_makes_a_credential_as_new(cls: VerdictClass) -> None:
    worker = Worker(provider(*PAIR))
    for _ in range(3):
        worker.call("a", cls)
    worker.begin("a")
    early = worker.now
    assert worker.eligible() == {"b"}
    worker.now += 1
    worker.change(provider(credential("a", generation=1), PAIR[1]))
    assert worker.eligible() == {"a", "b"}
    # What was asked with the old secret says nothing of the new one.
    assert worker.end("a", "auth", began_at=early) == ()
    assert worker.eligible() == {"a", "b"}


def test_an_exchange_may_know_of_an_edit_before_the_pool_does_and_after() -> None:
    worker = Worker(provider(*PAIR))
    worker.call("a", "auth")
    worker.spec = provider(credential("a", generation=1), PAIR[1])
    assert worker.eligible() == {"a", "b"}
    worker.call("a", "auth")
    worker.spec = provider(*PAIR)
    assert worker.eligible() == {"b"}


def test_what_is_gone_is_forgotten() -> None:
    worker = Worker(provider(*PAIR))
    worker.call("a", "auth")
    worker.begin("b")
    worker.change(provider(credential("c")))
    assert worker.pool.states(now=worker.now) == []
    worker.pool.begin("b", MODEL, now=worker.now)
    assert worker.end("b", "auth") == ()
    worker.change(provider(*PAIR))
    assert worker.eligible() == {"a", "b"}


def announced(state: str, name: str = "a", **fields: object) -> StateChange:
    return StateChange(provider_id="p", credential_id=name, model=None, state=state, **fields)  # type: ignore[arg-type]


def adopt(worker: Worker, change: StateChange) -> None:
    worker.pool.adopt(change, now=worker.now, wall=worker.wall)


def test_what_one_worker_finds_out_the_others_adopt_at_once() -> None:
    first, second = Worker(provider(*PAIR)), Worker(provider(*PAIR))
    for change in first.call("a", "auth") + first.call("b", "quota"):
        adopt(second, change)
    assert second.eligible() == set()
    assert (second.state("a"), second.state("b")) == ("quarantined", "exhausted")
    second.now += 300
    assert second.eligible() == {"b"}
    adopt(second, announced("active"))
    assert second.eligible() == {"a", "b"}


def test_a_probe_ends_what_failures_began() -> None:
    worker = Worker(provider(*PAIR))
    adopt(worker, announced("exhausted"))
    assert worker.pool.soonest(provider(PAIR[0]), MODEL, now=worker.now) == 300
    adopt(worker, announced("quarantined"))
    adopt(worker, announced("exhausted"))
    assert worker.state("a") == "quarantined"


def test_one_failure_is_enough_for_whom_another_worker_found_failing() -> None:
    worker = Worker(provider(*PAIR, retry_after_s=300))
    adopt(worker, announced("disabled_auto"))
    assert worker.eligible() == {"a", "b"}
    assert worker.serve(100, {"a": "timeout"})["a"] == 1
    worker.now += 300
    worker.call("a")
    assert worker.serve(100, {"a": "timeout"})["a"] == 3


@pytest.mark.parametrize(
    "change",
    [
        announced("quarantined", "unknown"),
        announced("quarantined", generation=1),
        announced("cooling"),
        StateChange(provider_id="p", credential_id="a", model=MODEL, state="quarantined"),
    ],
)
def test_announcements_about_others_change_nothing(change: StateChange) -> None:
    worker = Worker(provider(*PAIR))
    adopt(worker, change)
    assert worker.eligible() == {"a", "b"}


def test_a_credentials_own_limits_are_shared_by_the_workers() -> None:
    spec = provider(credential("a", rpm_limit=120), credential("b", rpm_limit=1))
    worker = Worker(spec, workers=4)
    assert worker.serve(500) == {"a": 30, "b": 1}
    assert worker.eligible(panic=True) == set()
    assert worker.pool.soonest(spec, MODEL, now=worker.now) == 60
    worker.pool.workers = 1
    assert worker.serve(500) == {"a": 90}
    worker.now += 60
    assert worker.serve(500) == {"a": 120, "b": 1}


def test_tokens_count_against_the_minute_in_which_they_were_used() -> None:
    worker = Worker(provider(credential("a", tpm_limit=1_000)))
    for _ in range(2):
        worker.begin("a")
        worker.pool.end("a", MODEL, verdict=OK, now=worker.now, tokens=500)
    assert worker.eligible() == set()
    worker.now += 60
    assert worker.eligible() == {"a"}


OK = ADAPTERS["openai"].verdict(200, {}, b"")


def test_no_more_requests_run_at_once_than_the_credential_allows() -> None:
    worker = Worker(provider(credential("a", concurrency_limit=2)))
    worker.begin("a")
    assert worker.eligible() == {"a"}
    worker.begin("a")
    assert worker.eligible() == set()
    assert worker.pool.soonest(worker.spec, MODEL, now=worker.now) == 1
    worker.end("a")
    assert worker.eligible() == {"a"}
    worker.end("a")
    worker.end("a")
    assert worker.pool.states(now=worker.now)[0].in_flight == 0


def test_the_state_of_every_credential_can_be_shown() -> None:
    worker = Worker(provider(*PAIR))
    worker.call("a")
    worker.call("b", "model_missing")
    [a, b, pair] = worker.pool.states(now=worker.now)
    assert (a.credential_id, a.model, a.state, a.last_ok_at) == ("a", None, "active", worker.wall)
    assert (b.state, b.last_ok_at, b.until, b.reason) == ("active", None, None, "model_missing")
    assert (pair.model, pair.state, pair.until) == (MODEL, "blocked", worker.wall + 300)
    assert worker.wall > WALL


def test_models_that_clients_make_up_do_not_fill_the_memory() -> None:
    worker = Worker(provider(credential("a")))
    for at in range(2 * MOST_PAIRS):
        worker.call("a", "model_missing", f"made-up-{at}")
    assert len(worker.pool.states(now=worker.now)) == 1 + MOST_PAIRS
    for at in range(2 * MOST_PAIRS):
        worker.begin("a", f"running-{at}")
    assert len(worker.pool.states(now=worker.now)) == 1


def test_a_limit_frees_when_the_second_that_filled_it_leaves_the_window() -> None:
    counter = Rolling(30)
    counter.add(2, now=1_000.9)
    counter.add(1, now=1_010.2)
    assert [counter.below_in(limit, now=1_010.5) for limit in (4, 3, 2, 1)] == [0, 19.5, 19.5, 29.5]


@given(
    events=st.lists(st.tuples(st.floats(0, 40), st.integers(0, 5)), max_size=40),
    limit=st.integers(1, 20),
)
def test_rolling_counts_are_those_of_the_last_seconds(
    events: list[tuple[float, int]], limit: int
) -> None:
    counter, now, seen = Rolling(30), 1_000.0, []
    for step, number in events:
        now += step
        counter.add(number, now=now)
        seen.append((int(now), number))
        expected = sum(n for second, n in seen if second > int(now) - 30)
        assert counter.within(now) == expected
    wait = counter.below_in(limit, now=now)
    assert 0 <= wait <= 30
    assert (wait == 0) == (counter.within(now) < limit)
    if wait:
        assert sum(n for second, n in seen if second > int(now + wait) - 30) < limit
        before = now + wait - 0.5
        assert sum(n for second, n in seen if second > int(before) - 30) >= limit
    counter.clear()
    assert counter.within(now) == 0

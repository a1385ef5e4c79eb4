"""Who is asked next."""

from typing import Any

import pytest

from gateway.edge.calls.failures import Failure
from gateway.edge.calls.retries import OWN_CREDENTIAL, RETRIES, OwnKey, Step, Walk
from gateway.edge.exchange import Exchange
from gateway.edge.worker.budgets import BUDGET_LEAST, DrainSlots, RetryBudget
from providers.adapters.base import Verdict, VerdictClass
from providers.pool import CredentialPool
from providers.specs import PoolPolicy
from tests.gateway.edge.vendors import Client, candidate, exchange, provider

NOW, WALL = 1_000.0, 1_800_000_000.0


class Walked:
    """A walk with a pool of its own; `asks` is who was asked."""

    def __init__(self, made: Exchange, *, stays: bool = False, chance: float = 0.5) -> None:
        self.pool = CredentialPool(chance=lambda: 0.0)
        self.budget = RetryBudget()
        self.walk = Walk(
            made, pool=self.pool, budget=self.budget, stays=stays, chance=lambda: chance
        )
        self.asks: list[str] = []

    def next(self) -> Step | None:
        step = self.walk.next(now=NOW, wall=WALL)
        if step is not None:
            self.asks.append(step.credential.id)
        return step

    def fail(self, step: Step, cls: VerdictClass = "server_error", **more: Any) -> None:
        verdict = Verdict(cls=cls, retry_after=more.pop("retry_after", None), **more.pop("v", {}))
        failure = Failure(verdict=verdict, told="", **more)
        self.pool.begin(step.credential.id, "m", now=NOW)
        self.pool.end(step.credential.id, "m", verdict=verdict, now=NOW)
        self.walk.failed(step, failure)

    def run(self, cls: VerdictClass = "server_error", **more: Any) -> list[str]:
        while (step := self.next()) is not None:
            self.fail(step, cls, **more)
        return self.asks


def two(**more: Any) -> Exchange:
    of = [provider("a", keys=("1", "2"), **more), provider("b", keys=("1",), **more)]
    return exchange(Client(), *(candidate(each) for each in of))


def test_credentials_come_before_candidates() -> None:
    assert Walked(two()).run() == ["a-1", "a-2", "b-1"]


def test_extra_attempts_are_few() -> None:
    made = exchange(Client(), candidate(provider(keys=("1", "2", "3", "4", "5"))))
    assert len(Walked(made).run()) == RETRIES + 1


def test_what_may_have_been_done_is_not_asked_of_the_same_target_again() -> None:
    walked = Walked(two())
    assert walked.run("timeout", closes=True) == ["a-1", "b-1"]
    assert walked.walk.pause_s(wall=WALL) is None


def test_a_client_may_insist_on_its_target() -> None:
    assert Walked(two(), stays=True).run() == ["a-1", "a-2"]


def test_a_clients_own_credential_goes_to_one_provider_only() -> None:
    made = two()
    made.vendor_key = b"sk-own"
    walked = Walked(made)
    step = walked.next()
    assert step is not None
    assert step.credential is OWN_CREDENTIAL
    assert step.secret is not None
    assert step.secret.reveal() == b"sk-own"
    walked.fail(step)
    assert walked.next() is None
    assert repr(OwnKey(b"sk-own")) == "***"


def test_a_credential_that_could_not_be_opened_is_passed_over() -> None:
    made = two()
    del made.snapshot.secrets["a-1"]  # type: ignore[attr-defined]
    assert Walked(made).run() == ["a-2", "b-1"]


def test_what_is_out_by_failures_only_is_better_than_nothing() -> None:
    made = exchange(Client(), candidate(provider(keys=("1",), pool=PoolPolicy(max_failures=1))))
    walked = Walked(made)
    walked.run()
    later = Walk(made, pool=walked.pool, budget=RetryBudget(), stays=False)
    step = later.next(now=NOW, wall=WALL)
    assert step is not None
    assert not step.extra


def test_nobody_is_asked_while_all_are_rejected() -> None:
    made = exchange(Client(), candidate(provider(keys=("1",))))
    walked = Walked(made)
    walked.run("auth")
    later = Walk(made, pool=walked.pool, budget=RetryBudget(), stays=False)
    assert later.next(now=NOW, wall=WALL) is None
    assert later.soonest_s(now=NOW) is None


def test_the_same_target_is_asked_again_after_a_growing_pause() -> None:
    walked = Walked(exchange(Client(), candidate(provider(keys=("1",)))))
    step = walked.next()
    pauses = []
    while step is not None:
        walked.fail(step)
        assert walked.next() is None
        pause = walked.walk.pause_s(wall=WALL)
        if pause is None:
            break
        pauses.append(pause)
        step = walked.walk.again(now=NOW, wall=WALL)
    assert pauses == [0.05, 0.1]


def test_a_short_retry_after_is_waited_for_and_a_long_one_is_not() -> None:
    for said, pause in ((2.0, 2.0), (5.0, 5.0), (5.1, None)):
        walked = Walked(exchange(Client(), candidate(provider(keys=("1",)))))
        walked.run("rate_limited", retry_after=said)
        assert walked.walk.pause_s(wall=WALL) == pause


def test_a_guessed_wait_is_no_order() -> None:
    walked = Walked(exchange(Client(), candidate(provider(keys=("1",)))))
    walked.run("rate_limited", retry_after=5.0, v={"retry_after_guessed": True})
    assert walked.walk.pause_s(wall=WALL) == 0.05
    assert walked.walk.again(now=NOW, wall=WALL) is not None


@pytest.mark.parametrize("cls", ["auth", "quota", "model_missing"])
def test_what_does_not_pass_by_itself_is_not_waited_for(cls: VerdictClass) -> None:
    walked = Walked(exchange(Client(), candidate(provider(keys=("1",)))))
    walked.run(cls)
    assert walked.walk.pause_s(wall=WALL) is None


def test_without_a_failure_there_is_nothing_to_wait_for() -> None:
    walked = Walked(exchange(Client(), candidate(provider(keys=()))))
    assert walked.next() is None
    assert walked.walk.pause_s(wall=WALL) is None


def test_extra_attempts_stay_a_fraction_of_what_a_provider_has_open() -> None:
    budget = RetryBudget()
    for _ in range(BUDGET_LEAST):
        assert budget.allows("p")
        budget.begin("p", extra=True)
    assert not budget.allows("p")
    assert budget.allows("q")
    for _ in range(20):
        budget.begin("p", extra=False)
    assert budget.allows("p")
    for _ in range(20):
        budget.end("p", extra=False)
    assert not budget.allows("p")
    budget.end("p", extra=True)
    assert budget.allows("p")


def test_a_spent_budget_leaves_the_first_attempt_and_the_other_providers() -> None:
    walked = Walked(two())
    for _ in range(BUDGET_LEAST):
        walked.budget.begin("p-a", extra=True)
    assert walked.run() == ["a-1", "b-1"]


def test_only_so_many_answers_are_read_for_nobody() -> None:
    slots = DrainSlots(most=1)
    assert slots.take()
    assert not slots.take()
    slots.give_back()
    assert slots.take()

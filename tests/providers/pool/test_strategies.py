"""Who is next, among those who may serve."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.pool.strategies import STRATEGIES
from providers.specs import PoolStrategy
from tests.providers.pool.worker import Worker, credential, provider


@given(chance=st.floats(0, 1, exclude_max=True))
def test_round_robin_gives_everybody_the_same_share_from_any_start(chance: float) -> None:
    worker = Worker(provider(credential("a"), credential("b"), credential("c")), chance=chance)
    first = worker.pick()
    assert first == "abc"[int(chance * 3)]
    called = worker.serve(299)
    called[first] += 1
    assert all(abs(called[name] - 100) <= 1 for name in "abc")


def test_round_robin_goes_in_the_order_of_the_pool() -> None:
    worker = Worker(provider(credential("a"), credential("b"), credential("c")), chance=0.0)
    assert [worker.pick() for _ in range(4)] == ["a", "b", "c", "a"]


def test_round_robin_skips_who_is_tried_without_losing_its_place() -> None:
    worker = Worker(provider(credential("a"), credential("b"), credential("c")), chance=0.0)
    assert worker.pick("m", "a", "b") == "c"
    assert worker.pick() == "a"


@given(weights=st.lists(st.integers(1, 12), min_size=1, max_size=5), cycles=st.integers(1, 3))
def test_weights_are_exact_in_every_cycle(weights: list[int], cycles: int) -> None:
    pool = [credential(str(at), weight=weight) for at, weight in enumerate(weights)]
    worker = Worker(provider(*pool, strategy="weighted"))
    expected = {str(at): weight for at, weight in enumerate(weights)}
    for _ in range(cycles):
        assert worker.serve(sum(weights)) == expected


def test_weights_of_two_one_one_share_four_hundred_requests_evenly_spread() -> None:
    pool = (credential("a", weight=2), credential("b"), credential("c"))
    worker = Worker(provider(*pool, strategy="weighted"))
    served = [worker.pick() for _ in range(400)]
    assert Counter(served) == {"a": 200, "b": 100, "c": 100}
    assert sum(left == right for left, right in pairwise(served)) <= 100


def test_random_reaches_everybody_eligible() -> None:
    worker = Worker(provider(credential("a"), credential("b"), strategy="random"))
    picked = []
    for chance in (0.0, 0.49, 0.5, 0.99):
        worker.chance = chance
        picked.append(worker.pick())
    assert picked == ["a", "a", "b", "b"]


def test_failover_stays_with_the_first_until_it_fails() -> None:
    spec = provider(credential("a"), credential("b"), strategy="failover", retry_after_s=300)
    worker = Worker(spec)
    assert worker.serve(50) == {"a": 50}
    assert worker.serve(50, {"a": "server_error"}) == {"a": 3, "b": 50}
    worker.now += 300
    assert worker.serve(50) == {"a": 50}


@pytest.mark.parametrize("name", ["round_robin", "weighted", "random", "failover"])
def test_nobody_is_nobody_in_every_strategy(name: PoolStrategy) -> None:
    assert Worker(provider(strategy=name)).pick() is None


def test_an_edited_strategy_is_followed_at_once() -> None:
    worker = Worker(provider(credential("a"), credential("b")), chance=0.0)
    assert [worker.pick(), worker.pick()] == ["a", "b"]
    worker.change(provider(credential("a"), credential("b"), strategy="failover"))
    assert [worker.pick(), worker.pick()] == ["a", "a"]


def test_who_is_asked_for_by_itself_changes_nobodys_turn() -> None:
    a, b, c = (credential(name, weight=weight) for name, weight in (("a", 2), ("b", 1), ("c", 1)))
    plain, disturbed = STRATEGIES["weighted"](lambda: 0.0), STRATEGIES["weighted"](lambda: 0.0)
    order = (a, b, c)
    wanted = [plain.choose(order, order).id for _ in range(8)]
    found = []
    for _ in range(8):
        found.append(disturbed.choose(order, order).id)
        assert disturbed.choose((c,), (c,)) is c
    assert found == wanted

"""What holds whatever happens, in any order."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import VerdictClass
from providers.pool.breaker import OUT_CAP_S
from providers.specs import PoolStrategy, ProviderSpec
from tests.providers.pool.worker import Worker, credential, provider

CLASSES: tuple[VerdictClass, ...] = (
    *("ok", "client_error", "auth", "quota", "rate_limited", "overloaded", "server_error"),
    *("timeout", "transport", "protocol_error", "model_missing", "context_window"),
)
STRATEGIES: tuple[PoolStrategy, ...] = ("round_robin", "weighted", "random", "failover")
NAMES = ("a", "b", "c")
MODELS = ("m", "n")
LONGEST_S = OUT_CAP_S * 1.1


class History:
    """A worker, and what must be true of it by what has happened."""

    def __init__(self, strategy: PoolStrategy) -> None:
        self.strategy = strategy
        self.generations = Counter[str]()
        self.worker = Worker(self.spec())
        self.running: list[tuple[str, str, float]] = []
        self.quarantined: set[str] = set()

    def spec(self) -> ProviderSpec:
        pool = [credential(name, generation=self.generations[name], rpm_limit=20) for name in NAMES]
        return provider(*pool, strategy=self.strategy)

    def begin(self, model: str) -> None:
        name = self.worker.pick(model)
        if name is not None:
            assert name not in self.quarantined
            self.worker.pool.begin(name, model, now=self.worker.now)
            self.running.append((name, model, self.worker.now))

    def end(self, cls: VerdictClass) -> None:
        if self.running:
            name, model, began_at = self.running.pop(0)
            changes = self.worker.end(name, cls, model, began_at=began_at)
            if any(change.state == "quarantined" for change in changes):
                self.quarantined.add(name)

    def wait(self, seconds: float) -> None:
        self.worker.now += seconds

    def edit(self, name: str) -> None:
        self.generations[name] += 1
        self.quarantined.discard(name)
        self.worker.change(self.spec())
        self.worker.now += 0.001

    def check(self) -> None:
        worker, in_flight = self.worker, Counter(name for name, _, _ in self.running)
        states = worker.pool.states(now=worker.now)
        counted = {row.credential_id: row.in_flight for row in states if row.model is None}
        assert counted == {name: in_flight[name] for name in counted}
        for model in MODELS:
            soonest = worker.pool.soonest(worker.spec, model, now=worker.now)
            assert (soonest == 0) == (worker.pick(model) is not None)
            assert (soonest is None) == (self.quarantined == set(NAMES))
            assert soonest is None or soonest <= LONGEST_S


steps = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from(MODELS)),
        st.tuples(st.just("end"), st.sampled_from(CLASSES)),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 10.0, 31.0, 301.0])),
        st.tuples(st.just("edit"), st.sampled_from(NAMES)),
    ),
    max_size=60,
)


@given(steps=steps, strategy=st.sampled_from(STRATEGIES))
def test_nobody_unfit_is_picked_and_whoever_is_due_comes_back(
    steps: list[tuple[str, Any]], strategy: PoolStrategy
) -> None:
    history = History(strategy)
    for happens, what in steps:
        getattr(history, happens)(what)
        history.check()
    while history.running:
        history.end("client_error")
    history.wait(LONGEST_S)
    for model in MODELS:
        assert history.worker.eligible(model) == set(NAMES) - history.quarantined

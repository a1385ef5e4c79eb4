"""What one credential has been through, and what follows from it (providers.md PV-18). Pure.

Laws: what a client can bring about changes nothing; a quarantine ends by an edit, a probe or
another worker's word only; whatever was under way when a credential was edited says nothing about
what it is now.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from providers.adapters.base import Verdict, VerdictClass
from providers.adapters.waiting import UNSAID_S
from providers.pool.breaker import RUNNING_S, Breaker, Pair
from providers.pool.counters import Rolling
from providers.specs import CredentialSpec, ProviderSpec

NEVER: Final = float("-inf")
EXHAUSTED_S: Final = 300.0
BLOCKED_S: Final = 300.0
MOST_PAIRS: Final = 256
MINUTE_S: Final = 60
SUSPECT_FAILURES: Final = 1
FAILURES: Final[frozenset[VerdictClass]] = frozenset(
    {"transport", "timeout", "server_error", "overloaded", "protocol_error"}
)
State: TypeAlias = Literal[
    "active", "trial", "open", "cooling", "disabled_auto", "quarantined", "exhausted", "blocked"
]


class Change(Struct, frozen=True, kw_only=True):
    """`until` as all times here: monotonic seconds."""

    model: str | None  # None: the credential with all models
    state: State
    until: float | None = None


class Event(Struct, frozen=True, kw_only=True):
    model: str
    verdict: Verdict
    now: float
    wall: float  # seconds since 1970, at `now`
    began_at: float | None
    chance: float


class Health:
    __slots__ = (
        "_reset_at",
        "generation",
        "last_ok_at",
        "last_reason",
        "pairs",
        "provider",
        "requests",
        "state",
        "suspect",
        "tokens",
        "whole",
    )

    def __init__(self, provider: ProviderSpec, *, generation: int) -> None:
        self.provider = provider
        self.requests = Rolling(MINUTE_S)
        self.tokens = Rolling(MINUTE_S)
        self.whole = Breaker()
        self.pairs: dict[str, Pair] = {}
        self.last_ok_at: float | None = None
        self.renew(generation=generation, now=NEVER)

    def renew(self, *, generation: int, now: float) -> None:
        """As if nothing had ever failed; what is under way stays counted."""
        self.generation = generation
        self.state: State = "active"
        self.suspect = False  # another worker has found it failing
        self.last_reason = ""
        self._reset_at = now
        self.whole.succeed()
        for pair in self.pairs.values():
            pair.renew()

    def begin(self, model: str, now: float) -> None:
        self.requests.add(1, now=now)
        self.whole.begin(now)
        self.pair(model).begin(now)

    def pair(self, model: str) -> Pair:
        pair = self.pairs.get(model)
        if pair is None:
            if len(self.pairs) >= MOST_PAIRS:
                self._forget_oldest()
            pair = self.pairs[model] = Pair()
        return pair

    def _forget_oldest(self) -> None:
        # Where unlisted models are allowed, clients make up the names.
        idle = (model for model, pair in self.pairs.items() if not pair.in_flight)
        if (oldest := next(idle, None)) is not None:
            del self.pairs[oldest]

    def end(self, event: Event) -> tuple[Change, ...]:
        pair = self.pair(event.model)
        tried_whole, tried_pair = self.whole.end(event.began_at), pair.end(event.began_at)
        if event.began_at is not None and event.began_at < self._reset_at:
            return ()
        cls = event.verdict.cls
        if cls == "ok":
            return self._succeeded(event, pair, tried=tried_whole)
        if cls in FAILURES:
            self.last_reason = cls
            return self._failed(event, pair, tried_whole=tried_whole, tried_pair=tried_pair)
        return self._told(event, pair)

    def _succeeded(self, event: Event, pair: Pair, *, tried: bool) -> tuple[Change, ...]:
        self.last_ok_at = event.wall
        changes = []
        if pair.until is not None:
            changes.append(Change(model=event.model, state="active"))
        pair.succeed_at(event.now)
        # Answers to what was asked before do not end what was found out since.
        if self.state in {"active", "disabled_auto"} or (self.state == "exhausted" and tried):
            if self.state != "active":
                changes.append(Change(model=None, state="active"))
            self.state = "active"
            self.suspect = False
            self.whole.succeed()
        return tuple(changes)

    def _failed(
        self, event: Event, pair: Pair, *, tried_whole: bool, tried_pair: bool
    ) -> tuple[Change, ...]:
        now, policy = event.now, self.provider.pool
        self.whole.fail(now=now, window_s=policy.failure_window_s)
        pair.fail(now=now, window_s=policy.failure_window_s)
        if self.state == "exhausted" and tried_whole:
            return (self._exhaust(now),)
        most = SUSPECT_FAILURES if self.suspect else policy.max_failures
        if self.state == "active" and self.whole.failures >= most:
            self.state = "disabled_auto"
            return (self._take_out(event, self.whole, None),)
        if self.state == "disabled_auto":
            return (self._take_out(event, self.whole, None),) if tried_whole else ()
        if pair.until is not None:
            return (self._take_out(event, pair, event.model),) if tried_pair else ()
        if pair.failures >= policy.max_failures or pair.fails_mostly(now):
            return (self._take_out(event, pair, event.model),)
        return ()

    def _take_out(self, event: Event, breaker: Breaker, model: str | None) -> Change:
        breaker.take_out(now=event.now, policy=self.provider.pool, chance=event.chance)
        state: State = "disabled_auto" if model is None else "open"
        return Change(model=model, state=state, until=breaker.until)

    def _told(self, event: Event, pair: Pair) -> tuple[Change, ...]:
        """What the vendor said in so many words."""
        verdict, now = event.verdict, event.now
        match verdict.cls:
            case "auth":
                changes = (self.quarantine(),)
            case "quota" if self.state != "quarantined":
                changes = (self._exhaust(now),)
            case "rate_limited":
                wait_s = verdict.wait_s(event.wall)
                until = now + (UNSAID_S if wait_s is None else wait_s)
                pair.cool(until=until, guessed=wait_s is None or verdict.retry_after_guessed)
                changes = (Change(model=event.model, state="cooling", until=pair.cooling_until),)
            case "model_missing":
                pair.blocked_until = now + BLOCKED_S
                changes = (Change(model=event.model, state="blocked", until=pair.blocked_until),)
            case _:
                return ()
        self.last_reason = verdict.cls
        return changes

    def quarantine(self) -> Change:
        self.state = "quarantined"
        self.whole.until = None
        return Change(model=None, state="quarantined")

    def _exhaust(self, now: float) -> Change:
        return self.exhaust(until=now + EXHAUSTED_S)

    def exhaust(self, *, until: float) -> Change:
        self.state = "exhausted"
        self.whole.until = until
        return Change(model=None, state="exhausted", until=until)

    def adopt(self, state: State, *, reason: str, until: float | None, now: float) -> None:
        """What others say of the credential as a whole."""
        match state:
            case "quarantined":
                self.quarantine()
            case "exhausted" if self.state != "quarantined":
                self.exhaust(until=now + EXHAUSTED_S if until is None else until)
            case "disabled_auto":
                self.suspect = True
            case "active":
                self.state = "active"
                self.suspect = False
                self.whole.succeed()
            case _:
                return
        self.last_reason = reason

    def seen(self, now: float) -> Iterator[tuple[str | None, State, float | None]]:
        """As people see it: the whole first, then the models that it does not serve now."""
        yield None, _trial(self.whole, self.state, now), self.whole.until
        for model, pair in self.pairs.items():
            if now < pair.blocked_until:
                yield model, "blocked", pair.blocked_until
            elif now < pair.cooling_until:
                yield model, "cooling", pair.cooling_until
            elif pair.until is not None:
                yield model, _trial(pair, "open", now), pair.until


def _trial(breaker: Breaker, state: State, now: float) -> State:
    return "trial" if breaker.until is not None and now >= breaker.until else state


def _share(limit: int, workers: int) -> int:
    """A worker's part of a limit, at least 1."""
    return max(1, limit // workers)


def free_in(spec: CredentialSpec, health: Health, *, workers: int, now: float) -> float:
    """Seconds until the credential's own limits allow a request; 0 now."""
    wait_s = 0.0
    if spec.rpm_limit is not None:
        wait_s = health.requests.below_in(_share(spec.rpm_limit, workers), now=now)
    if spec.tpm_limit is not None:
        wait_s = max(wait_s, health.tokens.below_in(_share(spec.tpm_limit, workers), now=now))
    if spec.concurrency_limit is not None:
        is_full = health.whole.in_flight >= _share(spec.concurrency_limit, workers)
        wait_s = max(wait_s, RUNNING_S if is_full else 0.0)
    return wait_s

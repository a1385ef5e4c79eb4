"""Which credential of which candidate is next, and when. No I/O, no clock: `now` is passed.

Laws (routing.md RT-22 to RT-25): the list is walked once; another credential or target is tried at
once, the same one only after a pause; what a vendor may have done already is never asked of the
same target again; extra attempts are few per exchange and few among all that a provider has open.
"""

import math
import random
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.calls.failures import Failure
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.worker.budgets import RetryBudget
from providers.adapters.base import Revealable, VerdictClass
from providers.pool import CredentialPool
from providers.specs import CredentialSpec, ProviderSpec

RETRIES: Final = 2  # attempts after the first
PAUSE_BASE_S: Final = 0.1
PAUSE_MAX_S: Final = 2.0
PATIENCE_S: Final = 5.0  # a longer Retry-After is not waited for
# The same credential may do better in a moment.
REPEATABLE: Final[frozenset[VerdictClass]] = frozenset(
    {"rate_limited", "overloaded", "server_error", "transport", "timeout", "protocol_error"}
)
# Without an id: no pool knows them.
OWN_CREDENTIAL: Final = CredentialSpec(id="", name="byok", kind="api_key")
NO_CREDENTIAL: Final = CredentialSpec(id="", name="", kind="none")


class OwnKey:
    """The client's own credential: never kept, never shown."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def __repr__(self) -> str:
        return "***"


class Step(Struct, kw_only=True):
    """Another credential may be found to do better before anybody is asked."""

    candidate: Candidate
    credential: CredentialSpec
    secret: Revealable | None
    extra: bool


class Walk:
    """The attempts of one exchange, one after the other."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        pool: CredentialPool,
        budget: RetryBudget,
        stays: bool,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`stays`: the client wants no target but the first."""
        self._exchange = exchange
        self._pool = pool
        self._budget = budget
        self._chance = chance
        self._candidates = _allowed(exchange, stays=stays)
        self._at = 0
        self._made = 0
        self._repeats = 0
        self._tried: dict[str, set[str]] = {}  # target -> credentials
        self._closed: set[str] = set()  # targets not to be asked again
        self._failed: list[tuple[Candidate, Failure]] = []

    def next(self, *, now: float, wall: float) -> Step | None:
        """An untried credential; None when there is none left."""
        if self._made > RETRIES:
            return None
        while self._at < len(self._candidates):
            step = self._step(self._candidates[self._at], now=now, wall=wall)
            if step is not None:
                return step
            self._at += 1
        if self._made:
            return None
        # Nobody is eligible: what is out by failures only is better than nothing.
        for candidate in self._candidates:
            step = self._step(candidate, now=now, wall=wall, panic=True)
            if step is not None:
                return step
        return None

    def pause_s(self, *, wall: float) -> float | None:
        """How long until the last target may be asked again; None: not at all."""
        if not self._failed or self._made > RETRIES:
            return None
        candidate, failure = self._failed[-1]
        verdict = failure.verdict
        if verdict.cls not in REPEATABLE or candidate.target.id in self._closed:
            return None
        said = None if verdict.retry_after_guessed else verdict.wait_s(wall)
        if said is not None:
            return said if said <= PATIENCE_S else None
        most = min(PAUSE_MAX_S, PAUSE_BASE_S * math.pow(2, self._repeats))
        return most * self._chance()

    def again(self, *, now: float, wall: float) -> Step | None:
        """After the pause."""
        self._repeats += 1
        candidate, _ = self._failed[-1]
        self._tried.pop(candidate.target.id, None)
        return self._step(candidate, now=now, wall=wall, panic=True)

    def failed(self, step: Step, failure: Failure) -> None:
        target_id = step.candidate.target.id
        self._tried.setdefault(target_id, set()).add(step.credential.id)
        self._failed.append((step.candidate, failure))
        if failure.closes:
            self._closed.add(target_id)

    def repeat(self, step: Step) -> Step:
        """The same, to be asked otherwise."""
        self._made += 1
        return replace(step, extra=True)

    def skip(self, step: Step) -> None:
        """It was not asked, and need not be."""
        self._made -= 1
        self._candidates = tuple(each for each in self._candidates if each is not step.candidate)

    def soonest_s(self, *, now: float) -> float | None:
        """When a credential of any candidate may serve again."""
        waits = [self._soonest_s(candidate, now=now) for candidate in self._candidates]
        return min((wait for wait in waits if wait is not None), default=None)

    def why_nobody(self, *, now: float) -> str:
        """What keeps each provider from being asked, each said once."""
        return "; ".join(dict.fromkeys(self._obstacle(each, now=now) for each in self._candidates))

    def _obstacle(self, candidate: Candidate, *, now: float) -> str:
        slug = candidate.provider.slug
        if not candidate.provider.credentials:
            return f"{slug} has no credential"
        if self._soonest_s(candidate, now=now) is None:
            return f"{slug} has no credential left that may be used for it"
        return f"all credentials of {slug} are paused"

    def _soonest_s(self, candidate: Candidate, *, now: float) -> float | None:
        return self._pool.soonest(candidate.provider, candidate.target.public_name, now=now)

    def _step(
        self, candidate: Candidate, *, now: float, wall: float, panic: bool = False
    ) -> Step | None:
        target, provider = candidate.target, candidate.provider
        extra = self._made > 0
        if target.id in self._closed or (extra and not self._budget.allows(provider.id)):
            return None
        tried = self._tried.setdefault(target.id, set())
        unpooled = self._unpooled(provider)
        if unpooled is not None:
            credential, secret = unpooled
            if credential.id in tried:
                return None
            self._made += 1
            return Step(candidate=candidate, credential=credential, secret=secret, extra=extra)
        name = target.public_name
        while (
            picked := self._pool.pick(provider, name, tried=tried, now=now, wall=wall, panic=panic)
        ) is not None:
            secret = self._exchange.snapshot.secrets.get(picked.id)
            if secret is not None or picked.kind == "none":
                self._made += 1
                return Step(candidate=candidate, credential=picked, secret=secret, extra=extra)
            tried.add(picked.id)  # it could not be opened here
        return None

    def _unpooled(self, provider: ProviderSpec) -> tuple[CredentialSpec, Revealable | None] | None:
        """The credential where there is nothing to choose from."""
        if self._exchange.vendor_key is not None:
            return OWN_CREDENTIAL, OwnKey(self._exchange.vendor_key)
        # The mock needs no key; a real provider without one is not asked.
        return (NO_CREDENTIAL, None) if provider.simulated and not provider.credentials else None


def _allowed(exchange: Exchange, *, stays: bool) -> tuple[Candidate, ...]:
    candidates = exchange.candidates
    if stays:
        return candidates[:1]
    if exchange.vendor_key is not None:
        # The client's own credential goes to the provider it was meant for and to no other.
        meant = {candidate.provider.id for candidate in candidates[:1]}
        return tuple(candidate for candidate in candidates if candidate.provider.id in meant)
    return candidates

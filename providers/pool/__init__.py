"""The credentials of a back-end and which of them is next (providers.md §6). Pure, one per worker.

Laws: nothing waits here; `now` is monotonic, `wall` seconds since 1970; models are named as clients
know them; an exchange may bring an older configuration than the pool has.
"""

import math
import random
from collections.abc import Callable, Collection, Iterable

from msgspec import Struct

from providers.adapters.base import Verdict
from providers.pool.health import Event, Health, State, free_in
from providers.pool.strategies import STRATEGIES, Strategy
from providers.specs import CredentialSpec, PoolStrategy, ProviderSpec


class StateChange(Struct, frozen=True, kw_only=True):
    """What the other workers and the rows hear."""

    provider_id: str
    credential_id: str
    model: str | None  # None: the credential with all models
    state: State
    reason: str = ""
    until: float | None = None  # seconds since 1970
    generation: int = 0


class CredentialState(Struct, frozen=True, kw_only=True):
    """One credential, or one credential with one model that is not active."""

    provider_id: str
    credential_id: str
    model: str | None
    state: State
    reason: str
    until: float | None  # seconds since 1970
    last_ok_at: float | None  # seconds since 1970
    in_flight: int
    generation: int


class CredentialPool:
    def __init__(self, *, workers: int = 1, chance: Callable[[], float] = random.random) -> None:
        """`chance` in [0, 1); `workers` share each credential's limits."""
        self.workers = workers
        self._chance = chance
        self._known: dict[str, tuple[ProviderSpec, CredentialSpec]] = {}
        self._health: dict[str, Health] = {}
        self._strategies: dict[str, tuple[PoolStrategy, Strategy]] = {}
        self._wall_ahead = 0.0

    def configure(self, providers: Iterable[ProviderSpec], *, now: float) -> None:
        """Forgets what is gone; a greater generation makes a credential as new."""
        known = {
            spec.id: (provider, spec) for provider in providers for spec in provider.credentials
        }
        self._health = {id_: health for id_, health in self._health.items() if id_ in known}
        for id_ in self._health:
            self._health_of(*known[id_], now=now)
        kept = {provider.id for provider, _ in known.values()}
        self._strategies = {id_: row for id_, row in self._strategies.items() if id_ in kept}
        self._known = known

    def pick(
        self,
        provider: ProviderSpec,
        model: str,
        *,
        tried: Collection[str],
        now: float,
        wall: float,
        panic: bool = False,
    ) -> CredentialSpec | None:
        """`panic`: no other candidate of the exchange has anyone left."""
        self._wall_ahead = wall - now
        usable = [
            (spec, self._health_of(provider, spec, now=now))
            for spec in provider.credentials
            if _is_usable(spec, model, wall)
        ]
        forgiving = panic and _mostly_out([health for _, health in usable], model, now)
        eligible = [
            spec
            for spec, health in usable
            if spec.id not in tried
            and _may_serve(health, model, now, forgiving=forgiving, panic=panic)
            and free_in(spec, health, workers=self.workers, now=now) <= 0
        ]
        if not eligible:
            return None
        return self._strategy(provider).choose(provider.credentials, eligible)

    def begin(self, credential_id: str, model: str, *, now: float) -> None:
        """What was picked is about to be called."""
        if (health := self._health.get(credential_id)) is not None:
            health.begin(model, now)

    def end(
        self,
        credential_id: str,
        model: str,
        *,
        verdict: Verdict,
        now: float,
        tokens: int = 0,
        began_at: float | None = None,
    ) -> tuple[StateChange, ...]:
        """Once for every `begin`, however it ended; `began_at` is the `now` of that `begin`."""
        if (health := self._health.get(credential_id)) is None:
            return ()
        health.tokens.add(tokens, now=now)
        event = Event(
            model=model,
            verdict=verdict,
            now=now,
            wall=now + self._wall_ahead,
            began_at=began_at,
            chance=self._chance(),
        )
        return tuple(
            StateChange(
                provider_id=health.provider.id,
                credential_id=credential_id,
                model=change.model,
                state=change.state,
                reason=verdict.message or verdict.cls,
                until=self._wall(change.until),
                generation=health.generation,
            )
            for change in health.end(event)
        )

    def soonest(self, provider: ProviderSpec, model: str, *, now: float) -> float | None:
        """Seconds until a credential may serve again; None: none will by itself."""
        waits = (
            _serves_in(self._health_of(provider, spec, now=now), spec, model, now, self.workers)
            for spec in provider.credentials
            if _is_usable(spec, model, now + self._wall_ahead)
        )
        return min((wait for wait in waits if wait < math.inf), default=None)

    def adopt(self, announced: StateChange, *, now: float, wall: float) -> None:
        """What another worker, or a probe, has found out."""
        self._wall_ahead = wall - now
        known = self._known.get(announced.credential_id)
        if known is None or announced.model is not None:
            return
        health = self._health_of(*known, now=now)
        if health.generation == announced.generation:
            until = None if announced.until is None else announced.until - self._wall_ahead
            health.adopt(announced.state, reason=announced.reason, until=until, now=now)

    def states(self, *, now: float) -> list[CredentialState]:
        return [
            CredentialState(
                provider_id=health.provider.id,
                credential_id=credential_id,
                model=model,
                state=state,
                reason=health.last_reason,
                until=self._wall(until),
                last_ok_at=health.last_ok_at,
                in_flight=health.whole.in_flight,
                generation=health.generation,
            )
            for credential_id, health in self._health.items()
            for model, state, until in health.seen(now)
        ]

    def _health_of(self, provider: ProviderSpec, spec: CredentialSpec, *, now: float) -> Health:
        health = self._health.get(spec.id)
        if health is None:
            health = self._health[spec.id] = Health(provider, generation=spec.generation)
        elif spec.generation > health.generation:
            health.renew(generation=spec.generation, now=now)
        health.provider = provider
        return health

    def _strategy(self, provider: ProviderSpec) -> Strategy:
        name, made = self._strategies.get(provider.id, (None, None))
        if made is None or name != provider.pool.strategy:
            made = STRATEGIES[provider.pool.strategy](self._chance)
            self._strategies[provider.id] = (provider.pool.strategy, made)
        return made

    def _wall(self, moment: float | None) -> float | None:
        return None if moment is None else moment + self._wall_ahead


def _is_usable(spec: CredentialSpec, model: str, wall: float) -> bool:
    """Nobody has switched it off, and it is for the model."""
    return (
        spec.enabled
        and not spec.needs_confirmation
        and (spec.expires_at is None or wall < spec.expires_at)
        and (not spec.models or model in spec.models)
    )


def _may_serve(health: Health, model: str, now: float, *, forgiving: bool, panic: bool) -> bool:
    if health.state == "quarantined":
        return False
    if health.whole.is_out(now) and not (forgiving and health.state == "disabled_auto"):
        return False
    pair = health.pairs.get(model)
    if pair is None:
        return True
    if now < pair.blocked_until or (now < pair.cooling_until and not (panic and pair.guessed)):
        return False
    return forgiving or not pair.is_out(now)


def _mostly_out(pool: Collection[Health], model: str, now: float) -> bool:
    """More than half of those in play are out by failures."""
    playing = [health for health in pool if health.state in {"active", "disabled_auto"}]
    out = sum(
        health.whole.is_out(now) or (model in health.pairs and health.pairs[model].is_out(now))
        for health in playing
    )
    return out * 2 > len(playing)


def _serves_in(health: Health, spec: CredentialSpec, model: str, now: float, workers: int) -> float:
    if health.state == "quarantined":
        return math.inf
    waits = [free_in(spec, health, workers=workers, now=now), health.whole.back_in(now)]
    if (pair := health.pairs.get(model)) is not None:
        waits += [pair.back_in(now), pair.cooling_until - now, pair.blocked_until - now]
    return max(waits)

"""Which of the eligible credentials is next. Pure; what they remember is per pool."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from providers.specs import CredentialSpec, PoolStrategy


class Strategy(Protocol):
    def choose(
        self, order: Sequence[CredentialSpec], eligible: Sequence[CredentialSpec]
    ) -> CredentialSpec:
        """`order` is the whole pool, `eligible` some of it in the same order, never empty."""
        ...


class RoundRobin:
    """Starts anywhere, so that workers do not all begin with the same credential."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._next: int | None = None

    def choose(
        self, order: Sequence[CredentialSpec], eligible: Sequence[CredentialSpec]
    ) -> CredentialSpec:
        if len(order) == 1:
            return order[0]
        size = len(order)
        start = int(self._chance() * size) if self._next is None else self._next
        place = {credential.id: index for index, credential in enumerate(order)}
        chosen = min(eligible, key=lambda credential: (place[credential.id] - start) % size)
        self._next = (place[chosen.id] + 1) % size
        return chosen


class Weighted:
    """Smooth: among a, b, c of weights 2, 1, 1 it goes a, b, c, a, not a, a, b, c."""

    def __init__(self) -> None:
        self._lead: dict[str, int] = {}

    def choose(
        self, order: Sequence[CredentialSpec], eligible: Sequence[CredentialSpec]
    ) -> CredentialSpec:
        if len(order) == 1:
            return order[0]  # the lead of the others, where it is not theirs to serve, stays
        lead = {spec.id: self._lead.get(spec.id, 0) for spec in order}
        for spec in eligible:
            lead[spec.id] += spec.weight
        chosen = max(eligible, key=lambda spec: lead[spec.id])
        lead[chosen.id] -= sum(spec.weight for spec in eligible)
        self._lead = lead
        return chosen


class Random:
    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance

    def choose(
        self, order: Sequence[CredentialSpec], eligible: Sequence[CredentialSpec]
    ) -> CredentialSpec:
        return eligible[int(self._chance() * len(eligible))]


class Failover:
    def choose(
        self, order: Sequence[CredentialSpec], eligible: Sequence[CredentialSpec]
    ) -> CredentialSpec:
        return eligible[0]


# Given a source of chance in [0, 1).
STRATEGIES: Final[Mapping[PoolStrategy, Callable[[Callable[[], float]], Strategy]]] = {
    "round_robin": RoundRobin,
    "weighted": lambda _: Weighted(),
    "random": Random,
    "failover": lambda _: Failover(),
}

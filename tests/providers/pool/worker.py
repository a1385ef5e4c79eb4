"""A worker with one back-end, a clock that stands still, and credentials that answer as told."""

from collections import Counter
from typing import Any

from providers.adapters.base import Verdict, VerdictClass
from providers.pool import CredentialPool, StateChange
from providers.specs import CredentialSpec, PoolPolicy, ProviderSpec

WALL = 1_800_000_000.0
MODEL = "gpt-4o"


def credential(name: str, **fields: Any) -> CredentialSpec:
    return CredentialSpec(id=name, name=name, kind="api_key", **fields)


def provider(*credentials: CredentialSpec, **policy: Any) -> ProviderSpec:
    return ProviderSpec(
        id="p",
        slug="p",
        name="P",
        kind="openai",
        credentials=credentials,
        pool=PoolPolicy(**policy),
    )


class Worker:
    def __init__(self, spec: ProviderSpec, *, chance: float = 0.5, workers: int = 1) -> None:
        self.spec = spec
        self.now = 1_000.0
        self.chance = chance
        self.pool = CredentialPool(chance=lambda: self.chance, workers=workers)
        self.pool.configure([spec], now=self.now)

    @property
    def wall(self) -> float:
        return WALL + self.now

    def change(self, spec: ProviderSpec) -> None:
        self.spec = spec
        self.pool.configure([spec], now=self.now)

    def pick(self, model: str = MODEL, *tried: str, panic: bool = False) -> str | None:
        chosen = self.pool.pick(
            self.spec, model, tried=tried, now=self.now, wall=self.wall, panic=panic
        )
        return None if chosen is None else chosen.id

    def eligible(self, model: str = MODEL, *, panic: bool = False) -> set[str]:
        found: set[str] = set()
        while (name := self.pick(model, *found, panic=panic)) is not None:
            found.add(name)
        return found

    def end(
        self,
        name: str,
        cls: VerdictClass = "ok",
        model: str = MODEL,
        *,
        began_at: float | None = None,
        **verdict: Any,
    ) -> tuple[StateChange, ...]:
        return self.pool.end(
            name, model, verdict=Verdict(cls=cls, **verdict), now=self.now, began_at=began_at
        )

    def begin(self, name: str, model: str = MODEL) -> None:
        """Whoever is called was picked, so the pool knows of it."""
        self.pick(model)
        self.pool.begin(name, model, now=self.now)

    def call(
        self, name: str, cls: VerdictClass = "ok", model: str = MODEL, **verdict: Any
    ) -> tuple[StateChange, ...]:
        self.begin(name, model)
        return self.end(name, cls, model, **verdict)

    def serve(self, times: int, answers: dict[str, VerdictClass] | None = None) -> Counter[str]:
        """Who was called how often; a failure goes on to the next credential."""
        called: Counter[str] = Counter()
        for _ in range(times):
            tried: list[str] = []
            while (name := self.pick(MODEL, *tried)) is not None:
                called[name] += 1
                self.pool.begin(name, MODEL, now=self.now)
                cls: VerdictClass = (answers or {}).get(name, "ok")
                self.end(name, cls)
                if cls == "ok":
                    break
                tried.append(name)
        return called

    def state(self, name: str, model: str | None = None) -> str:
        states = {(row.credential_id, row.model): row for row in self.pool.states(now=self.now)}
        row = states.get((name, model))
        return "active" if row is None else row.state

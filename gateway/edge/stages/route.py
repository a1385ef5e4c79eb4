"""Stage 3: the name asked for, to the targets that may serve it, best first."""

from collections.abc import Awaitable, Container, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from accounts.specs import KeySpec
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.memory.kept_answers import RESPONSES
from gateway.edge.operations.kept_operations import KEPT_OPERATIONS
from gateway.edge.operations.operation import Operation
from gateway.edge.questions.following import follow
from gateway.edge.runtime import Runtime
from gateway.snapshot.snapshot import Snapshot
from protocols.errors import Problem
from protocols.registry import (
    CLIENT_CODECS,
    COUNT_CODECS,
    EMBEDDINGS_CODECS,
    EMBEDDINGS_UPSTREAM,
    UPSTREAM_CODECS,
)
from providers.specs import ProviderSpec, Surface, TargetSpec
from routing.names import BadReference, Match, checked

MAX_CANDIDATES: Final = 8
COUNTING: Final = "count_tokens"
# Who can be read, and who can be asked in other words than the client's.
SIDES: Final[Mapping[str, tuple[Container[str], Container[str]]]] = {
    "chat": (CLIENT_CODECS, UPSTREAM_CODECS),
    "embeddings": (EMBEDDINGS_CODECS, EMBEDDINGS_UPSTREAM),
    COUNTING: (COUNT_CODECS, COUNT_CODECS),
}
# Beside what a model's row says of it: who chats can count, and go on with what it has said.
NEEDED: Final[Mapping[str, str]] = dict.fromkeys(
    (COUNTING, "compact", *(operation.what for operation in KEPT_OPERATIONS)), "chat"
)
NO_SIDES: Final[tuple[Container[str], Container[str]]] = ((), ())
WHY_NOT: Final = {
    "disabled": "has it disabled",
    "draining": "is being drained",
    "dialect": "does not serve this path",
}


def route(exchange: Exchange, runtime: Runtime) -> Awaitable[None] | None:
    key, operation = exchange.key, exchange.arrival.operation
    assert key is not None  # noqa: S101 - authenticate has run
    runtime.herald.follow(exchange.snapshot)
    now = runtime.snapshots.now()
    matches = _named(exchange, key=key, now=now)
    if not allows(key, checked(exchange.model)):
        raise refusal(
            "permission",
            f"This API key may not use the model {exchange.model!r}.",
            code="model_not_allowed",
            param="model",
        )
    reachable = [match for match in matches if may_reach(key, match)]
    if not reachable:
        raise unknown_model(exchange.model, snapshot=exchange.snapshot, key=key, now=now)
    candidates, reasons = _candidates(reachable, operation=operation)
    if not candidates:
        if _is_counted_here(reachable, operation=operation):
            return None
        raise _none_serves(exchange.model, reachable, operation=operation, reasons=reasons)
    if any(candidate.provider.asked_last for candidate in candidates):
        candidates.sort(key=lambda candidate: candidate.provider.asked_last)
    if operation.dialect == RESPONSES or operation.body == RESPONSES:
        return _followed(exchange, runtime, candidates)
    exchange.candidates = tuple(candidates[:MAX_CANDIDATES])
    exchange.lane = candidates[0].lane
    return None


async def _followed(exchange: Exchange, runtime: Runtime, candidates: Sequence[Candidate]) -> None:
    """What a request goes on with may leave only one of them, whichever it is."""
    left = await follow(exchange, runtime, candidates)
    if left:  # else it is counted here
        exchange.candidates, exchange.lane = tuple(left[:MAX_CANDIDATES]), left[0].lane


def allows(key: KeySpec, name: str) -> bool:
    """By the key's lists, on the name as it was asked for."""
    if key.denied_models and fits_any(name, key.denied_models):
        return False
    return not key.allowed_models or fits_any(name, key.allowed_models)


def may_reach(key: KeySpec, match: Match) -> bool:
    if key.environment == "test" and not match.provider.simulated:
        return False
    if not key.restrict_served:
        return True
    return allows(key, match.target.public_name) or allows(key, match.qualified)


def fits_any(name: str, patterns: Iterable[str]) -> bool:
    return any(
        name == pattern or ("*" in pattern and fnmatchcase(name, _only_stars(pattern)))
        for pattern in patterns
    )


def _only_stars(pattern: str) -> str:
    """A glob in which `*` is the only special character."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _named(exchange: Exchange, *, key: KeySpec, now: float) -> Sequence[Match]:
    try:
        matches = exchange.snapshot.names.resolve(exchange.model, tenant_id=key.tenant_id, now=now)
    except BadReference as bad:
        raise refusal(
            "invalid_request", f"model is not valid: {bad}.", code="invalid_model", param="model"
        ) from None
    if not matches:
        raise unknown_model(exchange.model, snapshot=exchange.snapshot, key=key, now=now)
    return matches


def unknown_model(name: str, *, snapshot: Snapshot, key: KeySpec, now: float) -> GatewayError:
    near = snapshot.names.nearest(
        name,
        tenant_id=key.tenant_id,
        now=now,
        may=lambda other, match: allows(key, other) and may_reach(key, match),
    )
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return refusal(
        "not_found",
        f"The model {name!r} does not exist or is not available to this key.{hint}"
        " GET /v1/models lists what is.",
        param="model",
    )


def _candidates(
    matches: Iterable[Match], *, operation: Operation
) -> tuple[list[Candidate], list[str]]:
    candidates: list[Candidate] = []
    reasons: list[str] = []
    for match in matches:
        provider, target = match.provider, match.target
        reason = _dropped(provider, target)
        found = None if reason else candidate_of(provider, target, operation=operation)
        if found is not None:
            candidates.append(found)
        else:
            reasons.append(reason or "dialect")
    return candidates, reasons


def _is_counted_here(matches: Iterable[Match], *, operation: Operation) -> bool:
    """Where no vendor of the model counts, the gateway guesses."""
    return operation.what == COUNTING and any(
        "chat" in match.target.operations and not _dropped(match.provider, match.target)
        for match in matches
    )


def _dropped(provider: ProviderSpec, target: TargetSpec) -> str:
    if not provider.enabled or not target.enabled:
        return "disabled"
    return "draining" if provider.draining else ""


def candidate_of(
    provider: ProviderSpec, target: TargetSpec, *, operation: Operation
) -> Candidate | None:
    """In the client's own dialect where the provider speaks it, else in one it does speak."""
    surface = native_surface(provider, target, operation=operation)
    if surface is not None:
        return Candidate(provider=provider, target=target, surface=surface)
    surface = translated_surface(provider, target, operation=operation)
    if surface is None:
        return None
    return Candidate(provider=provider, target=target, surface=surface, lane="translation")


def translated_surface(
    provider: ProviderSpec, target: TargetSpec, *, operation: Operation
) -> Surface | None:
    """The first one of which both sides are known."""
    what = operation.what
    clients, vendors = SIDES.get(what, NO_SIDES)
    if NEEDED.get(what, what) not in target.operations or operation.dialect not in clients:
        return None
    for surface in provider.surfaces:
        is_spoken = not target.dialects or surface.dialect in target.dialects
        if is_spoken and what in surface.paths and surface.dialect in vendors:
            return surface
    return None


def native_surface(
    provider: ProviderSpec, target: TargetSpec, *, operation: Operation
) -> Surface | None:
    """The surface on which the target speaks the client's dialect and does what is asked."""
    dialect = operation.dialect
    if not operation.forwarded:
        return None
    if target.dialects and dialect not in target.dialects:
        return None
    if NEEDED.get(operation.what, operation.what) not in target.operations:
        return None
    for surface in provider.surfaces:
        if surface.dialect == dialect and operation.what in surface.paths:
            return surface
    return None


def _none_serves(
    model: str, matches: Sequence[Match], *, operation: Operation, reasons: Sequence[str]
) -> GatewayError:
    if operation.passed and all(reason == "dialect" for reason in reasons):
        return _not_passed(model, operation=operation)
    if all(reason == "dialect" for reason in reasons):
        spoken = sorted(
            {surface.dialect for match in matches for surface in match.provider.surfaces}
        )
        return refusal(
            "unsupported",
            f"The model {model!r} does not serve {operation.path}: it speaks {', '.join(spoken)}"
            f" and does {', '.join(sorted(matches[0].target.operations))}."
            " Choose another model or the path of one of these.",
            code="unsupported_endpoint",
            param="model",
        )
    why = "; ".join(
        f"{match.provider.slug} {WHY_NOT[reason]}"
        for match, reason in zip(matches, reasons, strict=True)
    )
    return GatewayError(
        Problem(
            kind="overloaded",
            message=f"No provider of {model!r} takes requests at the moment: {why}.",
            code="no_candidate",
            retry_after=5,
        )
    )


def _not_passed(model: str, *, operation: Operation) -> GatewayError:
    return refusal(
        "unsupported",
        f"The model {model!r} does not serve {operation.path}. For that, {operation.what!r} must be"
        " among the `operations` of the model at a provider that speaks OpenAI's API, and it must"
        " have a price.",
        code="unsupported_endpoint",
        param="model",
    )

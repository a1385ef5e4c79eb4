"""How an exchange is shown: in lists, in exports, live, and alone with its steps. Pure but for the
names it is given."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from billing.models import CostRecord
from billing.money import usd
from billing.record import USAGE
from billing.request_facts import RUNNING, Facts, shown_id
from providers.usage import CLASSES

MAX_SPANS: Final = 500


class Names(Protocol):
    def key(self, key_id: str) -> dict[str, Any] | None: ...

    def user(self, user_id: str | None) -> dict[str, Any] | None: ...


def row_of(facts: Facts, names: Names) -> dict[str, Any]:
    is_running = facts.status == RUNNING
    return {
        "id": shown_id(facts.request_id),
        "time": facts.time,
        "status": facts.status,
        "http_status": facts.http_status or None,
        "error_code": facts.error_code,
        "requested_model": facts.requested_model,
        "served_model": facts.served_model,
        "provider": facts.provider,
        "key": names.key(facts.key_id),
        "user": names.user(facts.user_id),
        "session": facts.session_hash,
        "dialect": facts.dialect,
        "target_dialect": facts.target_dialect,
        "operation": facts.operation,
        "lane": facts.lane,
        "source": facts.source,
        "stream": facts.stream,
        "tokens": {
            "in": facts.tokens_in,
            "out": facts.tokens_out,
            "cached": facts.tokens_cached,
        },
        "ttft_ms": facts.ttft_ms,
        "latency_ms": None if is_running else facts.latency_ms,
        "overhead_ms": None if is_running else round(facts.overhead_us / 1000, 1),
        "tok_s": facts.tok_s,
        "cost": facts.cost,
        "priced": facts.priced,
        "attempts": facts.attempts,
        "fallback": facts.fallback,
        "cache": facts.cache_state,
        "degraded": list(facts.degraded),
        "simulated": facts.simulated,
    }


def detail_of(
    row: Mapping[str, Any],
    facts: Facts,
    records: Sequence[CostRecord],
    *,
    suffixes: Mapping[UUID, str],
    own_providers: Collection[UUID],
    sees_cost: bool,
) -> dict[str, Any]:
    """`records`: all of the exchange. `attempts` is the list of them, no figure."""
    attempts = [record for record in records if record.kind == USAGE]
    spans: Sequence[Sequence[Any]] = next((one.spans for one in attempts if one.final), [])
    steps = [_step(span) for span in spans[:MAX_SPANS]]
    return {
        **row,
        "started_at": facts.time,
        "finished_at": facts.time + timedelta(milliseconds=facts.latency_ms),
        "spans": steps,
        "attempts": [
            {
                **_attempt(record, suffixes=suffixes),
                # Of the platform's accounts with vendors a tenant is told nothing.
                "credential": record.credential
                if sees_cost or record.provider_id in own_providers
                else "",
                **_times(steps, record.attempt),
                "cost": _cost(record) if sees_cost or _is_charged_as_is(record) else None,
            }
            for record in attempts
        ],
        "parts": [],
    }


def _step(span: Sequence[Any]) -> dict[str, Any]:
    name, start_us, end_us, side, attempt = span
    return {
        "name": name,
        "start_ms": start_us / 1000,
        "end_ms": end_us / 1000,
        "side": side,
        "attempt": attempt,
    }


def _attempt(record: CostRecord, *, suffixes: Mapping[UUID, str]) -> dict[str, Any]:
    used = {name: getattr(record, name) for name in CLASSES}
    return {
        "attempt": record.attempt,
        "provider": record.provider,
        "credential_suffix": suffixes.get(record.credential_id, "") if record.credential_id else "",
        "upstream_name": record.upstream_name,
        "target_dialect": record.target_dialect,
        "status": record.status,
        "http_status": record.http_status or None,
        "error_code": record.error_code,
        "tokens": {name: units for name, units in used.items() if units},
        "difference": _difference(record.difference),
    }


def _difference(told: Sequence[Any] | None) -> dict[str, Any] | None:
    """`told`: as in frames.Difference."""
    if told is None:
        return None
    changes, more = told
    return {
        "fields": [
            {"field": field, "client": _side(was, was_value), "provider": _side(now, now_value)}
            for field, was, now, was_value, now_value in changes
        ],
        "more": more,
    }


def _side(size: int | None, value: str | None) -> dict[str, Any] | None:
    return None if size is None and value is None else {"bytes": size, "value": value}


def _times(steps: Sequence[Mapping[str, Any]], attempt: int) -> dict[str, Any]:
    own = [step for step in steps if step["attempt"] == attempt]
    return {
        "started_ms": min((step["start_ms"] for step in own), default=None),
        "ended_ms": max((step["end_ms"] for step in own), default=None),
    }


def _cost(record: CostRecord) -> str | None:
    return None if record.cost_nano is None else usd(record.cost_nano)


def _is_charged_as_is(record: CostRecord) -> bool:
    """Then what it cost is no secret of the platform."""
    return not record.markup_bp and record.charge_price_id is None

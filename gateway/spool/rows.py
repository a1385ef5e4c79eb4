"""An END as a row of the books. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from billing.record import Record
from gateway.spool.frames import End, Outcome

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
JSON: Final = msgspec.json.Encoder()


class NoRow(Exception):
    """What the frame says cannot be a row; the message says why."""


def record_of(end: End) -> Record:
    """Raises NoRow."""
    try:
        started_at = EPOCH + timedelta(microseconds=end.started_us)
        request_id = str(UUID(end.request_id))
    except (OverflowError, ValueError) as error:
        raise NoRow(str(error)) from None
    who, what, tariff, outcome = end.subject, end.errand, end.tariff, end.outcome
    tokens, money = end.tokens, end.money
    return Record(
        tenant_id=who.tenant_id,
        started_at=started_at,
        request_id=request_id,
        attempt=end.attempt,
        team_id=who.team_id,
        user_id=who.user_id,
        key_id=who.key_id,
        source=who.source,
        session_hash=who.session_hash,
        agent_hash=who.agent_hash,
        parent_agent_hash=who.parent_agent_hash,
        tags=who.tags,
        dialect=what.dialect,
        operation=what.operation,
        lane=what.lane,
        requested_model=what.requested_model,
        served_model=what.served_model,
        provider_id=what.provider_id,
        provider=what.provider,
        credential_id=what.credential_id,
        credential=what.credential,
        upstream_name=what.upstream_name,
        rule_id=what.rule_id,
        stream=what.stream,
        cache_state=what.cache_state,
        degraded=what.degraded,
        target_dialect=what.target_dialect,
        simulated=who.simulated,
        byok=who.byok,
        in_fresh=tokens.in_fresh,
        in_cache_read=tokens.in_cache_read,
        in_cache_write_5m=tokens.in_cache_write_5m,
        in_cache_write_30m=tokens.in_cache_write_30m,
        in_cache_write_1h=tokens.in_cache_write_1h,
        in_cache_write_12h=tokens.in_cache_write_12h,
        in_audio=tokens.in_audio,
        in_image=tokens.in_image,
        in_video=tokens.in_video,
        out_text=tokens.out_text,
        out_reasoning=tokens.out_reasoning,
        out_audio=tokens.out_audio,
        out_image=tokens.out_image,
        web_search_calls=tokens.web_search_calls,
        images=tokens.images,
        seconds=tokens.seconds,
        usage_source=tokens.usage_source,
        flags=tokens.flags,
        usage_raw=msgspec.Raw(tokens.usage_raw) if tokens.usage_raw else None,
        price_id=tariff.price_id,
        price_version=tariff.price_version,
        multiplier=tariff.multiplier,
        markup_bp=tariff.markup_bp,
        variant=tariff.variant,
        charge_price_id=tariff.charge_price_id,
        cost_nano=money.cost_nano,
        charge_nano=money.charge_nano,
        notional_nano=money.notional_nano,
        cost_certainty=money.cost_certainty,
        final=outcome.final,
        status=outcome.status,
        http_status=outcome.http_status,
        error_code=outcome.error_code,
        terminated=outcome.terminated,
        attempts=outcome.attempts,
        latency_ms=outcome.latency_ms,
        ttft_ms=outcome.ttft_ms,
        overhead_us=outcome.overhead_us,
        output_ms=outcome.output_ms,
        spans=msgspec.Raw(JSON.encode(outcome.spans)),
        difference=_difference(outcome),
        tenant_epoch=who.epoch,
        budgets=end.budgets,
        node=end.node,
    )


def _difference(outcome: Outcome) -> msgspec.Raw | None:
    found = outcome.difference
    return None if found is None else msgspec.Raw(JSON.encode(found))

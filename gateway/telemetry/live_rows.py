"""Feeds the live view: one stream per tenant, told by the shipper.

Laws: a stream holds about the last MAX_ROWS rows and goes with the last day of silence; a Redis
that is out costs the shipper TIMEOUT_S each RETRY_S, and the live view the rows of that time.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from billing.request_facts import ENCODER, RUNNING, Facts, tokens_in, tokens_out
from gateway.spool.frames import End, Start
from gateway.spool.shipment import Shipment

MAX_ROWS: Final = 10_000
KEPT_S: Final = 86_400
TIMEOUT_S: Final = 0.25
RETRY_S: Final = 1.0
FIELD: Final = "row"

log = structlog.get_logger(__name__)


def live_key(tenant_id: str) -> str:
    return f"sy:live:{{t{tenant_id}}}"


class LiveRows:
    """A follower of the shipper."""

    holds: Final = False  # what a viewer has missed is in the books

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._clock = clock
        self._out_until = 0.0

    @classmethod
    def of_url(cls, url: str) -> "LiveRows":
        """Connects when first used."""
        client = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
        )
        return cls(client)

    def follow(self, shipment: Shipment) -> None:
        if self._clock() < self._out_until:
            return
        try:
            self._add(shipment)
        except RedisError as error:
            if not self._out_until:
                log.warning("live_rows_not_told", error=type(error).__name__)
            self._out_until = self._clock() + RETRY_S
            return
        self._out_until = 0.0

    def close(self) -> None:
        self._redis.close()

    def _add(self, shipment: Shipment) -> None:
        tenants = set()
        with self._redis.pipeline(transaction=False) as pipeline:
            for tenant_id, facts in rows_of(shipment):
                key = live_key(tenant_id)
                tenants.add(key)
                row = {FIELD: ENCODER.encode(facts)}
                pipeline.xadd(key, row, maxlen=MAX_ROWS, approximate=True)  # type: ignore[arg-type]  # its dict is invariant
            for key in tenants:
                pipeline.expire(key, KEPT_S)
            if tenants:
                pipeline.execute()


def rows_of(shipment: Shipment) -> Iterator[tuple[str, Facts]]:
    """With their tenants: what is still running, then what has ended."""
    ended = {landed.end.request_id for landed in shipment.landed if landed.end.outcome.final}
    for start in shipment.starts:
        if start.request_id not in ended:
            yield start.subject.tenant_id, _of_start(start)
    for landed in shipment.landed:
        if landed.kind == "usage" and landed.end.outcome.final:
            yield landed.end.subject.tenant_id, _of_end(landed.end)


def _of_start(start: Start) -> Facts:
    return _facts(start, status=RUNNING, attempts=start.attempt + 1)


def _of_end(end: End) -> Facts:
    outcome, tokens = end.outcome, end.tokens
    return _facts(
        end,
        status=outcome.status,
        http_status=outcome.http_status,
        error_code=outcome.error_code,
        tokens_in=tokens_in(tokens),
        tokens_out=tokens_out(tokens),
        tokens_cached=tokens.in_cache_read,
        ttft_ms=outcome.ttft_ms,
        latency_ms=outcome.latency_ms,
        overhead_us=outcome.overhead_us,
        output_ms=outcome.output_ms,
        charge_nano=end.money.charge_nano,
        priced=end.money.cost_nano is not None or end.tariff.charge_price_id is not None,
        attempts=outcome.attempts,
    )


def _facts(frame: Start | End, **known: object) -> Facts:
    subject, errand = frame.subject, frame.errand
    return Facts(
        request_id=frame.request_id,
        started_us=frame.started_us,
        requested_model=errand.requested_model,
        served_model=errand.served_model,
        provider_id=errand.provider_id,
        provider=errand.provider,
        credential_id=errand.credential_id,
        credential=errand.credential,
        key_id=subject.key_id,
        team_id=subject.team_id,
        user_id=subject.user_id,
        session_hash=subject.session_hash,
        source=subject.source,
        dialect=errand.dialect,
        lane=errand.lane,
        stream=errand.stream,
        cache_state=errand.cache_state,
        degraded=errand.degraded,
        simulated=subject.simulated,
        target_dialect=errand.target_dialect,
        operation=errand.operation,
        **known,  # type: ignore[arg-type]  # fields of Facts
    )

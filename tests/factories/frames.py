"""Frames of exchanges that went well, but for what a test says of them."""

from typing import Any, Final

import msgspec

from accounts.ids import new_id
from gateway.spool.frames import (
    VERSION,
    End,
    Errand,
    Money,
    Outcome,
    Start,
    Subject,
    Tokens,
)
from gateway.spool.shipment import Landed, Shipment

STARTED_US: Final = 1_770_201_000_000_000  # 2026-02-04T10:30:00Z
TENANT_ID: Final = "0198c0de-0000-7000-8000-000000000001"


def with_fields(struct: Any, fields: dict[str, Any]) -> Any:
    """Fields of the struct, or of one of its parts, by their own names."""
    own = {name: fields.pop(name) for name in struct.__struct_fields__ if name in fields}
    for name in struct.__struct_fields__:
        part = getattr(struct, name)
        if isinstance(part, msgspec.Struct) and fields:
            own[name] = with_fields(part, fields)
    return msgspec.structs.replace(struct, **own)


def start_frame(**fields: Any) -> Start:
    made: Start = with_fields(
        Start(
            v=VERSION,
            request_id=str(new_id()),
            started_us=STARTED_US,
            attempt=0,
            node="n1",
            subject=Subject(tenant_id=TENANT_ID, tenant="acme", key_id="key_0123456789ab"),
            errand=Errand(
                dialect="openai_chat",
                operation="chat",
                requested_model="fast",
                lane="native",
                served_model="mock-1",
                provider="mock",
                credential="primary",
            ),
        ),
        fields,
    )
    assert not fields
    return made


def end_frame(**fields: Any) -> End:
    start = start_frame()
    made: End = with_fields(
        End(
            v=VERSION,
            request_id=start.request_id,
            started_us=STARTED_US,
            attempt=0,
            node="n1",
            subject=start.subject,
            errand=start.errand,
            tariff=start.tariff,
            tokens=Tokens(in_fresh=100, in_cache_read=50, out_text=300, out_reasoning=20),
            money=Money(cost_nano=123_000, charge_nano=123_000),
            outcome=Outcome(
                final=True,
                status="ok",
                http_status=200,
                error_code="",
                terminated="complete",
                attempts=1,
                latency_ms=1_250,
                ttft_ms=200,
                overhead_us=310,
                output_ms=1_000,
            ),
        ),
        fields,
    )
    assert not fields
    return made


def shipped(*ends: End, starts: tuple[Start, ...] = ()) -> Shipment:
    landed = tuple(Landed(end=end, kind="usage", new=True) for end in ends)
    return Shipment(starts=starts, landed=landed)

"""What a worker writes of an exchange, and how it lies in a file. Pure.

    frame = u32le length | u32le CRC-32 | payload          payload = msgpack array, ≤ 64 KiB
    payload[0] = kind: S start, C checkpoint, E end; payload[1] = schema version

Laws: fields are only ever added, at the end and with a default; unknown trailing elements are
passed over; a version above VERSION is nobody's to guess. Never a body, never a secret. A frame
that is too long loses what can be missed; money, tokens and names are never left out.
"""

import zlib
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

VERSION: Final = 1
HEADER_BYTES: Final = 8
MAX_PAYLOAD_BYTES: Final = 65_536
MAX_RAW_BYTES: Final = 4_096  # of the vendor's usage object
TRUNCATED: Final = "truncated"  # among the flags of what has been made shorter to fit

Lane: TypeAlias = Literal["native", "translation", "none"]
Status: TypeAlias = Literal[
    "ok", "client_error", "upstream_error", "blocked", "limited", "canceled", "interrupted",
]  # fmt: skip
Terminated: TypeAlias = Literal[
    "complete", "client_closed", "budget_cut", "timeout", "upstream", "guardrail", "drained",
    "refused", "crash",
]  # fmt: skip
Certainty: TypeAlias = Literal["exact", "estimated", "possible"]


class Subject(Struct, frozen=True, array_like=True):
    """Who asks. Ids of people, teams and tenants are UUIDs as text."""

    tenant_id: str
    tenant: str  # its slug
    key_id: str  # key_…
    source: str = "api"
    team_id: str | None = None
    user_id: str | None = None
    session_hash: str = ""
    agent_hash: str = ""
    parent_agent_hash: str = ""
    tags: tuple[str, ...] = ()
    simulated: bool = False  # the mock, or a test key: rated, never billed
    byok: bool = False  # the client's own vendor key: costs nobody here anything
    epoch: int = 0  # of the tenant's counters


class Errand(Struct, frozen=True, array_like=True):
    """What is asked, and of whom."""

    dialect: str
    operation: str  # chat, embeddings, count_tokens
    requested_model: str
    stream: bool = False
    lane: Lane = "none"
    served_model: str = ""  # public name of the target
    provider_id: str | None = None
    provider: str = ""  # slug
    credential_id: str | None = None
    credential: str = ""  # name
    upstream_name: str = ""
    rule_id: str | None = None
    cache_state: str = "none"
    degraded: tuple[str, ...] = ()
    target_dialect: str = ""  # in which it went on


class Tariff(Struct, frozen=True, array_like=True):
    """By what the attempt is rated; price_id None: nobody knows a price."""

    price_id: str | None = None
    price_version: str = ""
    multiplier: str = "1"  # of the provider
    markup_bp: int = 0  # of the tenant
    variant: str = ""  # flex, batch, priority, fast
    charge_price_id: str | None = None  # the tenant's own price, where it has one


class Tokens(Struct, frozen=True, array_like=True):
    """The disjoint classes, as columns of `cost_records`."""

    in_fresh: int = 0
    in_cache_read: int = 0
    in_cache_write_5m: int = 0
    in_cache_write_30m: int = 0
    in_cache_write_1h: int = 0
    in_cache_write_12h: int = 0
    in_audio: int = 0
    in_image: int = 0
    in_video: int = 0
    out_text: int = 0
    out_reasoning: int = 0
    out_audio: int = 0
    out_image: int = 0
    web_search_calls: int = 0
    images: int = 0
    seconds: int = 0
    usage_source: str = "provider"  # provider, estimate, mixed
    flags: tuple[str, ...] = ()
    usage_raw: bytes = b""  # the vendor's object as JSON, at most MAX_RAW_BYTES, else empty


class Money(Struct, frozen=True, array_like=True):
    cost_nano: int | None = 0  # None: unpriced
    charge_nano: int = 0
    notional_nano: int = 0
    cost_certainty: Certainty = "exact"


class Span(Struct, frozen=True, array_like=True):
    """A step of the waterfall, in microseconds since the request arrived."""

    name: str
    start_us: int
    end_us: int
    side: Literal["gateway", "upstream"] = "gateway"
    attempt: int | None = None


class Change(Struct, frozen=True, array_like=True):
    """A field at the top of a body that went up otherwise than it came."""

    field: str
    was: int | None = None  # bytes; None: absent, or in the path where there is a value
    now: int | None = None
    was_value: str | None = None  # only of what is no text, and of the model's name
    now_value: str | None = None


class Difference(Struct, frozen=True, array_like=True):
    """Between the body of the client and what the vendor was sent."""

    fields: tuple[Change, ...] = ()
    more: int = 0  # for which there was no room


class Outcome(Struct, frozen=True, array_like=True):
    final: bool
    status: Status
    http_status: int
    error_code: str
    terminated: Terminated
    attempts: int
    latency_ms: int
    ttft_ms: int | None = None
    overhead_us: int = 0
    output_ms: int | None = None  # from the first content to the end
    spans: tuple[Span, ...] = ()
    difference: Difference | None = None  # None: nothing was sent, or nobody has compared


class Start(Struct, frozen=True, array_like=True, tag="S"):
    """Before the call to the vendor."""

    v: int
    request_id: str  # UUID
    started_us: int  # since 1970, UTC: when the exchange was admitted, the same for its attempts
    attempt: int
    node: str
    subject: Subject
    errand: Errand
    tariff: Tariff = Tariff()
    input_tokens: int = 0  # as estimated
    budgets: tuple[tuple[str, int], ...] = ()  # (budget.period, nano-USD or tokens) reserved


class Checkpoint(Struct, frozen=True, array_like=True, tag="C"):
    """Each second while output grows."""

    v: int
    request_id: str
    started_us: int
    attempt: int
    tokens: Tokens
    bytes_out: int


class End(Struct, frozen=True, array_like=True, tag="E"):
    """Of each finished attempt; of an exchange without one too."""

    v: int
    request_id: str
    started_us: int
    attempt: int
    node: str
    subject: Subject
    errand: Errand
    tariff: Tariff
    tokens: Tokens
    money: Money
    outcome: Outcome
    budgets: tuple[tuple[str, int], ...] = ()


Frame: TypeAlias = Start | Checkpoint | End

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Frame)
_VERSION_DECODER: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_INT: Final = msgspec.msgpack.Decoder(int)


class NewerVersion(Exception):
    """Written by a later release."""


class FrameTooLarge(Exception):
    """Whatever is left out of it."""


def encode(frame: Frame) -> bytes:
    """Raises FrameTooLarge."""
    payload = _ENCODER.encode(frame)
    if len(payload) > MAX_PAYLOAD_BYTES:
        payload = _fitting(frame)
    return len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload


def _fitting(frame: Frame) -> bytes:
    for shorter in _shorter(frame):
        payload = _ENCODER.encode(shorter)
        if len(payload) <= MAX_PAYLOAD_BYTES:
            return payload
    raise FrameTooLarge(f"more than {MAX_PAYLOAD_BYTES} bytes")


def _shorter(frame: Frame) -> Iterator[Frame]:
    """Each without something more."""
    if not isinstance(frame, Start):
        flags = (*frame.tokens.flags, TRUNCATED)
        frame = replace(frame, tokens=replace(frame.tokens, usage_raw=b"", flags=flags))
        yield frame
    if isinstance(frame, End):
        frame = replace(frame, outcome=replace(frame.outcome, spans=()))
        yield frame
        frame = replace(frame, outcome=replace(frame.outcome, difference=None))
        yield frame
    if not isinstance(frame, Checkpoint):
        frame = replace(frame, subject=replace(frame.subject, tags=()))
        yield frame
        yield replace(frame, errand=replace(frame.errand, degraded=()))


def decode(payload: bytes) -> Frame:
    """Raises NewerVersion, or msgspec.MsgspecError for what is no frame at all."""
    parts = _VERSION_DECODER.decode(payload)
    if len(parts) > 1 and _INT.decode(parts[1]) > VERSION:
        raise NewerVersion(f"schema version {_INT.decode(parts[1])}, known is {VERSION}")
    frame: Frame = _DECODER.decode(payload)
    return frame

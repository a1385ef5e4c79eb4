"""What lists, filters and the live view know of one exchange. Pure.

Laws: facts are the same whether they come from `cost_records` or from a frame on its way there;
fields are only ever added, with a default, so that rows of an older release can be read.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from billing.money import usd
from providers.usage import IN_CLASSES, OUT_CLASSES

REQUEST_ID_PREFIX: Final = "req_"
RUNNING: Final = "running"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of an exchange: its final record, or its start while it runs."""

    request_id: str  # UUID
    started_us: int  # since 1970, UTC
    status: str
    http_status: int = 0
    error_code: str = ""
    requested_model: str = ""
    served_model: str = ""
    provider_id: str | None = None
    provider: str = ""
    credential_id: str | None = None
    credential: str = ""
    key_id: str = ""
    team_id: str | None = None
    user_id: str | None = None
    session_hash: str = ""
    source: str = "api"
    dialect: str = ""
    lane: str = "none"
    stream: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    ttft_ms: int | None = None
    latency_ms: int = 0
    overhead_us: int = 0
    output_ms: int | None = None
    charge_nano: int = 0
    priced: bool = True
    attempts: int = 0
    cache_state: str = "none"
    degraded: tuple[str, ...] = ()
    simulated: bool = False
    target_dialect: str = ""
    operation: str = ""

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    @property
    def fallback(self) -> bool:
        """Whether it took more than the first try."""
        return self.attempts > 1

    @property
    def time(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.started_us)

    @property
    def tok_s(self) -> float | None:
        """Tokens a second from the first content on."""
        if not self.output_ms or not self.tokens_out:
            return None
        return round(self.tokens_out * 1000 / self.output_ms, 1)

    @property
    def cost(self) -> str | None:
        """Of what has no price, what its other attempts were charged."""
        is_known = self.status != RUNNING and (self.priced or self.charge_nano)
        return usd(self.charge_nano) if is_known else None


def tokens_in(tokens: object) -> int:
    """`tokens` has the disjoint classes as attributes: a frame's, or a record."""
    return sum(getattr(tokens, name) for name in IN_CLASSES)


def tokens_out(tokens: object) -> int:
    return sum(getattr(tokens, name) for name in OUT_CLASSES)


def shown_id(request_id: str) -> str:
    """As answers name it in x-request-id: `req_` and 32 hexadecimal digits."""
    return f"{REQUEST_ID_PREFIX}{request_id.replace('-', '')}"


def parse_request_id(text: str) -> UUID | None:
    """As answers name it, or a UUID; None for anything else."""
    try:
        return UUID(text.strip().lower().removeprefix(REQUEST_ID_PREFIX))
    except ValueError:
        return None


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


ENCODER: Final = msgspec.json.Encoder()
DECODER: Final = msgspec.json.Decoder(Facts)

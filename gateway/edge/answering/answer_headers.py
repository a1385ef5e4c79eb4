"""Headers of an answer to a client: ours, and the few of the vendor's that may pass.

Laws: a header of the vendor's passes only by name; no value with CR, LF or NUL ever does; what the
gateway says of itself begins with x-switchyard- or x-gateway-.
"""

import re
from collections.abc import Mapping
from typing import Final

from gateway.edge.errors import HeaderPairs
from gateway.edge.exchange import Attempt, Exchange
from gateway.edge.runtime import Runtime

# Rate limits are not among them: the client's limits are the gateway's. Neither is what may hold
# any words of the vendor's: it could repeat a credential.
PASSED: Final = ("content-type", "retry-after", "retry-after-ms", "x-should-retry")
STREAM_HEADERS: Final[HeaderPairs] = (
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
ID_HEADERS: Final[Mapping[str, bytes]] = {
    "anthropic.messages": b"request-id",
    "bedrock.converse": b"x-amzn-requestid",
}
ANTHROPIC: Final = "anthropic.messages"
ORGANIZATION: Final = b"anthropic-organization-id"
OPENAI: Final = "openai."
OPENAI_VERSION: Final = (b"openai-version", b"2020-10-01")
DEGRADED_MAX: Final = 512
NANO: Final = 1_000_000_000
# Without it the SDK of AWS does not know an error; behind the word there may be an address.
ERROR_TYPE_HEADER: Final = "x-amzn-errortype"
ERROR_TYPE: Final = re.compile(r"[A-Za-z]{1,64}")


def answer_headers(
    exchange: Exchange, runtime: Runtime, *, upstream: Mapping[str, str], stream: bytes = b""
) -> list[tuple[bytes, bytes]]:
    """In the order: the vendor's, the dialect's, the gateway's. `stream` is its content type."""
    headers = [
        (name.encode(), value.encode("latin-1", "replace"))
        for name in PASSED
        if (value := upstream.get(name)) is not None and _is_plain(value)
    ]
    if stream:
        headers = [pair for pair in headers if pair[0] != b"content-type"]
        headers.append((b"content-type", stream))
        headers += STREAM_HEADERS
    told = ERROR_TYPE.match(upstream.get(ERROR_TYPE_HEADER, ""))
    if told is not None and "bedrock" in {
        exchange.arrival.envelope,
        exchange.arrival.operation.dialect.partition(".")[0],
    }:
        headers.append((ERROR_TYPE_HEADER.encode(), told[0].encode()))
    headers += own_headers(exchange, runtime)
    return headers


def own_headers(exchange: Exchange, runtime: Runtime) -> list[tuple[bytes, bytes]]:
    """What every answer of an exchange carries, errors too."""
    arrival = exchange.arrival
    request_id = arrival.request_id.encode()
    dialect = arrival.operation.dialect
    now = runtime.clock()
    elapsed_ms = (now - arrival.began_at) * 1000
    upstream_ms = _upstream_ms(exchange, now=now)
    headers = [
        (b"x-switchyard-request-id", request_id),
        (b"x-gateway-request-id", request_id),
        (b"x-gateway-response-time", b"%d" % elapsed_ms),
        (b"x-switchyard-overhead-ms", b"%.3f" % max(0.0, elapsed_ms - upstream_ms)),
        (b"x-switchyard-attempts", b"%d" % len(exchange.attempts)),
    ]
    if dialect in ID_HEADERS:
        headers.append((ID_HEADERS[dialect], request_id))
        if dialect == ANTHROPIC and exchange.tenant is not None:
            headers.append((ORGANIZATION, exchange.tenant.id.encode()))
    elif dialect.startswith(OPENAI):
        headers.append((b"openai-processing-ms", b"%d" % elapsed_ms))
        headers.append(OPENAI_VERSION)
    if exchange.delivered is not None:
        candidate = exchange.delivered.candidate
        provider, model = candidate.provider.slug.encode(), candidate.target.public_name.encode()
        upstream_name = candidate.target.upstream_name.encode()
        if dialect.startswith(OPENAI):
            # Codex takes another name than the one it asked for as a sanction.
            headers.append((b"openai-model", named(exchange.model)))
        headers += (
            (b"x-switchyard-target", provider + b"/" + upstream_name),
            (b"x-gateway-provider", provider),
            (b"x-gateway-model", model),
        )
    if exchange.losses:
        headers.append((b"x-switchyard-degraded", degraded(exchange.losses)))
    return headers


def degraded(losses: list[str]) -> bytes:
    """Sorted, each once, in at most DEGRADED_MAX bytes; what does not fit is counted."""
    words = sorted(set(losses))
    said = ""
    for position, word in enumerate(words):
        more = f",{word}" if said else word
        if len(said) + len(more) > DEGRADED_MAX - 8:
            return f"{said},+{len(words) - position}".encode()
        said += more
    return said.encode()


def cost_headers(exchange: Exchange) -> HeaderPairs:
    """What it costs the tenant; of streams that is known after their headers have gone."""
    nano = exchange.charge_nano
    if nano is None:
        return ()
    dollars = f"{nano // NANO}.{nano % NANO:09}".rstrip("0").rstrip(".")
    return ((b"x-switchyard-cost-usd", dollars.encode()),)


def named(model: str) -> bytes:
    """As a header holds it: clients name models in any letters, and ours are for Latin-1."""
    return model.encode("ascii", "replace")


def _upstream_ms(exchange: Exchange, *, now: float) -> float:
    """Time spent waiting for vendors so far: of a stream, until it said something."""
    return sum(
        (_waited_until(attempt, exchange, now=now) - attempt.began_at) * 1000
        for attempt in exchange.attempts
    )


def _waited_until(attempt: Attempt, exchange: Exchange, *, now: float) -> float:
    if attempt.ended_at is not None:
        return attempt.ended_at
    if exchange.delivered is attempt and exchange.first_content_at is not None:
        return exchange.first_content_at
    return now


def _is_plain(value: str) -> bool:
    return not any(char in value for char in "\r\n\0")

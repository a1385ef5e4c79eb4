"""How long a vendor is waited for."""

from typing import Final

from gateway.edge.egress.upstream import Deadlines
from gateway.edge.exchange import Candidate, Exchange

POOL_WAIT_S: Final = 2.0


def deadlines_of(
    exchange: Exchange, candidate: Candidate, *, asked_by: float, most_s: float | None
) -> Deadlines:
    """`asked_by`: when the client wants all to be over; `most_s`: of a stream."""
    limits = candidate.provider.timeouts
    total_s = limits.total_ms / 1000
    if exchange.asked_stream and most_s:
        total_s = min(total_s, most_s)
    return Deadlines(
        connect_s=limits.connect_ms / 1000,
        pool_s=POOL_WAIT_S,
        headers_s=first_within_s(candidate, stream=exchange.asked_stream),
        idle_s=limits.idle_ms / 1000,
        total_at=min(asked_by, exchange.arrival.began_at + total_s),
    )


def first_within_s(candidate: Candidate, *, stream: bool) -> float:
    """The first word of an answer that is not streamed comes when all of it has been made."""
    limits = candidate.provider.timeouts
    if not stream:
        return max(limits.ttft_ms, limits.reasoning_ttft_ms) / 1000
    return (limits.reasoning_ttft_ms if candidate.target.reasoning else limits.ttft_ms) / 1000

"""A batch of embeddings that its vendor takes in parts: one attempt, several calls.

Laws: parts are asked one after another, of the same target with the same credential; what one of
them answers badly is the answer to all; what those before it used is kept for the record; whoever
left asks for no more; parts together are no larger than one answer may be.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from gateway.edge.answering.watching import Watch
from gateway.edge.egress.upstream import TooLarge, UpstreamAnswer, UpstreamFault
from gateway.edge.errors import ClientLeft, refusal
from gateway.edge.exchange import Attempt, Exchange, Parts
from protocols import batches, ir
from protocols.codec import EmbeddingsUpstream
from protocols.errors import DecodeError, ProtocolError
from protocols.native import NativeDialect
from protocols.registry import EMBEDDINGS_CODECS

MOST_PARTS: Final = 64
ANSWER_MAX_BYTES: Final = 67_108_864


class Batch(Struct, frozen=True, kw_only=True):
    """In the vendor's dialect."""

    requests: tuple[ir.EmbeddingRequest, ...]
    bodies: tuple[bytes, ...]
    upstream: EmbeddingsUpstream
    native: NativeDialect

    def read(self, number: int, body: bytes) -> ir.EmbeddingResponse:
        """Raises ProtocolError."""
        answer = self.upstream.decode_response(body)
        asked, given = len(self.requests[number].inputs), len(answer.vectors)
        if asked != given or not all(map(memoryview, answer.vectors)):
            raise DecodeError("data", f"holds {given} vectors for {asked} inputs")
        return answer

    def written(self, answers: list[ir.EmbeddingResponse]) -> bytes:
        """As one answer."""
        codec = EMBEDDINGS_CODECS[self.upstream.dialect]
        return codec.encode_response(batches.joined(answers), self.requests[0]).body


class WholeAnswer:
    """That has been read already."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, answer: UpstreamAnswer, body: bytes) -> None:
        self.status, self.headers = answer.status, answer.headers
        self._body = body

    async def read(self) -> bytes:
        body, self._body = self._body, b""
        return body

    async def whole(self) -> bytes:
        return await self.read()

    def abort(self) -> None:
        """There is no socket any more."""


def divided(request: ir.EmbeddingRequest, most: int) -> tuple[ir.EmbeddingRequest, ...]:
    """Raises GatewayError."""
    parts = batches.divided(request, most)
    if len(parts) > MOST_PARTS:
        message = f"input holds {len(request.inputs)}, and at most {MOST_PARTS * most} are served."
        raise refusal("invalid_request", message, param="input")
    return parts


async def in_parts(
    exchange: Exchange,
    made: Attempt,
    batch: Batch,
    *,
    send: Callable[[bytes], Awaitable[UpstreamAnswer]],
    watch: Watch,
    within_s: float,
) -> UpstreamAnswer:
    """All of it, or the first answer that is none; raises UpstreamFault, ProtocolError.

    `within_s`: how long the body of an answer may take.
    """
    parts = made.parts = Parts()
    answers: list[ir.EmbeddingResponse] = []
    size = 0
    for number, asked in enumerate(batch.bodies):
        if exchange.client_gone:
            raise ClientLeft
        parts.open_bytes = len(asked)
        answer = await _sent(parts, send(asked))
        watch.expect("idle", since=watch.clock(), within_s=within_s)
        body = await _read(answer)
        if not 200 <= answer.status < 300:
            parts.open_bytes = 0
            return WholeAnswer(answer, body)
        size += len(body)
        usage, _ = batch.native.usage(body)
        if usage is not None:
            parts.answered(usage)
        try:
            batch.upstream.decode_response(body)
        except ProtocolError:
            return WholeAnswer(answer, body)
        if usage is None:
            parts.answered(ir.Usage())
        answers.append(batch.read(number, body))
        if size > ANSWER_MAX_BYTES:
            raise TooLarge("the answers", limit_bytes=ANSWER_MAX_BYTES)
    return WholeAnswer(answer, batch.written(answers))


async def _sent(parts: Parts, sending: Awaitable[UpstreamAnswer]) -> UpstreamAnswer:
    try:
        return await sending
    except UpstreamFault as fault:
        if not fault.sent:
            parts.open_bytes = 0
        raise


async def _read(answer: UpstreamAnswer) -> bytes:
    try:
        return await answer.whole()
    finally:
        answer.abort()

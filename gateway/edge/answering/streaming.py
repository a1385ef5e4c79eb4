"""An answer on its way from the vendor to the client.

Laws: whole events only, byte for byte; nothing goes out before the first content, so that a failure
until then is nobody's business; then exactly one terminal event, and not before the exchange has
been recorded; one read at a time, and none while the client has not taken what was read before it.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from gateway.edge.accounting.books import UNAVAILABLE, unavailable, withheld
from gateway.edge.answering.answer_headers import answer_headers, cost_headers
from gateway.edge.answering.watching import Watch
from gateway.edge.egress.upstream import UpstreamAnswer, UpstreamFault
from gateway.edge.errors import ClientLeft, GatewayError
from gateway.edge.exchange import Attempt, Exchange
from gateway.edge.memory.seals import BARE
from gateway.edge.messages import RESPONSE_BODY, RESPONSE_START
from gateway.edge.operations.listed import in_list
from gateway.edge.passages.passage import Passage
from gateway.edge.passages.wrapping import wants_array, wrapping_of
from gateway.edge.runtime import Runtime

if TYPE_CHECKING:
    from protocols.native import NativeDialect

Record: TypeAlias = Callable[[Exchange, Runtime], None]

CHECKPOINT_EACH_S: Final = 1.0  # so much of a stream a crash may cost
LINGER_S: Final = 0.5  # how long an answer may take to end after its last event


class Delivery:
    """The response of one exchange, from its first header to its last byte."""

    __slots__ = (
        "_bare",
        "_beat",
        "_exchange",
        "_native",
        "_open",
        "_ping",
        "_record",
        "_runtime",
        "_send",
        "_watch",
        "_wrapping",
        "_writer",
    )

    def __init__(
        self, exchange: Exchange, runtime: Runtime, *, watch: Watch, record: Record
    ) -> None:
        """`record` runs right before the last bytes; it neither waits nor raises."""
        self._exchange = exchange
        self._record = record
        self._runtime = runtime
        self._watch = watch
        self._send = exchange.send
        self._native: NativeDialect = runtime.native[exchange.arrival.operation.dialect]
        self._wrapping = wrapping = wrapping_of(exchange) if exchange.asked_stream else None
        self._writer = None if wrapping is None else wrapping.writer
        self._ping = self._native.keepalive
        if wrapping is not None and wrapping.wraps_pings:
            self._ping = wrapping.writer.feed(self._ping)
        self._beat: asyncio.Task[None] | None = None
        self._open = False  # a stream, counted as such
        dialect = exchange.arrival.operation.dialect
        self._bare = BARE[dialect] if dialect in BARE else None  # noqa: SIM401 - costs no call

    async def pump(
        self, answer: UpstreamAnswer, passage: Passage, *, attempt: Attempt, idle_s: float
    ) -> bytes:
        """Forwards until the stream is over; the last event comes back, still to be sent.

        b"" where the vendor just closed. Raises UpstreamFault and FrameTooLarge.
        """
        exchange, watch, read = self._exchange, self._watch, answer.read
        feed, keeping = passage.feed, passage.keeping
        note = passage.note if self._bare is None else partial(self._note, passage)
        checkpoint_at = math.inf
        while chunk := await read():
            data = feed(chunk)
            note(exchange, data)
            if passage.open:
                if exchange.delivered is None:
                    exchange.delivered = attempt
                    now = watch.clock()
                    exchange.first_content_at = exchange.first_content_at or now
                    watch.expect("idle", since=now, within_s=idle_s)
                    exchange.usage = passage.observer.usage or exchange.usage
                    checkpoint_at = now + CHECKPOINT_EACH_S
                elif passage.meaningful:
                    watch.since = now = watch.clock()
                    if now >= checkpoint_at:
                        checkpoint_at = now + CHECKPOINT_EACH_S
                        self._runtime.books.checkpoint(exchange, attempt)
            # Whoever leaves meanwhile has been delivered to, as far as the books go.
            if keeping is not None and keeping.step.changed:
                await keeping.keep()
            if passage.over:
                return data
            if self._writer is not None and not passage.enclosed:
                data = self._writer.feed(data)
            if data and not exchange.client_gone:
                if not exchange.sending:
                    await self._begin(answer.headers)
                exchange.bytes_out += len(data)
                if not exchange.client_gone:
                    await self._out({"type": RESPONSE_BODY, "body": data, "more_body": True})
        return b""

    async def go_on(self, data: bytes, *, upstream: Mapping[str, str]) -> None:
        """What came before a pause: the rest of the stream is another call's."""
        exchange = self._exchange
        if self._bare is not None:
            self._hear(data, enclosed=False)
        if not exchange.sending:
            await self._begin(upstream)
        if self._writer is not None:
            data = self._writer.feed(data)
        if data and not exchange.client_gone:
            exchange.bytes_out += len(data)
            await self._out({"type": RESPONSE_BODY, "body": data, "more_body": True})

    async def finish(
        self, data: bytes, *, upstream: Mapping[str, str], enclosed: bool = False
    ) -> None:
        """The terminal event, with what came right before it."""
        self._watch.conclude()
        if self._bare is not None:
            self._hear(data, enclosed=enclosed)
        if not self._exchange.sending:
            await self._begin(upstream)
        await self.settle()
        exchange = self._exchange
        if not exchange.client_gone:
            exchange.bytes_out += len(data)
        if not await self._is_recorded():
            if exchange.media_type:
                return  # without an end, which would say that all is well
            data = self._native.error_event(withheld(exchange), exchange.arrival.request_id)
            enclosed = False
        if self._writer is not None and not enclosed:
            data = self._writer.feed(data) + self._writer.close()
        await self._last(data)

    async def break_off(self) -> None:
        """Ends an answer that has no word for what went wrong: its end is never sent."""
        self._watch.conclude()
        await self.settle()
        await self._is_recorded()

    async def whole(self, *, status: int, upstream: Mapping[str, str], body: bytes) -> None:
        exchange = self._exchange
        self._watch.conclude()
        exchange.answer_status = status
        if self._bare is not None:
            self._hear(body, enclosed=False)
        if self._wrapping is not None and wants_array(exchange):
            body = in_list(body)  # what went wrong instead of a stream
        headers = answer_headers(exchange, self._runtime, upstream=upstream)
        headers.append((b"content-length", b"%d" % len(body)))
        if not exchange.client_gone:
            exchange.bytes_out += len(body)
        is_recorded = await self._is_recorded()
        if exchange.client_gone:
            return  # read for its usage alone
        if not is_recorded:
            problem = withheld(exchange)
            raise unavailable() if problem is UNAVAILABLE else GatewayError(problem)
        exchange.sending = True
        headers += cost_headers(exchange)
        await self._out({"type": RESPONSE_START, "status": status, "headers": headers})
        await self._last(body)

    def _note(self, passage: Passage, exchange: Exchange, data: bytes) -> None:
        passage.note(exchange, data)
        self._hear(data, enclosed=passage.enclosed)

    def _hear(self, data: bytes, *, enclosed: bool) -> None:
        """Whether the client is told seals; of what is enclosed nobody can see it."""
        seals = self._exchange.seals
        if data and self._bare is not None and not seals.are_told:
            seals.are_told = enclosed or self._bare.search(data) is not None

    async def _is_recorded(self) -> bool:
        """Whether the end may be told."""
        if self._exchange.keeper is not None:
            await self._exchange.keeper.settle()
        self._record(self._exchange, self._runtime)
        return await self._runtime.books.settled() and not self._exchange.withheld

    def keep_alive(self) -> None:
        """To be called when the client has heard nothing for long."""
        if self._exchange.media_type:
            return  # sound has no word for it
        if self._beat is None or self._beat.done():
            # Begun here and now: whoever is to judge an answer meanwhile must know.
            start = None if self._exchange.sending else self._start({})
            self._beat = asyncio.create_task(self._keep_alive(start), name="keep-alive")

    def close(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        if self._open:
            self._runtime.metrics.stream_closed()

    async def _keep_alive(self, start: dict[str, object] | None) -> None:
        watch, clock = self._watch, self._runtime.clock
        watch.sends(clock())
        try:
            await self._open_and_ping(start)
        except OSError:
            return  # whoever sends next hears of it too
        finally:
            watch.sending_since = 0.0
            watch.quiet_since = clock()
            watch.arm()

    async def _open_and_ping(self, start: dict[str, object] | None) -> None:
        ping = self._ping
        if start is not None:
            await self._send(start)
        await self._send({"type": RESPONSE_BODY, "body": ping, "more_body": True})
        self._exchange.bytes_out += len(ping)

    async def _begin(self, upstream: Mapping[str, str]) -> None:
        await self.settle()
        if not self._exchange.sending and not self._exchange.client_gone:
            await self._out(self._start(upstream))

    def _start(self, upstream: Mapping[str, str]) -> dict[str, object]:
        exchange = self._exchange
        exchange.sending = self._open = True
        exchange.answer_status = 200
        self._runtime.metrics.stream_opened()
        plain, wrapping = self._native.stream_content_type, self._wrapping
        kind = plain if wrapping is None else wrapping.content_type
        kind = exchange.media_type or kind
        headers = answer_headers(exchange, self._runtime, upstream=upstream, stream=kind)
        return {"type": RESPONSE_START, "status": 200, "headers": headers}

    async def _last(self, data: bytes) -> None:
        if not self._exchange.client_gone:
            await self._out({"type": RESPONSE_BODY, "body": data, "more_body": False})

    async def settle(self) -> None:
        """Waits for a keep-alive that is being sent: they stand between events."""
        if self._beat is None:
            return
        beat, watch = self._beat, self._watch
        if self._exchange.client_gone:
            beat.cancel()
            return
        watch.main_sends = True
        try:
            await asyncio.wait((beat,))
        except asyncio.CancelledError:
            beat.cancel()
            if not watch.reads_on():
                raise
        finally:
            watch.main_sends = False
        self._beat = None

    async def _out(self, message: dict[str, object]) -> None:
        if self._beat is not None:
            await self.settle()
        watch = self._watch
        began = watch.clock()
        watch.main_sends = True
        watch.sends(began)
        try:
            await self._send(message)
        except OSError as error:
            self._exchange.client_gone = True
            raise ClientLeft from error
        except asyncio.CancelledError:
            if not watch.reads_on():
                raise
        finally:
            watch.main_sends = False
            watch.sending_since = 0.0
        watch.quiet_since = ended = watch.clock()
        # Nothing was read meanwhile: the vendor's silence does not count.
        watch.since += ended - began


async def linger(answer: UpstreamAnswer) -> None:
    """Lets an answer whose last event is out end by itself, so that its connection lives on."""
    ended = False
    try:
        async with asyncio.timeout(LINGER_S):
            ended = await answer.read() == b""
    except (TimeoutError, UpstreamFault):
        pass
    finally:
        if not ended:
            answer.abort()

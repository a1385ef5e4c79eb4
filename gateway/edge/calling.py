"""One call to a vendor, from the client's body to the last byte of an answer or a Failure.

Laws: an answer is judged before a byte of it goes out; a status of success is believed only with
the form it promises; whoever leaves or runs out of time is told apart here; no socket stays open.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gateway.edge.counting import note_answer
from gateway.edge.exchange import NO_USAGE, Attempt, Candidate, Exchange
from gateway.edge.failures import (
    IN_A_HURRY,
    Failure,
    is_json,
    masked,
    odd,
    of_answer,
    of_fault,
    of_problem,
    problem_of,
    unsaid,
    unwritable,
)
from gateway.edge.passage import EVENT_CAP_BYTES, MEDIA_EVENT_CAP_BYTES, Passage
from gateway.edge.retries import Step
from gateway.edge.runtime import Runtime
from gateway.edge.splices import splice
from gateway.edge.streaming import Delivery
from gateway.edge.upstream import (
    Deadlines,
    Disconnected,
    Stopping,
    TimedOut,
    UpstreamAnswer,
    UpstreamFault,
)
from gateway.edge.watching import Watch
from protocols.errors import FrameTooLarge
from protocols.ir import Dialect
from providers.adapters.base import Destination, Revealable
from providers.adapters.headers import HeaderRefused
from providers.specs import TargetSpec

if TYPE_CHECKING:
    from protocols.native import NativeDialect

POOL_WAIT_S: Final = 2.0
COUNTING: Final = "count_tokens"
BETAS: Final = b"anthropic-beta"
# What a client may say to the vendor in headers; an adapter may take less.
UPSTREAM_HEADERS: Final[Mapping[Dialect, tuple[bytes, ...]]] = {
    "openai.chat": (b"openai-beta",),
    "openai.embeddings": (b"openai-beta",),
    "anthropic.messages": (b"anthropic-version", BETAS),
}
MEDIA: Final = frozenset({b"audio", b"image"})
EVENT_STREAM: Final = "text/event-stream"
CONTENT_TYPE: Final = re.compile(r"[a-z]{1,16}/[a-z.+-]{1,40}")


class Caller:
    """Makes the calls of one exchange."""

    __slots__ = (
        "_asked_by",
        "_delivery",
        "_exchange",
        "_losses",
        "_native",
        "_runtime",
        "_watch",
        "ending",
    )

    def __init__(
        self,
        exchange: Exchange,
        runtime: Runtime,
        *,
        watch: Watch,
        delivery: Delivery,
        asked_by: float,
    ) -> None:
        """`asked_by`: when the client itself wants all to be over."""
        self._exchange = exchange
        self._runtime = runtime
        self._native: NativeDialect = runtime.native[exchange.arrival.operation.dialect]
        self._watch = watch
        self._delivery = delivery
        self._asked_by = asked_by
        self._losses = tuple(exchange.losses)
        # An answer whose last event is out; whoever has time lets it end by itself.
        self.ending: UpstreamAnswer | None = None

    async def call(self, step: Step, made: Attempt) -> Failure | None:
        """None: the client has its answer."""
        answer: UpstreamAnswer | None = None
        slug = step.candidate.provider.slug
        watch = self._watch
        watch.drainable = step.candidate.provider.disconnect_policy == "drain"
        try:
            with watch:
                answer = await self._send(step, made)
                return await self._judge(step, made, answer)
        except HeaderRefused as refused:
            own = self._exchange.vendor_key is not None
            failure = unwritable(str(refused), slug=slug, own_credential=own)
        except (UpstreamFault, FrameTooLarge) as fault:
            failure = of_fault(fault, slug=slug, answered=answer is not None)
            made.sent = made.sent or (isinstance(fault, UpstreamFault) and fault.sent)
            made.drained = isinstance(fault, Stopping)
            if isinstance(fault, TimedOut) and self._runtime.clock() >= self._asked_by:
                failure.counts, failure.told = False, IN_A_HURRY.format(slug=slug)
        finally:
            watch.drainable = False
            if answer is not None and answer is not self.ending:
                answer.abort()
            if watch.left_at is not None:
                self._runtime.metrics.canceled(seconds=self._runtime.clock() - watch.left_at)
        if self._exchange.delivered is made:
            await self._tell_in_stream(failure)
        return failure

    def let_go(self) -> None:
        if self.ending is not None:
            self.ending.abort()

    async def _send(self, step: Step, made: Attempt) -> UpstreamAnswer:
        exchange, runtime = self._exchange, self._runtime
        candidate = step.candidate
        provider, operation = candidate.provider, exchange.arrival.operation
        spliced = splice(exchange, candidate, hmac_key=runtime.hmac_key)
        headers, dropped = upstream_headers(exchange, candidate.target)
        exchange.losses[:] = (*self._losses, *spliced.losses, *dropped)
        exchange.withhold_usage = spliced.withhold_usage
        call = runtime.adapters[provider.kind].call(
            Destination(
                provider=provider,
                target=candidate.target,
                surface=candidate.surface,
                credential=step.credential,
                secret=step.secret,
            ),
            operation=operation.what,
            body=spliced.body,
            headers=headers,
            stream=exchange.asked_stream,
        )
        made.called = True
        answer = await runtime.upstream.send(
            call,
            origin=candidate.surface.base_url,
            proxy_url=provider.proxy_url,
            deadlines=self._deadlines(candidate),
        )
        made.sent = True
        made.status = answer.status
        return answer

    async def _judge(self, step: Step, made: Attempt, answer: UpstreamAnswer) -> Failure | None:
        candidate, content_type = step.candidate, answer.headers.get("content-type", "").lower()
        limits, is_ok = candidate.provider.timeouts, 200 <= answer.status < 300
        ttft_s = first_within_s(candidate, stream=self._exchange.asked_stream)
        if is_ok and self._exchange.asked_stream and content_type.startswith(EVENT_STREAM):
            self._watch.expect("first", since=made.began_at, within_s=ttft_s)
            return await self._stream(step, made, answer)
        now = self._runtime.clock()
        self._watch.expect("idle", since=now, within_s=max(ttft_s, limits.idle_ms / 1000))
        body = await answer.whole()
        if not is_ok or b"error" in body:
            failure = self._refused(step, answer, body)
            if failure is not None:
                return failure
        if self._exchange.asked_stream or not is_json_object(content_type, body):
            wanted = EVENT_STREAM if self._exchange.asked_stream else "a JSON object"
            why = f"answered {answer.status} with {shown_type(content_type)}, not {wanted}"
            return odd(why, slug=candidate.provider.slug)
        return await self._whole(made, answer, body)

    def _refused(self, step: Step, answer: UpstreamAnswer, body: bytes) -> Failure | None:
        """What an answer is about, if it is an error."""
        provider, status = step.candidate.provider, answer.status
        body = masked(body, revealed(step.secret))
        verdict = self._runtime.adapters[provider.kind].verdict(status, answer.headers, body)
        if status < 300:
            problem = self._native.error_in_success(body)
            if problem is None:
                return None
            failure = of_problem(problem, slug=provider.slug)
            failure.verdict = failure.verdict if verdict.cls == "ok" else verdict
            return failure
        failure = of_answer(
            verdict, slug=provider.slug, status=status, headers=answer.headers, body=body
        )
        if verdict.cls == "model_missing" and self._exchange.arrival.operation.what == COUNTING:
            failure.counts = False  # many vendors cannot count, with models that they do serve
        return failure

    async def _whole(self, made: Attempt, answer: UpstreamAnswer, body: bytes) -> Failure | None:
        exchange = self._exchange
        usage, stop = self._native.usage(body)
        # Whoever found usage has read it all; what says none may be broken.
        if usage is None and not is_json(body):
            return odd(
                f"answered {answer.status} with broken JSON", slug=made.candidate.provider.slug
            )
        exchange.usage, exchange.stop = usage or NO_USAGE, stop
        note_answer(exchange, body, window=made.candidate.target.context_window)
        exchange.tier, exchange.whole = self._native.tier(body), True
        exchange.delivered = made
        exchange.first_content_at = self._runtime.clock()
        await self._delivery.whole(status=answer.status, upstream=answer.headers, body=body)
        return None

    async def _stream(self, step: Step, made: Attempt, answer: UpstreamAnswer) -> Failure | None:
        exchange, native = self._exchange, self._native
        passage = Passage(native, hide_usage=exchange.withhold_usage, cap=event_cap(exchange))
        observer = passage.observer
        idle_s = step.candidate.provider.timeouts.idle_ms / 1000
        broke_off = False
        try:
            with self._watch:
                tail = await self._delivery.pump(answer, passage, attempt=made, idle_s=idle_s)
        except (Disconnected, TimedOut, Stopping):
            if not observer.stopped:
                raise
            tail, broke_off = b"", True  # it had said all it had to say
        finally:
            exchange.usage, exchange.stop = observer.usage or NO_USAGE, observer.stop
            exchange.tier = observer.tier
        if passage.failure is not None:
            secret = revealed(step.secret)
            problem = unsaid(passage.failure, secret)
            failure = of_problem(problem, slug=step.candidate.provider.slug)
            if passage.open:
                event = masked(passage.failing, secret)
                await self._tell_in_stream(failure, event=tail + event)
            return failure
        if not passage.over:
            rest = passage.close(broke_off=broke_off)
            exchange.usage = observer.usage or NO_USAGE
            if rest is None:
                raise Disconnected("the stream ended without its last event", sent=True)
            tail = rest
        exchange.delivered, exchange.whole = made, True
        self.ending = answer
        await self._delivery.finish(tail, upstream=answer.headers)
        return None

    async def _tell_in_stream(self, failure: Failure, *, event: bytes = b"") -> None:
        """The one terminal event of a stream that failed after it had begun."""
        exchange, native = self._exchange, self._native
        failure.delivered = True
        exchange.error = problem_of(
            failure,
            native=native,
            own_credential=exchange.vendor_key is not None,
            wall=self._runtime.wall(),
        )
        event = event or native.error_event(exchange.error, exchange.arrival.request_id)
        await self._delivery.finish(event, upstream={})

    def _deadlines(self, candidate: Candidate) -> Deadlines:
        exchange, limits = self._exchange, candidate.provider.timeouts
        total_s = limits.total_ms / 1000
        if exchange.asked_stream and (capped_s := self._runtime.settings.streaming_timeout_s):
            total_s = min(total_s, capped_s)
        total_at = min(self._asked_by, exchange.arrival.began_at + total_s)
        self._watch.total_at = total_at
        self._watch.rest()
        return Deadlines(
            connect_s=limits.connect_ms / 1000,
            pool_s=POOL_WAIT_S,
            headers_s=first_within_s(candidate, stream=exchange.asked_stream),
            idle_s=limits.idle_ms / 1000,
            total_at=total_at,
        )


def first_within_s(candidate: Candidate, *, stream: bool) -> float:
    """The first word of an answer that is not streamed comes when all of it has been made."""
    limits = candidate.provider.timeouts
    if not stream:
        return max(limits.ttft_ms, limits.reasoning_ttft_ms) / 1000
    return (limits.reasoning_ttft_ms if candidate.target.reasoning else limits.ttft_ms) / 1000


def upstream_headers(exchange: Exchange, target: TargetSpec) -> tuple[dict[str, str], list[str]]:
    """The client's headers that its dialect allows; and the betas the target does not know."""
    headers: dict[str, str] = {}
    dropped: list[str] = []
    known = target.target.betas
    for name in UPSTREAM_HEADERS[exchange.arrival.operation.dialect]:
        value = exchange.arrival.headers.get(name)
        if value is None:
            continue
        text = value.decode("latin-1")
        if name == BETAS and known is not None:
            asked = [beta.strip() for beta in text.split(",")]
            dropped = [beta for beta in asked if beta not in known]
            text = ",".join(beta for beta in asked if beta in known)
        if text:
            headers[name.decode()] = text
    return headers, dropped


def event_cap(exchange: Exchange) -> int:
    asked = bytes(exchange.top.get("modalities", b""))
    return MEDIA_EVENT_CAP_BYTES if MEDIA & set(asked.split(b'"')) else EVENT_CAP_BYTES


def is_json_object(content_type: str, body: bytes) -> bool:
    """By its look: reading all of an embedding would cost more than it is worth."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body.strip()
    return kind.endswith(("/json", "+json")) and text[:1] == b"{" and text[-1:] == b"}"


def shown_type(content_type: str) -> str:
    """A vendor's word, as far as it is one."""
    kind = content_type.partition(";")[0].strip()
    return kind if CONTENT_TYPE.fullmatch(kind) else "no known content type"


def revealed(secret: Revealable | None) -> bytes:
    return b"" if secret is None else secret.reveal()

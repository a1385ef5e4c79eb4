"""One call to a vendor, from the client's body to the last byte of an answer or a Failure.

Laws: an answer is judged before a byte of it goes out; a status of success is believed only with
the form it promises; whoever leaves or runs out of time is told apart here; no socket stays open.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from billing.pricing import FREE
from gateway.edge.accounting.counting import note_answer
from gateway.edge.answering.streaming import Delivery, linger
from gateway.edge.answering.watching import Watch
from gateway.edge.calls.differences import NO_DIFFERENCE, difference_of
from gateway.edge.calls.failures import (
    IN_A_HURRY,
    Failure,
    given_up,
    is_about_us,
    is_json,
    is_json_object,
    odd,
    of_answer,
    of_fault,
    of_problem,
    problem_of,
    shown_type,
    unwritable,
)
from gateway.edge.calls.masking import masked, revealed, unsaid
from gateway.edge.calls.patience import deadlines_of, first_within_s
from gateway.edge.calls.retries import Step
from gateway.edge.editing.fidelity import codes
from gateway.edge.egress.upstream import (
    Disconnected,
    Stopping,
    TimedOut,
    UpstreamAnswer,
    UpstreamFault,
)
from gateway.edge.exchange import NO_USAGE, Attempt, Exchange
from gateway.edge.passages.keeping import lost_of
from gateway.edge.passages.passage import failed_stop
from gateway.edge.passages.translated_passage import ModelFailed
from gateway.edge.questions.batches import Batch, in_parts
from gateway.edge.questions.passing import is_sound, takes_whole
from gateway.edge.questions.questions import Question
from gateway.edge.runtime import Runtime
from protocols.codec import Encoded, Loss
from protocols.errors import Problem, ProtocolError
from providers.adapters.base import Destination, Verdict
from providers.adapters.headers import HeaderRefused

if TYPE_CHECKING:
    from gateway.edge.passages.passage import Passage
    from protocols.native import NativeDialect

AWS_ERROR: Final = b'"__type"'
GONE: Final = Verdict(cls="client_error")  # the answer, not the model
JSON_TYPE: Final = {"content-type": "application/json"}


class Caller:
    """Makes the calls of one exchange."""

    __slots__ = (
        "_asked_by",
        "_delivery",
        "_exchange",
        "_losses",
        "_native",
        "_passage",
        "_paused",
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
        self._passage: Passage | None = None  # of the stream that is under way
        self._paused: Question | None = None  # whose vendor may go on
        # An answer whose last event is out; whoever has time lets it end by itself.
        self.ending: UpstreamAnswer | None = None

    async def call(self, step: Step, made: Attempt, question: Question) -> Failure | None:
        """None: the client has its answer."""
        answer: UpstreamAnswer | None = None
        slug = step.candidate.provider.slug
        watch = self._watch
        self._exchange.losses[:] = self._losses
        if question.losses:
            self.lose(question, question.losses)
        watch.drainable = step.candidate.provider.disconnect_policy == "drain"
        try:
            with watch:
                if question.batch is None:
                    answer = await self._send(step, made, question, question.body)
                else:
                    answer = await self._in_parts(step, made, question, question.batch)
                failure = await self._judge(step, question, made, answer)
        except HeaderRefused as refused:
            own = self._exchange.vendor_key is not None
            failure = unwritable(str(refused), slug=slug, own_credential=own)
        except (UpstreamFault, ProtocolError) as fault:
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
        if made.paused:
            self._paused, self._losses = question, tuple(self._exchange.losses)
            if failure is not None:
                failure.counts = False  # it had come to its end
        elif failure is not None and not failure.delivered and self._exchange.delivered is made:
            await self._tell_in_stream(failure)
        return failure

    async def tell_end(self, told: Encoded) -> None:
        """After a pause: all of an answer, or the last of a stream."""
        assert self._paused is not None  # noqa: S101 - it has told how to end
        self.lose(self._paused, told.losses)
        if self._exchange.asked_stream:
            await self._delivery.finish(told.body, upstream={})
        else:
            await self._delivery.whole(status=200, upstream=JSON_TYPE, body=told.body)

    def error_event(self, problem: Problem) -> bytes:
        """Of the stream that has begun, if one has."""
        request_id = self._exchange.arrival.request_id
        if self._passage is not None and self._passage.open:
            return self._passage.error_event(problem, request_id)
        return self._native.error_event(problem, request_id)

    def let_go(self) -> None:
        if self.ending is not None:
            self.ending.abort()

    async def _in_parts(
        self, step: Step, made: Attempt, question: Question, batch: Batch
    ) -> UpstreamAnswer:
        limits = step.candidate.provider.timeouts
        return await in_parts(
            self._exchange,
            made,
            batch,
            send=lambda body: self._send(step, made, question, body),
            watch=self._watch,
            within_s=max(first_within_s(step.candidate, stream=False), limits.idle_ms / 1000),
        )

    async def _send(
        self, step: Step, made: Attempt, question: Question, body: bytes
    ) -> UpstreamAnswer:
        exchange, runtime = self._exchange, self._runtime
        candidate = step.candidate
        provider, operation = candidate.provider, exchange.arrival.operation
        call = runtime.adapters[provider.kind].call(
            Destination(
                provider=provider,
                target=candidate.target,
                surface=candidate.surface,
                credential=step.credential,
                secret=step.secret,
                now=runtime.wall(),
                answer=exchange.kept_id,
                query=exchange.kept_query,
            ),
            operation=operation.what,
            body=body,
            headers=question.headers,
            stream=exchange.asked_stream,
        )
        made.called = True
        if call.body is exchange.body and not exchange.arrival.path_model:
            made.difference = NO_DIFFERENCE
        else:
            top = question.top if call.body is question.body else None
            made.difference = difference_of(exchange, candidate, call.body, top=top)
        deadlines = deadlines_of(
            exchange,
            candidate,
            asked_by=self._asked_by,
            most_s=runtime.settings.streaming_timeout_s,
        )
        self._watch.total_at = deadlines.total_at
        self._watch.rest()
        answer = await runtime.upstream.send(
            call,
            origin=candidate.surface.base_url,
            proxy_url=provider.proxy_url,
            deadlines=deadlines,
        )
        made.sent = True
        made.status = answer.status
        return answer

    async def _judge(
        self, step: Step, question: Question, made: Attempt, answer: UpstreamAnswer
    ) -> Failure | None:
        candidate, content_type = step.candidate, answer.headers.get("content-type", "").lower()
        limits, is_ok = candidate.provider.timeouts, 200 <= answer.status < 300
        ttft_s = first_within_s(candidate, stream=self._exchange.asked_stream)
        streamed = question.native.stream_content_type.partition(b";")[0].decode()
        if is_ok and self._exchange.asked_stream and content_type.startswith(streamed):
            self._watch.expect("first", since=made.began_at, within_s=ttft_s)
            return await self._stream(step, question, made, answer)
        is_passed = self._exchange.arrival.operation.passed
        if is_ok and is_passed and is_sound(self._exchange, content_type):
            self._watch.expect("first", since=made.began_at, within_s=ttft_s)
            return await self._stream(step, question, made, answer)
        now = self._runtime.clock()
        self._watch.expect("idle", since=now, within_s=max(ttft_s, limits.idle_ms / 1000))
        body = await answer.whole()
        if not is_ok or b"error" in body or AWS_ERROR in body:
            failure = self._refused(step, question, answer, body)
            if failure is not None:
                return failure
        must_stream = self._exchange.asked_stream and question.lane == "native"
        is_object = is_json_object(content_type, body)
        fits = is_object and not must_stream
        if not fits and is_passed:
            fits = takes_whole(self._exchange, content_type, is_object=is_object)
        if not fits:
            wanted = streamed if self._exchange.asked_stream else "a JSON object"
            why = f"answered {answer.status} with {shown_type(content_type)}, not {wanted}"
            return odd(why, slug=candidate.provider.slug)
        return await self._whole(question, made, answer, body)

    def _refused(
        self, step: Step, question: Question, answer: UpstreamAnswer, body: bytes
    ) -> Failure | None:
        """What an answer is about, if it is an error."""
        provider, status = step.candidate.provider, answer.status
        body = masked(body, revealed(step.secret))
        verdict = self._runtime.adapters[provider.kind].verdict(status, answer.headers, body)
        if status < 300:
            problem = question.native.error_in_success(body)
            if problem is None:
                return None
            failure = of_problem(problem, slug=provider.slug)
            failure.verdict = failure.verdict if verdict.cls == "ok" else verdict
            return failure
        failure = of_answer(
            verdict, slug=provider.slug, status=status, headers=answer.headers, body=body
        )
        if question.lane == "translation":
            # Its bytes are none that the client can read.
            wait_s = verdict.wait_s(self._runtime.wall())
            failure.problem = question.native.problem(status, body, wait_s)
            failure.status = 0
        operation = self._exchange.arrival.operation
        if verdict.cls == "model_missing" and operation.what in FREE:
            failure.counts = False  # many vendors cannot count, with models that they do serve
            if operation.kept:
                failure.verdict = GONE
        return failure

    async def _whole(
        self, question: Question, made: Attempt, answer: UpstreamAnswer, body: bytes
    ) -> Failure | None:
        exchange, native = self._exchange, question.native
        slug = made.candidate.provider.slug
        usage, stop = native.usage(body)
        # Whoever found usage has read it all; what says none may be broken.
        if usage is None and not is_json(body):
            return odd(f"answered {answer.status} with broken JSON", slug=slug)
        headers = answer.headers
        if stop in native.failed_stops and question.lane == "native":
            return given_up(failed_stop(stop), made, usage)
        try:
            told = question.told(body, stream=exchange.asked_stream)
        except ModelFailed as failed:
            return given_up(failed.problem, made, usage)
        except ProtocolError as error:
            return odd(f"answered {answer.status} with what cannot be read: {error}", slug=slug)
        made.paused = told.pauses
        if question.lane == "translation":
            headers, made.usage = JSON_TYPE, usage  # the client may leave while the vault is asked
            self.lose(question, await lost_of(question.keeping, told.losses))
        exchange.usage, exchange.stop = usage or NO_USAGE, stop
        note_answer(exchange, body, window=made.candidate.target.context_window)
        exchange.tier, exchange.whole = native.tier(body), True
        exchange.delivered = made
        if exchange.keeper is not None:
            exchange.keeper.hear(made, body)
        if told.pauses:
            return None
        exchange.first_content_at = exchange.first_content_at or self._runtime.clock()
        if exchange.asked_stream:
            await self._delivery.finish(told.body, upstream=headers)
        else:
            await self._delivery.whole(status=answer.status, upstream=headers, body=told.body)
        return None

    async def _stream(
        self, step: Step, question: Question, made: Attempt, answer: UpstreamAnswer
    ) -> Failure | None:
        exchange = self._exchange
        passage = self._passage = question.passage()
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
        if not passage.over:
            rest = passage.close(broke_off=broke_off)
            exchange.usage = observer.usage or NO_USAGE
            if rest is None and passage.failure is None:
                raise Disconnected("the stream ended without its last event", sent=True)
            tail = rest or b""
        if question.lane == "translation":
            self.lose(question, await lost_of(question.keeping, passage.losses))
            self._runtime.metrics.disordered(dialect=question.native.dialect, count=passage.faults)
        if passage.failure is not None:
            return await self._failed(step, made, passage.failure, before=tail)
        exchange.delivered, exchange.whole, made.paused = made, True, passage.pauses
        if passage.pauses:
            await self._delivery.go_on(tail, upstream=answer.headers)
            await linger(answer)
            return None
        self.ending = answer
        if exchange.keeper is not None:
            exchange.keeper.hear(made, observer.answer)
        await self._delivery.finish(tail, upstream=answer.headers, enclosed=passage.enclosed)
        return None

    async def _failed(self, step: Step, made: Attempt, said: Problem, *, before: bytes) -> Failure:
        """A stream in which the vendor says so."""
        passage, secret = self._passage, revealed(step.secret)
        assert passage is not None  # noqa: S101 - it is the passage that has heard it
        failure = of_problem(unsaid(said, secret), slug=step.candidate.provider.slug)
        failure.counts = passage.counts
        made.usage = None if passage.counts else passage.observer.usage
        if passage.open:
            own = self._exchange.vendor_key is not None
            ours = is_about_us(failure, own_credential=own)
            event = b"" if ours else masked(passage.failing, secret)
            await self._tell_in_stream(failure, before=before, event=event)
        return failure

    async def _tell_in_stream(
        self, failure: Failure, *, before: bytes = b"", event: bytes = b""
    ) -> None:
        """The one terminal event of a stream that failed after it had begun."""
        exchange, passage = self._exchange, self._passage
        assert passage is not None  # noqa: S101 - its stream has begun
        failure.delivered = True
        exchange.error = problem_of(
            failure,
            native=self._native,
            own_credential=exchange.vendor_key is not None,
            wall=self._runtime.wall(),
        )
        if not passage.tells:
            await self._delivery.break_off()
            return
        event = event or passage.error_event(exchange.error, exchange.arrival.request_id)
        await self._delivery.finish(before + event, upstream={}, enclosed=passage.enclosed)

    def lose(self, question: Question, losses: Sequence[Loss]) -> None:
        """For the record, the header and the metric."""
        lost = self._exchange.losses
        for code in codes(losses):
            if code not in lost:
                lost.append(code)
            self._runtime.metrics.lost(
                code=code, asked=self._native.dialect, spoken=question.native.dialect
            )

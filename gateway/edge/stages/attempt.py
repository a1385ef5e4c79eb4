"""Stage 6: calls to vendors until one answers, and its answer to the client.

Laws: whatever fails before the first content is invisible; after it nothing is tried again; the
client that leaves takes its call along, in every phase; what was begun in a pool or a budget is
ended there, however the attempt ends.
"""

import asyncio
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog

from gateway.edge.accounting.rating import rating_of
from gateway.edge.answering.streaming import Delivery, linger
from gateway.edge.answering.watching import Watch
from gateway.edge.calls.calling import Caller
from gateway.edge.calls.failures import (
    FORBIDDEN,
    KINDS,
    NOTHING_TO_SAY,
    Failure,
    chosen,
    lacks_counter,
    of_fault,
    passes,
    problem_of,
    with_wait,
)
from gateway.edge.calls.recalling import pin_down, recall
from gateway.edge.calls.retries import Step, Walk
from gateway.edge.editing.sealed import SEALS
from gateway.edge.egress.upstream import Stopping, TimedOut, UpstreamFault
from gateway.edge.errors import INTERNAL, CannotCount, ClientLeft, GatewayError
from gateway.edge.exchange import NO_USAGE, Attempt, Candidate, Exchange
from gateway.edge.memory.seals import is_refused
from gateway.edge.passages.wrapping import dialect_of_errors
from gateway.edge.questions.asking import TRANSLATED, Unfit, ask, fetch, to_fetch
from gateway.edge.questions.meant import COUNTING
from gateway.edge.runtime import Runtime
from gateway.edge.stages.record import record
from protocols.errors import Problem
from protocols.ir import Dialect
from providers.adapters.base import RETRYABLE, Verdict
from providers.specs import Envelope

if TYPE_CHECKING:
    from protocols.native import NativeDialect

log = structlog.get_logger(__name__)

OK: Final = Verdict(cls="ok")
CANCELED: Final = "canceled"
ASKED_TIMEOUT: Final = b"x-request-timeout-ms"
MILLISECONDS_CHARS: Final = 9
NO_FALLBACKS: Final = b"x-switchyard-disable-fallbacks"
NO_CANDIDATE_RETRY_S: Final = 5.0
YES: Final = b"true"
ERRORS_OF_CLOUDS: Final[Mapping[Envelope, Dialect]] = {"bedrock": "bedrock.converse"}


async def attempt(exchange: Exchange, runtime: Runtime) -> None:
    course = Course(exchange, runtime)
    try:
        await course.run()
    except BaseException:
        course.caller.let_go()
        raise
    finally:
        course.close()
    if course.caller.ending is not None:
        record(exchange, runtime)  # whoever stops this worker waits for no more than has ended
        await linger(course.caller.ending)


class Course:
    """All the attempts of one exchange."""

    __slots__ = ("_delivery", "_exchange", "_native", "_runtime", "_watch", "caller")

    def __init__(self, exchange: Exchange, runtime: Runtime) -> None:
        self._exchange = exchange
        self._runtime = runtime
        self._native: NativeDialect = runtime.native[exchange.arrival.operation.dialect]
        asked_by = exchange.arrival.began_at + asked_timeout_s(exchange)
        self._watch = Watch(
            exchange,
            clock=runtime.clock,
            slots=runtime.drain_slots,
            total_at=asked_by,
            keepalive_s=runtime.settings.stream_keepalive_s if exchange.asked_stream else math.inf,
        )
        self._delivery = Delivery(exchange, runtime, watch=self._watch, record=record)
        self.caller = Caller(
            exchange, runtime, watch=self._watch, delivery=self._delivery, asked_by=asked_by
        )

    async def run(self) -> None:
        self._runtime.open_exchanges.add(self._watch)
        self._watch.begin(on_quiet=self._delivery.keep_alive)
        try:
            with self._watch:
                await self._walk_to_an_end()
        except ClientLeft:
            self._exchange.client_gone = True

    def close(self) -> None:
        self._runtime.open_exchanges.discard(self._watch)
        self._watch.end()
        self._delivery.close()

    async def _walk_to_an_end(self) -> None:
        """A stream that has begun gets its last event, even where the gateway itself fails."""
        try:
            await self._walk()
        except (GatewayError, ClientLeft, UpstreamFault):
            raise
        except Exception:
            if not self._exchange.sending:
                raise
            log.exception("stream_failed", model=self._exchange.model)
            await self._end_stream(INTERNAL)

    async def _walk(self) -> None:
        exchange, runtime = self._exchange, self._runtime
        walk = Walk(exchange, pool=runtime.pool, budget=runtime.retry_budget, stays=stays(exchange))
        failures: list[Failure] = []
        unfit: list[Unfit] = []
        step = walk.next(now=runtime.clock(), wall=runtime.wall())
        while step is not None:
            try:
                failure = await self._try(step)
            except GatewayError as refused:
                if not await self._is_ended_by(refused):
                    raise
                return
            except Unfit as why:
                unfit.append(why)
                walk.skip(step)
                step = walk.next(now=runtime.clock(), wall=runtime.wall())
                continue
            if failure is None or failure.delivered or exchange.client_gone:
                if failure is None and exchange.attempts[-1].paused and not exchange.client_gone:
                    continue
                return
            if await self._is_ended_at_pause():
                return
            failures.append(failure)
            exchange.usage, exchange.stop, exchange.tier = NO_USAGE, None, None
            if self._may_unseal(failure, vendor := step.candidate.target.target.vendor):
                exchange.seals.refused_by |= {vendor}
                runtime.metrics.sealed(outcome="refused")
                step = walk.repeat(step)
                continue
            if failure.verdict.cls not in RETRYABLE:
                # It is about the request: whoever is asked next would say the same.
                await self._tell(failure, exchange.attempts[-1])
                return
            if runtime.clock() >= self._watch.total_at:
                break
            walk.failed(step, failure)
            step = walk.next(now=runtime.clock(), wall=runtime.wall()) or await self._again(walk)
        await self._give_up(walk, failures, unfit)

    async def _give_up(self, walk: Walk, failures: list[Failure], unfit: list[Unfit]) -> None:
        if not failures and unfit:
            await self._refuse(unfit[0])
            return
        if not failures:
            raise self._nobody(walk)
        told = chosen(failures, wall=self._runtime.wall())
        position = next(at for at, failure in enumerate(failures) if failure is told)
        await self._tell(told, self._exchange.attempts[position])

    async def _is_ended_by(self, refused: GatewayError) -> bool:
        """Where the client has had a part of its answer."""
        if await self._is_ended_at_pause():
            return True
        if self._exchange.sending:
            await self._end_stream(refused.problem)
        return self._exchange.sending

    async def _is_ended_at_pause(self) -> bool:
        """Where a vendor does not go on, what it has said is all."""
        exchange = self._exchange
        continuation = exchange.continuation
        if continuation is None or continuation.end is None:
            return False
        made = exchange.delivered = next(
            made for made in reversed(exchange.attempts) if made.paused
        )
        if made.usage is not None:
            exchange.usage, exchange.whole = made.usage, True
        await self.caller.tell_end(continuation.end())
        return True

    def _may_unseal(self, failure: Failure, vendor: str) -> bool:
        """Whether the same may be asked once more, without the seals that it has refused."""
        exchange = self._exchange
        what = exchange.arrival.operation.what
        if what not in TRANSLATED or vendor in exchange.seals.refused_by:
            return False
        return failure.verdict.cls not in RETRYABLE and is_refused(failure.body)

    async def _again(self, walk: Walk) -> Step | None:
        """The last target once more, when that may help."""
        runtime = self._runtime
        pause_s = walk.pause_s(wall=runtime.wall())
        if pause_s is None or (due := runtime.clock() + pause_s) >= self._watch.total_at:
            return None
        self._watch.rest()
        try:
            with self._watch:
                # The loop's timers may ring early, and a credential that still cools is not asked.
                while (left_s := due - runtime.clock()) > 0:  # noqa: ASYNC110 - time has no event
                    await asyncio.sleep(left_s)
        except (TimedOut, Stopping):
            return None
        return walk.again(now=runtime.clock(), wall=runtime.wall())

    async def _try(self, step: Step) -> Failure | None:
        """None: the client has its answer."""
        runtime, provider = self._runtime, step.candidate.provider
        model, credential = step.candidate.target.public_name, step.credential
        exchange, asked = self._exchange, step.candidate
        dialect, wanted = exchange.arrival.operation.dialect, asked.target.target.reasoning_passback
        if asked.lane == "translation" or dialect in SEALS or wanted != "never":
            asked = await self._recall(step)
        if urls := to_fetch(exchange, asked):
            await self._fetch(asked, urls)
        question = ask(exchange, asked, runtime)
        exchange.lane = question.lane
        now = runtime.clock()
        made = Attempt(
            candidate=step.candidate,
            credential=credential,
            began_at=now,
            rating=rating_of(exchange, step.candidate),
        )
        runtime.books.begin(exchange, made)
        if exchange.attempts and exchange.attempts[-1].paused:
            begin_anew(exchange)
        exchange.attempts.append(made)
        runtime.retry_budget.begin(provider.id, extra=step.extra)
        if credential.id:
            runtime.pool.begin(credential.id, model, now=now)
        verdict: Verdict | None = None
        to_pool = NOTHING_TO_SAY
        try:
            failure = await self.caller.call(step, made, question)
            verdict = OK if failure is None else failure.verdict
            may = made.status != FORBIDDEN or exchange.arrival.operation.what != COUNTING
            if failure is None or (failure.counts and may):
                to_pool = verdict
        finally:
            made.ended_at = runtime.clock()
            runtime.retry_budget.end(provider.id, extra=step.extra)
            if credential.id:
                self._end_in_pool(made, to_pool)
            self._measure(made, verdict)
        if failure is None and dialect in SEALS:
            pin_down(exchange, asked.target.target, lane=question.lane, runtime=runtime)
        return failure

    async def _recall(self, step: Step) -> Candidate:
        self._watch.rest()
        try:
            with self._watch:
                return await recall(self._exchange, step, self._runtime)
        except (TimedOut, Stopping) as fault:
            failure = of_fault(fault, slug="the gateway", answered=False)
            problem = Problem(kind=KINDS[failure.verdict.cls], message=failure.told)
            raise GatewayError(problem) from None

    async def _fetch(self, asked: Candidate, urls: tuple[str, ...]) -> None:
        self._watch.rest()
        try:
            with self._watch:
                await fetch(self._exchange, asked, urls, self._runtime)
        except (TimedOut, Stopping) as fault:
            failure = of_fault(fault, slug="the server of a file", answered=False)
            problem = Problem(kind=KINDS[failure.verdict.cls], message=failure.told)
            raise GatewayError(problem) from None

    def _end_in_pool(self, made: Attempt, verdict: Verdict) -> None:
        runtime, usage = self._runtime, self._exchange.usage
        tokens = 0
        if self._exchange.delivered is made:
            tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        changes = runtime.pool.end(
            made.credential.id,
            made.candidate.target.public_name,
            verdict=verdict,
            now=runtime.clock(),
            tokens=tokens,
            began_at=made.began_at,
        )
        if changes:
            runtime.announce(changes)

    def _measure(self, made: Attempt, verdict: Verdict | None) -> None:
        ttft_s = None
        first_at = self._exchange.first_content_at
        if self._exchange.delivered is made and first_at is not None and first_at >= made.began_at:
            ttft_s = first_at - made.began_at
        if verdict is not None:
            made.verdict, made.message = verdict.cls, verdict.message
        target = made.candidate.target
        self._runtime.metrics.upstream(
            provider=made.candidate.provider.slug,
            # An unlisted name is the client's own, and no label.
            model=target.public_name if target.id else "",
            verdict=CANCELED if verdict is None else verdict.cls,
            ttft_s=ttft_s,
        )

    async def _tell(self, failure: Failure, made: Attempt) -> None:
        """Nobody answered as asked."""
        exchange, watch, wall = self._exchange, self._watch, self._runtime.wall()
        name = made.candidate.target.upstream_name
        if exchange.arrival.operation.what == COUNTING and lacks_counter(
            failure, status=made.status, name=name
        ):
            raise CannotCount
        own_credential = exchange.vendor_key is not None
        problem = problem_of(failure, native=self._native, own_credential=own_credential, wall=wall)
        exchange.error = problem
        watch.conclude()
        await self._delivery.settle()
        if exchange.sending:
            await self._end_stream(problem)
        elif reads_vendors(exchange, made) and passes(failure, own_credential=own_credential):
            exchange.delivered = made
            await self._delivery.whole(
                status=failure.status, upstream=with_wait(failure, wall=wall), body=failure.body
            )
        else:
            raise GatewayError(problem)

    async def _refuse(self, unfit: Unfit) -> None:
        """Nobody can be asked this; the first choice says why."""
        exchange, problem = self._exchange, unfit.error.problem
        if unfit.refused is not None:
            self.caller.lose(unfit.refused, unfit.refused.losses)
        if not exchange.sending:
            raise unfit.error
        await self._end_stream(problem)

    async def _end_stream(self, problem: Problem) -> None:
        """Of which only keep-alives have been sent."""
        self._exchange.error = problem
        self._watch.conclude()
        await self._delivery.finish(self.caller.error_event(problem), upstream={})

    def _nobody(self, walk: Walk) -> GatewayError:
        now = self._runtime.clock()
        soonest_s = walk.soonest_s(now=now)
        model, why = self._exchange.model, walk.why_nobody(now=now)
        return GatewayError(
            Problem(
                kind="overloaded",
                message=f"No provider of {model!r} can be asked at the moment: {why}.",
                code="no_candidate",
                retry_after=NO_CANDIDATE_RETRY_S if soonest_s is None else soonest_s,
            )
        )


def begin_anew(exchange: Exchange) -> None:
    """What was told before a pause has been recorded, and says nothing of what follows."""
    exchange.usage, exchange.stop, exchange.tier = NO_USAGE, None, None
    exchange.delivered, exchange.whole = None, False
    exchange.events = exchange.text_bytes = exchange.said_bytes = 0


def reads_vendors(exchange: Exchange, made: Attempt) -> bool:
    """Whether the client takes errors as this vendor writes them: clouds have their own."""
    arrival, envelope = exchange.arrival, made.candidate.surface.envelope
    own = arrival.operation.dialect if envelope is None else ERRORS_OF_CLOUDS[envelope]
    return arrival.envelope == envelope and dialect_of_errors(exchange) == own


def asked_timeout_s(exchange: Exchange) -> float:
    """What the client allows; what is no number of milliseconds is not a wish."""
    said = exchange.arrival.headers.get(ASKED_TIMEOUT, b"")
    if said.isdigit() and len(said) <= MILLISECONDS_CHARS:
        return int(said) / 1000
    return math.inf


def stays(exchange: Exchange) -> bool:
    """Whether the client wants no other target than the first."""
    if exchange.arrival.headers.get(NO_FALLBACKS, b"").lower() == YES:
        return True
    return bytes(exchange.top.get("disable_fallbacks", b"")) == YES

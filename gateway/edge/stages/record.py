"""The last stage: what became of the exchange, written before the terminal bytes leave.

Law: it runs exactly once per exchange, however that ends; it neither waits nor raises.
"""

from typing import Final

import structlog

from accounts.problem_codes import PROBLEMS
from gateway.edge.accounting.books import UNAVAILABLE, Unrecordable
from gateway.edge.errors import INTERNAL, REFUSED
from gateway.edge.exchange import Exchange, Status
from gateway.edge.refusals import KINDS
from gateway.edge.runtime import Runtime
from protocols.errors import Problem
from routing.names import MAX_LENGTH

log = structlog.get_logger(__name__)

BROKEN_OFF: Final = "bad_body"  # most often a client that left
SERVED_S: Final = "served_s"  # in the state of the scope
LIMITED: Final = frozenset({"rate_limited", "insufficient_quota"})
OF_THE_VENDOR: Final = frozenset(
    {"upstream_error", "upstream_credential", "upstream_quota", "timeout", "overloaded"}
)


def record(exchange: Exchange, runtime: Runtime) -> None:
    if exchange.recorded:
        return
    exchange.recorded = True
    if exchange.holds_slot and exchange.key is not None:
        runtime.slots.give_back(key_id=exchange.key.id, address=exchange.arrival.address)
    _hear_of_guard(exchange)
    exchange.status = outcome(exchange)
    ended_at = runtime.clock()
    try:
        if not runtime.books.conclude(exchange, now=ended_at, wall=runtime.wall()):
            _withhold(exchange, UNAVAILABLE)
            runtime.books.keep(exchange, now=ended_at)
    except Unrecordable:
        log.exception("exchange_not_recorded", model=exchange.model)
        _withhold(exchange, exchange.error or INTERNAL)
        runtime.books.conclude_barely(exchange, now=ended_at)
    _note(exchange)
    # The connection to the vendor may be kept a little longer than the client waits.
    exchange.state[SERVED_S] = ended_at - exchange.arrival.began_at
    runtime.metrics.exchange(exchange, ended_at=ended_at)


def _withhold(exchange: Exchange, problem: Problem) -> None:
    exchange.withheld, exchange.error = True, problem
    if not exchange.sending:
        exchange.answer_status = problem.http_status
    exchange.status = outcome(exchange)


def _hear_of_guard(exchange: Exchange) -> None:
    """It has refused the body and told the client so; to us both look like a client that left."""
    refused: tuple[str, str] | None = exchange.state.get(REFUSED)
    if refused is None:
        return
    code, detail = refused
    exchange.answer_status = status = PROBLEMS[code].status
    if code != BROKEN_OFF:
        kind = KINDS.get(status, "invalid_request")
        exchange.error = Problem(kind=kind, message=detail, status=status, code=code)


def outcome(exchange: Exchange) -> Status:
    if exchange.error is not None:
        return status_of(exchange.error, began=exchange.sending)
    if exchange.client_gone:
        return "canceled"
    if exchange.answer_status >= 500:
        return "upstream_error"
    return "ok" if exchange.answer_status < 400 else "client_error"


def status_of(problem: Problem, *, began: bool) -> Status:
    if began:
        return "interrupted"
    if problem.kind in LIMITED:
        return "limited"
    if problem.kind == "blocked":
        return "blocked"
    if problem.kind in OF_THE_VENDOR or problem.http_status >= 500:
        return "upstream_error"
    return "client_error"


def _note(exchange: Exchange) -> None:
    """Fields of the request's log line: names and numbers, never a body."""
    state, usage = exchange.state, exchange.usage
    state["dialect"] = exchange.arrival.operation.dialect
    state["outcome"] = exchange.status
    if exchange.model:
        state["model"] = exchange.model[:MAX_LENGTH]  # longer ones are refused, and noted too
    if exchange.attempts:
        last = exchange.delivered or exchange.attempts[-1]
        state["provider"] = last.candidate.provider.slug
        state["backend_key"] = last.credential.name
        state["attempts"] = len(exchange.attempts)
        state["lane"] = exchange.lane
    if exchange.asked_stream:
        state["stream"] = True
    if usage.input_tokens is not None:
        state["tokens_in"] = usage.input_tokens
    if usage.output_tokens is not None:
        state["tokens_out"] = usage.output_tokens
    if exchange.classes is not None and exchange.classes.flags:
        state["usage_flags"] = sorted(exchange.classes.flags)
    if exchange.first_content_at is not None:
        began_at = exchange.arrival.began_at
        state["ttft_ms"] = round((exchange.first_content_at - began_at) * 1000, 3)
    if exchange.error is not None:
        state["error"] = exchange.error.code or exchange.error.kind

"""What happens to a request: the stages in their order, one path for stream and non-stream.

    authenticate  decode  confine  route  admit  answer, then always record

Laws: a stage that a key does not need is not run for it; any GatewayError is told in the client's
dialect; whatever happens, record runs and nothing is left behind.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import structlog
from msgspec import Struct

from accounts.specs import KeySpec
from gateway.edge.answering.answer_headers import own_headers
from gateway.edge.errors import INTERNAL, CannotCount, ClientLeft, GatewayError
from gateway.edge.exchange import Exchange
from gateway.edge.identity.sigv4 import is_signed
from gateway.edge.messages import RESPONSE_BODY, RESPONSE_START
from gateway.edge.operations.listed import in_list
from gateway.edge.passages.wrapping import dialect_of_errors, wants_array
from gateway.edge.runtime import Runtime
from gateway.edge.stages.admit import admit
from gateway.edge.stages.attempt import attempt
from gateway.edge.stages.authenticate import authenticate, take
from gateway.edge.stages.confine import confine, is_confined
from gateway.edge.stages.count import count
from gateway.edge.stages.decode import decode
from gateway.edge.stages.locate import locate
from gateway.edge.stages.prove import prove
from gateway.edge.stages.record import record
from gateway.edge.stages.route import route

Run: TypeAlias = Callable[[Exchange, Runtime], Awaitable[None] | None]

log = structlog.get_logger(__name__)


class Stage(Struct, frozen=True, kw_only=True):
    name: str
    run: Run
    needed: Callable[[KeySpec], bool] | None = None  # None: for every key


async def answer(exchange: Exchange, runtime: Runtime) -> None:
    """By who was found to serve it; only tokens can be counted without anybody."""
    if exchange.candidates:
        try:
            await attempt(exchange, runtime)
        except CannotCount:
            pass
        else:
            return
    await count(exchange, runtime)


# What follows authenticate, which finds the key that decides.
STAGES: Final[tuple[Stage, ...]] = (
    Stage(name="confine", run=confine, needed=is_confined),
    Stage(name="decode", run=decode),
    Stage(name="route", run=route),
    Stage(name="admit", run=admit),
    Stage(name="answer", run=answer),
)
# Where the path names an answer that a vendor keeps.
KEPT_STAGES: Final[tuple[Stage, ...]] = (
    Stage(name="confine", run=confine, needed=is_confined),
    Stage(name="locate", run=locate),
    Stage(name="admit", run=admit),
    Stage(name="answer", run=answer),
)


def stages_for(key: KeySpec, stages: tuple[Stage, ...] = STAGES) -> tuple[Run, ...]:
    """The shortest tuple that serves this key."""
    return tuple(stage.run for stage in stages if stage.needed is None or stage.needed(key))


async def run(exchange: Exchange, runtime: Runtime, *, acting: KeySpec | None = None) -> None:
    """From the first byte to the record; raises only when the server itself cancels.

    `acting` is the key of a caller that is known already.
    """
    try:
        if acting is not None:
            take(exchange, acting, now=runtime.snapshots.now())
        elif is_signed(exchange.arrival.headers, exchange.arrival.query):
            await prove(exchange, runtime)
        else:
            authenticate(exchange, runtime)
        assert exchange.key is not None  # noqa: S101 - authenticate raises or finds one
        exchange.known_at = runtime.clock()
        kept = exchange.arrival.operation.kept
        for stage in stages_for(exchange.key, KEPT_STAGES if kept else STAGES):
            waiting = stage(exchange, runtime)
            if waiting is not None:
                await waiting
    except GatewayError as error:
        await _tell(exchange, runtime, error)
    except ClientLeft:
        exchange.client_gone = True
    except asyncio.CancelledError:
        exchange.client_gone = True
        raise
    except Exception:
        log.exception("exchange_failed", model=exchange.model)
        await _tell(exchange, runtime, GatewayError(INTERNAL))
    finally:
        record(exchange, runtime)


async def _tell(exchange: Exchange, runtime: Runtime, error: GatewayError) -> None:
    exchange.error = error.problem
    if exchange.sending:  # the pump has told it in the stream, or nobody can
        return
    dialect = dialect_of_errors(exchange)
    encoded = runtime.native[dialect].encode_error(error.problem, exchange.arrival.request_id)
    is_listed = dialect == exchange.arrival.operation.dialect and wants_array(exchange)
    body = in_list(encoded.body) if is_listed else encoded.body
    exchange.answer_status = encoded.status
    record(exchange, runtime)
    await runtime.books.settled()
    headers = [
        *((name.encode(), value.encode()) for name, value in encoded.headers),
        *error.headers,
        *own_headers(exchange, runtime),
        (b"content-length", b"%d" % len(body)),
    ]
    start = {"type": RESPONSE_START, "status": encoded.status, "headers": _once(headers)}
    await exchange.send(start)
    await exchange.send({"type": RESPONSE_BODY, "body": body})


def _once(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Each name once, the first one said."""
    return list({name: (name, value) for name, value in reversed(headers)}.values())

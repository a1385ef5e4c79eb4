"""The mock provider: a request in a vendor's dialect to the vendor's bytes. Pure.

Laws: the bytes are those that the dialect's own codec writes, so every stage above the socket does
its work; the same request has the same answer save id and time, which the caller brings; time is
told, never waited for.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from protocols import ir
from protocols.codec import Head
from protocols.errors import Kind, Problem, ProtocolError
from protocols.fields import read_body
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, COUNT_CODECS, EMBEDDINGS_CODECS, NATIVE
from providers.adapters.mock.behaviours import BEHAVIOURS
from providers.adapters.mock.keeping import ABOUT, compacted, is_kept, keep, shown_as_kept
from providers.adapters.mock.knobs import HEADERS, Knobs, Refused, operations_of, read_model
from providers.adapters.mock.limiting import limited, usage_of
from providers.adapters.mock.memory import Memory
from providers.adapters.mock.passed import ANSWERS, Question, read_fields
from providers.adapters.mock.playing import Piece, Played, pieces, whole_s
from providers.adapters.mock.tokens import count_input, seed_of
from providers.adapters.mock.vectors import tokens_of, vectors_of

JSON: Final = "application/json"
ID_PREFIXES: Final[Mapping[Dialect, str]] = {
    "openai.chat": "chatcmpl-",
    "openai.responses": "resp_",
    "anthropic.messages": "msg_",
}
FAILURES: Final[Mapping[int, Kind]] = {
    400: "invalid_request",
    401: "authentication",
    402: "insufficient_quota",
    403: "permission",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    429: "rate_limited",
    500: "internal",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
DEFAULT_FAILURE: Final = 500
MOST_CHOICES: Final = 8
COMPACT: Final = "compact"
COUNTING: Final = "count_tokens"


class Asked(Struct, frozen=True, kw_only=True):
    """What arrived, and what the caller brings."""

    dialect: Dialect
    operation: str
    body: bytes
    id: str  # different for every request
    created: int  # seconds since 1970
    memory: Memory = msgspec.field(default_factory=Memory)  # of the answers that are kept
    kept_id: str = ""  # of the one that the path names
    head: Head = Head()  # what the path says, where it says something
    errors: Dialect | None = None  # in which errors are told, where it is another
    content_type: str = JSON


class Answer(Struct, frozen=True, kw_only=True):
    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: Iterable[Piece]  # each once, in order
    wait_s: float = 0.0  # before the headers; never where infinite
    stream: bool = False


def answer(asked: Asked) -> Answer:
    try:
        if asked.operation == "embeddings":
            return _embeddings(asked)
        if (about := ABOUT.get(asked.operation)) is not None:
            return _whole(msgspec.json.encode(about(asked.kept_id, asked.memory)))
        if asked.operation in ANSWERS:
            return _passed(asked)
        return _chat(asked)
    except ProtocolError as error:
        problem = Problem(kind="invalid_request", message=str(error))
    except Refused as refused:
        problem = refused.problem
    return _error(asked, problem)


def refused(asked: Asked, message: str) -> Answer:
    return _error(asked, Problem(kind="invalid_request", message=message))


def _chat(asked: Asked) -> Answer:
    codec = CLIENT_CODECS[asked.dialect]
    request = asked.memory.continued(_request(asked))
    knobs = read_model(request.model)
    if "chat" not in operations_of(knobs.model):
        raise _wrong_operation(request.model, "chat")
    if asked.operation == COUNTING:
        return _whole(COUNT_CODECS[asked.dialect].answer(count_input(request)))
    seed = seed_of(request)
    if (failed := _failed(asked, knobs, seed, stream=request.stream)) is not None:
        return failed
    content, stop = limited(BEHAVIOURS[knobs.model](request, seed), request, knobs)
    copies = _copies(request)
    played = Played(
        id=ID_PREFIXES.get(asked.dialect, "") + asked.id,
        created=asked.created,
        model=request.model,
        content=content,
        stop=stop,
        usage=usage_of(request, content, knobs, copies=copies),
        copies=copies,
    )
    wait_s = math.inf if knobs.hang == HEADERS else 0.0
    if asked.operation == COMPACT:
        return _whole(compacted(_response(played), request=request))
    kept = is_kept(request)
    if kept:
        keep(asked.memory, _response(played), request=request, body=asked.body)
    if request.stream:
        failure = _problem(knobs.fail or DEFAULT_FAILURE)
        event = ir.Failed(kind=failure.kind, message=failure.message)
        return Answer(
            status=200,
            headers=(("content-type", NATIVE[asked.dialect].stream_content_type.decode()),),
            pieces=_shown(pieces(played, codec.event_encoder(request), knobs, event), kept=kept),
            wait_s=wait_s,
            stream=True,
        )
    body = codec.encode_response(_response(played), request).body
    body = shown_as_kept(body) if kept else body
    return _whole(body, wait_s=math.inf if knobs.hang else whole_s(played, knobs))


def _shown(told: Iterable[Piece], *, kept: bool) -> Iterable[Piece]:
    return ((wait_s, shown_as_kept(data)) for wait_s, data in told) if kept else told


def _request(asked: Asked) -> ir.Request:
    """What is to be answered; or what a question for tokens is about."""
    dialect, body = asked.dialect, asked.body
    if asked.operation == COUNTING:
        dialect, body = COUNT_CODECS[dialect].request_in(body, read_body(body).rest() or {})
    return CLIENT_CODECS[dialect].decode_request(body, asked.head)


def _response(played: Played) -> ir.Response:
    other = ir.Alternative(content=played.content, stop=played.stop)
    return ir.Response(
        id=played.id,
        model=played.model,
        content=played.content,
        stop=played.stop,
        usage=played.usage,
        alternatives=(other,) * (played.copies - 1),
        created=played.created,
    )


def _copies(request: ir.Request) -> int:
    copies = 1 if request.sampling.candidates is None else request.sampling.candidates
    if not 1 <= copies <= MOST_CHOICES:
        message = f"n is {copies}; expected 1 to {MOST_CHOICES}"
        raise Refused(Problem(kind="invalid_request", message=message, param="n"))
    return copies


def _embeddings(asked: Asked) -> Answer:
    codec = EMBEDDINGS_CODECS[asked.dialect]
    request = codec.decode_request(asked.body, asked.head)
    knobs = read_model(request.model)
    if asked.operation not in operations_of(knobs.model):
        raise _wrong_operation(request.model, "embeddings")
    seed = msgspec.json.encode((request.model, request.inputs))
    if (failed := _failed(asked, knobs, seed, stream=False)) is not None:
        return failed
    told = None if knobs.usage == "missing" else tokens_of(request)
    response = ir.EmbeddingResponse(
        model=request.model,
        vectors=vectors_of(request),
        usage=ir.Usage(input_tokens=told),
    )
    wait_s = math.inf if knobs.hang else knobs.ttft_ms / 1000
    return _whole(codec.encode_response(response, request).body, wait_s=wait_s)


def _passed(asked: Asked) -> Answer:
    fields = read_fields(asked.body, asked.content_type)
    model = str(fields.get("model", ""))
    knobs = read_model(model)
    if asked.operation not in operations_of(knobs.model):
        raise _wrong_operation(model, asked.operation)
    if (failed := _failed(asked, knobs, asked.body, stream=False)) is not None:
        return failed
    question = Question(fields=fields, knobs=knobs, id=asked.id, created=asked.created)
    said = ANSWERS[asked.operation](question)
    return Answer(
        status=200,
        headers=(("content-type", said.content_type),),
        pieces=tuple((0.0, piece) for piece in said.pieces),
        wait_s=math.inf if knobs.hang else knobs.ttft_ms / 1000,
        stream=len(said.pieces) > 1,
    )


def _failed(asked: Asked, knobs: Knobs, seed: bytes, *, stream: bool) -> Answer | None:
    """The failure that the model's name asks for; in a stream `fail_at` waits for its event."""
    if knobs.fail_at is not None and stream:
        return None
    wanted = knobs.fail is not None or knobs.fail_rate is not None or knobs.fail_at is not None
    rate = 1.0 if knobs.fail_rate is None else knobs.fail_rate
    if not wanted or _chance(seed) >= rate:
        return None
    status = knobs.fail or DEFAULT_FAILURE
    return _error(asked, _problem(status), status=status, knobs=knobs)


def _chance(seed: bytes) -> float:
    """In [0, 1), the same for the same request."""
    return int.from_bytes(hashlib.sha256(seed).digest()[:6], "big") / 2**48


def _problem(status: int) -> Problem:
    kind = FAILURES.get(status, "invalid_request" if status < 500 else "upstream_error")
    return Problem(kind=kind, message=f"The mock was told to fail with {status}.", status=status)


def _wrong_operation(model: str, operation: str) -> Refused:
    message = f"The model {model!r} does not do {operation}."
    return Refused(Problem(kind="invalid_request", message=message, param="model"))


def _whole(body: bytes, *, wait_s: float = 0.0) -> Answer:
    return Answer(
        status=200, headers=(("content-type", JSON),), pieces=((0.0, body),), wait_s=wait_s
    )


def _error(
    asked: Asked, problem: Problem, *, status: int = 0, knobs: Knobs | None = None
) -> Answer:
    encoded = NATIVE[asked.errors or asked.dialect].encode_error(problem, f"req_{asked.id}")
    extra: tuple[tuple[str, str], ...] = ()
    if knobs is not None and knobs.retry_after is not None:
        extra = (("retry-after", knobs.retry_after),)
    return Answer(
        status=status or encoded.status,
        headers=(*encoded.headers, *extra),
        pieces=((0.0, encoded.body),),
        wait_s=math.inf if knobs is not None and knobs.hang == HEADERS else 0.0,
    )

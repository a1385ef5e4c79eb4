"""What must arrive at the vendor and at the client, by the documented rules and nothing else.

Upstream: the bytes of every top-level value as the client sent them, but `model`, which is the
target's, and for a chat stream `stream_options.include_usage`.
Client: status and bytes of the recording, but

1. a chat event with `choices: []` and usage, when the client did not ask for usage, is withheld;
2. an error about our own credential (401, 402, some 403) becomes ours: no client can mend it;
3. a stream that gives its stop reason and no last event is closed with one; a stream that just
   ends, with the dialect's error event;
4. an error inside a 200 before any content is an answer of its own, with an error's status;
5. an answer whose model failed (PR-32) is an error of its own too, and its usage the attempt's;
6. what a vendor says after the last event of the dialect (OpenRouter ends Responses as it ends
   Chat) is for nobody.
"""

import csv
import re
from functools import cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw

from protocols.ir import Dialect, Usage
from protocols.registry import NATIVE
from tests.conformance.corpus import by_path, dialect_of, failed, path_of
from tests.conformance.usage_reading import usage_of
from tests.protocols.corpus import CORPUS, Record

# Input with all of its parts, output, read from a cache, written to one.
Tokens: TypeAlias = tuple[int, int, int, int]
TOP: Final = msgspec.json.Decoder(dict[str, Raw])
EVENT: Final = re.compile(rb"(?s).+?(?:\r\n\r\n|\n\n|\r\r|\Z)")
DATA: Final = re.compile(rb"(?m)^data: ?(.*)$")
DONE: Final = b"data: [DONE]\n\n"
FINISHED: Final = re.compile(r'"finish_reason": ?"')
COUNTING: Final = "/v1/messages/count_tokens"
KEY_REFUSED: Final = b"API_KEY_INVALID"  # Google's, with 400
# How an error about our own credential is told.
OURS: Final[dict[Dialect, tuple[frozenset[int], bytes]]] = {
    "openai.chat": (frozenset({502, 503}), b'"upstream_'),
    "openai.responses": (frozenset({502, 503}), b'"upstream_'),
    "openai.embeddings": (frozenset({502, 503}), b'"upstream_'),
    "anthropic.messages": (frozenset({502, 503}), b'"api_error"'),
    "gemini.generate": (frozenset({502, 503}), b'"INTERNAL"'),
    "bedrock.converse": (frozenset({500, 503}), b'"message"'),
}
OWN_CREDENTIAL: Final = frozenset({401, 402})
PERHAPS_OWN_CREDENTIAL: Final = 403
CONTENT: Final = re.compile(
    rb'"(?:content|reasoning|text|thinking|tool_calls|partial_json)": ?["\\[]'
)


def sent_by_client(exchange: Record, *, model: str) -> bytes:
    """The recorded body with the model's name as this gateway knows it, if it stands there."""
    if by_path(exchange):
        return exchange.request.body
    top = TOP.decode(exchange.request.json)
    top["model"] = Raw(msgspec.json.encode(model))
    return msgspec.json.encode(top)


def upstream_model(exchange: Record) -> str:
    if by_path(exchange):
        return exchange.model or "unnamed"
    raw = TOP.decode(exchange.request.json).get("model")
    return "unnamed" if raw is None else str(msgspec.json.decode(raw))


def upstream_problem(exchange: Record, *, sent: bytes, arrived: bytes) -> str | None:
    """What is wrong with the vendor's body; None when it is as it must be."""
    wanted = {name: bytes(raw) for name, raw in TOP.decode(sent).items()}
    found = {name: bytes(raw) for name, raw in TOP.decode(arrived).items()}
    if by_path(exchange):
        wanted.pop("model", None)  # it is in the path, and the one there counts
    else:
        wanted["model"] = msgspec.json.encode(upstream_model(exchange))
    if asks_for_usage_itself(exchange):
        options = msgspec.json.decode(found.get("stream_options", b"{}"))
        given = msgspec.json.decode(wanted.get("stream_options", b"{}")) or {}
        if options != {**given, "include_usage": True}:
            return f"stream_options is {options}"
        wanted["stream_options"] = found["stream_options"]
    differing = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )
    return f"differs in {', '.join(differing)}" if differing else None


def asks_for_usage_itself(exchange: Record) -> bool:
    """A chat stream for which the client did not ask for usage."""
    return (
        dialect_of(exchange) == "openai.chat"
        and _stream_asked(exchange)
        and not _usage_asked(exchange)
    )


def fails_inside(exchange: Record, recorded: bytes) -> bool:
    """A success that is an error: a whole body, or a stream before its first content."""
    if failed(exchange):
        return False
    if not exchange.response.is_stream:
        answer = msgspec.json.decode(recorded)
        return isinstance(answer, dict) and isinstance(answer.get("error"), dict)
    if dialect_of(exchange) not in {"openai.chat", "anthropic.messages"}:
        return False  # there is none among the recordings
    for event in EVENT.findall(recorded):
        if b'"error"' in event and b'"choices"' not in event:
            return True
        if CONTENT.search(event):
            return False
    return False


def has_failed(exchange: Record) -> bool:
    """Whether the model ended with what nothing can be done with."""
    words = NATIVE[dialect_of(exchange)].failed_stops
    return not failed(exchange) and exchange.observed.finish[:1] in [[word] for word in words]


def client_problem(exchange: Record, *, status: int, body: bytes, recorded: bytes) -> str | None:
    wanted = exchange.response.status
    refused = wanted in OWN_CREDENTIAL or KEY_REFUSED in recorded
    if refused or (wanted == PERHAPS_OWN_CREDENTIAL and status != wanted):
        statuses, mark = OURS[dialect_of(exchange)]
        fine = status in statuses and mark in body
        return None if fine else f"{status} {body[:120]!r} for the vendor's word on our credential"
    if fails_inside(exchange, recorded):
        fine = status >= 400 and b'"error"' in body
        return None if fine else f"{status} {body[:120]!r} for an error inside a 200"
    if has_failed(exchange):
        fine = status >= 400 and b"The model stopped with" in body
        return None if fine else f"{status} {body[:120]!r} for a model that has failed"
    if status != wanted:
        return f"status {status} instead of {wanted}: {body[:200]!r}"
    return _difference(exchange, body, visible(exchange, recorded))


def _difference(exchange: Record, body: bytes, wanted: bytes) -> str | None:
    if body == wanted or (body.startswith(wanted) and _is_ending(exchange, body[len(wanted) :])):
        return None
    at = next(
        (n for n, (a, b) in enumerate(zip(body, wanted, strict=False)) if a != b),
        min(len(body), len(wanted)),
    )
    return f"byte {at}: {body[at : at + 60]!r} instead of {wanted[at : at + 60]!r}"


def visible(exchange: Record, recorded: bytes) -> bytes:
    """What of the recorded body the client gets to see."""
    if dialect_of(exchange) == "openai.responses":
        return recorded.removesuffix(DONE)
    if failed(exchange) or not asks_for_usage_itself(exchange):
        return recorded
    events = EVENT.findall(recorded)
    return b"".join(event for event in events if not _is_usage_only(event))


def _is_usage_only(event: bytes) -> bool:
    found = DATA.search(event)
    try:
        data: Any = msgspec.json.decode(found[1]) if found else None
    except msgspec.DecodeError:
        return False
    return isinstance(data, dict) and data.get("choices") == [] and bool(data.get("usage"))


def _is_ending(exchange: Record, rest: bytes) -> bool:
    """The one event that ends a chat stream which does not end itself: by its reason to stop."""
    if not exchange.response.sse or "[DONE]" in exchange.response.sse:
        return False
    if FINISHED.search(exchange.response.sse) is None:
        return len(EVENT.findall(rest)) == 1 and b'"error"' in rest
    return rest == DONE


def _stream_asked(exchange: Record) -> bool:
    return TOP.decode(exchange.request.json).get("stream", Raw(b"null")) == Raw(b"true")


def _usage_asked(exchange: Record) -> bool:
    raw = TOP.decode(exchange.request.json).get("stream_options")
    options = msgspec.json.decode(raw) if raw is not None else None
    return isinstance(options, dict) and options.get("include_usage") is True


# --- usage ----------------------------------------------------------------------------------------


def usage_problem(exchange: Record, usage: Usage) -> str | None:
    """Compared with the last usage the vendor sent; Anthropic's events add to one another."""
    if path_of(exchange.api) == COUNTING:
        return None  # what is counted is the answer, and free
    said = usage_of(exchange) or Usage()
    wanted, found = totals(said), totals(usage)
    if found != wanted:
        return f"{found} instead of {wanted}"
    second = second_reading().get(exchange.id)
    if second is not None and found != second:
        return f"{found} instead of {second} by the second reading"
    return None


@cache
def second_reading() -> dict[str, Tokens]:
    """What somebody else's program makes of the same answers."""
    with (CORPUS / "dev/usage_oracle.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["id"]: (
                int(row["input_tokens_total_incl_cache"]),
                int(row["output_tokens"]),
                int(row["cache_read_tokens"]),
                int(row["cache_write_tokens"]),
            )
            for row in csv.DictReader(lines)
        }


def totals(usage: Usage) -> Tokens:
    written = sum((usage.cache_write_tokens or {}).values())
    return usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read_tokens or 0, written

"""What must arrive at the vendor and at the client, by the documented rules and nothing else.

Upstream: the bytes of every top-level value as the client sent them, but `model`, which is the
target's, and for a chat stream `stream_options.include_usage`.
Client: status and bytes of the recording, but

1. a chat event with `choices: []` and usage, when the client did not ask for usage, is withheld;
2. an error about our own credential (401, 402) becomes ours, because the client cannot mend it;
3. a stream that ends before its last word is closed with the dialect's error event.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Raw

from tests.conformance.corpus import Recorded

TOP: Final = msgspec.json.Decoder(dict[str, Raw])
EVENT: Final = re.compile(rb"(?s).+?(?:\r\n\r\n|\n\n|\r\r|\Z)")
DATA: Final = re.compile(rb"(?m)^data: ?(.*)$")
OWN_CREDENTIAL: Final = frozenset({401, 402})


def sent_by_client(exchange: Recorded, *, model: str) -> bytes:
    """The recorded body with the model's name as this gateway knows it."""
    top = TOP.decode(exchange.request.json)
    top["model"] = Raw(msgspec.json.encode(model))
    return msgspec.json.encode(top)


def upstream_model(exchange: Recorded) -> str:
    raw = TOP.decode(exchange.request.json).get("model")
    return "unnamed" if raw is None else str(msgspec.json.decode(raw))


def upstream_problem(exchange: Recorded, *, sent: bytes, arrived: bytes) -> str | None:
    """What is wrong with the vendor's body; None when it is as it must be."""
    wanted = {name: bytes(raw) for name, raw in TOP.decode(sent).items()}
    found = {name: bytes(raw) for name, raw in TOP.decode(arrived).items()}
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


def asks_for_usage_itself(exchange: Recorded) -> bool:
    """A chat stream for which the client did not ask for usage."""
    return (
        exchange.dialect == "openai.chat" and _stream_asked(exchange) and not _usage_asked(exchange)
    )


def client_problem(exchange: Recorded, *, status: int, body: bytes, recorded: bytes) -> str | None:
    if exchange.response.status in OWN_CREDENTIAL:
        mark = b'"api_error"' if exchange.dialect == "anthropic.messages" else b'"upstream_'
        fine = status in {502, 503} and mark in body
        return None if fine else f"{status} {body[:120]!r} for the vendor's word on our credential"
    if status != exchange.response.status:
        return f"status {status} instead of {exchange.response.status}: {body[:200]!r}"
    wanted = visible(exchange, recorded)
    if body == wanted or (body.startswith(wanted) and _is_ending(exchange, body[len(wanted) :])):
        return None
    at = next(
        (n for n, (a, b) in enumerate(zip(body, wanted, strict=False)) if a != b),
        min(len(body), len(wanted)),
    )
    return f"byte {at}: {body[at : at + 60]!r} instead of {wanted[at : at + 60]!r}"


def visible(exchange: Recorded, recorded: bytes) -> bytes:
    """What of the recorded body the client gets to see."""
    if exchange.failed or not asks_for_usage_itself(exchange):
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


def _is_ending(exchange: Recorded, rest: bytes) -> bool:
    """The one error event that ends a stream without a last word of its own."""
    if not exchange.response.sse or "[DONE]" in exchange.response.sse:
        return False
    return len(EVENT.findall(rest)) == 1 and b'"error"' in rest and b"finish_reason" not in rest


def _stream_asked(exchange: Recorded) -> bool:
    return TOP.decode(exchange.request.json).get("stream", Raw(b"null")) == Raw(b"true")


def _usage_asked(exchange: Recorded) -> bool:
    raw = TOP.decode(exchange.request.json).get("stream_options")
    options = msgspec.json.decode(raw) if raw is not None else None
    return isinstance(options, dict) and options.get("include_usage") is True

"""What is passed on to a vendor of the client's own dialect, and how its answer comes back.

Laws: a request is the client's but for what the native lane changes; an answer is the vendor's byte
for byte, whatever it is made of; sound goes on as it comes, and where it breaks off the connection
does too, for nothing else can say so in the midst of it.
"""

from typing import TYPE_CHECKING, Final

from msgspec import Raw

from gateway.edge.accounting.counting import SAID_BY
from gateway.edge.editing.fidelity import loss_of
from gateway.edge.editing.forms import ENCODER, FILE, STRING, written
from gateway.edge.editing.splices import END_USER, alias, is_shared, splice
from gateway.edge.egress.upstream import TooLarge
from gateway.edge.errors import refusal
from gateway.edge.exchange import Candidate, Exchange, Lane
from gateway.edge.passages.keeping import Keeping
from gateway.edge.passages.passage import (
    EVENT_CAP_BYTES,
    MEDIA_EVENT_CAP_BYTES,
    STREAM_CAP_BYTES,
    Passage,
)
from gateway.edge.questions.batches import Batch
from gateway.edge.questions.questions import REFUSED, Told, upstream_headers
from protocols.registry import PASSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.codec import Loss
    from protocols.native import NativeDialect

COMPLETING: Final = "completions"
SPEAKING: Final = "speech"
WRITING: Final = frozenset({"transcriptions", "translations"})
SOUND: Final = ("audio/", "application/octet-stream")
# What a transcription may be asked to be instead of an object.
TEXTS: Final = ("text/plain", "text/vtt", "text/srt", "application/x-subrip")
EVENTS_FIELD: Final = "stream_format"
EVENTS: Final = b'"sse"'


def wants_events(top: dict[str, Raw]) -> bool:
    """Speech says in its own way that it is to be streamed as events."""
    return bytes(top.get(EVENTS_FIELD, b"")) == EVENTS


def is_sound(exchange: Exchange, content_type: str) -> bool:
    """Whether the answer goes on as it comes; notes its type. Behind keep-alives nothing does."""
    is_spoken = exchange.arrival.operation.what == SPEAKING and not exchange.sending
    found = is_spoken and content_type.startswith(SOUND)
    exchange.media_type = content_type.encode("latin-1", "replace") if found else b""
    return found


def takes_whole(exchange: Exchange, content_type: str, *, is_object: bool) -> bool:
    """Whether an answer in one piece will do, be it text, and be it that a stream was wanted:
    there are models that know no streams and say nothing of it."""
    is_text = exchange.arrival.operation.what in WRITING and content_type.startswith(TEXTS)
    if exchange.sending or not (is_object or is_text):
        return False
    exchange.asked_stream = False
    return True


class SoundPassage(Passage):
    """Bytes, as they come."""

    __slots__ = ()

    note = staticmethod(lambda exchange, data: None)  # nothing is said in letters
    tells = False

    def feed(self, chunk: bytes) -> bytes:
        self._bytes_in += len(chunk)
        if self._bytes_in > STREAM_CAP_BYTES:
            raise TooLarge("the answer", limit_bytes=STREAM_CAP_BYTES)
        self.open = self.meaningful = True
        return chunk

    def close(self, *, broke_off: bool = False) -> bytes | None:
        return b"" if self.open else None


def _note(exchange: Exchange, data: bytes) -> None:
    """What an event of a completion or a transcription says."""
    is_completion = exchange.arrival.operation.what == COMPLETING
    found = SAID_BY["gemini.generate" if is_completion else "openai.responses"].findall(data)
    exchange.events += len(found)
    exchange.text_bytes += sum(map(len, found))


class EventPassage(Passage):
    __slots__ = ()

    note = staticmethod(_note)


class PassedQuestion:
    """In the client's own words, be they a form."""

    __slots__ = ("_exchange", "_hides_usage", "body", "headers", "losses", "native", "top")

    lane: Lane = "native"
    keeping: Keeping | None = None
    batch: Batch | None = None

    def __init__(self, exchange: Exchange, candidate: Candidate, *, hmac_key: bytes) -> None:
        self._exchange = exchange
        exchange.media_type = b""  # of an answer before
        self.native: NativeDialect = PASSED[exchange.arrival.operation.what]
        self.headers, _ = upstream_headers(exchange, candidate.target)
        self._hides_usage = False
        self.losses: tuple[Loss, ...] = ()
        if exchange.form is not None:
            values = _values(exchange, candidate, hmac_key=hmac_key)
            self.body, self.headers["content-type"] = written(exchange, values)
            told = {name: Raw(ENCODER.encode(value)) for name, value in values.items()}
            self.top: Mapping[str, Raw] | None = {**exchange.top, **told}
            return
        spliced = splice(exchange, candidate, hmac_key=hmac_key)
        self.body, self.top = spliced.body, spliced.top
        self.losses = tuple(loss_of(name, why=REFUSED) for name in spliced.losses)
        self._hides_usage = spliced.withhold_usage

    def passage(self) -> Passage:
        if self._exchange.media_type:
            return SoundPassage(self.native, hide_usage=False)
        is_text = self._exchange.arrival.operation.what == COMPLETING
        cap = EVENT_CAP_BYTES if is_text else MEDIA_EVENT_CAP_BYTES
        return EventPassage(self.native, hide_usage=self._hides_usage, cap=cap)

    def told(self, body: bytes, *, stream: bool) -> Told:
        return Told(body=body)


def _values(exchange: Exchange, candidate: Candidate, *, hmac_key: bytes) -> dict[str, str]:
    """What of a form is not the client's; raises GatewayError."""
    values = {"model": candidate.target.upstream_name}
    if is_shared(exchange, candidate) and exchange.key is not None:
        tenant_id = exchange.key.tenant_id
        for name in END_USER[exchange.arrival.operation.dialect]:
            if name in exchange.top:
                user = exchange.top[name]
                if user is FILE:
                    message = f"{name} is a file, or too long; expected the name of a user."
                    raise refusal("invalid_request", message, param=name)
                told = STRING.decode(user)
                values[name] = alias(told, tenant_id=tenant_id, hmac_key=hmac_key)
    return values

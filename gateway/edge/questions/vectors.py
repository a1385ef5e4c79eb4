"""A question for vectors, put into the vendor's dialect, and its answer put back.

Law: what would give other vectors than were asked for is refused, never left out.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from gateway.edge.editing.fidelity import loss_of
from gateway.edge.editing.splices import adjusted, is_shared
from gateway.edge.errors import refusal
from gateway.edge.exchange import Candidate, Exchange, Lane
from gateway.edge.passages.keeping import Keeping
from gateway.edge.passages.passage import Passage
from gateway.edge.questions.batches import Batch, divided
from gateway.edge.questions.questions import Told
from gateway.edge.questions.translation import DROPPED, hidden, target_of, unaskable
from gateway.edge.runtime import Runtime
from protocols.codec import Head
from protocols.errors import ProtocolError
from protocols.extras import Bared
from protocols.registry import EMBEDDINGS_CODECS, EMBEDDINGS_UPSTREAM

DIMENSIONS: Final = "dimensions"
ENCODING: Final = "encoding_format"
INPUT: Final = "input"
# Whose models a client's tokens are of. The mock provider looks at none.
TAKE_TOKENS: Final = frozenset({"openai", "azure_openai", "mock"})
TEXTS: Final = msgspec.json.Decoder(str | list[str])
LIST: Final = msgspec.json.Decoder(list[Raw])
TOKEN: Final = msgspec.json.Decoder(int)


def check_vectors(exchange: Exchange, candidate: Candidate) -> None:
    """Of a question in the vendor's own words; raises GatewayError."""
    top, provider, target = exchange.top, candidate.provider, candidate.target
    asked = bytes(top.get(DIMENSIONS, b"null"))
    if asked != b"null" and DIMENSIONS in target.target.refuses:
        message = f"dimensions cannot be chosen for {target.upstream_name}."
        raise refusal("unsupported", message, param=DIMENSIONS)
    if provider.kind not in TAKE_TOKENS and _holds_tokens(bytes(top.get(INPUT, b"null"))):
        message = (
            f"input holds tokens, which {provider.slug} may count otherwise: send texts, or use a"
            " model of OpenAI."
        )
        raise refusal("unsupported", message, param=INPUT)


def _holds_tokens(asked: bytes) -> bool:
    if not any(digit in asked for digit in b"0123456789"):
        return False
    try:
        TEXTS.decode(asked)
    except msgspec.DecodeError:
        return True
    return False


def is_oversize(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether the client's own words hold more inputs than the vendor takes at a time."""
    most, asked = candidate.target.target.max_inputs, exchange.top.get(INPUT)
    if most is None or asked is None or bytes(asked).count(b",") < most:
        return False
    try:
        inputs = LIST.decode(asked)
    except msgspec.DecodeError:
        return False  # a text, or what is no input at all
    return len(inputs) > most and not _is_token(inputs[0])


def is_respelled(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether the client has named an encoding that its vendor must not hear of."""
    target = candidate.target
    refused = target.target.refuses | target.params.drop | candidate.provider.quirks.drop_params
    return ENCODING in refused and bytes(exchange.top.get(ENCODING, b"null")) != b"null"


def _is_token(item: Raw) -> bool:
    try:
        TOKEN.decode(item)
    except msgspec.DecodeError:
        return False
    return True


class VectorsQuestion:
    __slots__ = (
        "_bared",
        "_codec",
        "_model",
        "_request",
        "_upstream",
        "batch",
        "body",
        "headers",
        "losses",
        "native",
    )

    lane: Lane = "translation"
    top: Mapping[str, Raw] | None = None
    keeping: Keeping | None = None

    def __init__(self, exchange: Exchange, candidate: Candidate, runtime: Runtime) -> None:
        """Raises GatewayError where the client's body is not of its dialect, or cannot be asked."""
        dialect = candidate.surface.dialect
        asks = exchange.arrival.operation.dialect
        self._codec = EMBEDDINGS_CODECS[asks]
        self._bared = None if asks == dialect else Bared(dialect)
        self._upstream = EMBEDDINGS_UPSTREAM[dialect]
        self._model = exchange.model
        try:
            request = self._codec.decode_request(exchange.body, Head(model=exchange.model))
            if is_shared(exchange, candidate):
                end_user = hidden(request.end_user, exchange, hmac_key=runtime.hmac_key)
                request = replace(request, end_user=end_user)
            target = target_of(candidate)
            parts = divided(request, target.max_inputs or max(1, len(request.inputs)))
            encoded = self._upstream.encode_request(parts[0] if parts else request, target)
            bodies = [self._upstream.encode_request(part, target).body for part in parts[1:]]
        except ProtocolError as error:
            raise unaskable(error) from None
        self._request = request
        self.native = runtime.native[dialect]
        self.body, dropped = adjusted(encoded.body, candidate, dialect=dialect)
        self.batch: Batch | None = None
        if bodies:
            rest = [adjusted(body, candidate, dialect=dialect)[0] for body in bodies]
            self.batch = Batch(
                requests=parts,
                bodies=(self.body, *rest),
                upstream=self._upstream,
                native=self.native,
            )
        self.headers = encoded.headers
        # Whatever the vendor spells its vectors in, the client gets them as it has asked.
        dropped = [name for name in dropped if name != ENCODING]
        lost = tuple(loss_of(name, why=DROPPED) for name in dropped)
        self.losses = encoded.losses + lost

    def passage(self) -> Passage:
        """Vectors are never streamed; what comes as a stream all the same is no answer."""
        return Passage(self.native, hide_usage=False)

    def told(self, body: bytes, *, stream: bool) -> Told:
        response = replace(self._upstream.decode_response(body), model=self._model)
        bared = self._bared
        if bared is not None:
            response = bared.vectors(response)
        encoded = self._codec.encode_response(response, self._request)
        lost = () if bared is None else tuple(bared.losses)
        return Told(body=encoded.body, losses=encoded.losses + lost)

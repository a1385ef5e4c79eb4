"""Messages as a server and as a client speaks it."""

from protocols.anthropic_messages.events import MessagesEventEncoder
from protocols.anthropic_messages.native import KEEPALIVE
from protocols.anthropic_messages.request import decode_request
from protocols.anthropic_messages.response import encode_response
from protocols.anthropic_messages.upstream_events import MessagesEventDecoder
from protocols.anthropic_messages.upstream_request import encode_request, wants
from protocols.anthropic_messages.upstream_response import decode_response
from protocols.codec import Encoded, Head, Memo, Target
from protocols.ir import Dialect, Request, Response


class MessagesCodec:
    dialect: Dialect = "anthropic.messages"
    keepalive = KEEPALIVE

    def decode_request(self, body: bytes, head: Head) -> Request:
        return decode_request(body, head)

    def encode_response(self, response: Response, request: Request) -> Encoded:
        return encode_response(response)

    def event_encoder(self, request: Request) -> MessagesEventEncoder:
        return MessagesEventEncoder()


class MessagesUpstream:
    dialect: Dialect = "anthropic.messages"

    def wants(self, request: Request, target: Target) -> tuple[str, ...]:
        return wants(request, target)

    def encode_request(self, request: Request, target: Target, seed: str) -> Encoded:
        return encode_request(request, target, seed)

    def decode_response(self, body: bytes, memo: Memo) -> Response:
        return decode_response(body, memo)

    def event_decoder(self, memo: Memo) -> MessagesEventDecoder:
        return MessagesEventDecoder(memo)

"""Messages as a server speaks it."""

from protocols.anthropic_messages.events import MessagesEventEncoder
from protocols.anthropic_messages.native import KEEPALIVE
from protocols.anthropic_messages.request import decode_request
from protocols.anthropic_messages.response import encode_response
from protocols.codec import Encoded, Head
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

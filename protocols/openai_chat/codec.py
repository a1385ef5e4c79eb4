"""Chat as a server speaks it."""

from protocols.codec import Encoded, Head
from protocols.ir import Dialect, Request, Response
from protocols.openai_chat.events import ChatEventEncoder
from protocols.openai_chat.native import KEEPALIVE
from protocols.openai_chat.request import decode_request
from protocols.openai_chat.response import encode_response


class ChatCodec:
    dialect: Dialect = "openai.chat"
    keepalive = KEEPALIVE

    def decode_request(self, body: bytes, head: Head) -> Request:
        return decode_request(body, head)

    def encode_response(self, response: Response, request: Request) -> Encoded:
        return encode_response(response)

    def event_encoder(self, request: Request) -> ChatEventEncoder:
        return ChatEventEncoder(request)

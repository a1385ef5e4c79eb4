"""Chat as a server and as a client speaks it."""

from protocols.codec import Encoded, Head, Memo, Target
from protocols.ir import Dialect, Request, Response
from protocols.openai_chat.events import ChatEventEncoder
from protocols.openai_chat.native import KEEPALIVE
from protocols.openai_chat.request import decode_request
from protocols.openai_chat.response import encode_response
from protocols.openai_chat.upstream_events import ChatEventDecoder
from protocols.openai_chat.upstream_request import encode_request, wants
from protocols.openai_chat.upstream_response import decode_response
from protocols.openai_chat.wire import is_legacy


class ChatCodec:
    dialect: Dialect = "openai.chat"
    keepalive = KEEPALIVE

    def decode_request(self, body: bytes, head: Head) -> Request:
        return decode_request(body, head)

    def encode_response(self, response: Response, request: Request) -> Encoded:
        return encode_response(response, legacy=is_legacy(request))

    def event_encoder(self, request: Request) -> ChatEventEncoder:
        return ChatEventEncoder(request)


class ChatUpstream:
    dialect: Dialect = "openai.chat"

    def wants(self, request: Request, target: Target) -> tuple[str, ...]:
        return wants(request, target)

    def encode_request(self, request: Request, target: Target, seed: str) -> Encoded:
        return encode_request(request, target, seed)

    def decode_response(self, body: bytes, memo: Memo) -> Response:
        return decode_response(body, memo)

    def event_decoder(self, memo: Memo) -> ChatEventDecoder:
        return ChatEventDecoder(memo)

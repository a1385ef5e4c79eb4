"""Converse as a server and as a client speaks it."""

from protocols.bedrock_converse.events import ConverseEventEncoder
from protocols.bedrock_converse.request import decode_request
from protocols.bedrock_converse.response import encode_response
from protocols.bedrock_converse.upstream_events import ConverseEventDecoder
from protocols.bedrock_converse.upstream_request import encode_request, wants
from protocols.bedrock_converse.upstream_response import decode_response
from protocols.codec import Encoded, Head, Memo, Target
from protocols.framing.aws import PING_MESSAGE
from protocols.ir import Dialect, Request, Response


class ConverseCodec:
    dialect: Dialect = "bedrock.converse"
    keepalive = PING_MESSAGE

    def decode_request(self, body: bytes, head: Head) -> Request:
        return decode_request(body, head)

    def encode_response(self, response: Response, request: Request) -> Encoded:
        return encode_response(response)

    def event_encoder(self, request: Request) -> ConverseEventEncoder:
        return ConverseEventEncoder()


class ConverseUpstream:
    dialect: Dialect = "bedrock.converse"

    def wants(self, request: Request, target: Target) -> tuple[str, ...]:
        return wants(request, target)

    def encode_request(self, request: Request, target: Target, seed: str) -> Encoded:
        return encode_request(request, target, seed)

    def decode_response(self, body: bytes, memo: Memo) -> Response:
        return decode_response(body, memo)

    def event_decoder(self, memo: Memo) -> ConverseEventDecoder:
        return ConverseEventDecoder(memo)

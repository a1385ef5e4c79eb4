"""Responses, as a server and as a client speak it."""

from protocols.codec import Encoded, Head, Memo, Target
from protocols.ir import Dialect, Request, Response
from protocols.openai_responses.events import ResponsesEventEncoder
from protocols.openai_responses.native import KEEPALIVE
from protocols.openai_responses.request import decode_request
from protocols.openai_responses.response import encode_response
from protocols.openai_responses.upstream_events import ResponsesEventDecoder
from protocols.openai_responses.upstream_request import encode_request, wants
from protocols.openai_responses.upstream_response import decode_response


class ResponsesCodec:
    dialect: Dialect = "openai.responses"
    keepalive = KEEPALIVE

    def decode_request(self, body: bytes, head: Head) -> Request:
        return decode_request(body, head)

    def encode_response(self, response: Response, request: Request) -> Encoded:
        return encode_response(response, request)

    def event_encoder(self, request: Request) -> ResponsesEventEncoder:
        return ResponsesEventEncoder(request)


class ResponsesUpstream:
    dialect: Dialect = "openai.responses"

    def wants(self, request: Request, target: Target) -> tuple[str, ...]:
        return wants(request, target)

    def encode_request(self, request: Request, target: Target, seed: str) -> Encoded:
        return encode_request(request, target, seed)

    def decode_response(self, body: bytes, memo: Memo) -> Response:
        return decode_response(body, memo)

    def event_decoder(self, memo: Memo) -> ResponsesEventDecoder:
        return ResponsesEventDecoder(memo)

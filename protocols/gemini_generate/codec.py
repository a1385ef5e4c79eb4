"""generateContent as a server and as a client speaks it."""

from protocols.codec import Encoded, Head, Memo, Target
from protocols.gemini_generate.events import GenerateEventEncoder
from protocols.gemini_generate.native import KEEPALIVE
from protocols.gemini_generate.parts import DIALECT
from protocols.gemini_generate.request import decode_request
from protocols.gemini_generate.response import encode_response
from protocols.gemini_generate.upstream_events import GenerateEventDecoder
from protocols.gemini_generate.upstream_request import encode_request, wants
from protocols.gemini_generate.upstream_response import decode_response
from protocols.ir import Dialect, Request, Response


class GenerateCodec:
    dialect: Dialect = DIALECT
    keepalive = KEEPALIVE

    def decode_request(self, body: bytes, head: Head) -> Request:
        return decode_request(body, head)

    def encode_response(self, response: Response, request: Request) -> Encoded:
        return encode_response(response)

    def event_encoder(self, request: Request) -> GenerateEventEncoder:
        return GenerateEventEncoder()


class GenerateUpstream:
    dialect: Dialect = DIALECT

    def wants(self, request: Request, target: Target) -> tuple[str, ...]:
        return wants(request, target)

    def encode_request(self, request: Request, target: Target, seed: str) -> Encoded:
        return encode_request(request, target, seed)

    def decode_response(self, body: bytes, memo: Memo) -> Response:
        return decode_response(body, memo)

    def event_decoder(self, memo: Memo) -> GenerateEventDecoder:
        return GenerateEventDecoder(memo)

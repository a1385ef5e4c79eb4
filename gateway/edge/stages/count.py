"""Instead of an attempt, where tokens are to be counted and no vendor of the model can: a guess.

Laws: it says that it is one; it asks nobody and costs nothing; what it reads has the bounds of
what is translated, however it is wrapped.
"""

import base64
from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.edge.accounting.estimates import counted_answer, tokens_of_request
from gateway.edge.answering.answer_headers import answer_headers
from gateway.edge.errors import refusal
from gateway.edge.exchange import Exchange
from gateway.edge.messages import RESPONSE_BODY, RESPONSE_START
from gateway.edge.questions.translation import check_pieces
from gateway.edge.runtime import Runtime
from gateway.edge.stages.decode import top_level
from gateway.edge.stages.record import record
from protocols.codec import Head
from protocols.errors import DecodeError, ProtocolError
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS

ESTIMATED: Final = (b"x-switchyard-estimated", b"true")
JSON_TYPE: Final = {"content-type": "application/json"}


class Invoke(msgspec.Struct, frozen=True):
    body: str


class BedrockInput(msgspec.Struct, frozen=True, rename="camel"):
    converse: msgspec.Raw = msgspec.Raw()
    invoke_model: Invoke | None = None


BEDROCK: Final = msgspec.json.Decoder(BedrockInput)
# Where a request to count holds the one that is meant.
WRAPPED_BY_GEMINI: Final = ("generateContentRequest", "generate_content_request")
WRAPPED_BY_BEDROCK: Final = "input"


async def count(exchange: Exchange, runtime: Runtime) -> None:
    dialect, body = meant(exchange)
    check_pieces(body, exchange.top if body is exchange.body else top_level(body))
    head = Head(model=exchange.model)
    try:
        request = CLIENT_CODECS[dialect].decode_request(body, head)
    except ProtocolError as error:
        param = error.path if isinstance(error, DecodeError) else None
        raise refusal("invalid_request", f"{error}.", param=param) from None
    answer = counted_answer(exchange.arrival.operation.dialect, tokens_of_request(request))
    exchange.answer_status = 200
    record(exchange, runtime)
    await runtime.books.settled()
    headers = answer_headers(exchange, runtime, upstream=JSON_TYPE)
    headers += (ESTIMATED, (b"content-length", b"%d" % len(answer)))
    exchange.sending = True
    await exchange.send({"type": RESPONSE_START, "status": 200, "headers": headers})
    await exchange.send({"type": RESPONSE_BODY, "body": answer})


def meant(exchange: Exchange) -> tuple[Dialect, bytes]:
    """The dialect and the body of the request whose tokens are asked for."""
    dialect, top = exchange.arrival.operation.dialect, exchange.top
    if dialect == "gemini.generate":
        wrapped = next((top[name] for name in WRAPPED_BY_GEMINI if name in top), None)
        return dialect, exchange.body if wrapped is None else bytes(wrapped)
    if dialect == "bedrock.converse":
        return _meant_by_bedrock(top)
    return dialect, exchange.body


def _meant_by_bedrock(top: Mapping[str, msgspec.Raw]) -> tuple[Dialect, bytes]:
    field = WRAPPED_BY_BEDROCK
    try:
        said = BEDROCK.decode(top[field])
        if said.invoke_model is not None:
            return "anthropic.messages", base64.b64decode(said.invoke_model.body, validate=True)
    except ValueError:  # no such JSON, or no base64
        raise refusal("invalid_request", f"{field} is not as it has to be.", param=field) from None
    if not said.converse:
        raise refusal(
            "invalid_request",
            f"{field} is empty; expected converse or invokeModel.",
            param=field,
        )
    return "bedrock.converse", bytes(said.converse)

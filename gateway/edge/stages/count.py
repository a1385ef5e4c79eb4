"""Instead of an attempt, where tokens are to be counted and no vendor of the model can: a guess.

Laws: it says that it is one; it asks nobody and costs nothing; it is about the client's own words,
and leaves none of them out.
"""

from typing import Final

from gateway.edge.accounting.estimates import tokens_of_request
from gateway.edge.answering.answer_headers import answer_headers
from gateway.edge.exchange import Exchange
from gateway.edge.messages import RESPONSE_BODY, RESPONSE_START
from gateway.edge.questions.translation import read
from gateway.edge.runtime import Runtime
from gateway.edge.stages.record import record
from protocols.registry import COUNT_CODECS

ESTIMATED: Final = (b"x-switchyard-estimated", b"true")
JSON_TYPE: Final = {"content-type": "application/json"}


async def count(exchange: Exchange, runtime: Runtime) -> None:
    tokens = tokens_of_request(read(exchange).request)
    answer = COUNT_CODECS[exchange.arrival.operation.dialect].answer(tokens)
    exchange.losses.clear()
    exchange.answer_status = 200
    record(exchange, runtime)
    await runtime.books.settled()
    headers = answer_headers(exchange, runtime, upstream=JSON_TYPE)
    headers += (ESTIMATED, (b"content-length", b"%d" % len(answer)))
    exchange.sending = True
    await exchange.send({"type": RESPONSE_START, "status": 200, "headers": headers})
    await exchange.send({"type": RESPONSE_BODY, "body": answer})

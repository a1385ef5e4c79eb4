"""A question for the number of tokens, put to the vendor's own counter, and its answer put back.

Law: what is counted is what the vendor would have been asked.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from gateway.edge.exchange import Candidate, Exchange, Lane
from gateway.edge.passages.keeping import Keeping
from gateway.edge.passages.passage import Passage
from gateway.edge.questions.batches import Batch
from gateway.edge.questions.questions import NativeQuestion, Told
from gateway.edge.questions.translation import TranslatedQuestion
from protocols.ir import Dialect
from protocols.registry import COUNT_CODECS
from providers.specs import Envelope

# Whoever carries a dialect in an envelope counts in its own.
COUNTS_IN: Final[Mapping[Envelope, Dialect]] = {"bedrock": "bedrock.converse"}


class CountQuestion:
    __slots__ = ("_asks", "_counts", "body", "headers", "losses", "native")

    lane: Lane = "translation"
    top: Mapping[str, Raw] | None = None
    keeping: Keeping | None = None
    batch: Batch | None = None

    def __init__(
        self,
        exchange: Exchange,
        candidate: Candidate,
        question: NativeQuestion | TranslatedQuestion,
    ) -> None:
        """`question`: in the client's own words, or the request that is meant in the vendor's."""
        surface = candidate.surface
        self.body = question.body
        if question.lane == "translation":
            codec = COUNT_CODECS[surface.dialect]
            self.body = codec.question(question.body, model=candidate.target.upstream_name)
        self.headers, self.losses = question.headers, question.losses
        self.native = question.native
        envelope = surface.envelope
        counts_in = surface.dialect if envelope is None else COUNTS_IN[envelope]
        self._asks = COUNT_CODECS[exchange.arrival.operation.dialect]
        self._counts = COUNT_CODECS[counts_in]

    def passage(self) -> Passage:
        """Numbers are never streamed; what comes as a stream all the same is no answer."""
        return Passage(self.native, hide_usage=False)

    def told(self, body: bytes, *, stream: bool) -> Told:
        return Told(body=self._asks.answer(self._counts.tokens(body)))

"""A vendor's whole answer, read: it is what its stream would tell."""

from protocols import ir
from protocols.codec import Memo
from protocols.errors import DecodeError
from protocols.fields import NULL
from protocols.lenient import read, whole_characters
from protocols.openai_responses.answers import LISTS, OBJECTS, Head, Said
from protocols.openai_responses.output import OutputReader
from protocols.stream import Collector


def decode_response(body: bytes, memo: Memo) -> ir.Response:
    top = read(OBJECTS, whole_characters(body))
    items = read(LISTS, (top or {}).pop("output", NULL))
    if top is None or items is None:
        raise DecodeError("output", "is missing; the provider's answer is none of Responses")
    output, collector = OutputReader(memo), Collector()
    for number, raw in enumerate(items):
        for event in output.done(number, raw):
            collector.feed(event)
    head = Head(Said(top))
    return ir.Response(
        id=head.id,
        model=head.model,
        created=head.created,
        content=collector.response().content,
        stop=head.stop(has_calls=output.has_calls, has_refused=output.has_refused),
        usage=head.usage or ir.Usage(),
        service_tier=head.tier,
        extra=head.extra,
    )

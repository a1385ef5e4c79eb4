"""What clients of Responses are told."""

from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.openai_responses.codec import ResponsesCodec
from protocols.stream import replay

CODEC = ResponsesCodec()
ENDED = ir.Stop(reason="end_turn")
SEAL = ir.Seal(origin="openai", id="rs_1")


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def request(**said: object) -> ir.Request:
    body = {"model": "m", "input": "hi", **said}
    return CODEC.decode_request(msgspec.json.encode(body), Head())


def response(*content: ir.Content, **said: Any) -> ir.Response:
    beside: dict[str, Any] = {"stop": ENDED, "usage": ir.Usage(), **said}
    return ir.Response(id="resp_1", model="m", content=content, **beside)


def whole(*content: ir.Content, **said: Any) -> Any:
    encoded = CODEC.encode_response(response(*content, **said), request())
    return msgspec.json.decode(encoded.body)


def items(*content: ir.Content) -> list[Any]:
    found: list[Any] = whole(*content)["output"]
    return found


def losses(*content: ir.Content, **said: Any) -> list[tuple[str, bool]]:
    encoded = CODEC.encode_response(response(*content, **said), request())
    return [(loss.code, loss.content) for loss in encoded.losses]


def told(*events: ir.Event) -> list[Any]:
    encoder = CODEC.event_encoder(request())
    frames = b"".join(map(encoder.feed, events)) + encoder.close()
    found = []
    for frame in frames.split(b"\n\n")[:-1]:
        name, _, data = frame.partition(b"\n")
        said = msgspec.json.decode(data.removeprefix(b"data: "))
        assert name == b"event: " + said["type"].encode()
        found.append(said)
    assert [said["sequence_number"] for said in found] == list(range(len(found)))
    return found


def kinds(*events: ir.Event) -> list[str]:
    return [said["type"].removeprefix("response.") for said in told(*events)]


def streamed(*content: ir.Content, **said: Any) -> list[Any]:
    return told(*replay(response(*content, **said)))


STARTED = ir.Started(id="resp_1", model="m", created=7)
FINISHED = ir.Finished(stop=ENDED, usage=ir.Usage())

"""What a dialect cannot say of a block is told of a stream as of a whole answer, block by block."""

import re
from typing import Final

import pytest

from protocols import ir
from protocols.codec import Loss
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS
from protocols.stream import replay
from tests.protocols.fuzzed import ASKED

BLOCK: Final = re.compile(r"(?:content|blocks)\[(\d+)\]$")
SEAL: Final = ir.Seal(origin="somebody", signature="c2lnbmVk")
TEXT: Final = ir.Text(text="Hello", seal=SEAL)
THOUGHT: Final = ir.Thinking(text="Hm.", seal=SEAL)
CALL: Final = ir.ToolCall(id="call_1", name="look", seal=SEAL)
UNSIGNED: Final = ir.ToolCall(id="call_2", name="look", seal=ir.Seal(origin="somebody", id="fc"))
BROKEN: Final = ir.ToolCall(id="call_3", name="look", arguments='{"at":')
SEALED: Final = (THOUGHT, TEXT, CALL, UNSIGNED)
# The places of those that have no field for their seal.
WITHOUT: Final[dict[Dialect, set[int]]] = {
    "openai.chat": {0, 1, 2},
    "openai.responses": {1, 2},
    "anthropic.messages": {1, 2},
    "gemini.generate": set(),
    "bedrock.converse": {1, 2},
}
OBJECTS_ONLY: Final = frozenset({"anthropic.messages", "bedrock.converse", "gemini.generate"})


def told(dialect: Dialect, *content: ir.Content) -> list[tuple[bytes, list[Loss]]]:
    answer = ir.Response(
        id="1",
        model="m",
        content=content,
        stop=ir.Stop(reason="tool_call"),
        usage=ir.Usage(input_tokens=1, output_tokens=1),
    )
    codec = CLIENT_CODECS[dialect]
    whole = codec.encode_response(answer, ASKED[dialect])
    encoder = codec.event_encoder(ASKED[dialect])
    stream = b"".join(map(encoder.feed, replay(answer))) + encoder.close()
    return [(whole.body, [*whole.losses]), (stream, encoder.losses)]


def places(losses: list[Loss], code: str) -> list[int]:
    found = [BLOCK.search(loss.path) for loss in losses if loss.code == code]
    return sorted(int(each[1]) for each in found if each)


@pytest.mark.parametrize("dialect", WITHOUT)
def test_each_seal_without_a_field_is_told_where_it_was(dialect: Dialect) -> None:
    for body, losses in told(dialect, *SEALED):
        assert places(losses, "seal") == sorted(WITHOUT[dialect])
        assert body.count(SEAL.signature.encode()) >= len(SEALED) - 1 - len(WITHOUT[dialect])  # type: ignore[union-attr]


@pytest.mark.parametrize("dialect", WITHOUT)
def test_broken_arguments_are_told_of_streams_too(dialect: Dialect) -> None:
    for _, losses in told(dialect, UNSIGNED, BROKEN):
        assert [loss.code for loss in losses] == ["tool_arguments"] * (dialect in OBJECTS_ONLY)


@pytest.mark.parametrize("dialect", WITHOUT)
def test_arguments_that_come_as_the_call_begins_are_judged_once(dialect: Dialect) -> None:
    encoder = CLIENT_CODECS[dialect].event_encoder(ASKED[dialect])
    encoder.feed(ir.Started(id="1", model="m"))
    encoder.feed(ir.BlockStarted(index=0, block=BROKEN))
    encoder.feed(ir.BlockEnded(index=0))
    whole = ir.ToolCall(id="call_4", name="look", arguments="{}")
    encoder.feed(ir.BlockStarted(index=1, block=whole))
    encoder.feed(ir.Finished(stop=ir.Stop(reason="tool_call"), usage=ir.Usage()))
    encoder.close()
    assert [loss.code for loss in encoder.losses] == ["tool_arguments"] * (dialect in OBJECTS_ONLY)


def test_google_s_seal_of_a_call_has_its_field_in_chat() -> None:
    call = ir.ToolCall(id="call_1", name="look", seal=ir.Seal(origin="gemini", signature="Z29v"))
    for body, losses in told("openai.chat", call):
        assert losses == []
        assert b"Z29v" in body

"""Answers without what only their own dialect understands."""

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.extras import bare_event, bare_response

EXTRA: ir.Extra = {"theirs": Raw(b"1")}
STOP = ir.Stop(reason="end_turn", raw="end", extra=EXTRA)
CITED = ir.Citation(text="so", url="https://example.com", extra=EXTRA)
BLOCKS: tuple[ir.Content, ...] = (
    ir.Text(text="a", citations=(CITED, ir.Citation(text="plain")), extra=EXTRA),
    ir.Thinking(text="b", extra=EXTRA),
    ir.ToolCall(id="1", name="c", extra=EXTRA),
    ir.ToolResult(call_id="1", content=(ir.Text(text="d", extra=EXTRA),), extra=EXTRA),
    ir.Media(kind="image", source=ir.Link(url="https://example.com/e"), extra=EXTRA),
    ir.Refusal(text="f"),
    ir.Opaque(dialect="openai.chat", kind="g", raw=Raw(b"{}")),
)


def test_nothing_of_a_response_is_left_that_is_only_its_own() -> None:
    response = ir.Response(
        id="1",
        model="m",
        content=BLOCKS,
        stop=STOP,
        usage=ir.Usage(),
        alternatives=(ir.Alternative(content=BLOCKS, stop=STOP, extra=EXTRA),),
        extra=EXTRA,
    )

    bare = bare_response(response)

    assert b"theirs" not in msgspec.json.encode(bare)
    assert [type(block) for block in bare.content] == [type(block) for block in BLOCKS]
    assert bare.stop == ir.Stop(reason="end_turn", raw="end")
    assert bare_response(bare) == bare


@pytest.mark.parametrize(
    "event",
    [
        ir.Started(id="1", model="m", extra=EXTRA),
        ir.TextDelta(index=0, text="a", extra=EXTRA),
        *(ir.BlockStarted(index=0, block=block) for block in BLOCKS),
        ir.BlockEnded(index=0, block=BLOCKS[0]),
        ir.BlockEnded(index=0),
        ir.CitationAdded(index=0, citation=CITED),
        ir.AlternativeEnded(choice=1, stop=STOP, extra=EXTRA),
        ir.Finished(stop=STOP, usage=ir.Usage(), extra=EXTRA),
        ir.ArgumentsDelta(index=0, text="{}"),
        ir.Foreign(dialect="openai.chat", event="x", raw=Raw(b"{}")),
    ],
)
def test_nothing_of_an_event_is_left_that_is_only_its_own(event: ir.Event) -> None:
    bare = bare_event(event)

    assert type(bare) is type(event)
    assert b"theirs" not in msgspec.json.encode(bare)
    assert bare_event(bare) == bare

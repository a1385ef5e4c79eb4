"""Answers that come in several."""

import msgspec
import pytest

from protocols import ir
from protocols.anthropic_messages.continuing import continued
from protocols.codec import Memo, Target
from protocols.continuing import MOST_PAUSES, Continuation
from protocols.registry import UPSTREAM_CODECS
from protocols.stream import Collector, replay

USED = ir.Usage(input_tokens=5, output_tokens=2)
PAUSE = ir.Stop(reason="pause")


def answer(text: str, *, stop: ir.Stop = PAUSE) -> ir.Response:
    return ir.Response(
        id="r",
        model="m",
        content=(ir.Thinking(text="hm"), ir.Text(text=text)),
        stop=stop,
        usage=USED,
    )


@pytest.mark.parametrize(
    ("stop", "usage", "expected"),
    [
        (PAUSE, USED, True),
        (ir.Stop(reason="end_turn"), USED, False),
        (PAUSE, ir.Usage(input_tokens=5), False),
        (PAUSE, ir.Usage(output_tokens=2), False),
    ],
)
def test_only_a_pause_whose_usage_is_told_is_one(
    stop: ir.Stop, usage: ir.Usage, *, expected: bool
) -> None:
    assert Continuation().may_pause(stop, usage) is expected


def test_there_are_so_many_and_no_more() -> None:
    whole = Continuation()
    for _ in range(MOST_PAUSES):
        assert whole.may_pause(PAUSE, USED)
        whole.pause(answer("on "))
    assert not whole.may_pause(PAUSE, USED)


def test_what_was_said_before_comes_first() -> None:
    whole = Continuation()
    assert whole.whole(answer("Two.")) == answer("Two.")
    whole.pause(answer("One. "))
    told = whole.whole(answer("Two.", stop=ir.Stop(reason="end_turn")))

    assert told.content == answer("One. ").content + answer("Two.").content
    assert told.stop.reason == "end_turn"
    assert (told.usage.input_tokens, told.usage.output_tokens) == (10, 4)
    assert whole.paused(answer("")).content == answer("One. ").content
    assert whole.paused(answer("")).usage.output_tokens == 2


def test_streams_are_collected_as_one_answer() -> None:
    whole, told = Continuation(), Collector()
    first, second = answer("One. "), answer("Two.", stop=ir.Stop(reason="end_turn"))
    part = whole.part()
    for event in replay(first):
        heard = part.heard(event)
        if heard is not None and not isinstance(event, ir.Finished):
            told.feed(heard)
    assert part.pause().content == first.content

    part = whole.part()
    for event in (
        *replay(second),
        ir.UsageUpdated(usage=USED),
        ir.Foreign(dialect="x", event="y", raw=msgspec.Raw(b"{}")),
    ):
        heard = part.heard(event)
        if heard is not None:
            told.feed(heard)

    assert told.response() == whole.whole(second)
    assert whole.content == first.content


CODEC = UPSTREAM_CODECS["anthropic.messages"]
TARGET = Target(model="claude-x", vendor="anthropic")


def encoded() -> bytes:
    asked = ir.Request(
        dialect="openai.responses",
        model="m",
        messages=(ir.Message(role="user", content=(ir.Text(text="Hi"),)),),
    )
    return CODEC.encode_request(asked, TARGET, "s").body


def test_a_vendor_gets_back_what_it_has_said() -> None:
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "text", "text": "One."},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
        {"type": "future", "of": ["nobody", "knows"]},
    ]
    body = msgspec.json.encode({"content": content, "stop_reason": "pause_turn", "usage": {}})
    said = CODEC.decode_response(body, Memo(seed="s"))

    again = msgspec.json.decode(continued(encoded(), said.content, TARGET))
    before = msgspec.json.decode(encoded())
    assert again["messages"][:-1] == before["messages"]
    assert again["messages"][-1] == {"role": "assistant", "content": content}
    assert {**again, "messages": []} == {**before, "messages": []}


def test_texts_that_it_does_not_take_do_not_go_back() -> None:
    texts = [ir.Text(text=text) for text in ("", "One.", "\n ")]
    again = msgspec.json.decode(continued(encoded(), texts, TARGET))
    assert again["messages"][1:] == [
        {"role": "assistant", "content": [{"type": "text", "text": "One."}]}
    ]


def test_where_nothing_was_said_the_same_is_asked_again() -> None:
    assert continued(encoded(), [ir.Text(text="")], TARGET) == encoded()

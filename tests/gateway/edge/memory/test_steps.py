"""What a step of the assistant's leaves behind, and where it is put back."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.edge.memory.steps import (
    MOST_BLOCKS,
    TELLING,
    Maker,
    Names,
    Recalled,
    Step,
    echoes,
    kept_of,
    restored,
    unsealed_calls,
)
from gateway.edge.memory.vault import LARGEST_BYTES, Found, Kept
from protocols import ir
from protocols.codec import Target
from protocols.ir import Dialect
from protocols.registry import UPSTREAM_CODECS
from protocols.stream import replay
from tests.faults.bounds import FACTOR

SEAL = ir.Seal(origin="theirs", signature="s")
OWN = ir.Seal(origin="claude", signature="s")
SIGNED = ir.Thinking(text="a", seal=SEAL)
UNSIGNED = ir.Thinking(text="u")
CALL = ir.ToolCall(id="call_123456789012", name="look")
CLAUDE = Target(model="m", vendor="claude")
CHAT: Dialect = "openai.chat"


def maker(asks: Dialect = CHAT, **said: Any) -> Maker:
    return Maker.of(Target(model="m", vendor="claude", **said), asks=asks)


def answer(*content: ir.Content) -> ir.Response:
    stop, usage = ir.Stop(reason="tool_call"), ir.Usage()
    return ir.Response(id="1", model="m", content=content, stop=stop, usage=usage)


def history(*content: ir.Content, dialect: Dialect = CHAT) -> ir.Request:
    return ir.Request(
        dialect=dialect,
        model="m",
        messages=(
            ir.Message(role="user", content=(ir.Text(text="Hi"),)),
            ir.Message(role="assistant", content=content),
        ),
    )


def test_thoughts_go_with_the_first_call_after_them() -> None:
    second = replace(CALL, id="call_2")
    third = replace(CALL, id="call_3", seal=SEAL)
    later = replace(SIGNED, text="b")
    fourth = replace(CALL, id="call_4")

    said = (SIGNED, SIGNED, ir.Text(text="Hm."), later, CALL, second, third, later, fourth, SIGNED)

    kept = kept_of(said, maker(account="00ff"))

    own = replace(OWN, account="00ff")
    of = {"origin": "claude", "account": "00ff"}
    first, other = replace(SIGNED, seal=own), replace(later, seal=own)
    assert kept == {
        CALL.id: Kept(first=(first, first), thoughts=(other,), **of),  # type: ignore[arg-type]
        "call_3": Kept(seal=own, **of),  # type: ignore[arg-type]
        "call_4": Kept(thoughts=(other,), **of),  # type: ignore[arg-type]
    }


@pytest.mark.parametrize(
    ("asks", "passback", "kept"),
    [
        ("openai.chat", "never", {"a"}),
        ("openai.chat", "always", {"a", "u"}),
        ("anthropic.messages", "never", set()),
        ("anthropic.messages", "tool_turns", {"u"}),
        ("openai.responses", "never", set()),
        ("gemini.generate", "never", {"a"}),
    ],
)
def test_what_clients_of_the_dialect_send_back_themselves_is_not_kept(
    asks: Dialect, passback: Any, kept: set[str]
) -> None:
    found = kept_of((SIGNED, UNSIGNED, CALL), maker(asks, reasoning_passback=passback))
    assert {each.text for one in found.values() for each in one.first} == kept


def test_gemini_s_clients_keep_the_seals_of_calls() -> None:
    sealed = replace(CALL, seal=SEAL)
    assert kept_of((sealed,), maker("gemini.generate")) == {}
    assert kept_of((sealed,), maker("anthropic.messages"))[CALL.id].seal == OWN


def test_parts_of_one_item_come_back_as_one_with_the_signature_on_the_last() -> None:
    parts = (
        ir.Thinking(text="a", summary=True, seal=ir.Seal(origin="openai", id="rs_1")),
        ir.Thinking(
            text="b", summary=True, seal=ir.Seal(origin="openai", id="rs_1", signature="enc")
        ),
    )
    unproven = ir.Thinking(text="c", summary=True, seal=ir.Seal(origin="openai", id="rs_2"))
    target = Target(model="m", vendor="openai")
    kept = kept_of((*parts, unproven, CALL), Maker.of(target, asks=CHAT))
    assert kept[CALL.id].first == parts

    recalled = Recalled(kept={(1, 0): kept[CALL.id]})
    request, _ = restored(history(CALL), recalled, target)
    sent = UPSTREAM_CODECS["openai.responses"].encode_request(request, target, "seed")

    items = [
        each for each in msgspec.json.decode(sent.body)["input"] if each["type"] == "reasoning"
    ]
    assert items == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [
                {"type": "summary_text", "text": "a"},
                {"type": "summary_text", "text": "b"},
            ],
            "encrypted_content": "enc",
        }
    ]


BLOCKS = st.sampled_from(
    [SIGNED, UNSIGNED, ir.Text(text="t"), ir.Text(text=""), CALL, replace(CALL, id="2", seal=SEAL)]
)


@given(st.lists(BLOCKS, max_size=6), st.sampled_from(["never", "always"]))
def test_a_stream_leaves_what_the_whole_answer_leaves(content: list[Any], passback: Any) -> None:
    of = maker(reasoning_passback=passback)
    step = Step(of)
    kept: dict[str, Kept] = {}
    for event in replay(answer(*content)):
        step.feed(event)
        if isinstance(event, ir.TextDelta) and event.index in step.thoughts:
            step.think(event.index, event.text)
        if step.changed:
            kept |= step.take()
    assert kept == kept_of(content, of)


def test_other_choices_and_what_never_began_leave_nothing() -> None:
    step = Step(maker())
    step.feed(ir.BlockStarted(index=0, block=replace(CALL, seal=SEAL), choice=1))
    step.feed(ir.Sealed(index=0, seal=SEAL))
    step.feed(ir.BlockStarted(index=1, block=ir.Text(text="")))
    step.feed(ir.Sealed(index=1, seal=SEAL))
    assert not step.changed
    assert step.take() == {}


def test_a_thought_that_is_too_long_is_not_collected() -> None:
    step = Step(maker())
    step.feed(ir.BlockStarted(index=0, block=ir.Thinking()))
    for _ in range(3):
        step.think(0, "x" * (LARGEST_BYTES // 2))
    step.feed(ir.BlockStarted(index=1, block=replace(CALL, seal=SEAL)))
    assert not step.fits
    assert step.take() == {}
    assert len(step.thoughts[0]) == 3  # with what it began with


def test_of_a_step_of_very_many_blocks_the_first_are_kept() -> None:
    """Each call is taken as it comes, with all that came before it."""
    step = Step(maker())
    kept: dict[str, Kept] = {}
    for number in range(3 * MOST_BLOCKS):
        block = replace(CALL, id=f"call_{number:012}", seal=SEAL)
        step.feed(ir.BlockStarted(index=number, block=block))
        assert step.changed
        kept |= step.take()
    step.feed(ir.Sealed(index=3 * MOST_BLOCKS, seal=SEAL))
    assert list(kept) == [f"call_{number:012}" for number in range(MOST_BLOCKS)]
    assert not step.fits


def put_back(request: ir.Request, target: Target = CLAUDE, **kept: Any) -> tuple[Any, list[str]]:
    entry = Kept(**{"origin": "claude", **kept})
    position = next(
        at for at, block in enumerate(request.messages[1].content) if isinstance(block, ir.ToolCall)
    )
    left, losses = restored(request, Recalled(kept={(1, position): entry}), target)
    return left.messages[1].content, [loss.code for loss in losses]


def test_what_was_thought_first_stands_first_and_the_rest_before_its_call() -> None:
    mine, later = ir.Thinking(text="a", seal=OWN), ir.Thinking(text="b", seal=OWN)
    text = ir.Text(text="Hm.")
    content, lost = put_back(history(text, CALL), first=(mine,), thoughts=(later,), seal=OWN)
    assert content == (mine, text, later, replace(CALL, seal=OWN))
    assert lost == []


@pytest.mark.parametrize(
    "target",
    [Target(model="m", vendor="other"), Target(model="m", vendor="claude", account="00ff")],
)
def test_what_another_has_made_stays_where_it_is(target: Target) -> None:
    content, lost = put_back(history(CALL), target, first=(SIGNED,), seal=SEAL)
    assert content == (CALL,)
    assert lost == ["seal"]


def test_the_client_s_own_copy_of_a_signed_thought_gives_way_to_it() -> None:
    mine = ir.Thinking(text="a", seal=OWN)
    copy = ir.Thinking(text="a")
    assert put_back(history(copy, CALL), first=(mine,))[0] == (mine, CALL)
    # What it has kept whole is not said twice.
    assert put_back(history(mine, CALL), first=(mine,))[0] == (mine, CALL)
    assert put_back(history(copy, CALL), first=(UNSIGNED,))[0] == (copy, CALL)


def test_what_a_turn_is_made_of_may_be_several_messages() -> None:
    """Responses has one for each thing said."""
    request = history(CALL)
    thought = ir.Message(role="assistant", content=(ir.Thinking(text="a", seal=OWN),))
    later = ir.Message(role="user", content=(ir.Text(text="b"),))
    called = ir.Message(role="assistant", content=(CALL,))
    several = replace(request, messages=(request.messages[0], thought, called, later, called))
    kept = Kept(origin="claude", first=(ir.Thinking(text="a", seal=OWN),))

    recalled = Recalled(kept={(2, 0): kept, (4, 0): kept})
    left, _ = restored(several, recalled, CLAUDE)

    assert [len(each.content) for each in left.messages] == [1, 1, 1, 1, 2]
    assert recalled.count_of(CLAUDE) == 2


def test_nobody_knows_what_a_vault_has_that_does_not_answer() -> None:
    left, losses = restored(history(CALL), Recalled(answered=False), CLAUDE)
    assert left == history(CALL)
    assert [loss.code for loss in losses] == ["seal"]


def test_calls_are_looked_up_by_the_id_that_was_told_and_by_what_clients_make_of_it() -> None:
    renamed = replace(CALL, id=f"look__{CALL.id}")
    request = history(CALL, replace(CALL, id="sealed", seal=SEAL), ir.Text(text="a"), renamed)
    calls = unsealed_calls(request, Names(request.messages))
    assert calls == {(1, 0): (CALL.id,), (1, 3): (renamed.id, CALL.id)}

    kept = Kept(origin="claude")
    recalled = Recalled.of(Found(kept={CALL.id: kept}, answered=True), calls)
    assert recalled.kept == {(1, 0): kept, (1, 3): kept}


def test_of_many_calls_the_last_are_looked_up() -> None:
    calls = [replace(CALL, id=f"call_12345678{number:04}") for number in range(300)]
    found = unsealed_calls(history(*calls), Names(()))
    assert list(found.values()) == [(each.id,) for each in calls[-256:]]


def test_calls_that_are_not_looked_up_are_not_named() -> None:
    class Counted(Names):
        asked = 0

        def of(self, call_id: str, *, before: int | None = None) -> str:
            Counted.asked += 1
            return super().of(call_id, before=before)

    calls = [replace(CALL, id=f"call_12345678{number:04}") for number in range(300)]
    unsealed_calls(history(*calls), Counted(()))
    assert Counted.asked == 256


def test_no_id_takes_longer_to_read_than_its_length_says() -> None:
    """Squared, this one would take hours."""
    id_ = "1" + "a" * 4_000_000 + "!"
    began_at = time.process_time()
    assert TELLING.fullmatch(id_) is None
    assert time.process_time() - began_at < FACTOR


WEAK = replace(CALL, id="functions.look:0")


def test_an_id_that_many_conversations_have_counts_with_its_conversation_only() -> None:
    request = history(WEAK)
    asked = Names(request.messages[:1]).of(WEAK.id)
    assert unsealed_calls(request, Names(request.messages)) == {(1, 0): (asked,)}

    other = ir.Message(role="user", content=(ir.Text(text="Ho"),))
    assert Names((other,)).of(WEAK.id) != asked
    result = ir.Message(role="user", content=(ir.ToolResult(call_id=WEAK.id),))
    later = Names((*request.messages, result))
    assert later.of(WEAK.id) != asked
    assert later.of(WEAK.id, before=1) == asked
    # Of the assistant's own words clients keep what they like.
    said = ir.Message(role="assistant", content=(ir.Text(text="Hm."), WEAK))
    assert Names((request.messages[0], said, result)).of(WEAK.id) == later.of(WEAK.id)


@pytest.mark.parametrize(
    ("id_", "tells"),
    [
        ("toolu_01AbCdEfGhIjKlMnOpQrSt", True),
        ("call_00_9nLfpIQ6VO1JCaEsJcU8WZnS", True),
        ("0192b3c4-d5e6-7890-a1b2-c3d4e5f60718", True),
        ("functions.look:0", False),
        ("functions.search_everywhere1:0", False),
        ("call_d5wg", False),
        ("call_abcdefghijkl", False),
        ("", False),
        ("a1" * 128, True),
        ("a1" * 128 + "b", False),
        ("1" + "a" * 12 + "!", False),
        ("1" + "a" * 12 + "\n", False),
    ],
)
def test_ids_tell_one_call_from_all_others_or_do_not(id_: str, tells: bool) -> None:  # noqa: FBT001
    assert (Names(()).of(id_) == id_) is tells


@pytest.mark.parametrize(
    ("body", "does"),
    [
        (b'{"messages":[]}', True),
        (b'{"tools":[]}', False),
        (b'{"tools":[],"messages":[{"tool_calls":[]}]}', False),
        (b'{"tools":[],"messages":[{"tool_calls":[],"reasoning_content":"a"}]}', True),
        (b'{"tools":[],"x":[{"tool_calls":[],"reasoning_content":"a"},{"tool_calls":[]}]}', False),
    ],
)
def test_clients_that_send_thoughts_back_are_known_by_their_history(
    body: bytes,
    does: bool,  # noqa: FBT001
) -> None:
    assert echoes(body) is does

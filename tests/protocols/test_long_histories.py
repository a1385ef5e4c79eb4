"""What is twice as long takes twice as long: judged by what takes as many steps otherwise."""

from collections.abc import Callable
from time import process_time
from typing import Literal

from protocols import ir
from protocols.codec import Frame, Memo, Target
from protocols.gemini_generate.codec import GenerateUpstream
from protocols.ir import Message
from protocols.registry import UPSTREAM_CODECS
from tests.protocols.gemini_generate import collected

TIMES = 4  # measured: below 2 as it is, 8 and more where each step looks back at all before it


def lasts(act: Callable[[], object]) -> float:
    took = []
    for _ in range(3):
        began = process_time()
        act()
        took.append(process_time() - began)
    return min(took)


def says(role: Literal["system", "user", "assistant"]) -> Message:
    return Message(role=role, content=(ir.Text(text="hi"),))


def asked(dialect: ir.Dialect, *messages: Message, refuses: str = "") -> float:
    request = ir.Request(dialect="openai.responses", model="m", messages=messages)
    where = Target(model="m", vendor="v", max_tokens=9, refuses=frozenset({refuses}))
    codec = UPSTREAM_CODECS[dialect]
    return lasts(lambda: codec.encode_request(request, where, "seed"))


def test_instructions_among_many_messages() -> None:
    many = (says("user"), says("system"), says("assistant")) * 16_000
    usual = asked("anthropic.messages", *many, refuses="system_later")
    assert asked("anthropic.messages", *many) < TIMES * usual


def test_much_that_the_model_said_in_a_row() -> None:
    rows = asked("openai.chat", *(says("assistant"),) * 48_000)
    turns = asked("openai.chat", *(says("user"), says("assistant")) * 24_000)
    assert rows < TIMES * turns


def test_what_stands_beside_the_parts_of_many_chunks() -> None:
    def heard(*names: str) -> float:
        def listen() -> None:
            decoder = GenerateUpstream().event_decoder(Memo(seed="s"))
            for name in names:
                data = f'{{"candidates":[{{"content":{{"parts":[],"{name}":1}}}}]}}'.encode()
                decoder.feed(Frame(data=data, raw=data))

        return lasts(listen)

    many = 3_000
    assert heard(*(f"n{at}" for at in range(many))) < TIMES * heard(*("n",) * many)


def test_all_that_stood_beside_the_parts_is_told() -> None:
    decoder = GenerateUpstream().event_decoder(Memo(seed="s"))
    events: list[ir.Event] = []
    for said in (
        b'{"content":{"parts":[{"text":"h"}],"a":1,"b":1}}',
        b'{"content":{"parts":[{"text":"i"}],"b":2},"finishReason":"STOP"}',
    ):
        data = b'{"candidates":[' + said + b"]}"
        events += decoder.feed(Frame(data=data, raw=data))
    events += decoder.close()
    extra = collected(events).stop.extra
    assert extra is not None
    assert bytes(extra["content"]) == b'{"a":1,"b":2}'

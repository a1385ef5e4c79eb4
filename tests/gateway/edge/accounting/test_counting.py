"""What an answer used, where nobody says so."""

from typing import Any

import pytest

from gateway.edge.accounting.counting import (
    NO_TOKENS,
    NOTHING,
    kept_raw,
    note_answer,
    note_event,
    produced,
    tokens_of,
)
from gateway.edge.accounting.entries import plain
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CONVERSE, GENERATE, RESPONSES
from protocols import ir
from providers.usage import UsageClasses
from tests.gateway.edge.vendors import Client, candidate, exchange

OPENAI = b'data: {"choices":[{"index":0,"delta":{%s},"finish_reason":null}]}\n\n'
ANTHROPIC = b'event: content_block_delta\ndata: {"index":0,"delta":{"type":"t",%s}}\n\n'


@pytest.mark.parametrize(
    ("data", "tokens"),
    [
        (OPENAI % b'"content":"a"', 1),
        (OPENAI % b'"content": "a"' * 3, 3),
        (OPENAI % b'"content":"twelve chars"', 3),
        (OPENAI % b'"content":null,"reasoning_content":"a"', 1),
        (OPENAI % b'"role":"assistant","content":""', 0),
        (OPENAI % b'"tool_calls":[{"function":{"arguments":"{\\"a\\":"}}]', 2),
        (ANTHROPIC % b'"text":"quote \\" inside"', 4),
        (ANTHROPIC % b'"partial_json":"{}"', 1),
        (OPENAI % b'"tool_calls":[{"custom":{"input":"*** Begin"}}]', 3),
        (OPENAI % b'"content":[{"type":"thinking","thinking":[{"type":"text","text":"Okay"}]}]', 1),
        (b'data: {"choices":[{"message":{"content":"all of it"},"delta":{"content":"a"}}]}', 1),
        (b'data: {"choices":[],"usage":{"prompt_tokens":5}}\n\n', 0),
        (b"", 0),
    ],
)
def test_an_event_is_a_token_or_as_many_as_its_letters(data: bytes, tokens: int) -> None:
    asked = exchange(Client())

    note_event(asked, data)

    assert produced(asked) == tokens


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        (RESPONSES, b'{"type":"response.output_text.delta","delta":"twelve chars"}'),
        (GENERATE, b'{"candidates":[{"content":{"parts":[{"text": "twelve chars"}]}}]}'),
        (CONVERSE, b'{"contentBlockIndex":0,"delta":{"text":"twelve chars"}}'),
        (CONVERSE, b'{"delta":{"reasoningContent":{"text":"twelve chars"}}}'),
        (CONVERSE, b'{"delta":{"toolUse":{"input":"twelve chars"}}}'),
    ],
)
def test_every_dialect_has_its_own_words(operation: Operation, data: bytes) -> None:
    asked = exchange(Client(), candidate(), operation=operation)

    note_event(asked, data)

    assert produced(asked) == 3


def test_a_frame_without_end_takes_no_longer_than_another() -> None:
    asked = exchange(Client())

    note_event(asked, b'"delta":{"content":"' + b"a" * 500_000)
    note_event(asked, b'"delta":{' * 50_000)

    assert produced(asked) == 0


@pytest.mark.parametrize(
    ("output", "window", "tokens"),
    [(None, None, 3), (7, None, 0), (-1, None, 3), (10**12, None, 3), (9, 8, 3), (0, 10, 3)],
)
def test_letters_are_counted_where_what_the_vendor_says_is_unusual(
    output: int | None, window: int | None, tokens: int
) -> None:
    asked = exchange(Client())
    asked.usage = ir.Usage(output_tokens=output)

    note_answer(asked, b'{"message":{"content":"twelve chars"}}', window=window)

    assert produced(asked) == tokens
    assert asked.said_bytes == (12 if tokens else 38)


def test_arguments_that_are_objects_are_as_long_as_all_of_the_answer() -> None:
    asked = exchange(Client())
    body = b'{"content":[{"type":"tool_use","name":"f","input":{"a":"twelve chars"}}]}'
    asked.usage = ir.Usage(output_tokens=70)

    note_answer(asked, body, window=None)

    assert asked.said_bytes == len(body)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b'{"a":1}', True),
        (b'{"a":"%s"}' % (b"x" * 4_096), False),
        (b'{"a":"\\u0000"}', False),
        (b'{"a":"\xff"}', False),
        (b'{"a":"\\ud800"}', False),
        (b'{"a":"\\uDFFF"}', False),
        (b'{"a":1e-17000}', False),
        (b'{"a":12.5E+000200000}', False),
        (b'{"a":1e200000}', False),
        (b'{"a":1.5e-7,"b":2E+30}', True),
        (b"", True),
    ],
)
def test_what_a_column_does_not_take_is_not_kept(raw: bytes, *, kept: bool) -> None:
    assert kept_raw(raw) == (raw if kept else b"")


def test_every_class_arrives_under_its_name() -> None:
    names = [name for name in UsageClasses.__struct_fields__ if name not in {"source", "raw"}]
    counts: dict[str, Any] = {name: at for at, name in enumerate(names, 1) if name != "flags"}

    tokens = tokens_of(UsageClasses(**counts, flags=frozenset({"inconsistent"}), source="mixed"))

    assert {name: getattr(tokens, name) for name in counts} == counts
    assert (tokens.flags, tokens.usage_source) == (("inconsistent",), "mixed")
    assert tokens_of(NOTHING) is NO_TOKENS


def test_text_is_such_that_postgresql_takes_it() -> None:
    assert plain("gpt", most=2) == "gp"
    assert plain("a\0b", most=10) == "ab"
    assert plain("\ud800x", most=10) == "?x"
    assert plain("größe", most=3) == "grö"

"""Messages of a request, in the order the dialect wants.

Law 1: the dialect's own messages keep their order. Law 2: of all others, what one side says in a
row is one message; results of tools come first in the message after the calls.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from protocols import ir
from protocols.bedrock_converse.upstream_blocks import (
    add_block,
    result_text,
    write_block,
    write_blocks,
)
from protocols.bedrock_converse.upstream_writing import Writing, Written
from protocols.ir import Message
from protocols.turns import Role, Turn, go_on, joined


def write_messages(
    writing: Writing, messages: Sequence[Message]
) -> tuple[list[Written], list[dict[str, Any]]]:
    """What stands at the head, and the conversation."""
    head: list[Written] = []
    heads = 0
    for message in messages:
        if not (message.head or (message.role == "system" and not writing.is_own)):
            break
        path = f"messages[{heads}]"
        head.extend(write_blocks(writing, message.content, f"{path}.content"))
        writing.rest({}, message.extra, path)
        heads += 1
    rest = [(f"messages[{at}]", each) for at, each in enumerate(messages[heads:], start=heads)]
    if writing.is_own:
        return head, [_own(writing, message, path) for path, message in rest]
    arranged = _arranged(writing, rest)
    if head and not arranged:
        # Others answer to instructions alone, Converse does not.
        return [], [{"role": "user", "content": head}]
    go_on(arranged, writing.target, writing.losses)
    return head, arranged


def _own(writing: Writing, message: Message, path: str) -> dict[str, Any]:
    content = write_blocks(writing, message.content, f"{path}.content")
    is_refused = message.role == "system" and writing.refuses("system_later")
    role = "user" if is_refused else message.role
    return writing.rest({"role": role, "content": content}, message.extra)


def _arranged(writing: Writing, rest: Iterable[tuple[str, Message]]) -> list[dict[str, Any]]:
    turns: list[Turn] = []
    called: dict[str, Turn] = {}  # call id -> where it was called
    for path, message in rest:
        turn = _turn(turns, "assistant" if message.role == "assistant" else "user")
        if message.name is not None:
            writing.losses.add("name", f"{path}.name", "Converse knows no names of speakers")
        writing.rest({}, message.extra, path)
        for position, block in enumerate(message.content):
            at = f"{path}.content[{position}]"
            if isinstance(block, ir.ToolResult):
                _place(writing, block, at, turn=turn, called=called)
                continue
            before = len(turn.content)
            add_block(writing, turn.content, block, at)
            if isinstance(block, ir.ToolCall) and len(turn.content) > before:
                called[block.id] = turn
    return [{"role": each.role, "content": [*each.results, *_said(each)]} for each in joined(turns)]


def _turn(turns: list[Turn], role: Role) -> Turn:
    last = turns[-1] if turns else None
    if last is not None and last.answer is not None:
        last = last.answer
    if last is not None and last.role == role:
        return last
    turns.append(Turn(role))
    return turns[-1]


def _place(
    writing: Writing, block: ir.ToolResult, path: str, *, turn: Turn, called: dict[str, Turn]
) -> None:
    asked = called.get(block.call_id)
    if asked is None:
        writing.losses.add("opaque", path, "is the result of no call: it is sent as text")
        turn.content.extend(write_blocks(writing, result_text(block), f"{path}.content"))
        return
    if asked.answer is None:
        asked.answer = Turn("user")
    asked.answer.results.extend(write_block(writing, block, path))


def _said(turn: Turn) -> Iterator[Written]:
    """Converse looks at no document without a word beside it: its name is one."""
    blocks = [block for block in turn.content if isinstance(block, dict)]
    shown = next((block["document"] for block in blocks if "document" in block), None)
    if shown is not None and not any("text" in block for block in blocks):
        yield {"text": shown["name"]}
    yield from turn.content


def ends_in_unthought_calls(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether the calls whose results come last were made without a thought."""
    if len(messages) < 2 or not any("toolResult" in block for block in messages[-1]["content"]):
        return False
    return not any("reasoningContent" in block for block in messages[-2]["content"][:1])

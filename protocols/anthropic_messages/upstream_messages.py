"""Messages of a request, in the order the dialect wants.

Law 1: the dialect's own messages keep their order. Law 2: of all others, what one side says in a
row is one message; results of tools come first in the message after the calls. Law 3: of all
others, instructions stand among the messages only where the vendor takes them, which is between a
question and its answer, or at the end; anywhere else they are what the user says.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from protocols import ir
from protocols.anthropic_messages.upstream_blocks import (
    Written,
    add_block,
    result_content,
    write_blocks,
    write_result,
)
from protocols.anthropic_messages.upstream_writing import Writing
from protocols.ir import Content, Message
from protocols.turns import Role, Turn, go_on, joined, merged


def write_messages(
    writing: Writing, messages: Sequence[Message]
) -> tuple[list[Written], list[dict[str, Any]]]:
    """What stands at the head, and the conversation."""
    heads = 0
    for message in messages:
        if not (message.head or (message.role == "system" and not writing.is_own)):
            break
        heads += 1
    head: list[Written] = []
    for position, message in enumerate(messages[:heads]):
        head.extend(_content(writing, message, f"messages[{position}]"))
        writing.rest({}, message.extra, f"messages[{position}]")
    rest = [(f"messages[{at}]", each) for at, each in enumerate(messages[heads:], start=heads)]
    if writing.is_own:
        return head, [_own(writing, message, path) for path, message in rest]
    arranged = _arranged(writing, rest)
    if head and not arranged:
        # Others answer to instructions alone, Messages does not.
        return [], [{"role": "user", "content": head}]
    go_on(arranged, writing.target, writing.losses)
    return head, arranged


def _own(writing: Writing, message: Message, path: str) -> dict[str, Any]:
    said = {"role": _role(writing, message), "content": _content(writing, message, path)}
    writing.rest(said, message.extra, path)
    return said


def _content(writing: Writing, message: Message, path: str) -> list[Written]:
    made: list[Written] = []
    for position, block in enumerate(message.content):
        _add(writing, made, block, message.role, f"{path}.content[{position}]")
    return made


def _add(writing: Writing, made: list[Written], block: Content, role: Role, path: str) -> None:
    if isinstance(block, ir.Media) and role != "user":
        is_refused = block.kind == "document" and role == "assistant" and writing.is_modern
        if is_refused or not writing.is_own:
            writing.losses.add(block.kind, path, "only the user may show it", content=True)
            return
    if isinstance(block, ir.Text) and block.citations and role == "user" and writing.is_modern:
        writing.losses.add("citations", f"{path}.citations", "the version asked for has none")
        block = replace(block, citations=())
    add_block(writing, made, block, path)


def _role(writing: Writing, message: Message) -> Role:
    if message.role == "system" and writing.refuses("system_later"):
        return "user"
    return message.role


def _arranged(writing: Writing, rest: Iterable[tuple[str, Message]]) -> list[dict[str, Any]]:
    turns: list[Turn] = []
    called: dict[str, Turn] = {}  # call id -> where it was called
    for path, message in rest:
        role = _role(writing, message)
        turn = _turn(turns, role)
        if message.name is not None:
            writing.losses.add("name", f"{path}.name", "Messages knows no names of speakers")
        writing.rest({}, message.extra, path)
        for position, block in enumerate(message.content):
            at = f"{path}.content[{position}]"
            if isinstance(block, ir.ToolResult):
                _place(writing, block, at, turn=turn, called=called)
                continue
            if isinstance(block, ir.ToolCall):
                called[block.id] = turn
            _add(writing, turn.content, block, role, at)
    placed = _placed(joined(turns))
    return [{"role": each.role, "content": each.results + each.content} for each in placed]


def _placed(turns: list[Turn]) -> list[Turn]:
    for at, turn in enumerate(turns):
        if turn.role == "system":
            before = turns[at - 1].role if at else None
            after = turns[at + 1].role if at + 1 < len(turns) else None
            if before != "user" or after == "user":
                turn.role = "user"
    return merged(turns)


def _turn(turns: list[Turn], role: Role) -> Turn:
    last = turns[-1] if turns else None
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
        turn.content.extend(write_blocks(writing, result_content(block), f"{path}.content"))
        return
    if asked.answer is None:
        asked.answer = Turn("user")
    asked.answer.results.append(write_result(writing, block, path))


def ends_in_unthought_calls(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether the calls whose results come last were made without a thought."""
    if messages and messages[-1]["role"] == "system":
        messages = messages[:-1]
    if len(messages) < 2 or not any(map(_is_result, messages[-1]["content"])):
        return False
    first = messages[-2]["content"][:1]
    return not any(_type(block) in {"thinking", "redacted_thinking"} for block in first)


def _is_result(block: Written) -> bool:
    return _type(block) == "tool_result"


def _type(block: Written) -> object:
    return block["type"] if isinstance(block, dict) else None

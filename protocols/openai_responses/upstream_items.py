"""Messages, written for a vendor: one after the other, each as the items it is made of.

Law 1: nothing is moved. Law 2: the same id is the same id wherever it stands. Law 3: reasoning
returns to nobody but who wrote it, whole.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, TypeAlias

from msgspec import Raw

from protocols import custom_tools, ir
from protocols.ir import Message, Thinking, ToolCall, ToolResult
from protocols.openai_responses.sending import Sending
from protocols.openai_responses.upstream_parts import Part, is_part, part_of, parts_of
from protocols.openai_responses.wire import CALLS, call_object

Written: TypeAlias = dict[str, Any] | Raw
BETWEEN: Final = "\n\n"
# What instructions cannot hold, by the type of the part that would.
PARTS: Final = {"input_audio": "audio", "input_file": "document", "input_image": "image"}
Placed: TypeAlias = tuple[str, ir.Content]  # path, block


class ItemWriter:
    __slots__ = ("_calls", "_heads", "_sending", "items")

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._calls: dict[str, str] = {}  # call id -> form it was written in
        self._heads: list[str] = []
        self.items: list[Written] = []

    @property
    def instructions(self) -> str | None:
        return BETWEEN.join(self._heads) if self._heads else None

    def write(self, messages: Sequence[Message]) -> None:
        for position, message in enumerate(messages):
            path = f"messages[{position}]"
            if message.head:
                self._head(message, path)
            else:
                self.items.extend(self._message(message, path))

    def _head(self, message: Message, path: str) -> None:
        for part in parts_of(message.content, self._sending, path, is_answer=False):
            if isinstance(part, dict) and "text" in part:
                self._heads.append(part["text"])
            else:
                kind = part["type"] if isinstance(part, dict) else ""
                code = PARTS.get(kind, "opaque")
                self._sending.losses.add(code, path, "instructions are text", content=True)
        self._sending.losses.unknown(message.extra, path=path)

    def _message(self, message: Message, path: str) -> Iterator[Written]:
        sending = self._sending
        if message.name is not None:
            sending.losses.add("name", f"{path}.name", "Responses knows no names")
        placed = [(f"{path}.content[{at}]", block) for at, block in enumerate(message.content)]
        if not placed and sending.is_same:
            yield self._said([], message, path)
        first = True
        for kind, group in groupby(placed, key=_kind):
            blocks = list(group)
            if kind == "part":
                yield from self._parts(blocks, message, path if first else "")
            elif kind == "thought":
                yield from self._reasoning(blocks, message)
            else:
                yield from self._others(blocks)
            first = False
        if not sending.is_same:
            sending.losses.unknown(message.extra, path=path)

    def _parts(self, blocks: list[Placed], message: Message, path: str) -> Iterator[Written]:
        """Blocks of one id are one message; those without go with the one before."""
        groups: list[list[Placed]] = []
        known: str | None = None
        for placed in blocks:
            id_ = _id_of(placed[1])
            if not groups or (id_ is not None and known not in {None, id_}):
                groups.append([])
                known = None
            known = id_ or known
            groups[-1].append(placed)
        for group in groups:
            said = self._said(group, message, path)
            if said["content"] or self._sending.is_same:
                yield said

    def _said(self, blocks: list[Placed], message: Message, path: str) -> dict[str, Any]:
        sending = self._sending
        is_answer = message.role == "assistant"
        role = "developer" if message.developer else message.role
        content: list[Part] = [
            part
            for place, block in blocks
            for part in part_of(block, sending, place, is_answer=is_answer)
        ]
        said: dict[str, Any] = {"type": "message", "role": role, "content": content}
        if is_answer and not sending.is_same and all(map(_is_plain, content)):
            # Without an id, official SDKs know a model's words as a string only.
            said["content"] = "".join(part["text"] for part in content if isinstance(part, dict))
        seals = (getattr(block, "seal", None) for _, block in blocks)
        said.update(next(filter(None, map(sending.item_id, seals)), {}))
        if sending.is_same:
            sending.rest(said, message.extra, path)
        return said

    def _reasoning(self, blocks: list[Placed], message: Message) -> Iterator[Written]:
        item: list[Placed] = []
        for placed in blocks:
            if item and not _is_continued(item[-1][1], placed[1]):
                yield from self._thoughts(item, message)
                item = []
            item.append(placed)
        yield from self._thoughts(item, message)

    def _thoughts(self, placed: list[Placed], message: Message) -> Iterator[Written]:
        sending = self._sending
        thoughts = [block for _, block in placed if isinstance(block, Thinking)]
        seal = thoughts[-1].seal
        is_ours = seal is not None and seal.origin == sending.target.vendor
        if not is_ours and (seal is not None or not sending.is_same):
            signed = seal is not None and seal.signature is not None
            if signed or any(thought.text for thought in thoughts):
                code = "seal" if signed else "reasoning"
                why = "reasoning returns to who wrote it only"
                sending.losses.add(code, placed[0][0], why)
            return
        summary = [_thought(each, sending) for each in thoughts if each.summary]
        content = [_thought(each, sending) for each in thoughts if not each.summary and each.text]
        said: dict[str, Any] = {"type": "reasoning", **sending.item_id(seal), "summary": summary}
        if content:
            said["content"] = content
        if seal is not None and seal.signature is not None:
            said["encrypted_content"] = seal.signature
        if sending.is_same:
            sending.rest(said, message.extra, placed[0][0])
        yield said

    def _others(self, blocks: list[Placed]) -> Iterator[Written]:
        for path, block in blocks:
            match block:
                case ToolCall(executor="client"):
                    yield self._call(block, path)
                case ToolResult():
                    yield self._result(block, path)
                case ir.Opaque(raw=raw):
                    yield raw
                case ir.Media(source=ir.Inline(data=data)):
                    said = {"result": data, **self._sending.item_id(block.seal)}
                    self._sending.rest(said, block.extra, path)
                    yield said
                case _:
                    why = "the target does not run it"
                    self._sending.losses.add("provider_tool", path, why)

    def _call(self, call: ToolCall, path: str) -> dict[str, Any]:
        sending = self._sending
        arguments = call.arguments
        if call.form == "custom" and not sending.knows_openai:
            arguments = custom_tools.arguments_of(arguments)
            said = call_object(ir.ToolCall(id=call.id, name=call.name), arguments=arguments)
            form = "function"
        else:
            if call.form == "function" and not sending.is_same:
                arguments = arguments or "{}"
            said = call_object(call, arguments=arguments)
            form = call.form
        self._calls[call.id] = form
        said |= {"call_id": sending.call_id(call.id), "name": sending.tool_name(call.name)}
        said |= sending.item_id(call.seal)
        sending.cache(call.cache, path)
        if call.seal is not None and call.seal.signature is not None:
            sending.losses.add("seal", path, "calls have no field for it")
        sending.rest(said, call.extra, path)
        return said

    def _result(self, result: ToolResult, path: str) -> dict[str, Any]:
        sending = self._sending
        form = result.form if sending.is_same else self._calls.get(result.call_id)
        output = self._output(result, path)
        if result.is_error:
            sending.losses.add("other:is_error", f"{path}.is_error", "no result says so here")
        sending.cache(result.cache, path)
        if form is None:
            # Vendors refuse what answers no call.
            sending.losses.add("opaque", path, "answers no call; told as text")
            texts = [{"type": "input_text", "text": output}] if isinstance(output, str) else output
            sending.losses.unknown(result.extra, path=path)
            return {"type": "message", "role": "user", "content": texts}
        said: dict[str, Any] = {
            "type": CALLS[form].output,
            "call_id": sending.call_id(result.call_id),
            "output": output,
        }
        sending.rest(said, result.extra, path)
        return said

    def _output(self, result: ToolResult, path: str) -> str | list[Part]:
        parts = parts_of(result.content, self._sending, path, is_answer=False)
        said = bytes(result.structured).decode()
        if not parts:
            return said
        if said and not any(isinstance(block, ir.Text) for block in result.content):
            parts.insert(0, {"type": "input_text", "text": said})
        match parts:
            case [{"type": "input_text", "text": str(text), **rest}] if not rest:
                return text
            case _:
                return parts


def _kind(placed: Placed) -> str:
    if is_part(placed[1]):
        return "part"
    return "thought" if isinstance(placed[1], Thinking) else "other"


def _is_plain(part: Part) -> bool:
    return isinstance(part, dict) and part.keys() == {"type", "text"}


def _id_of(block: ir.Content) -> str | None:
    seal: ir.Seal | None = getattr(block, "seal", None)
    return seal.id if seal else None


def _is_continued(last: ir.Content, block: ir.Content) -> bool:
    seal: ir.Seal | None = getattr(last, "seal", None)
    return _id_of(last) == _id_of(block) and (seal is None or seal.signature is None)


def _thought(thought: Thinking, sending: Sending) -> dict[str, Any]:
    kind = "summary_text" if thought.summary else "reasoning_text"
    said: dict[str, Any] = {"type": kind, "text": thought.text}
    if sending.is_same:
        sending.rest(said, thought.extra, "")
    return said

"""Messages, written for a vendor.

Law 1: results stand right after the calls they answer, one message each; their media follow in a
message of the user, for a result is text. Law 2: the same id is the same id wherever it stands.
Law 3: reasoning returns to nobody but who wrote it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeGuard

from msgspec import Raw
from msgspec.structs import replace

from protocols import custom_tools, ir
from protocols.ir import Media, Message, Refusal, Thinking, ToolCall, ToolResult
from protocols.naming import fitting_id
from protocols.openai_chat.answers import REASONING_KEYS
from protocols.openai_chat.notes import LEGACY, NAME
from protocols.openai_chat.sending import Sending
from protocols.openai_chat.upstream_parts import Part, media_parts, parts_of, written
from protocols.openai_chat.wire import (
    CARRIER,
    is_thinking_part,
    signature_object,
    thought_key,
)

FITTING_IDS: Final = re.compile(r".{1,64}", re.DOTALL)
BETWEEN_PARTS: Final = "\n\n"


class MessageWriter:
    __slots__ = ("_called", "_late", "_sending", "said")

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._called: dict[str, str] = {}  # call id -> name
        self._late: list[Part | Raw] = []  # media of results, until all results are told
        self.said: list[dict[str, Any]] = []

    def write(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        told = messages if self._sending.is_same else self._merged(messages)
        for position, message in enumerate(told):
            path = f"messages[{position}]"
            if self._late and not _has_results(message):
                self._tell_late()
            match message.role:
                case "system":
                    self._system(message, path)
                case "user":
                    self._user(message, path)
                case _:
                    self._assistant(message, path)
        self._tell_late()
        return self.said

    def _merged(self, messages: Iterable[Message]) -> Iterator[Message]:
        """What the model said at once is one message: Responses has one for each thing said."""
        first: Message | None = None
        said: list[ir.Content] = []  # by the model, since `first`
        for position, message in enumerate(messages):
            if first is not None:
                if message.role == "assistant":
                    said += message.content
                    self._sending.losses.unknown(message.extra, path=f"messages[{position}]")
                    continue
                yield replace(first, content=tuple(said))
                first = None
            if message.role == "assistant":
                first, said = message, [*message.content]
            else:
                yield message
        if first is not None:
            yield replace(first, content=tuple(said))

    def _tell_late(self) -> None:
        if self._late:
            self.said.append({"role": "user", "content": self._late})
            self._late = []

    def _system(self, message: Message, path: str) -> None:
        sending = self._sending
        role = "developer" if message.developer and self._has_developers() else "system"
        if self.said and not message.head and not sending.takes("system_later"):
            role = "user"
        self._add({"role": role}, message, parts_of(message.content, sending, path), path)

    def _has_developers(self) -> bool:
        return self._sending.knows_openai and self._sending.takes("developer")

    def _user(self, message: Message, path: str) -> None:
        rest: list[ir.Content] = []
        results = 0
        for position, block in enumerate(message.content):
            if isinstance(block, ToolResult):
                results += 1
                self._result(block, message, f"{path}.content[{position}]")
            else:
                rest.append(block)
        if results and not rest:
            return
        parts = parts_of(rest, self._sending, path)
        if results:
            parts, self._late = [*self._late, *parts], []
        self._add({"role": "user"}, message, parts, path)

    def _add(
        self, said: dict[str, Any], message: Message, parts: list[Part | Raw], path: str
    ) -> None:
        content = written(parts, self._sending, between=BETWEEN_PARTS)
        said["content"] = content if content is not None else [] if self._sending.is_same else ""
        if message.name is not None:
            said["name"] = message.name
        self._sending.rest(said, message.extra, path)
        self.said.append(said)

    def _result(self, result: ToolResult, message: Message, path: str) -> None:
        sending = self._sending
        if result.call_id not in self._called and not sending.is_same:
            sending.losses.add("opaque", path, "answers no call; told as text")
            parts = parts_of((*_texts(result), *_media(result)), sending, path)
            self._late.extend(parts)
            return
        said: dict[str, Any] = {
            "role": "tool",
            "tool_call_id": fitting_id(result.call_id, allowed=FITTING_IDS),
        }
        if sending.noted(result.extra, LEGACY):
            said = {"role": "function", "name": result.name}
        elif result.name is not None and (
            sending.noted(result.extra, NAME) or result.name != self._called.get(result.call_id)
        ):
            said["name"] = sending.tool_name(result.name)
        blocks = result.content if sending.is_same else _texts(result)
        content = written(parts_of(blocks, sending, path), sending, between="\n")
        said["content"] = "" if content is None else content
        if not sending.is_same:
            for media in _media(result):
                self._late.extend(media_parts(media, sending, path))
        if result.is_error:
            sending.losses.add("other:is_error", f"{path}.is_error", "Chat knows no failed results")
        sending.cache(said, result.cache, path)
        sending.rest(said, result.extra, path)
        sending.rest(said, message.extra, path)
        self.said.append(said)

    def _assistant(self, message: Message, path: str) -> None:
        sending = self._sending
        said: dict[str, Any] = {"role": "assistant"}
        spoken = [block for block in message.content if not _is_reference(block)]
        parts = parts_of(spoken, sending, path)
        content = written(parts, sending, between="")
        calls = self._calls(message, path)
        said["content"] = "" if content is None and not (calls or sending.is_same) else content
        if message.name is not None:
            said["name"] = message.name
        for position, block in enumerate(message.content):
            here = f"{path}.content[{position}]"
            match block:
                case Refusal():
                    said["refusal"] = said.get("refusal", "") + block.text
                case Thinking():
                    self._think(said, block, on_tool_turn=bool(calls), path=here)
                case Media(kind="audio", source=ir.FileRef(id=heard)):
                    said["audio"] = {"id": heard}
                    sending.rest(said, block.extra, here)
                case ToolResult():
                    sending.losses.add("provider_tool", here, "Chat knows no results of the vendor")
                case _:
                    pass
        if calls and LEGACY in calls[0]:
            said["function_call"] = calls[0][LEGACY]
        elif calls:
            said["tool_calls"] = calls
        if said.keys().isdisjoint(REASONING_KEYS) and sending.wants_reasoning(
            on_tool_turn=bool(calls)
        ):
            # Nobody knows it any more, or another model thought it: the field must be there.
            said["reasoning_content"] = ""
        sending.rest(said, sending.visible(message.extra, path), path)
        self.said.append(said)

    def _think(
        self, said: dict[str, Any], thought: Thinking, *, on_tool_turn: bool, path: str
    ) -> None:
        sending = self._sending
        if sending.is_same:
            if thought.text and not is_thinking_part(thought):
                key = thought_key(thought)
                said[key] = said.get(key, "") + thought.text
            return
        if not thought.text and not _has_signature(thought.seal):
            return
        seal = thought.seal
        is_foreign = _has_signature(seal) and seal.origin != sending.target.vendor
        wanted = sending.wants_reasoning(on_tool_turn=on_tool_turn)
        if thought.text and wanted and not is_foreign:
            said["reasoning_content"] = said.get("reasoning_content", "") + thought.text
            return
        code = "seal" if _has_signature(seal) else "reasoning"
        sending.losses.add(code, path, "the target takes no reasoning back")

    def _calls(self, message: Message, path: str) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []
        for position, block in enumerate(message.content):
            if not isinstance(block, ToolCall):
                continue
            here = f"{path}.content[{position}]"
            if block.executor == "provider":
                self._sending.losses.add("provider_tool", here, "Chat knows no tools of the vendor")
                continue
            self._called[block.id] = block.name
            calls.append(self._call(block, here))
        return calls

    def _call(self, call: ToolCall, path: str) -> dict[str, Any]:
        sending = self._sending
        form, arguments = call.form, call.arguments
        if form == "custom" and not sending.knows_openai:
            form, arguments = "function", custom_tools.arguments_of(arguments)
        if form == "function" and not sending.is_same:
            arguments = arguments or "{}"
        inner = {
            "name": sending.tool_name(call.name),
            "input" if form == "custom" else "arguments": arguments,
        }
        said = {"id": fitting_id(call.id, allowed=FITTING_IDS), "type": form, form: inner}
        if _has_signature(call.seal):
            if sending.may_see(call.seal):
                said[CARRIER] = signature_object(call.seal)
            else:
                sending.losses.add("seal", path, "is of another vendor")
        sending.cache(said, call.cache, path)
        sending.rest(said, call.extra, path)
        if sending.noted(call.extra, LEGACY):
            return {LEGACY: inner}
        return said


def _has_signature(seal: ir.Seal | None) -> TypeGuard[ir.Seal]:
    """One that only names an item says nothing to others."""
    return seal is not None and seal.signature is not None


def _has_results(message: Message) -> bool:
    return any(isinstance(block, ToolResult) for block in message.content)


def _is_reference(block: ir.Content) -> bool:
    """To what the model said aloud before."""
    return (
        isinstance(block, Media) and block.kind == "audio" and isinstance(block.source, ir.FileRef)
    )


def _texts(result: ToolResult) -> tuple[ir.Text | ir.Opaque, ...]:
    told = tuple(block for block in result.content if not isinstance(block, Media))
    if not told and result.structured:
        return (ir.Text(text=bytes(result.structured).decode()),)
    return told


def _media(result: ToolResult) -> tuple[Media, ...]:
    return tuple(block for block in result.content if isinstance(block, Media))

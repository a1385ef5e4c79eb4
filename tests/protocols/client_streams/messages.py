"""message_start; blocks, one open at a time, a seal last; message_delta; message_stop."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.protocols.client_streams.frames import Heard

CALLS: Final = frozenset({"input_json_delta"})
DELTAS: Final[Mapping[str, frozenset[str]]] = {
    "text": frozenset({"text_delta", "citations_delta"}),
    "thinking": frozenset({"thinking_delta", "signature_delta"}),
    "tool_use": CALLS,
    "server_tool_use": CALLS,
    "mcp_tool_use": CALLS,
}
SEALED: Final = "signature_delta"
BLOCK: Final = "content_block_"


class Blocks:
    def __init__(self) -> None:
        self.count = 0
        self.open: str | None = None  # its type
        self.sealed = False


def messages_faults(heard: list[Heard]) -> Iterator[str]:
    names = [each.name for each in heard]
    body, ends = heard, [name for name in names if name in {"message_stop", "error"}]
    if len(ends) != 1 or names[-1] != ends[0]:
        yield f"has the last events {ends}, and ends with {names[-1:]}"
    if ends[:1] == ["error"]:
        body = heard[: names.index("error")]
        if not heard[names.index("error")].said.get("error", {}).get("type"):
            yield "fails without a type of error"
    elif names.count("message_delta") != 1 or names[-2:] != ["message_delta", "message_stop"]:
        yield f"does not end in message_delta and message_stop: {names[-3:]}"
    # What fails at once has not begun.
    if body and (names[0] != "message_start" or names.count("message_start") != 1):
        yield f"begins with {names[0]}"
    blocks = Blocks()
    for at, each in enumerate(body[1:], start=1):
        yield from (f"event {at} {fault}" for fault in _event(each, blocks))


def _event(heard: Heard, blocks: Blocks) -> Iterator[str]:
    if heard.name.startswith(BLOCK):
        yield from _block(heard.name.removeprefix(BLOCK), heard.said, blocks)
    elif blocks.open is not None:
        yield f"is {heard.name} within a block"
    elif heard.name == "message_delta":
        if not isinstance(heard.said["usage"].get("output_tokens"), int):
            yield "does not say how much was said"
        if "stop_reason" not in heard.said["delta"]:
            yield "does not say why it stopped"
    elif heard.name != "message_stop":
        yield f"is {heard.name}"


def _block(what: str, said: dict[str, Any], blocks: Blocks) -> Iterator[str]:
    if what == "start":
        if blocks.open is not None or said["index"] != blocks.count:
            yield f"begins block {said['index']} after {blocks.count}, open: {blocks.open}"
        blocks.open, blocks.sealed = said["content_block"]["type"], False
        return
    if blocks.open is None or said["index"] != blocks.count:
        yield f"is of block {said['index']}, which is not open"
    if what == "stop":
        blocks.open = None
        blocks.count += 1
        return
    kind = said["delta"]["type"]
    if kind not in DELTAS.get(blocks.open or "", ()):
        yield f"is {kind} within {blocks.open}"
    if blocks.sealed:
        yield f"is {kind} after the seal"
    blocks.sealed = kind == SEALED

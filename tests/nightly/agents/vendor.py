"""A vendor of every dialect whose model reads two files at once, with whatever tool it is offered.

Laws: where a dialect has seals and thoughts are asked for, the calls are sealed as its vendor seals
them; a seal that was changed is refused; one that is missing, where that vendor would miss it.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gateway.ops.mock_server import handle
from protocols import ir
from protocols.custom_tools import arguments_of
from protocols.errors import Problem
from providers.adapters.mock import behaviours
from providers.adapters.mock.behaviours import Content, seal_of
from providers.adapters.mock.knobs import Refused
from providers.adapters.mock.tokens import text_of, words_of

MODEL: Final = "mock-tools"
ASK: Final = "What do the two files say?"
THOUGHT: Final = "Both files have to be read, and neither waits for the other."
PATCH_ASK: Final = "Write it into a file."
PATCH: Final = '*** Begin Patch\n*** Add File: made.txt\n+"saffron" \\ für 1 €\n*** End Patch\n'
PATCHED: Final = '"saffron" \\ für 1 €\n'
PATCHER: Final = "apply_patch"
TELLING: Final = "The files say:"
SEAL: Final = seal_of(THOUGHT)
# Google's own word for calls whose seal nobody has.
UNSIGNED: Final = "skip_thought_signature_validator"
CLAUDES: Final = frozenset({"anthropic.messages", "bedrock.converse"})
CLOSED_WITHIN_S: Final = 10
ToolArguments = Callable[[Path], Mapping[str, Any]]
# A tool of a coding agent -> what it is called with to read a file.
READERS: Final[Mapping[str, ToolArguments]] = {
    "Read": lambda path: {"file_path": str(path)},
    "read_file": lambda path: {"file_path": str(path)},
    "exec_command": lambda path: {"cmd": f"cat {path}"},
    "shell_command": lambda path: {"command": f"cat {path}"},
    "shell": lambda path: {"command": ["cat", str(path)]},
}


class Session:
    """What the vendor was asked, and what it answers: calls, then a text made of the results."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self.files = files
        self.requests: list[ir.Request] = []

    def behave(self, request: ir.Request, seed: bytes) -> Content:
        self.requests.append(request)
        _check_seals(request)
        if results := [text for _, text in results_of(request)]:
            return (ir.Text(text=f"{TELLING} {' '.join(results)}"),)
        said = " ".join(map(text_of, request.messages))
        if PATCH_ASK in said:
            return _patching(request)
        offered = {tool.name for tool in request.tools if isinstance(tool, ir.FunctionTool)}
        reader = next((name for name in READERS if name in offered), None)
        # What an agent asks beside its work, as for a title, gets a word.
        if reader is None or ASK not in said:
            return (ir.Text(text="Fine."),)
        return _sealed(request.dialect, [self._call(reader, at, seed) for at in (0, 1)])

    def _call(self, reader: str, at: int, seed: bytes) -> ir.ToolCall:
        return ir.ToolCall(
            id=f"call_{seed[:8].hex()}{at}",
            name=reader,
            arguments=msgspec.json.encode(READERS[reader](self.files[at])).decode(),
        )


def _patching(request: ir.Request) -> Content:
    """With the agent's own tool, which takes free text; where it became a function, as one."""
    tool = next(tool for tool in request.tools if getattr(tool, "name", None) == PATCHER)
    if isinstance(tool, ir.CustomTool):
        return (ir.ToolCall(id="call_p", name=PATCHER, arguments=PATCH, form="custom"),)
    return (ir.ToolCall(id="call_p", name=PATCHER, arguments=arguments_of(PATCH)),)


def results_of(request: ir.Request) -> list[tuple[str, str]]:
    """Of tools: the call's id, and what it says."""
    return [
        (block.call_id, " ".join(filter(None, words_of((block,)))))
        for message in request.messages
        for block in message.content
        if isinstance(block, ir.ToolResult)
    ]


def seals_of(request: ir.Request) -> set[str]:
    blocks = [block for message in request.messages for block in message.content]
    seals = [block.seal for block in blocks if isinstance(block, ir.Thinking | ir.ToolCall)]
    return {seal.signature for seal in seals if seal is not None and seal.signature is not None}


def _sealed(dialect: ir.Dialect, calls: list[ir.ToolCall]) -> Content:
    if dialect == "openai.chat":
        return tuple(calls)
    if dialect == "gemini.generate":
        return (msgspec.structs.replace(calls[0], seal=SEAL), *calls[1:])
    return (ir.Thinking(text=THOUGHT, seal=SEAL), *calls)


def _check_seals(request: ir.Request) -> None:
    seals = seals_of(request)
    is_google = request.dialect == "gemini.generate"
    if changed := seals - {SEAL.signature} - ({UNSIGNED} if is_google else set()):
        raise _refused(f"These are no seals: {changed}")
    is_thinking = request.reasoning is not None and request.reasoning.mode == "on"
    must_know = is_google or (is_thinking and request.dialect in CLAUDES)
    if must_know and results_of(request) and not seals:
        raise _refused("The calls have lost their seal.")


def _refused(why: str) -> Refused:
    return Refused(Problem(kind="invalid_request", message=why))


@contextmanager
def agreeable_vendor(session: Session, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its URL; the server of `switchyard mock`, whose model behaves as the session says."""
    patch.setitem(behaviours.BEHAVIOURS, MODEL, session.behave)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(CLOSED_WITHIN_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CLOSED_WITHIN_S)
        loop.close()


async def _closed(server: asyncio.Server) -> None:
    server.close()
    connections = asyncio.all_tasks() - {asyncio.current_task()}
    for connection in connections:
        connection.cancel()
    await asyncio.gather(*connections, return_exceptions=True)

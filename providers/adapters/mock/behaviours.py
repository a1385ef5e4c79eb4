"""What each mock model says. Pure: the same to whoever asks the same."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from protocols import ir
from protocols.errors import Problem
from providers.adapters.mock.knobs import Model, Refused
from providers.adapters.mock.schemas import Maker, candidates
from providers.adapters.mock.tokens import media_bytes, text_of, words_of

Said: TypeAlias = ir.Text | ir.Thinking | ir.ToolCall
Content: TypeAlias = tuple[Said, ...]
Behaviour: TypeAlias = Callable[[ir.Request, bytes], Content]
ORIGIN: Final = "mock"
# Dialects whose answers can carry a seal, so that one is owed in return.
SEALED: Final = frozenset(
    {"anthropic.messages", "bedrock.converse", "gemini.generate", "openai.responses"}
)
# Whose thoughts stand beside the calls they led to, not among them.
BESIDE: Final = frozenset({"openai.responses"})
CALL_PREFIXES: Final[Mapping[str, str]] = {
    "anthropic.messages": "toolu_",
    "bedrock.converse": "tooluse_",
}
MOST_CALLS: Final = 3
LOREM_TOKENS: Final = 60
LOREM: Final = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt "
    "ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation "
    "ullamco laboris nisi ut aliquip ex ea commodo consequat. Duis aute irure dolor in "
    "reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. "
)


def echo(request: ir.Request, seed: bytes) -> Content:
    return (ir.Text(text=_asked(request)),)


def lorem(request: ir.Request, seed: bytes) -> Content:
    words = LOREM.split(" ")[:-1]
    start = seed[0] % len(words)
    return (ir.Text(text=" ".join((words * 3)[start : start + LOREM_TOKENS])),)


def thinking(request: ir.Request, seed: bytes) -> Content:
    if request.dialect in SEALED:
        _check_seals(request)
    answer = ir.Text(text=f"I have thought about it: {_asked(request)}")
    if request.reasoning is not None and request.reasoning.mode == "off":
        return (answer,)
    thought = f"The user says {_asked(request)!r}. I should answer that."
    return ir.Thinking(text=thought, seal=seal_of(thought)), answer


def json_object(request: ir.Request, seed: bytes) -> Content:
    wanted = request.output
    if wanted is not None and wanted.kind == "json_schema" and wanted.schema:
        value = _maker(request).of(_schema(wanted.schema))
    else:
        value = {"answer": _asked(request), "words": len(_asked(request).split())}
    return (ir.Text(text=msgspec.json.encode(value).decode()),)


def vision(request: ir.Request, seed: bytes) -> Content:
    media = [
        block
        for message in request.messages
        for block in message.content
        if isinstance(block, ir.Media)
    ]
    if not media:
        return (ir.Text(text="I was shown nothing."),)
    shown = "; ".join(map(_described, media))
    return (ir.Text(text=f"I was shown {len(media)}: {shown}."),)


def tools(request: ir.Request, seed: bytes) -> Content:
    """Calls first; once there are results, an answer from them."""
    results = [*_results(request)]
    if results:
        return (ir.Text(text=f"The tools say: {' '.join(results)}"),)
    called = _called(request)
    if not called:
        return (ir.Text(text=f"There is no tool for it: {_asked(request)}"),)
    prefix = CALL_PREFIXES.get(request.dialect, "call_")
    # One for all calls: the second call takes the next word.
    maker = _maker(request)
    return tuple(
        _call(tool, maker, id_=f"{prefix}{seed[:8].hex()}{at}") for at, tool in enumerate(called)
    )


BEHAVIOURS: Final[Mapping[Model, Behaviour]] = {
    "mock-echo": echo,
    "mock-lorem": lorem,
    "mock-tools": tools,
    "mock-thinking": thinking,
    "mock-json": json_object,
    "mock-vision": vision,
}


def _asked(request: ir.Request) -> str:
    """The last thing a user wrote."""
    texts = (text_of(m) for m in reversed(request.messages) if m.role == "user")
    return next((text for text in texts if text), "")


def _results(request: ir.Request) -> Iterator[str]:
    """Of the tools called in the last turn."""
    answers = [at for at, message in enumerate(request.messages) if message.role == "assistant"]
    for message in request.messages[answers[-1] + 1 if answers else 0 :]:
        for block in message.content:
            if isinstance(block, ir.ToolResult):
                yield " ".join(filter(None, words_of((block,))))


def _called(request: ir.Request) -> Sequence[ir.FunctionTool]:
    offered = [tool for tool in request.tools if isinstance(tool, ir.FunctionTool)]
    choice = request.tool_choice or ir.ToolChoice()
    if choice.mode == "none":
        return ()
    if choice.mode == "named":
        return [tool for tool in offered if tool.name == choice.name][:1]
    if choice.allowed:
        offered = [tool for tool in offered if tool.name in choice.allowed]
    if choice.parallel is False or not offered:
        return offered[:1]
    # With one tool alone it is called twice, so that calls in parallel can be seen.
    return offered[:MOST_CALLS] if len(offered) > 1 else offered * 2


def _call(tool: ir.FunctionTool, maker: Maker, *, id_: str) -> ir.ToolCall:
    schema = _schema(tool.parameters)
    arguments = maker.of({"type": "object", **schema})
    return ir.ToolCall(id=id_, name=tool.name, arguments=msgspec.json.encode(arguments).decode())


def _maker(request: ir.Request) -> Maker:
    return Maker(tuple(dict.fromkeys(candidates(_asked(request)))))


def _schema(raw: msgspec.Raw) -> dict[str, Any]:
    value = msgspec.json.decode(raw) if raw else {}
    return value if isinstance(value, dict) else {}


def _described(media: ir.Media) -> str:
    data = media_bytes(media)
    digest = hashlib.sha256(data).hexdigest()[:8]
    return f"{media.kind} {media.mime or 'of unknown type'}, {len(data)} bytes, {digest}"


def seal_of(thought: str) -> ir.Seal:
    """Anybody could make one; whoever changes the thought and not the seal is found out."""
    digest = hashlib.sha256(b"mock seal\0" + thought.encode("utf-8", "replace")).digest()
    return ir.Seal(origin=ORIGIN, signature=base64.b64encode(digest).decode())


def _check_seals(request: ir.Request) -> None:
    for at, message in enumerate(request.messages):
        if message.role != "assistant":
            continue
        thoughts = [block for block in message.content if isinstance(block, ir.Thinking)]
        for thought in thoughts:
            said = thought.seal.signature if thought.seal else None
            if said != seal_of(thought.text).signature:
                raise _bad_seal(at, "Invalid `signature` in `thinking` block")
        if request.dialect in BESIDE:
            continue
        if not thoughts and any(isinstance(block, ir.ToolCall) for block in message.content):
            raise _bad_seal(at, "Expected a `thinking` block before `tool_use`")


def _bad_seal(at: int, why: str) -> Refused:
    return Refused(Problem(kind="invalid_request", message=f"messages.{at}.content: {why}"))

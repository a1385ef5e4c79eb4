"""What an assistant's step leaves for the vault, and what it gets back from there.

Laws: a thought goes with the first call after it; what the client's dialect carries itself is not
kept twice; what comes back stands where it stood, and only before the vendor, and the account,
that made it. Nothing here waits.
"""

import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.memory.vault import LARGEST_BYTES, Found, Kept
from protocols import ir
from protocols.codec import Loss, Target
from protocols.ir import Dialect

# Their clients send thoughts back, with what signs them; Gemini's leave them out.
KEEPS_THOUGHTS: Final[frozenset[Dialect]] = frozenset(
    {"anthropic.messages", "openai.responses", "bedrock.converse"}
)
KEEPS_CALLS: Final[frozenset[Dialect]] = frozenset({"gemini.generate"})
# Of an id that many conversations may have the conversation is a part: `functions.look:0`.
# Nothing in it is tried twice: clients and vendors write ids, of any length.
TELLING: Final = re.compile(r"(?=\D*\d)[A-Za-z0-9_-]++(?<=[A-Za-z0-9]{12})")
TELLING_CHARS: Final = 256
TOOLS: Final = b'"tools"'
CALLED: Final = b'"tool_calls"'
THOUGHT: Final = b'"reasoning_content"'
# Of a longer history the last ones: vendors read those of the turn that is under way.
MOST_CALLS: Final = 256
MOST_BLOCKS: Final = 512  # of one answer: each of its calls is taken with all of them
# Nobody is refused for it: nobody knows that there was anything to lose.
UNANSWERED: Final = Loss(code="seal", path="messages", why="the vault did not answer")
Place: TypeAlias = tuple[int, int]  # message, block


def echoes(body: bytes) -> bool:
    """Whether a client of Chat sends thoughts back with the calls that came after them.

    One that has tools and no calls yet has not shown it.
    """
    thoughts = body.count(THOUGHT)
    return TOOLS not in body or (thoughts > 0 and thoughts >= body.count(CALLED))


class Maker(Struct, frozen=True, kw_only=True):
    """Who is asked, and what of its steps is to be kept for it."""

    origin: str
    account: str | None
    thoughts: bool  # those that are signed
    unsigned: bool  # those that are not: it wants them back all the same
    calls: bool

    @classmethod
    def of(cls, target: Target, *, asks: Dialect) -> "Maker":
        return cls(
            origin=target.vendor,
            account=target.account,
            thoughts=asks not in KEEPS_THOUGHTS,
            unsigned=target.reasoning_passback != "never",
            calls=asks not in KEEPS_CALLS,
        )


class Step:
    """One answer as it comes. Alternatives are left alone: no client goes on with several."""

    __slots__ = ("_blocks", "_is_crowded", "_maker", "_size", "changed", "thoughts")

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._blocks: dict[int, ir.Content] = {}
        self._size = 0
        self._is_crowded = False
        self.thoughts: dict[int, list[str]] = {}  # their texts; of no other block deltas matter
        self.changed = False  # there is something that was not taken yet

    def feed(self, event: ir.Event) -> None:
        match event:
            case ir.BlockStarted(block=block, choice=0) if len(self._blocks) == MOST_BLOCKS:
                self._is_crowded = True
                self.changed = self.changed or isinstance(block, ir.ToolCall)
            case ir.BlockStarted(index=index, block=block, choice=0):
                self._blocks[index] = block
                if isinstance(block, ir.Thinking):
                    self.thoughts[index] = [block.text]
                elif isinstance(block, ir.ToolCall):
                    self.changed = True
            case ir.Sealed(index=index, seal=seal) if index in self._blocks:
                block = self._blocks[index]
                if isinstance(block, ir.Thinking | ir.ToolCall):
                    self._blocks[index] = replace(block, seal=seal)
                    self.changed = self.changed or isinstance(block, ir.ToolCall)
            case _:
                pass

    def think(self, index: int, text: str) -> None:
        """More of a thought; of one that is too long to be kept, no more than that it is."""
        self._size += len(text)
        if self._size <= LARGEST_BYTES:
            self.thoughts[index].append(text)

    @property
    def fits(self) -> bool:
        return self._size <= LARGEST_BYTES and not self._is_crowded

    def take(self) -> dict[str, Kept]:
        """What is to be kept so far, by the calls' ids."""
        self.changed = False
        return kept_of(self._in_order(), self._maker) if self.fits else {}

    @property
    def places(self) -> frozenset[int]:
        """The numbers of the blocks that are kept."""
        numbers = sorted(self._blocks)
        return frozenset(numbers[at] for at in places_of(self._in_order(), self._maker))

    def _in_order(self) -> list[ir.Content]:
        return [
            replace(block, text="".join(self.thoughts[index]))
            if isinstance(block, ir.Thinking)
            else block
            for index, block in sorted(self._blocks.items())
        ]


def kept_of(content: Iterable[ir.Content], maker: Maker) -> dict[str, Kept]:
    """By the calls' ids; of calls with nothing to keep, nothing."""
    return {call_id: kept for call_id, kept, _ in _kept(tuple(content), maker)}


def places_of(content: Iterable[ir.Content], maker: Maker) -> frozenset[int]:
    """Of the blocks that are kept so."""
    return frozenset(at for _, _, places in _kept(tuple(content), maker) for at in places)


def _kept(blocks: Sequence[ir.Content], maker: Maker) -> Iterator[tuple[str, Kept, list[int]]]:
    signed = {
        block.seal.id
        for block in blocks
        if isinstance(block, ir.Thinking) and block.seal and block.seal.signature
    }
    first: list[ir.Thinking] = []
    thoughts: list[ir.Thinking] = []
    places: list[int] = []
    has_said = False
    for at, block in enumerate(blocks):
        match block:
            case ir.Thinking() if _is_kept(block, maker, signed):
                (thoughts if has_said else first).append(_bare(block, maker))
                places.append(at)
            case ir.Text():
                has_said = True
            case ir.ToolCall(executor="client"):
                seal = block.seal
                is_signed = maker.calls and seal is not None and seal.signature is not None
                if first or thoughts or is_signed:
                    kept = Kept(
                        origin=maker.origin,
                        account=maker.account,
                        first=tuple(first),
                        thoughts=tuple(thoughts),
                        seal=None if seal is None else _own(seal, maker),
                    )
                    yield block.id, kept, [*places, at]
                first, thoughts, places, has_said = [], [], [], True
            case _:
                pass


def _is_kept(thought: ir.Thinking, maker: Maker, signed: set[str | None]) -> bool:
    """Of several that are one item, only the last may be signed."""
    seal = thought.seal
    if seal is None or (seal.signature is None and seal.id not in signed):
        return maker.unsigned and bool(thought.text)
    return maker.thoughts


def _bare(thought: ir.Thinking, maker: Maker) -> ir.Thinking:
    return thought if thought.seal is None else replace(thought, seal=_own(thought.seal, maker))


def _own(seal: ir.Seal, maker: Maker) -> ir.Seal:
    return replace(seal, origin=maker.origin, account=maker.account)


class Names:
    """What calls are known by in the vault: their ids, where those tell one from all others."""

    __slots__ = ("_heard", "_messages")

    def __init__(self, messages: Sequence[ir.Message]) -> None:
        self._messages = messages
        self._heard: list[str] | None = None  # digests of the conversation before each message

    def of(self, call_id: str, *, before: int | None = None) -> str:
        """`before`: the message it stands in; None: the answer to all of them."""
        if len(call_id) <= TELLING_CHARS and TELLING.fullmatch(call_id):
            return call_id
        if self._heard is None:
            self._heard = [*_digests(self._messages)]
        return f"{call_id}\0{self._heard[len(self._messages) if before is None else before]}"


def _digests(messages: Sequence[ir.Message]) -> Iterator[str]:
    """Of what was said before each message, and at the last of what all of them say.

    By what every client repeats: the words of users, and the ids of calls.
    """
    heard = hashlib.sha256()
    for number, message in enumerate(messages):
        # What one side says in a row is one turn, however many messages a dialect makes of it.
        if message.role != "assistant" or not number or messages[number - 1].role != "assistant":
            said = heard.hexdigest()
        yield said
        for block in message.content:
            match block:
                case ir.Text(text=text) if message.role == "user":
                    heard.update(b"\0" + text.encode(errors="surrogatepass"))
                case ir.ToolCall(id=call_id):
                    heard.update(b"\1" + call_id.encode(errors="surrogatepass"))
                case ir.ToolResult(call_id=call_id):
                    heard.update(b"\2" + call_id.encode(errors="surrogatepass"))
                case _:
                    pass
    yield heard.hexdigest()


def unsealed_calls(request: ir.Request, names: Names) -> dict[Place, tuple[str, ...]]:
    """The calls of the history without a seal, under each name they may be kept by."""
    calls: deque[tuple[Place, ir.ToolCall]] = deque(maxlen=MOST_CALLS)
    for number, message in enumerate(request.messages):
        if message.role != "assistant":
            continue
        for position, block in enumerate(message.content):
            if isinstance(block, ir.ToolCall) and not (block.seal and block.seal.signature):
                calls.append(((number, position), block))
    return {
        place: tuple(names.of(each, before=place[0]) for each in _ids_of(call))
        for place, call in calls
    }


def _ids_of(call: ir.ToolCall) -> tuple[str, ...]:
    """Gemini CLI puts the tool's name before the id that it was given."""
    prefix = f"{call.name}__"
    return (call.id, call.id.removeprefix(prefix)) if call.id.startswith(prefix) else (call.id,)


class Recalled(Struct, frozen=True, kw_only=True):
    """What the vault said of one history."""

    kept: Mapping[Place, Kept] = {}
    answered: bool = True

    def count_of(self, target: Target) -> int:
        """How many calls this target has made."""
        return sum(is_of(kept, target) for kept in self.kept.values())

    @classmethod
    def of(cls, found: Found, calls: Mapping[Place, Sequence[str]]) -> "Recalled":
        kept = {
            place: found.kept[name]
            for place, names in calls.items()
            for name in names
            if name in found.kept
        }
        return cls(kept=kept, answered=found.answered)


def restored(
    request: ir.Request, recalled: Recalled, target: Target
) -> tuple[ir.Request, tuple[Loss, ...]]:
    """With all that this target has made, byte by byte; of others nothing, and that is a loss."""
    losses: list[Loss] = []
    if not recalled.answered:
        losses.append(UNANSWERED)
    if not recalled.kept:
        return request, tuple(losses)
    messages = list(request.messages)
    for run in _runs(messages):
        before = [block for number in run for block in messages[number].content]
        for number in run:
            of_message = {
                position: kept
                for position in range(len(messages[number].content))
                if (kept := recalled.kept.get((number, position))) is not None
            }
            own = {at: kept for at, kept in of_message.items() if is_of(kept, target)}
            if len(own) < len(of_message):
                path = f"messages[{number}].content"
                losses.append(Loss(code="seal", path=path, why="was made by another"))
            if own:
                messages[number] = _with(messages[number], own, before)
    return replace(request, messages=tuple(messages)), tuple(losses)


def is_of(kept: Kept, target: Target) -> bool:
    return (kept.origin, kept.account) == (target.vendor, target.account)


def _runs(messages: Sequence[ir.Message]) -> Iterator[list[int]]:
    """Of messages that are one turn of the assistant's."""
    run: list[int] = []
    for number, message in enumerate(messages):
        if message.role == "assistant":
            run.append(number)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _with(message: ir.Message, own: Mapping[int, Kept], turn: Sequence[ir.Content]) -> ir.Message:
    """`turn`: what the client has sent of all of the turn. What it has kept whole stays."""
    sent = [block for block in turn if isinstance(block, ir.Thinking)]
    has_signed, has_text = any(map(_is_signed, sent)), any(each.text for each in sent)
    signs = any(_is_signed(each) for kept in own.values() for each in _thoughts(kept))
    first: list[ir.Content] = []
    content: list[ir.Content] = []
    for position, block in enumerate(message.content):
        kept = own.get(position)
        if kept is not None and isinstance(block, ir.ToolCall):
            if not (has_signed if signs else has_text):
                first += kept.first
                content += kept.thoughts
            content.append(block if kept.seal is None else replace(block, seal=kept.seal))
        elif not signs or has_signed or not isinstance(block, ir.Thinking):
            content.append(block)  # else it is a copy of what comes back signed
    return replace(message, content=(*first, *content))


def _thoughts(kept: Kept) -> tuple[ir.Thinking, ...]:
    return (*kept.first, *kept.thoughts)


def _is_signed(thought: ir.Thinking) -> bool:
    return thought.seal is not None and thought.seal.signature is not None

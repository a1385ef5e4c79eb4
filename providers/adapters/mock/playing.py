"""An answer as a stream of events, each with the time before it. Pure."""

import math
from collections.abc import Iterator
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from protocols import ir
from protocols.codec import EventEncoder
from providers.adapters.mock.behaviours import Content, Said
from providers.adapters.mock.knobs import Knobs
from providers.adapters.mock.tokens import tokens

Piece: TypeAlias = tuple[float, bytes]  # seconds before it, never where infinite
DELTAS: Final = (ir.TextDelta, ir.ArgumentsDelta)
LATE_S: Final = 1.0


class Played(Struct, frozen=True, kw_only=True):
    """All that a mock will say."""

    id: str
    created: int
    model: str
    content: Content
    stop: ir.Stop
    usage: ir.Usage
    copies: int = 1  # candidates


def pieces(
    played: Played, encoder: EventEncoder, knobs: Knobs, failure: ir.Failed
) -> Iterator[Piece]:
    """Nothing is made before it is asked for."""
    delay_s = 0.0
    pace = _Pace(knobs)
    for event in _events(played, late=knobs.usage == "late"):
        name = event.__struct_config__.tag
        if knobs.hang == name:
            yield math.inf, b""
        if knobs.fail_at == name:
            yield delay_s, encoder.feed(failure)
            return
        delay_s += pace.before(event)
        if data := encoder.feed(event):
            yield delay_s, data
            delay_s = 0.0
    if rest := encoder.close():
        yield delay_s, rest


def whole_s(played: Played, knobs: Knobs) -> float:
    """How long a whole answer takes."""
    pace = _Pace(knobs)
    return math.fsum(map(pace.before, _events(played, late=False)))


class _Pace:
    __slots__ = ("_has_begun", "_has_said", "_knobs")

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs
        self._has_begun = False
        self._has_said = False

    def before(self, event: ir.Event) -> float:
        """Seconds between the event before and this one."""
        knobs = self._knobs
        if isinstance(event, DELTAS):
            said, self._has_said = self._has_said, True
            return 1 / knobs.tps if said and knobs.tps else 0.0
        if isinstance(event, ir.Started):
            return 0.0
        begun, self._has_begun = self._has_begun, True
        if not begun:
            return knobs.ttft_ms / 1000
        return LATE_S if isinstance(event, ir.Finished) and knobs.usage == "late" else 0.0


def _events(played: Played, *, late: bool) -> Iterator[ir.Event]:
    usage = played.usage
    known = ir.Usage(
        input_tokens=usage.input_tokens, cache_read_tokens=usage.cache_read_tokens, output_tokens=1
    )
    is_known = usage.input_tokens is not None and not late
    yield ir.Started(
        id=played.id,
        model=played.model,
        created=played.created,
        usage=known if is_known else None,
    )
    index = 0
    for choice in range(played.copies):
        for block in played.content:
            yield from _block(block, index, choice)
            index += 1
    for choice in range(1, played.copies):
        yield ir.AlternativeEnded(choice=choice, stop=played.stop)
    yield ir.Finished(stop=played.stop, usage=usage)


def _block(block: Said, index: int, choice: int) -> Iterator[ir.Event]:
    if isinstance(block, ir.ToolCall):
        empty = replace(block, arguments="", seal=None)
        yield ir.BlockStarted(index=index, block=empty, choice=choice)
        yield from (ir.ArgumentsDelta(index=index, text=t) for t in tokens(block.arguments))
    else:
        kind = type(block)
        yield ir.BlockStarted(index=index, block=kind(text=""), choice=choice)
        yield from (ir.TextDelta(index=index, text=token) for token in tokens(block.text))
    if block.seal is not None:
        yield ir.Sealed(index=index, seal=block.seal)
    yield ir.BlockEnded(index=index)

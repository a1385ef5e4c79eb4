"""An answer whose vendor pauses in the midst of it, and goes on once it is asked to.

Laws: it is asked MOST_PAUSES times at most, and only after it has told what it used; what was said
before a pause comes before what is said after it; the client is told what all of it used.
"""

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from protocols import ir
from protocols.ir import Event
from protocols.stream import Collector
from protocols.sums import summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.codec import Encoded, EventEncoder

MOST_PAUSES: Final = 5


class Continuation:
    """One answer in several; of a stream that has begun, `encoder` writes them all."""

    __slots__ = ("_usages", "content", "encoder", "end")

    def __init__(self) -> None:
        self.content: tuple[ir.Content, ...] = ()  # all that was said before the last pause
        self._usages: list[ir.Usage] = []
        self.encoder: EventEncoder | None = None
        # Tells the client that this was all, where the vendor does not go on.
        self.end: Callable[[], Encoded] | None = None

    def may_pause(self, stop: ir.Stop, usage: ir.Usage) -> bool:
        """Whether the vendor is asked to go on."""
        is_told = usage.input_tokens is not None and usage.output_tokens is not None
        return stop.reason == "pause" and is_told and len(self._usages) < MOST_PAUSES

    def pause(self, said: ir.Response) -> None:
        """With what the vendor has said this time."""
        self.content += said.content
        self._usages.append(said.usage)

    def whole(self, response: ir.Response) -> ir.Response:
        """With all that was said before."""
        if not self._usages:
            return response
        content = self.content + response.content
        return replace(response, content=content, usage=self.used(response.usage))

    def paused(self, response: ir.Response) -> ir.Response:
        """All that was said, where nothing comes after the pause."""
        return replace(response, content=self.content, usage=summed(self._usages))

    def used(self, usage: ir.Usage) -> ir.Usage:
        """With what was used before."""
        return summed([*self._usages, usage])

    def part(self) -> "Part":
        return Part(self, blocks=len(self.content), follows=bool(self._usages))


class Part:
    """One stream of several."""

    __slots__ = ("_blocks", "_collector", "_follows", "_whole")

    def __init__(self, whole: Continuation, *, blocks: int, follows: bool) -> None:
        """`blocks`: how many have been told before."""
        self._whole = whole
        self._blocks = blocks
        self._follows = follows
        self._collector = Collector()

    def heard(self, event: Event) -> Event | None:
        """As the client is to see it; None for what it has seen before."""
        self._collector.feed(event)
        if not self._follows:
            return event
        match event:
            case ir.Started():
                return None
            case ir.Finished() | ir.UsageUpdated():
                return replace(event, usage=self._whole.used(event.usage))
            case ir.AlternativeEnded() | ir.Failed() | ir.Foreign():
                return event
        return replace(event, index=event.index + self._blocks)

    def pause(self) -> ir.Response:
        """What was said in it."""
        said = self._collector.response()
        self._whole.pause(said)
        return said

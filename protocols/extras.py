"""Answers on their way into another dialect, without what only their own understands.

Laws: `extra` goes, wherever it stands, and what is lost with it is told, each field once;
`Opaque` and `Foreign` name their dialect and stay.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Loss
from protocols.idle_fields import IDLE, OBJECT_LISTS, OBJECTS, USUAL_TIERS, Field, Place
from protocols.ir import Content, Dialect, Event, Extra
from protocols.lenient import read
from protocols.losses import NOTE

WHY: Final = "the dialect of the answer alone has a word for it"
MOST_LOSSES: Final = 256  # of one answer: whoever invents more names is not repeated
OBJECT_VALUES: Final = msgspec.json.Decoder(list[dict[str, Any]])
PLACES: Final[dict[type, Place]] = {
    ir.Text: "text",
    ir.Thinking: "thinking",
    ir.Media: "media",
    ir.ToolCall: "call",
    ir.ToolResult: "result",
    ir.Citation: "citation",
}
# Dialects of whose unknown events the fields are judged: what is left of a chunk.
CHUNKS: Final[frozenset[Dialect]] = frozenset({"openai.chat", "gemini.generate"})
# Events of an item, which is told by itself.
OF_ITEMS: Final = frozenset({"item_id", "output_index"})
# What was thought, once more; some say a proof of it there.
THOUGHTS: Final = frozenset({"reasoning", "reasoning_content", "reasoning_details"})
PROOFS: Final = ("signature", "data")
# What a text cites, once more, and where.
SOURCES: Final = frozenset({"citationMetadata", "groundingChunks", "groundingSupports"})


class Bared:
    """One answer; `losses` is what it cannot take along."""

    __slots__ = ("_cites", "_codes", "_dialect", "_places", "_thinks", "losses")

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._codes: set[str] = set()
        self._thinks = False
        self._cites = False
        self._places: dict[int, Place] = {}  # of blocks, by their numbers
        self.losses: list[Loss] = []

    def response(self, response: ir.Response) -> ir.Response:
        content = self._blocks(response.content, "content")
        others = tuple(
            replace(
                other,
                content=self._blocks(other.content, f"alternatives[{at}].content"),
                stop=self._stop(other.stop, f"alternatives[{at}]"),
                extra=self._lose(other.extra, "stop", f"alternatives[{at}]"),
            )
            for at, other in enumerate(response.alternatives)
        )
        return replace(
            response,
            content=content,
            stop=self._stop(response.stop, ""),
            alternatives=others,
            service_tier=self._tier(response.service_tier),
            extra=self._lose(response.extra, "answer", ""),
        )

    def vectors(self, response: ir.EmbeddingResponse) -> ir.EmbeddingResponse:
        return replace(response, extra=self._lose(response.extra, "answer", ""))

    def event(self, event: Event) -> Event:
        match event:
            case ir.TextDelta():
                if event.extra is None:
                    return event
                place = self._places.get(event.index, "text")
                return replace(event, extra=self._lose(event.extra, place, "stream"))
            case ir.Started():
                return replace(event, extra=self._lose(event.extra, "answer", "stream"))
            case ir.BlockStarted(block=block):
                self._places[event.index] = PLACES.get(type(block), "text")
                return replace(event, block=self._block(block, f"blocks[{event.index}]"))
            case ir.BlockEnded(block=block) if block is not None:
                return replace(event, block=self._block(block, f"blocks[{event.index}]"))
            case ir.CitationAdded():
                return replace(
                    event, citation=self._citation(event.citation, f"blocks[{event.index}]")
                )
            case ir.AlternativeEnded():
                extra = self._lose(event.extra, "stop", "stream")
                return replace(event, stop=self._stop(event.stop, "stream"), extra=extra)
            case ir.Finished():
                return replace(
                    event,
                    stop=self._stop(event.stop, "stream"),
                    service_tier=self._tier(event.service_tier),
                    extra=self._lose(event.extra, "answer", "stream"),
                )
            case ir.Foreign():
                self._foreign(event)
                return event
            case _:
                return event

    def _blocks(self, blocks: tuple[Any, ...], path: str) -> tuple[Any, ...]:
        return tuple(self._block(block, f"{path}[{at}]") for at, block in enumerate(blocks))

    def _block(self, block: Content, path: str) -> Any:
        match block:
            case ir.Text():
                cited = tuple(self._citation(each, path) for each in block.citations)
                extra = self._lose(block.extra, "text", path)
                return replace(block, citations=cited, extra=extra)
            case ir.ToolResult():
                content = self._blocks(block.content, f"{path}.content")
                extra = self._lose(block.extra, "result", path)
                return replace(block, content=content, extra=extra)
            case ir.Thinking() | ir.Media() | ir.ToolCall():
                self._thinks = self._thinks or isinstance(block, ir.Thinking)
                if block.extra is None:
                    return block
                return replace(block, extra=self._lose(block.extra, PLACES[type(block)], path))
            case _:
                return block

    def _citation(self, citation: ir.Citation, path: str) -> ir.Citation:
        self._cites = True
        if citation.extra is None:
            return citation
        bare = replace(citation, extra=None)
        # One of which nothing is left is told as lost by who cannot write it.
        if bare != ir.Citation():
            self._lose(citation.extra, "citation", f"{path}.citations")
        return bare

    def _stop(self, stop: ir.Stop, path: str) -> ir.Stop:
        if stop.extra is None:
            return stop
        return replace(stop, extra=self._lose(stop.extra, "stop", path))

    def _tier(self, tier: str | None) -> str | None:
        """Each vendor has its own words for it."""
        if tier is not None and tier not in USUAL_TIERS:
            self._add("service_tier", "service_tier")
        return None

    def _foreign(self, event: ir.Foreign) -> None:
        said = read(OBJECTS, event.raw) or {}
        if self._dialect not in CHUNKS:
            idle = IDLE[self._dialect].get("event", ())
            if event.event not in idle and not said.keys() & OF_ITEMS:
                self._add(f"other:{event.event}", "stream")
            return
        for choice in read(OBJECT_LISTS, said.pop("choices", Raw(b"[]"))) or ():
            self._lose(choice, "stop", "stream")
        self._lose(said, "answer", "stream")

    def _lose(self, extra: Extra | None, place: Place, path: str) -> Extra | None:
        """What is left of it: nothing."""
        for name, raw in (extra or {}).items():
            if not name.startswith(NOTE):
                self._judge(Field(self._dialect, place, name, raw), path)
        return None

    def _judge(self, field: Field, path: str) -> None:
        if field.is_idle:
            return
        inside = field.inside
        path = f"{path}.{field.name}" if path else field.name
        if inside is not None:
            for each in inside:
                self._judge(each, path)
            return
        code = self._code(field)
        if code and code not in self._codes and field.says_something:
            self._add(code, path)

    def _code(self, field: Field) -> str:
        """Empty where all of it is told, in the IR's words."""
        if field.dialect == "gemini.generate" and field.name in SOURCES:
            return "" if self._cites else "citations"
        if field.place != "message" or field.name not in THOUGHTS:
            return field.code
        if any(map(_is_proof, read(OBJECT_VALUES, field.raw) or ())):
            return "seal"
        return "" if self._thinks else "reasoning"

    def _add(self, code: str, path: str) -> None:
        if code not in self._codes and len(self._codes) < MOST_LOSSES:
            self._codes.add(code)
            self.losses.append(Loss(code=code, path=path, why=WHY))


def _is_proof(detail: dict[str, Any]) -> bool:
    return any(map(detail.get, PROOFS))

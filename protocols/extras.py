"""Answers without what only their own dialect understands.

Law: `extra` goes, wherever it stands; `Opaque` and `Foreign` name their dialect and stay.
"""

from typing import Any

from msgspec.structs import replace

from protocols import ir
from protocols.ir import Content, Event


def bare_response(response: ir.Response) -> ir.Response:
    return replace(
        response,
        content=_bare_blocks(response.content),
        stop=_bare_stop(response.stop),
        alternatives=tuple(
            replace(
                other,
                content=_bare_blocks(other.content),
                stop=_bare_stop(other.stop),
                extra=None,
            )
            for other in response.alternatives
        ),
        # Each vendor has its own words for it.
        service_tier=None,
        extra=None,
    )


def bare_event(event: Event) -> Event:
    match event:
        case ir.TextDelta() | ir.Started():
            return event if event.extra is None else replace(event, extra=None)
        case ir.BlockStarted():
            return replace(event, block=_bare_block(event.block))
        case ir.BlockEnded(block=block) if block is not None:
            return replace(event, block=_bare_block(block))
        case ir.CitationAdded():
            return replace(event, citation=_bare_citation(event.citation))
        case ir.AlternativeEnded():
            return replace(event, stop=_bare_stop(event.stop), extra=None)
        case ir.Finished():
            return replace(event, stop=_bare_stop(event.stop), service_tier=None, extra=None)
        case _:
            return event


def _bare_blocks(blocks: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(map(_bare_block, blocks))


def _bare_block(block: Content) -> Content:
    match block:
        case ir.Text():
            cited = tuple(map(_bare_citation, block.citations))
            return replace(block, citations=cited, extra=None)
        case ir.ToolResult():
            return replace(block, content=_bare_blocks(block.content), extra=None)
        case ir.Thinking() | ir.Media() | ir.ToolCall():
            return block if block.extra is None else replace(block, extra=None)
        case _:
            return block


def _bare_citation(citation: ir.Citation) -> ir.Citation:
    return citation if citation.extra is None else replace(citation, extra=None)


def _bare_stop(stop: ir.Stop) -> ir.Stop:
    return stop if stop.extra is None else replace(stop, extra=None)

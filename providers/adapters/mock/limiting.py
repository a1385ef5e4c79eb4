"""What a request allows of an answer: its length, its stop words; and what it cost. Pure."""

from collections.abc import Sequence
from itertools import cycle, islice

from protocols import ir
from providers.adapters.mock.behaviours import Content, Said
from providers.adapters.mock.knobs import Knobs
from providers.adapters.mock.tokens import count, count_cached, count_input, tokens

LIE = 10
LIE_MORE = 1_000  # than its letters can be


def limited(content: Content, request: ir.Request, knobs: Knobs) -> tuple[Content, ir.Stop]:
    allowed = request.sampling.max_tokens
    kept: list[Said] = []
    stop = ir.Stop(reason="end_turn")
    for block in content:
        match block:
            case ir.Text(text=text):
                text, word = _stopped(_lengthened(text, knobs.out), request.sampling.stop)
                if word is not None:
                    stop = ir.Stop(reason="stop_sequence", sequence=word)
                cut = _cut(text, allowed)
                kept.append(ir.Text(text=cut))
                if cut != text:
                    stop = ir.Stop(reason="max_tokens")
            case ir.ToolCall():
                kept.append(block)
                stop = ir.Stop(reason="tool_call")
            case _:
                kept.append(block)
    return tuple(kept), stop if knobs.finish is None else ir.Stop(reason=knobs.finish)


def _lengthened(text: str, length: int | None) -> str:
    """Cut or said again until it is as long as the knob says."""
    if length is None:
        return text
    if not text.endswith((" ", "\n")):
        text += " "
    return "".join(islice(cycle(tokens(text)), length))


def _stopped(text: str, words: Sequence[str]) -> tuple[str, str | None]:
    places = [(text.find(word), word) for word in words if word and word in text]
    if not places:
        return text, None
    at, word = min(places)
    return text[:at], word


def _cut(text: str, allowed: int | None) -> str:
    return text if allowed is None else "".join(tokens(text)[:allowed])


def usage_of(request: ir.Request, content: Content, knobs: Knobs, *, copies: int) -> ir.Usage:
    if knobs.usage == "missing":
        return ir.Usage()
    thought = sum(count(block.text) for block in content if isinstance(block, ir.Thinking))
    said = sum(count(block.text) for block in content if isinstance(block, ir.Text))
    called = sum(count(block.arguments) for block in content if isinstance(block, ir.ToolCall))
    asked = count_input(request)
    output = (thought + said + called) * copies
    if knobs.usage == "lie":
        return ir.Usage(
            input_tokens=asked,
            cache_read_tokens=asked * LIE,
            output_tokens=output * LIE + LIE_MORE,
        )
    return ir.Usage(
        input_tokens=asked,
        cache_read_tokens=count_cached(request),
        output_tokens=output,
        reasoning_tokens=thought * copies if thought else None,
    )

"""A whole Converse answer, read.

Law: what of it is not as expected is kept as it is; only what is no answer at all is refused.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.blocks import read_answered
from protocols.bedrock_converse.usage import read_tier, read_usage
from protocols.bedrock_converse.wire import read_stop
from protocols.codec import Memo
from protocols.custom_tools import input_of
from protocols.errors import DecodeError
from protocols.fields import read_body
from protocols.ir import Content
from protocols.lenient import VALUES, an_object, read, words


def decode_response(body: bytes, memo: Memo) -> ir.Response:
    fields = read_body(body)
    output = fields.object("output")
    message = output.object("message") if output else None
    content = message.item("content") if message else None
    if output is None or message is None or content is None:
        raise DecodeError("output.message.content", "is missing; expected a list of blocks")
    message.raw("role")
    output.put_back_rest("message", message)
    fields.put_back_rest("output", output)
    blocks = tuple(_as_asked(block, memo) for block in read_answered(content.items()))
    word = words(read(VALUES, fields.raw("stopReason") or b"null"))
    tier = an_object(fields.raw("serviceTier"))
    return ir.Response(
        id="",
        model="",
        content=blocks,
        stop=asked_stop(read_stop(word), memo, blocks=blocks),
        usage=read_usage(an_object(fields.raw("usage"))) or ir.Usage(),
        service_tier=read_tier({"serviceTier": tier}),
        extra=fields.rest(),
    )


def _as_asked(block: Content, memo: Memo) -> Content:
    if not isinstance(block, ir.ToolCall):
        return block
    if block.name == memo.schema_tool:
        return ir.Text(text=block.arguments)
    call = named_as_asked(block, memo)
    if call.form == "custom":
        return replace(call, arguments=input_of(call.arguments))
    return call


def named_as_asked(call: ir.ToolCall, memo: Memo) -> ir.ToolCall:
    name = memo.names.get(call.name, call.name)
    return replace(call, name=name, form="custom" if name in memo.custom else "function")


def asked_stop(stop: ir.Stop, memo: Memo, *, blocks: Iterable[Content]) -> ir.Stop:
    """The tool that stands for a schema was never asked for."""
    if stop.reason != "tool_call" or memo.schema_tool is None:
        return stop
    called = any(isinstance(block, ir.ToolCall) for block in blocks)
    return stop if called else replace(stop, reason="end_turn")

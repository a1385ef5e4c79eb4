"""What a vendor is told of what another has thought, where its tenant wants it told.

Law: it becomes words of the assistant's, in its place, and is a loss: nobody can prove it any more.
"""

from typing import Final

from msgspec.structs import replace

from protocols import ir
from protocols.codec import Loss, Target
from protocols.ir import Dialect

WHY: Final = "another vendor's reasoning is told as text"


def as_text(
    request: ir.Request, target: Target, *, speaks: Dialect
) -> tuple[ir.Request, tuple[Loss, ...]]:
    """`speaks`: the dialect of who is asked."""
    losses: list[Loss] = []
    messages: list[ir.Message] = []
    for number, message in enumerate(request.messages):
        content = message.content
        if message.role == "assistant":
            content = tuple(_told(block, request, target, speaks) for block in content)
        if content != message.content:
            losses.append(Loss(code="seal", path=f"messages[{number}].content", why=WHY))
            message = replace(message, content=content)  # noqa: PLW2901 - as it is told
        messages.append(message)
    return replace(request, messages=tuple(messages)), tuple(losses)


def _told(block: ir.Content, request: ir.Request, target: Target, speaks: Dialect) -> ir.Content:
    if not isinstance(block, ir.Thinking) or not block.text.strip():
        return block
    if block.seal is not None and block.seal.signature is not None:
        is_foreign = block.seal.origin != target.vendor
    else:
        # Whose it is says the dialect in which it came.
        is_foreign = request.dialect != speaks and target.reasoning_passback == "never"
    return ir.Text(text=block.text) if is_foreign else block

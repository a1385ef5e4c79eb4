"""The table of client operations: what may be asked, under which path, in which dialect."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from protocols.ir import Dialect

What: TypeAlias = Literal["chat", "embeddings", "count_tokens"]


class Operation(Struct, frozen=True, kw_only=True):
    """One thing a client can ask a model for."""

    name: str  # stable; what `allowed_paths` and records say
    what: What
    dialect: Dialect
    scope: str  # a key needs it
    streams: bool = False
    billed: bool = True


CHAT: Final = Operation(
    name="chat.completions", what="chat", dialect="openai.chat", scope="inference", streams=True
)
MESSAGES: Final = Operation(
    name="messages", what="chat", dialect="anthropic.messages", scope="inference", streams=True
)
COUNT_TOKENS: Final = Operation(
    name="messages.count_tokens",
    what="count_tokens",
    dialect="anthropic.messages",
    scope="inference",
    billed=False,
)
EMBEDDINGS: Final = Operation(
    name="embeddings", what="embeddings", dialect="openai.embeddings", scope="embeddings"
)
OPERATIONS: Final[Mapping[str, Operation]] = {
    "/v1/chat/completions": CHAT,
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": COUNT_TOKENS,
    "/v1/embeddings": EMBEDDINGS,
}

"""How many tokens a Messages request has."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw

from protocols.counting import only, tokens_said
from protocols.ir import Dialect

# All else is refused there.
TAKEN: Final = frozenset(
    {
        "cache_control", "context_management", "mcp_servers", "messages", "model", "output_config",
        "output_format", "speed", "system", "thinking", "tool_choice", "tools",
    }
)  # fmt: skip
COUNT: Final = "input_tokens"


class MessagesCount:
    dialect: Dialect = "anthropic.messages"

    def request_in(self, body: bytes, top: Mapping[str, Raw]) -> tuple[Dialect, bytes]:
        return self.dialect, body

    def question(self, request: bytes, *, model: str) -> bytes:
        return msgspec.json.encode(only(request, TAKEN))

    def tokens(self, answer: bytes) -> int:
        return tokens_said(answer, COUNT)

    def answer(self, tokens: int) -> bytes:
        return msgspec.json.encode({COUNT: tokens})

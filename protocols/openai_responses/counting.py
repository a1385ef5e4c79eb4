"""How many tokens a Responses request has."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw

from protocols.counting import only, tokens_said
from protocols.ir import Dialect

# All else is refused there.
TAKEN: Final = frozenset(
    {
        "conversation", "input", "instructions", "model", "parallel_tool_calls", "personality",
        "previous_response_id", "reasoning", "text", "tool_choice", "tools", "truncation",
    }
)  # fmt: skip
COUNT: Final = "input_tokens"


class ResponsesCount:
    dialect: Dialect = "openai.responses"

    def request_in(self, body: bytes, top: Mapping[str, Raw]) -> tuple[Dialect, bytes]:
        return self.dialect, body

    def question(self, request: bytes, *, model: str) -> bytes:
        return msgspec.json.encode(only(request, TAKEN))

    def tokens(self, answer: bytes) -> int:
        return tokens_said(answer, COUNT)

    def answer(self, tokens: int) -> bytes:
        return msgspec.json.encode({"object": "response.input_tokens", COUNT: tokens})

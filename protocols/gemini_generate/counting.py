"""How many tokens a request has whose model is named in the path."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw

from protocols.counting import FIELDS, tokens_said
from protocols.ir import Dialect

WRAPPED: Final = ("generateContentRequest", "generate_content_request")
COUNT: Final = "totalTokens"


class GenerateCount:
    dialect: Dialect = "gemini.generate"

    def request_in(self, body: bytes, top: Mapping[str, Raw]) -> tuple[Dialect, bytes]:
        """A whole request is wrapped; contents alone are not."""
        wrapped = next((top[name] for name in WRAPPED if name in top), None)
        return self.dialect, body if wrapped is None else bytes(wrapped)

    def question(self, request: bytes, *, model: str) -> bytes:
        """What is wrapped names the model once more."""
        said = {"model": f"models/{model.removeprefix('models/')}", **FIELDS.decode(request)}
        return msgspec.json.encode({WRAPPED[0]: said})

    def tokens(self, answer: bytes) -> int:
        return tokens_said(answer, COUNT)

    def answer(self, tokens: int) -> bytes:
        return msgspec.json.encode({COUNT: tokens})

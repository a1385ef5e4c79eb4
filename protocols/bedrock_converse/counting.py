"""How many tokens a request has, of Converse or of a model's own dialect."""

import base64
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw

from protocols.counting import only, tokens_said
from protocols.errors import DecodeError
from protocols.ir import Dialect

# All else is refused there.
TAKEN: Final = frozenset({"additionalModelRequestFields", "messages", "system", "toolConfig"})
INPUT: Final = "input"
COUNT: Final = "inputTokens"


class Invoke(msgspec.Struct, frozen=True):
    body: str


class Input(msgspec.Struct, frozen=True, rename="camel"):
    converse: Raw = Raw()
    invoke_model: Invoke | None = None


NOTHING: Final = Raw(b"{}")
INPUTS: Final = msgspec.json.Decoder(Input)


class ConverseCount:
    dialect: Dialect = "bedrock.converse"

    def request_in(self, body: bytes, top: Mapping[str, Raw]) -> tuple[Dialect, bytes]:
        """What is invoked is Claude, whose requests can be read."""
        try:
            said = INPUTS.decode(top.get(INPUT, NOTHING))
            if said.invoke_model is not None:
                return "anthropic.messages", base64.b64decode(said.invoke_model.body, validate=True)
        except ValueError:  # no such JSON, or no base64
            raise DecodeError(INPUT, "is not as it has to be") from None
        if not said.converse:
            raise DecodeError(INPUT, "is empty; expected converse or invokeModel")
        return self.dialect, bytes(said.converse)

    def question(self, request: bytes, *, model: str) -> bytes:
        return msgspec.json.encode({INPUT: {"converse": only(request, TAKEN)}})

    def tokens(self, answer: bytes) -> int:
        return tokens_said(answer, COUNT)

    def answer(self, tokens: int) -> bytes:
        return msgspec.json.encode({COUNT: tokens})

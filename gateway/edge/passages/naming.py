"""An answer that was translated, under the names that its client knows.

Law: the model is the one that was asked for, the id is of the request, the time is ours; what only
the vendor's dialect understands is not told in another.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.memory.seals import Sealer
from protocols import ir
from protocols.extras import bare_event, bare_response
from protocols.ir import Dialect, Event

ID_PREFIXES: Final[Mapping[Dialect, str]] = {
    "openai.chat": "chatcmpl-",
    "openai.responses": "resp_",
    "anthropic.messages": "msg_",
}
REQUEST_PREFIX: Final = "req_"


class Naming(Struct, frozen=True, kw_only=True):
    id: str  # "": the vendor's own, which alone names what it keeps
    model: str
    created: int  # seconds since 1970
    sealer: Sealer
    is_foreign: bool  # the vendor speaks another dialect than the client

    def response(self, response: ir.Response) -> ir.Response:
        named = replace(response, id=self.id or response.id, model=self.model, created=self.created)
        sealed = self.sealer.response(named)
        return bare_response(sealed) if self.is_foreign else sealed

    def event(self, event: Event) -> Event:
        if isinstance(event, ir.Started):
            event = replace(event, id=self.id or event.id, model=self.model, created=self.created)
        event = self.sealer.event(event)
        return bare_event(event) if self.is_foreign else event


def answer_id(dialect: Dialect, request_id: str) -> str:
    return ID_PREFIXES.get(dialect, "") + request_id.removeprefix(REQUEST_PREFIX)

"""An answer that was translated, under the names that its client knows.

Law: the model is the one that was asked for, the id is of the request, the time is ours; what only
the vendor's dialect understands is not told in another, and is a loss.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.memory.seals import Sealer
from protocols import ir
from protocols.codec import Loss
from protocols.extras import Bared
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
    bared: Bared | None  # where the vendor speaks another dialect than the client

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What of the answer its client was not told, so far."""
        return () if self.bared is None else tuple(self.bared.losses)

    def response(self, response: ir.Response) -> ir.Response:
        named = replace(response, id=self.id or response.id, model=self.model, created=self.created)
        sealed = self.sealer.response(named)
        return sealed if self.bared is None else self.bared.response(sealed)

    def event(self, event: Event) -> Event:
        if isinstance(event, ir.Started):
            event = replace(event, id=self.id or event.id, model=self.model, created=self.created)
        event = self.sealer.event(event)
        return event if self.bared is None else self.bared.event(event)


def answer_id(dialect: Dialect, request_id: str) -> str:
    return ID_PREFIXES.get(dialect, "") + request_id.removeprefix(REQUEST_PREFIX)

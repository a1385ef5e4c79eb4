"""A stream of Responses events, written; each is numbered, and the last says all again."""

from typing import TYPE_CHECKING, Any

from protocols import ir
from protocols.errors import Problem, kind_named
from protocols.ir import Event, Request
from protocols.openai_responses.assembly import Assembly
from protocols.openai_responses.errors import failing, written
from protocols.openai_responses.response import ending, head, tier
from protocols.openai_responses.wire import STATUSES
from protocols.openai_responses.writing import FIELDS

if TYPE_CHECKING:
    from protocols.codec import Loss


class ResponsesEventEncoder:
    """Blocks the dialect has no words for are dropped, each once among `losses`."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._head = head(ir.Started(id="", model=request.model), request)
        self.losses: list[Loss] = []
        self._assembly = Assembly("", self.losses)
        self._number = 0
        self._is_begun = False

    def feed(self, event: Event) -> bytes:
        match event:
            case ir.Started():
                return self._start(event)
            case ir.Finished():
                return self._finish(event)
            case ir.Failed():
                return self._fail(event)
            case ir.Foreign(dialect="openai.responses"):
                return self._write({**FIELDS.decode(event.raw), "type": event.event})
            case ir.Foreign():
                return b""
            case _:
                return self._begin() + self._tell(self._assembly.feed(event))

    def close(self) -> bytes:
        return b""

    def _start(self, event: ir.Started) -> bytes:
        self._head = {**head(event, self._request), **(event.extra or {})}
        self._assembly = Assembly(event.id, self.losses)
        return self._write({"type": "response.created", "response": self._head})

    def _begin(self) -> bytes:
        """Before the first that is said; what is queued is told before."""
        if self._is_begun:
            return b""
        self._is_begun = True
        return self._write({"type": "response.in_progress", "response": self._head})

    def _finish(self, event: ir.Finished) -> bytes:
        told = self._begin() + self._tell(self._assembly.finish(event.stop))
        said = {
            **self._head,
            **ending(event.stop, event.usage),
            "output": self._assembly.output,
            **tier(event.service_tier),
            **(event.extra or {}),
        }
        kind = f"response.{STATUSES[event.stop.reason]}"
        return told + self._write({"type": kind, "response": said})

    def _fail(self, event: ir.Failed) -> bytes:
        problem = Problem(kind=kind_named(event.kind), message=event.message)
        said = {**self._head, "output": self._assembly.broken()}
        return self._tell(failing(problem, said))

    def _tell(self, told: list[dict[str, Any]]) -> bytes:
        return b"".join(map(self._write, told))

    def _write(self, said: dict[str, Any]) -> bytes:
        numbered = {"type": said["type"], "sequence_number": self._number, **said}
        numbered["sequence_number"] = self._number
        self._number += 1
        return written(numbered)

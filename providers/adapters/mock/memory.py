"""What the mock keeps of its answers, as a vendor of Responses does. Pure.

Laws: it keeps the last MOST_KEPT and forgets the rest; what it does not keep it does not know.
"""

from collections import OrderedDict
from typing import Any, Final

import msgspec
from msgspec import Struct

from protocols import ir
from protocols.errors import Problem
from protocols.lenient import an_object, as_object
from providers.adapters.mock.knobs import Refused

MOST_KEPT: Final = 256


class Kept(Struct, frozen=True, kw_only=True):
    """One answer, and what it was an answer to."""

    answer: bytes  # as it was told, whole
    items: tuple[Any, ...]  # of the input
    messages: tuple[ir.Message, ...]  # the whole conversation, the answer included


class Memory:
    """Of one mock."""

    def __init__(self, *, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def keep(self, id_: str, kept: Kept) -> None:
        self._kept[id_] = kept
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def find(self, id_: str) -> Kept:
        """Raises Refused."""
        found = self._kept.get(id_)
        if found is None:
            message = f"Response with id '{id_}' not found."
            raise Refused(Problem(kind="not_found", code="not_found", message=message))
        return found

    def forget(self, id_: str) -> None:
        """Raises Refused."""
        self.find(id_)
        del self._kept[id_]

    def continued(self, request: ir.Request) -> ir.Request:
        """The request with what was said before it; raises Refused."""
        previous = request.previous_response_id
        if previous is None:
            return request
        found = self._kept.get(previous)
        if found is None:
            raise Refused(
                Problem(
                    kind="invalid_request",
                    code="previous_response_not_found",
                    message=f"Previous response with id '{previous}' not found.",
                    param="previous_response_id",
                )
            )
        return msgspec.structs.replace(request, messages=found.messages + request.messages)


def items_of(body: bytes, *, id_: str) -> tuple[Any, ...]:
    """The input as it is listed: each item with an id."""
    said = an_object(body).get("input")
    if isinstance(said, str):
        content = [{"type": "input_text", "text": said}]
        said = [{"type": "message", "role": "user", "status": "completed", "content": content}]
    items = said if isinstance(said, list) else []
    return tuple(
        {"id": f"item_{id_}_{at}", **_listed(as_object(item))} for at, item in enumerate(items)
    )


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    """A short message as the long one that it stands for."""
    content = item.get("content")
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    return {"type": "message", "status": "completed", **item, "content": content}

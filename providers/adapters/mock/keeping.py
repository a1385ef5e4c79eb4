"""What a vendor of Responses does with answers that it keeps, done by the mock. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from protocols import ir
from protocols.errors import Problem
from protocols.lenient import an_object
from protocols.registry import CLIENT_CODECS
from providers.adapters.mock.knobs import Refused
from providers.adapters.mock.memory import Kept, Memory, items_of

Told: TypeAlias = Callable[[str, Memory], Any]
NOT_STORED: Final = b'"store":false'
STORED: Final = b'"store":true'
DIALECT: Final = "openai.responses"


def retrieved(id_: str, memory: Memory) -> Any:
    return msgspec.Raw(memory.find(id_).answer)


def deleted(id_: str, memory: Memory) -> Any:
    memory.forget(id_)
    return {"id": id_, "object": "response", "deleted": True}


def listed(id_: str, memory: Memory) -> Any:
    """The last first, as the vendor lists them."""
    items = memory.find(id_).items[::-1]
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    ends = {"first_id": first, "last_id": last, "has_more": False}
    return {"object": "list", "data": items, **ends}


def cancelled(id_: str, memory: Memory) -> Any:
    memory.find(id_)
    message = "Only responses that run in the background can be cancelled."
    raise Refused(Problem(kind="invalid_request", message=message))


ABOUT: Final[Mapping[str, Told]] = {
    "retrieve_response": retrieved,
    "delete_response": deleted,
    "list_input_items": listed,
    "cancel_response": cancelled,
}


def is_kept(request: ir.Request) -> bool:
    return request.dialect == DIALECT and request.store is not False


def shown_as_kept(data: bytes) -> bytes:
    """In strings the words are escaped: only the field itself looks so."""
    return data.replace(NOT_STORED, STORED)


def keep(memory: Memory, response: ir.Response, *, request: ir.Request, body: bytes) -> None:
    """`request` with what was said before it, `body` as it arrived."""
    told = CLIENT_CODECS[DIALECT].encode_response(response, request).body
    said = ir.Message(role="assistant", content=response.content)
    kept = Kept(
        answer=shown_as_kept(told),
        items=items_of(body, id_=response.id),
        messages=(*request.messages, said),
    )
    memory.keep(response.id, kept)


def compacted(response: ir.Response, *, request: ir.Request) -> bytes:
    """The answer in place of all that was said."""
    told = an_object(CLIENT_CODECS[DIALECT].encode_response(response, request).body)
    picked = {name: told[name] for name in ("id", "created_at", "output", "usage")}
    return msgspec.json.encode({**picked, "object": "response.compaction"})

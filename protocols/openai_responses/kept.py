"""What a vendor of Responses keeps, by the ids that requests and answers name it with.

Law: only what is named counts; what an item says itself is nobody else's.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols.errors import DecodeError
from protocols.held import MOST_CHARS, Held, checked, held_in, judged
from protocols.ir import NOTHING
from protocols.lenient import VALUES, as_object, read, words

PREVIOUS: Final = "previous_response_id"
CONVERSATION: Final = "conversation"
INPUT: Final = "input"
REFERENCE: Final = "item_reference"
LIST_BEGINS: Final = b"["
NULL: Final = Raw(b"null")
MOST_ITEMS: Final = 2_048
# By type, what makes an item whole without what the vendor keeps of it. Where a call's id is
# enough, the vendor itself demands the rest.
CALLED: Final = ("call_id",)
WHOLE_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "message": ("content",),
    "reasoning": ("encrypted_content", "content"),
    "compaction": ("encrypted_content",),
    "compaction_summary": ("encrypted_content",),
    "context_compaction": ("encrypted_content",),
    "function_call": CALLED,
    "function_call_output": CALLED,
    "custom_tool_call": CALLED,
    "custom_tool_call_output": CALLED,
    "computer_call": CALLED,
    "computer_call_output": CALLED,
    "local_shell_call": CALLED,
    "local_shell_call_output": ("output",),
    "shell_call": CALLED,
    "shell_call_output": CALLED,
    "apply_patch_call": CALLED,
    "apply_patch_call_output": CALLED,
    "image_generation_call": ("result",),
    "file_search_call": ("results",),
    "code_interpreter_call": ("outputs",),
    "mcp_list_tools": ("tools",),
    "mcp_call": ("output", "error"),
    "mcp_approval_request": ("name",),
    "mcp_approval_response": ("approval_request_id",),
    "tool_search_call": ("arguments",),
    "tool_search_output": ("tools",),
}
APPROVED: Final = "approval_request_id"
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


class Named(Struct, frozen=True, kw_only=True):
    """What a request goes on with; None and (): nothing."""

    previous: str | None = None
    conversation: str | None = None
    items: tuple[str, ...] = ()

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Each id with the field that has it."""
        said = [(PREVIOUS, self.previous), (CONVERSATION, self.conversation)]
        said += [(INPUT, id_) for id_ in self.items]
        return tuple((field, id_) for field, id_ in said if id_ is not None)


class Item(Struct):
    """Of an item of the input, what tells a reference from words."""

    type: Any = None
    id: Any = None
    role: Any = None


class Answer(Struct):
    id: Any = None
    store: Any = None
    conversation: Any = None
    output: Raw = NOTHING


class OutputItem(Struct):
    id: Any = None
    container_id: Any = None


LISTS: Final = msgspec.json.Decoder(list[Raw])
ITEMS: Final = msgspec.json.Decoder(Item)
ANSWERS: Final = msgspec.json.Decoder(Answer)
OUTPUTS: Final = msgspec.json.Decoder(list[OutputItem])


def named_by(top: Mapping[str, Raw]) -> Named:
    """What the fields of a request name; raises DecodeError for what can be no name."""
    conversation = _value(top, CONVERSATION)
    if isinstance(conversation, dict):
        conversation = conversation.get("id")
    return Named(
        previous=_name(_value(top, PREVIOUS), PREVIOUS),
        conversation=_name(conversation, CONVERSATION),
        items=_references(top.get(INPUT, NOTHING)),
    )


def held_by(top: Mapping[str, Raw]) -> tuple[tuple[Held, ...], tuple[Held, ...]]:
    """What else of a vendor's the input and the tools name, items and things, each with its place;
    raises DecodeError."""
    said = judged(top, INPUT, "tools", CONVERSATION)
    items = said.get(INPUT)
    return _items(items if isinstance(items, list) else []), held_in(said)


def _items(items: list[Any]) -> tuple[Held, ...]:
    shown: set[str] = set()
    found: list[Held] = []
    approvals: list[Held] = []
    for at, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        path, id_ = f"{INPUT}[{at}]", item.get("id")
        approved = item.get(APPROVED)
        if isinstance(approved, str):
            approvals.append((f"{path}.{APPROVED}", approved))
        if not isinstance(id_, str) or _refers(item.get("type"), item.get("role")):
            continue
        if not _is_whole(item):
            found.append((f"{path}.id", id_))
        elif item.get("type") == "mcp_approval_request":
            shown.add(id_)
    found += [each for each in approvals if each[1] not in shown]
    return checked(found)


def _is_whole(item: Mapping[str, Any]) -> bool:
    kind = "message" if item.get("type") is None else item["type"]
    fields = WHOLE_WITH.get(kind, ()) if isinstance(kind, str) else ()
    return any(item.get(field) not in EMPTY for field in fields)


def _refers(kind: Any, role: Any) -> bool:
    """A reference may leave out its type; then it has no role either."""
    return kind == REFERENCE or (kind is None and role is None)


def ids_of(answer: bytes) -> tuple[str, ...]:
    """Under which names the vendor keeps a whole answer and its parts, the answer's first."""
    said = read(ANSWERS, answer) or Answer()
    own = words(said.id)
    if own is None or said.store is False:
        return ()
    items = (read(OUTPUTS, said.output) or []) if said.output else []
    names = [own, words(as_object(said.conversation).get("id"))]
    names += [words(item.id) for item in items[:MOST_ITEMS]]
    # Made for this answer, and gone on with by its id.
    names += dict.fromkeys(words(item.container_id) for item in items[:MOST_ITEMS])
    return tuple(name for name in names if name is not None and len(name) <= MOST_CHARS)


def _value(top: Mapping[str, Raw], field: str) -> Any:
    raw = top.get(field, NULL)
    return None if raw == NULL else read(VALUES, raw)


def _name(said: Any, field: str) -> str | None:
    if said is None or (isinstance(said, str) and 0 < len(said) <= MOST_CHARS):
        return said
    raise DecodeError(field, f"is no name; expected a string of 1 to {MOST_CHARS} characters")


def _references(raw: Raw) -> tuple[str, ...]:
    if not bytes(raw).startswith(LIST_BEGINS):
        return ()
    found: dict[str, None] = {}
    for each in read(LISTS, raw) or ():
        item = read(ITEMS, each)
        if item is None or item.id is None:
            continue
        if _refers(item.type, item.role):
            found[_name(item.id, INPUT) or ""] = None
    if len(found) > MOST_ITEMS:
        raise DecodeError(INPUT, f"refers to {len(found)} items; at most {MOST_ITEMS}")
    return tuple(found)

"""What a client can ask a model for."""

from typing import Literal, TypeAlias

from msgspec import Struct

from protocols.ir import Dialect

What: TypeAlias = Literal[
    "chat", "embeddings", "count_tokens", "completions", "moderations", "rerank", "images",
    "image_edits", "speech", "transcriptions", "translations",
    "chat", "embeddings", "count_tokens", "compact", "retrieve_response", "delete_response",
    "list_input_items", "cancel_response",
]  # fmt: skip


class Operation(Struct, frozen=True, kw_only=True):
    """One thing a client can ask a model for."""

    name: str  # stable; records say it
    what: What
    dialect: Dialect
    scope: str  # a key needs it
    path: str  # the plain one, which `allowed_paths` of keys means
    method: str = "POST"
    streams: bool = False
    input_field: str  # the array or value without which there is nothing to ask
    input_is_list: bool = True
    instead_of_input: tuple[str, ...] = ()  # with one of these the input may be absent
    body: Dialect | None = None  # of the request, where it is not that of the answer
    forwarded: bool = True  # False: written anew for every vendor
    passed: bool = False  # only forwarded, and only where it has a price
    as_form: bool = False  # the request is multipart/form-data
    kept: bool = False  # about an answer that a vendor keeps, which the path names

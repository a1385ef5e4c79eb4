"""Operations on answers that vendors keep: their paths name no model, they cost nothing."""

from typing import Final

from gateway.edge.operations.operation import Operation, What

PATH: Final = "/v1/responses/{id}"


def _of_kept(name: str, what: What, *, method: str, tail: str = "") -> Operation:
    return Operation(
        name=f"responses.{name}",
        what=what,
        dialect="openai.responses",
        scope="inference",
        path=PATH + tail,
        method=method,
        input_field="",
        kept=True,
    )


RETRIEVE: Final = _of_kept("retrieve", "retrieve_response", method="GET")
DELETE: Final = _of_kept("delete", "delete_response", method="DELETE")
CANCEL: Final = _of_kept("cancel", "cancel_response", method="POST", tail="/cancel")
INPUT_ITEMS: Final = _of_kept("input_items", "list_input_items", method="GET", tail="/input_items")
KEPT_OPERATIONS: Final = (RETRIEVE, DELETE, INPUT_ITEMS, CANCEL)
COMPACT: Final = Operation(
    name="responses.compact",
    what="compact",
    dialect="openai.responses",
    scope="inference",
    path="/v1/responses/compact",
    input_field="input",
    input_is_list=False,
    instead_of_input=("previous_response_id",),
)

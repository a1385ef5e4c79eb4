"""What is passed on as it came: OpenAI's operations that have no dialect of their own here.

Laws: they are forwarded, never translated; each is an operation that a model must have by its row,
and one that it must have a price for; errors are those of `openai.chat`.
"""

from collections.abc import Mapping
from typing import Final

from gateway.edge.operations.operation import Operation, What

SCOPE: Final = "inference"


def _passed(
    what: What,
    path: str,
    *,
    input_field: str,
    instead: tuple[str, ...] = (),
    streams: bool = False,
    as_form: bool = False,
) -> Operation:
    return Operation(
        name=path.removeprefix("/v1/").replace("/", "."),
        what=what,
        dialect="openai.chat",
        scope=SCOPE,
        path=path,
        streams=streams,
        input_field=input_field,
        input_is_list=False,
        instead_of_input=instead,
        passed=True,
        as_form=as_form,
    )


COMPLETIONS: Final = _passed("completions", "/v1/completions", input_field="prompt", streams=True)
MODERATIONS: Final = _passed("moderations", "/v1/moderations", input_field="input")
RERANK: Final = _passed("rerank", "/v1/rerank", input_field="documents")
IMAGES: Final = _passed("images", "/v1/images/generations", input_field="prompt", streams=True)
IMAGE_EDITS: Final = _passed(
    "image_edits",
    "/v1/images/edits",
    input_field="image",
    instead=("image[]",),
    streams=True,
    as_form=True,
)
SPEECH: Final = _passed("speech", "/v1/audio/speech", input_field="input")
TRANSCRIPTIONS: Final = _passed(
    "transcriptions",
    "/v1/audio/transcriptions",
    input_field="file",
    streams=True,
    as_form=True,
)
TRANSLATIONS: Final = _passed(
    "translations",
    "/v1/audio/translations",
    input_field="file",
    as_form=True,
)
# By path.
PASSED: Final[Mapping[str, Operation]] = {
    operation.path: operation
    for operation in (
        COMPLETIONS,
        MODERATIONS,
        RERANK,
        IMAGES,
        IMAGE_EDITS,
        SPEECH,
        TRANSCRIPTIONS,
        TRANSLATIONS,
    )
}

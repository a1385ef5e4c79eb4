"""A batch of embeddings for a vendor that takes fewer inputs at a time.

Laws: inputs and vectors stay in their order; vectors are never parsed; what the parts used is
summed; nothing raises.
"""

from collections.abc import Sequence
from itertools import chain

from msgspec.structs import replace

from protocols.ir import EmbeddingRequest, EmbeddingResponse
from protocols.sums import summed


def divided(request: EmbeddingRequest, most: int) -> tuple[EmbeddingRequest, ...]:
    inputs = request.inputs
    return tuple(
        replace(request, inputs=inputs[at : at + most]) for at in range(0, len(inputs), most)
    )


def joined(answers: Sequence[EmbeddingResponse]) -> EmbeddingResponse:
    """Of one answer at least; what is said beside the vectors is the first one's."""
    vectors = tuple(chain.from_iterable(answer.vectors for answer in answers))
    return replace(answers[0], vectors=vectors, usage=summed([each.usage for each in answers]))

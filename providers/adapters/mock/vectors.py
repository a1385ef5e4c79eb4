"""Vectors of the mock: equal text, equal vector; of length one. Pure."""

import base64
import hashlib
import math
import struct
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.errors import Problem
from providers.adapters.mock.knobs import Refused
from providers.adapters.mock.tokens import count

DIMENSIONS: Final = 256
MOST_DIMENSIONS: Final = 4_096
MOST_INPUTS: Final = 2_048


def vectors_of(request: ir.EmbeddingRequest) -> tuple[Raw, ...]:
    """Raises Refused."""
    size = DIMENSIONS if request.dimensions is None else request.dimensions
    if not 1 <= size <= MOST_DIMENSIONS:
        raise _refused("dimensions", f"is {size}; expected 1 to {MOST_DIMENSIONS}")
    if not 1 <= len(request.inputs) <= MOST_INPUTS:
        raise _refused("input", f"holds {len(request.inputs)}; expected 1 to {MOST_INPUTS}")
    return tuple(_written(_vector(text, size), request.encoding) for text in request.inputs)


def tokens_of(request: ir.EmbeddingRequest) -> int:
    return sum(count(text) if isinstance(text, str) else len(text) for text in request.inputs)


def _vector(text: str | tuple[int, ...], size: int) -> tuple[float, ...]:
    said = text if isinstance(text, str) else repr(text)
    digest = hashlib.shake_256(said.encode("utf-8", "replace")).digest(2 * size)
    # Never 0, so that the length is not either.
    numbers = [number + 0.5 for number in struct.unpack(f"<{size}h", digest)]
    length = math.sqrt(math.fsum(number * number for number in numbers))
    single = struct.Struct(f"<{size}f")
    # As they are in base64, so that both encodings say the same.
    rounded: tuple[float, ...] = single.unpack(single.pack(*(n / length for n in numbers)))
    return rounded


def _written(vector: Sequence[float], encoding: Literal["float", "base64"] | None) -> Raw:
    if encoding != "base64":
        return Raw(msgspec.json.encode(vector))
    packed = struct.pack(f"<{len(vector)}f", *vector)
    return Raw(b'"' + base64.b64encode(packed) + b'"')


def _refused(param: str, why: str) -> Refused:
    return Refused(Problem(kind="invalid_request", message=f"{param} {why}", param=param))

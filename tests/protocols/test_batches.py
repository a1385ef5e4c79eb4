import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocols.batches import divided, joined
from protocols.ir import EmbeddingRequest, EmbeddingResponse, Usage


def request(*inputs: str) -> EmbeddingRequest:
    return EmbeddingRequest(dialect="openai.embeddings", model="m", inputs=inputs, dimensions=3)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=20), st.integers(1, 25))
def test_any_parts_are_the_whole(inputs: list[str], most: int) -> None:
    whole = request(*inputs)
    parts = divided(whole, most)
    assert all(1 <= len(part.inputs) <= most for part in parts)
    assert all(msgspec.structs.replace(part, inputs=whole.inputs) == whole for part in parts)
    answers = [
        EmbeddingResponse(
            model="m",
            vectors=tuple(Raw(msgspec.json.encode(text)) for text in part.inputs),
            usage=Usage(input_tokens=len(part.inputs)),
        )
        for part in parts
    ]
    answer = joined(answers)
    assert [msgspec.json.decode(vector) for vector in answer.vectors] == inputs
    assert answer.usage.input_tokens == len(inputs)

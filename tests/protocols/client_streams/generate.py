"""Chunks, each with the answer's id and model; the last says why it stopped and what it used."""

from collections.abc import Iterator
from typing import Any

from tests.protocols.client_streams.frames import Heard


def generate_faults(heard: list[Heard]) -> Iterator[str]:
    if not heard:
        yield "is empty"
        return
    chunks = [each.said for each in heard]
    failures = [at for at, chunk in enumerate(chunks) if "error" in chunk]
    if failures:
        if failures != [len(chunks) - 1]:
            yield "goes on after its error"
        if not {"code", "message", "status"} <= chunks[-1]["error"].keys():
            yield f"fails with {chunks[-1]}"
        chunks = chunks[:-1]
    yield from _heads(chunks)
    yield from _ends(chunks, is_failure=bool(failures))


def _heads(chunks: list[dict[str, Any]]) -> Iterator[str]:
    heads = {(chunk.get("responseId"), chunk.get("modelVersion")) for chunk in chunks}
    if len(heads) > 1 or any(None in head for head in heads):
        yield f"has the heads {heads}"


def _ends(chunks: list[dict[str, Any]], *, is_failure: bool) -> Iterator[str]:
    ended: set[int] = set()
    said: set[int] = set()
    for at, chunk in enumerate(chunks):
        for candidate in chunk.get("candidates", ()):
            index = candidate.get("index", 0)
            if index in ended:
                yield f"chunk {at} says more of candidate {index}, which has ended"
            said.add(index)
            if "finishReason" in candidate:
                ended.add(index)
        if "usageMetadata" in chunk and at < len(chunks) - 1:
            yield f"chunk {at} has usage, and is not the last"
    if is_failure:
        return
    if "promptFeedback" not in chunks[-1] and (said != ended or 0 not in said):
        yield f"candidates {said} begin, {ended} end"

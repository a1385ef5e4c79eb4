"""Role; deltas, calls one after the other; finish; usage if asked for; [DONE]."""

from collections.abc import Iterator
from typing import Any, Final

from tests.protocols.client_streams.frames import DONE, Heard

OPENING: Final = {"role": "assistant", "content": ""}
HEAD: Final = ("id", "object", "created", "model")
KIND: Final = "chat.completion.chunk"
FORMS: Final = {"function": "arguments", "custom": "input"}


class Talk:
    """What has been heard so far."""

    def __init__(self) -> None:
        self.calls: dict[tuple[int, int], str] = {}  # choice, place -> form
        self.begun: set[int] = set()  # choices
        self.finished: set[int] = set()
        self.counted = False


def chat_faults(heard: list[Heard]) -> Iterator[str]:
    if not heard:
        yield "is empty"
        return
    *chunks, last = heard
    is_failure = last.said is not None and "error" in last.said
    if last.name != DONE and not is_failure:
        yield "has no last event"
        chunks = heard
    if any(chunk.name == DONE or "error" in (chunk.said or {}) for chunk in chunks):
        yield "goes on after its last event"
        return
    talk = Talk()
    yield from _first(chunks)
    for at, chunk in enumerate(chunks):
        yield from (f"chunk {at} {fault}" for fault in _chunk(chunk.said, talk, chunks[0].said))
    if not is_failure and talk.begun != talk.finished:
        yield f"choices {talk.begun - talk.finished} have no end"


def _first(chunks: list[Heard]) -> Iterator[str]:
    if chunks:
        choices = chunks[0].said.get("choices") or [{}]
        if choices[0].get("delta") != OPENING:
            yield f"begins with {choices[0]}"


def _chunk(said: dict[str, Any], talk: Talk, first: dict[str, Any]) -> Iterator[str]:
    if said.get("object") != KIND or any(said.get(key) != first.get(key) for key in HEAD):
        yield f"has another head: {said}"
    if talk.counted:
        yield "follows usage"
    choices = said.get("choices")
    if "usage" in said:
        talk.counted = True
        if choices != [] or talk.begun != talk.finished:
            yield "has usage too early"
    for choice in choices or ():
        index = choice["index"]
        if index in talk.finished:
            yield f"says more of choice {index}, which has ended"
        talk.begun.add(index)
        if choice["finish_reason"] is not None:
            talk.finished.add(index)
        for call in choice["delta"].get("tool_calls", ()):
            yield from _call(index, call, talk)


def _call(choice: int, call: dict[str, Any], talk: Talk) -> Iterator[str]:
    place = choice, call["index"]
    form = talk.calls.get(place)
    if form is None:
        count = sum(at == choice for at, _ in talk.calls)
        kind = call.get("type")
        if kind not in FORMS or not call.get("id") or not call.get(kind, {}).get("name"):
            yield f"begins a call without its id, type and name: {call}"
        if place[1] != count:
            yield f"begins call {place[1]} after {count}"
        talk.calls[place] = str(kind)
        return
    if {"id", "type"} & call.keys() or "name" in call.get(form, {}):
        yield f"names a call twice: {call}"
    if form in call and set(call[form]) != {FORMS[form]}:
        yield f"says of a call more than its arguments: {call}"

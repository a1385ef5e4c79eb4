"""Answers of OpenAI's operations that are passed on as they came: what they say of their use.

Law: pictures, sounds and texts are never parsed. What a vendor bills by the piece is told in
`Usage.provider_tool_calls`, by the class it is counted in; `subtitled_seconds` is no word on what
is billed, it is how long the subtitles last.
"""

import math
import re
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.errors import Problem
from protocols.framing.sse import SseDialect, read_event
from protocols.ir import NOTHING, Dialect
from protocols.lenient import an_object, as_object, read, whole, words
from protocols.native import Observed
from protocols.openai_errors import OpenAiErrors
from protocols.vendor_errors import problem_among

DONE: Final = b"[DONE]"
ENDINGS: Final = (".completed", ".done")  # of the type of what is complete
PICTURE: Final = re.compile(r"image_(?:generation|edit)\.completed")
IMAGES: Final = "images"
SECONDS: Final = "seconds"
SEARCHES: Final = "web_search"
SUBTITLED: Final = "subtitled_seconds"
MOST_SECONDS: Final = 10**9
# The end of a subtitle, as SubRip and WebVTT write it.
CUE_END: Final = re.compile(rb"-->[ \t]*(?:([0-9]{1,4}):)?([0-9]{2}):([0-9]{2})[.,][0-9]{3}")


class Answer(Struct):
    """A whole answer, or an event; nothing is looked into that is not asked for."""

    object: Any = None
    type: Any = None
    error: Raw = NOTHING
    usage: Raw = NOTHING
    data: Raw = NOTHING
    meta: Raw = NOTHING
    duration: Any = None


ANSWERS: Final = msgspec.json.Decoder(Answer)
LISTED: Final = msgspec.json.Decoder(list[Raw])


class PassedObserver(Observed):
    """Of events that each say in their `type` what they are."""

    def __init__(self) -> None:
        self._pictures = 0

    def feed(self, frame: bytes) -> bool:
        event = read_event(frame)
        if not event.data:
            return True
        if event.data.strip() == DONE:
            self.terminal = self.stopped = True
            return True
        said = read(ANSWERS, event.data) or Answer()
        self.failure = self.failure or problem_among(
            event.data, error=said.error, mark=said.type if event.event is None else event.event
        )
        kind = words(said.type) or ""
        self.content = self.content or self.failure is None
        self.stopped = self.stopped or kind.endswith(ENDINGS)
        self._pictures += PICTURE.fullmatch(kind) is not None
        told = read_usage(said, pictures=self._pictures or None)
        if told.raw or told.provider_tool_calls:
            self.usage = told
        return True


class PassedAnswers(OpenAiErrors, SseDialect):
    """For the native lane; `pictures`: what is in `data` are pictures."""

    dialect: Dialect = "openai.chat"
    keepalive = b": keepalive\n\n"

    def __init__(self, *, pictures: bool = False) -> None:
        self._pictures = pictures

    def observer(self, *, hide_usage: bool) -> PassedObserver:
        return PassedObserver()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        """Of what is no object, too: texts and subtitles."""
        if body.lstrip()[:1] != b"{":
            return _of_subtitles(body), None
        answer = read(ANSWERS, body)
        if answer is None:
            return None, None
        listed = read(LISTED, answer.data) if self._pictures and answer.data else None
        return read_usage(answer, pictures=None if listed is None else len(listed)), None

    def tier(self, body: bytes) -> str | None:
        """These are served in one way."""
        return None

    def error_in_success(self, body: bytes) -> Problem | None:
        answer = read(ANSWERS, body) or Answer()
        return problem_among(body, error=answer.error, mark=answer.object)


def read_usage(answer: Answer, *, pictures: int | None) -> ir.Usage:
    said = an_object(answer.usage)
    billed = as_object(an_object(answer.meta).get("billed_units"))
    counted = {
        IMAGES: pictures,
        SECONDS: _seconds(said.get("seconds")) or _seconds(answer.duration),
        SEARCHES: whole(billed.get("search_units")),
    }
    of_input = _details(said, "input")
    of_output = _details(said, "output")
    output = _first(said, "output_tokens", "completion_tokens")
    tokens = _first(said, "input_tokens", "prompt_tokens")
    if tokens is None and output is None:
        tokens = whole(said.get("total_tokens"))  # of those who only read
    return ir.Usage(
        input_tokens=tokens,
        cache_read_tokens=whole(of_input.get("cached_tokens")),
        input_audio_tokens=whole(of_input.get("audio_tokens")),
        input_image_tokens=whole(of_input.get("image_tokens")),
        output_tokens=output,
        output_audio_tokens=whole(of_output.get("audio_tokens")),
        output_image_tokens=whole(of_output.get("image_tokens")),
        provider_tool_calls={name: n for name, n in counted.items() if n is not None} or None,
        raw=(answer.usage if said else answer.meta if billed else NOTHING).copy(),
    )


def _details(said: dict[str, Any], side: str) -> dict[str, Any]:
    """Pictures and transcriptions spell it differently."""
    found = said.get(f"{side}_tokens_details") or said.get(f"{side}_token_details")
    return as_object(found)


def _first(said: dict[str, Any], *names: str) -> int | None:
    return next((n for n in map(whole, map(said.get, names)) if n is not None), None)


def _seconds(value: object) -> int | None:
    """Begun seconds count."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return math.ceil(value) if 0 <= value <= MOST_SECONDS else None


def _of_subtitles(text: bytes) -> ir.Usage:
    ends = CUE_END.findall(text)
    if not ends:
        return ir.Usage()
    hours, minutes, seconds = (int(each or 0) for each in ends[-1])
    return ir.Usage(provider_tool_calls={SUBTITLED: hours * 3600 + minutes * 60 + seconds + 1})

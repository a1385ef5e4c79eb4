"""What could not be carried over, as it is noticed.

Law 1: nothing that says nothing is a loss: null, what is empty, and what happens anyway. Law 2: a
field nobody has a word for is told by its own name, wherever it stands.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Raw

from protocols.codec import Loss
from protocols.ir import Dialect, Extra, Opaque
from protocols.lenient import VALUES, an_object, read

# Begins the names under which a decoder notes, for the encoder of its own dialect, how something
# was spelled that the IR says in its own words. No vendor's field can be called so.
NOTE: Final = "="
# Fields of one vendor that every report names by a word of its own.
CODES: Final[Mapping[str, str]] = {"cache_control": "cache", "logit_bias": "logit_bias"}
# At the top of a request: what the answer is about, and not how it is given.
CONTENT: Final = frozenset({"cachedContent", "container", "conversation", "mcp_servers"})
# What vendors do where nobody asks for anything else.
USUAL: Final[Mapping[str, tuple[object, ...]]] = {
    "background": (False,),
    "caller": ({"type": "direct"},),
    "defer_loading": (False,),
    "eager_input_streaming": (False,),
    "inference_geo": ("global",),
    "mediaResolution": ("MEDIA_RESOLUTION_UNSPECIFIED",),
    "performanceConfig": ({"latency": "standard"},),
    "phase": ("final_answer",),
    "prompt_cache_retention": ("in_memory", "in-memory"),
    "truncation": ("disabled",),
}
# The same of sampling, where a vendor of the dialect has a default of its own: Gemini's.
USUAL_SAMPLING: Final[Mapping[Dialect, Mapping[str, float]]] = {
    "gemini.generate": {"top_k": 64, "top_p": 0.95}
}
# An empty object in them asks for what they are called.
SWITCHES: Final = frozenset({"web_search_options"})
NOTHING_SAID: Final[tuple[object, ...]] = (None, "", [], {})
# Objects of which dialects read a part, and keep the rest: it is told field by field. One that
# still says its type was not understood at all, and is told as a whole.
HOLDERS: Final = frozenset(
    {
        "additionalModelRequestFields", "allowed_tools", "citations", "custom", "file", "fileData",
        "format", "function", "functionCall", "functionResponse", "function_call",
        "generationConfig", "image_url", "inferenceConfig", "inlineData", "inputSchema",
        "input_audio", "jsonSchema", "json_schema", "metadata", "outputConfig", "output_config",
        "response_format", "s3Location", "serviceTier", "source", "structure", "text",
        "textFormat", "toolConfig", "tool_choice",
    }
)  # fmt: skip
# The words of blocks that are not modelled whole; what else they hold is told when only these go.
KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "guardContent": frozenset({"guardContent"}),
    "input_text": frozenset({"text"}),
    "output_text": frozenset({"text"}),
    "part:refusal": frozenset({"refusal"}),
    "refusal": frozenset({"refusal"}),
    "searchResult": frozenset({"searchResult"}),
    "search_result": frozenset({"citations", "content", "source", "title"}),
}
CACHE_POINT: Final = "cachePoint"
UNREADABLE: Final = ...


class Losses:
    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Loss] = []

    def add(self, code: str, path: str, why: str, *, content: bool = False) -> None:
        """`content`: something the user wrote or asked to see is gone."""
        self.found.append(Loss(code=code, path=path, why=why, content=content))

    def unknown(self, extra: Extra | None, *, path: str = "", but: Iterable[str] = ()) -> None:
        """Fields we have no words for: no other dialect hears of them."""
        if not extra:
            return
        spared = frozenset(but)
        for name, raw in extra.items():
            if name not in spared and not name.startswith(NOTE):
                self._field(name, _value(raw), path)

    def _field(self, name: str, value: Any, path: str) -> None:
        if says_nothing(name, value):
            return
        here = f"{path}.{name}" if path else name
        if _is_rest(name, value):
            for inner, each in value.items():
                self._field(inner, each, here)
            return
        code = CODES.get(name, f"other:{name}")
        self.add(code, here, "is unknown here", content=not path and name in CONTENT)

    def opaque(self, block: Opaque, path: str, why: str) -> None:
        """A block that only its own dialect understands, and that says nothing in words."""
        is_point = block.kind == CACHE_POINT
        self.add("cache" if is_point else "opaque", path, why, content=not is_point)

    def told(self, block: Opaque, path: str) -> None:
        """One of which the words are told: what it says beside them."""
        known = KNOWN.get(block.kind)
        if known is not None:
            for name, value in an_object(block.raw).items():
                if name != "type" and name not in known:
                    self._field(name, value, path)


def says_nothing(name: str, value: Any) -> bool:
    """Whether what follows is the same as without the field."""
    if value and _is_rest(name, value):
        return all(says_nothing(inner, each) for inner, each in value.items())
    if value in NOTHING_SAID:
        return name not in SWITCHES or value is None
    return any(value == usual and type(value) is type(usual) for usual in USUAL.get(name, ()))


def is_silent(name: str, raw: Raw) -> bool:
    return says_nothing(name, _value(raw))


def is_usual(dialect: Dialect, name: str, value: object) -> bool:
    """Whether it is what vendors of the dialect take a value of sampling for, unasked."""
    return value is not None and USUAL_SAMPLING.get(dialect, {}).get(name) == value


def _is_rest(name: str, value: Any) -> bool:
    return name in HOLDERS and isinstance(value, dict) and "type" not in value


def _value(raw: Raw) -> Any:
    """What cannot be read, be it a number beyond all bounds, says something all the same."""
    value = read(VALUES, raw)
    return UNREADABLE if value is None and bytes(raw) != b"null" else value

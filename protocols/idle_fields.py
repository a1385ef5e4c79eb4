"""Which fields of an answer are a loss where its client's dialect has no word for them.

Laws: a field nobody knows is one, whatever it is called; what every answer of a vendor has, and
tells nothing of what was said, is none, or every answer would be degraded; nor is what says nothing
at all, what is the same where nobody asks for anything, or a verdict that nothing was found.

What is idle, and why:
ECHOES   what was asked, once more
BOOKS    ids, builds, times, prices and counts: usage is told as each dialect counts
REPEATS  what is told elsewhere: the word for the end, a text in another spelling
PADDING  against who listens to the lengths of events
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

from protocols.ir import Dialect
from protocols.lenient import VALUES, read

Place: TypeAlias = Literal[
    "answer", "stop", "message", "logprobs", "x_groq", "venice_parameters", "promptFeedback",
    "groundingMetadata", "output", "part", "event", "citation", "books",
    "text", "thinking", "media", "call", "result",
]  # fmt: skip
Names: TypeAlias = frozenset[str]
OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
OBJECT_LISTS: Final = msgspec.json.Decoder(list[dict[str, Raw]])
NULL: Final = b"null"
UNREADABLE: Final = object()
PADDING: Final = frozenset({"p", "padding", "obfuscation"})
ECHOES_OF_RESPONSES: Final = frozenset(
    {
        "background", "conversation", "frequency_penalty", "instructions", "max_output_tokens",
        "max_tool_calls", "metadata", "parallel_tool_calls", "presence_penalty",
        "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store",
        "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation",
        "user",
    }
)  # fmt: skip
BOOKS_OF_RESPONSES: Final = frozenset(
    {"billing", "completed_at", "copilot_usage", "created_at", "tool_usage"}
)
# Of Codex.
BOOKS_OF_ITEMS: Final = frozenset({"internal_chat_message_metadata_passthrough"})
BOOKS_OF_CHAT: Final = frozenset(
    {
        "copilot_usage", "cost", "generationId", "generation_id", "id", "latency_checkpoint",
        "metadata", "model", "object", "created", "provider", "request_id", "sla_metrics",
        "system_fingerprint", "time_info", "timings", "usage_breakdown",
    }
)  # fmt: skip
ASKED_OF_VENICE: Final = frozenset(
    {
        "disable_thinking", "enable_e2ee", "enable_web_citations", "enable_web_scraping",
        "enable_web_search", "enable_x_search", "include_search_results_in_stream",
        "include_venice_system_prompt", "return_search_results_as_documents",
        "strip_thinking_response",
    }
)  # fmt: skip
IDLE: Final[Mapping[Dialect, Mapping[Place, Names]]] = {
    "openai.chat": {
        "answer": BOOKS_OF_CHAT | PADDING,
        "x_groq": frozenset({"id", "seed"}),
        "venice_parameters": ASKED_OF_VENICE,
        "stop": frozenset(
            {"index", "matched_stop", "native_finish_reason", "seed", "text", "token_ids"}
        ),
        "message": frozenset({"channel", "reasoning_encrypted", "role", "token_id", "token_ids"})
        | PADDING,
        "thinking": frozenset({"closed"}),
        "media": frozenset({"expires_at", "id"}),
        "call": frozenset({"index"}),
    },
    "openai.responses": {
        "answer": ECHOES_OF_RESPONSES | BOOKS_OF_RESPONSES | frozenset({"output_text"}),
        "books": frozenset({"turn_id"}),
        "stop": frozenset({"error", "incomplete_details", "status"}),
        "call": BOOKS_OF_ITEMS | frozenset({"item_id", "output_index"}),
        "text": BOOKS_OF_ITEMS | PADDING,
        "thinking": BOOKS_OF_ITEMS | PADDING,
        "event": frozenset({"keepalive", "response.queued"}),
    },
    "openai.embeddings": {"answer": BOOKS_OF_CHAT},
    "anthropic.messages": {
        "answer": frozenset({"amazon-bedrock-invocationMetrics"}),
        "stop": frozenset({"stop_reason"}),
        "text": frozenset({"estimated_tokens"}),
        "thinking": frozenset({"estimated_tokens"}),
        "call": frozenset({"type"}),
    },
    "gemini.generate": {
        "answer": frozenset({"createTime"}),
        # Probabilities are told with the texts.
        "stop": frozenset({"avgLogprobs", "finishMessage", "logprobsResult", "tokenCount"}),
        "promptFeedback": frozenset({"blockReason"}),
    },
    "bedrock.converse": {
        "answer": frozenset({"metrics"}) | PADDING,
        "call": frozenset({"type"}),
        "result": frozenset({"type"}),
    },
}
# Objects of which a part is told, or idle: each of their fields is judged by itself.
INSIDE: Final[Mapping[tuple[Dialect, Place, str], Place]] = {
    ("openai.chat", "answer", "x_groq"): "x_groq",
    ("openai.chat", "answer", "venice_parameters"): "venice_parameters",
    ("openai.chat", "stop", "message"): "message",
    ("openai.chat", "stop", "delta"): "message",
    ("openai.chat", "stop", "logprobs"): "logprobs",
    ("openai.chat", "message", "tool_calls"): "call",
    ("openai.chat", "call", "function"): "part",
    ("openai.chat", "call", "custom"): "part",
    ("openai.chat", "media", "image_url"): "part",
    ("openai.chat", "citation", "url_citation"): "part",
    ("openai.responses", "call", "metadata"): "books",
    ("openai.responses", "text", "metadata"): "books",
    ("openai.responses", "thinking", "metadata"): "books",
    ("openai.responses", "text", "content"): "part",
    ("openai.responses", "thinking", "content"): "part",
    ("openai.responses", "thinking", "summary"): "part",
    ("gemini.generate", "answer", "promptFeedback"): "promptFeedback",
    ("gemini.generate", "stop", "content"): "message",
    ("gemini.generate", "stop", "groundingMetadata"): "groundingMetadata",
    ("gemini.generate", "call", "functionCall"): "part",
    ("gemini.generate", "media", "inlineData"): "part",
    ("gemini.generate", "media", "fileData"): "part",
    ("bedrock.converse", "answer", "output"): "output",
    ("bedrock.converse", "output", "message"): "message",
}
# Whose loss has a name of its own. `logprobs` are those of what has none in other dialects.
CODES: Final[Mapping[tuple[Place, str], str]] = {
    ("answer", "citations"): "citations",
    ("answer", "search_results"): "citations",
    ("venice_parameters", "web_search_citations"): "citations",
    ("stop", "urlContextMetadata"): "citations",
    ("citation", "location"): "citations",
    ("citation", "encrypted_index"): "seal",
    ("message", "extra_content"): "seal",
    ("message", "thought_signature"): "seal",
    ("logprobs", "refusal"): "logprobs",
    ("logprobs", "reasoning_content"): "logprobs",
}
# What is meant where nothing is said.
USUAL: Final[Mapping[tuple[Place, str], Any]] = {
    ("answer", "performanceConfig"): {"latency": "standard"},
    ("call", "caller"): {"type": "direct"},
    ("text", "phase"): "final_answer",
}
USUAL_TIERS: Final = frozenset({"", "auto", "default", "on_demand", "standard"})
# What somebody found in a text, and the words for nothing.
VERDICTS: Final = frozenset(
    {
        "content_filter_result", "content_filter_results", "content_filters",
        "prompt_filter_results", "safetyRatings",
    }
)  # fmt: skip
HARMLESS: Final[Mapping[str, tuple[object, ...]]] = {
    "filtered": (False,),
    "detected": (False,),
    "blocked": (False,),
    "severity": ("safe", "HARM_SEVERITY_NEGLIGIBLE", "HARM_SEVERITY_UNSPECIFIED", 0, 1),
    "probability": ("NEGLIGIBLE", "HARM_PROBABILITY_UNSPECIFIED", 0, 1),
    "error": (),
}


class Field(Struct, frozen=True):
    """A field of an answer that the IR has no word for."""

    dialect: Dialect
    place: Place
    name: str
    raw: Raw

    @property
    def is_idle(self) -> bool:
        return self.name in IDLE[self.dialect].get(self.place, ())

    @property
    def inside(self) -> "tuple[Field, ...] | None":
        """Its own fields, where they are judged one by one."""
        place = INSIDE.get((self.dialect, self.place, self.name))
        if place is None:
            return None
        said = read(OBJECTS, self.raw)
        each = read(OBJECT_LISTS, self.raw) if said is None else [said]
        if each is None:
            return None
        return tuple(
            Field(self.dialect, place, name, raw) for one in each for name, raw in one.items()
        )

    @property
    def code(self) -> str:
        return CODES.get((self.place, self.name), f"other:{self.name}")

    @property
    def says_something(self) -> bool:
        value = read(VALUES, self.raw)
        if value is None:
            return bytes(self.raw) != NULL  # what cannot be read says something
        if self.name in VERDICTS:
            return has_found(value)
        usual = USUAL.get((self.place, self.name), UNREADABLE)
        return value != usual and not is_empty(value)


def is_empty(value: Any) -> bool:
    """Of whatever depth: nothing, and what holds nothing but that."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
        elif each not in (None, ""):
            return False
    return True


def has_found(verdict: Any) -> bool:
    """Whether any of it is more than the words for nothing."""
    if not isinstance(verdict, dict | list):
        return True
    left = [verdict]
    while left:
        each = left.pop()
        if isinstance(each, list):
            left.extend(each)
        elif isinstance(each, dict):
            for name, value in each.items():
                if name in HARMLESS and value is not None and value not in HARMLESS[name]:
                    return True
                left.append(value)
    return False

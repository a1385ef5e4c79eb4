"""What a model can do where its row does not say. Pure; data, not code.

Laws: by kind, then by the name that the vendor gives the model; the first row that fits counts;
what is not known is not claimed; a row of the database that says a field wins over all of this.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from protocols.codec import Target
from protocols.ir import Dialect
from providers.vendor_tables import BETAS, FIELDS, TOOLS

Said: TypeAlias = Mapping[str, Any]

OPENAI: Final = frozenset({"openai", "azure_openai", "openai_compatible"})
CLAUDE: Final = frozenset({"anthropic", "anthropic_compatible", "bedrock", "vertex"})
GEMINI: Final = frozenset({"gemini", "vertex"})
BEDROCK: Final = frozenset({"bedrock"})
COMPATIBLE: Final = frozenset({"openai_compatible", "anthropic_compatible"})
PASSBACK: Final[Said] = {"reasoning_passback": "tool_turns", "reasoning": True}
PASSBACK_ALL: Final[Said] = {"reasoning_passback": "always", "reasoning": True}
# Before the model's own name: an organisation, a region, a vendor (`us.anthropic.claude-…`).
REMEMBERED: Final = 4_096  # clients name models that no row lists
BEFORE: Final = r"(?:.*[./])?"

LOW_TO_HIGH: Final = ("low", "medium", "high")
NONE_TO_HIGH: Final = ("none", *LOW_TO_HIGH)
MINIMAL_TO_HIGH: Final = ("minimal", *LOW_TO_HIGH)
LOW_TO_XHIGH: Final = (*LOW_TO_HIGH, "xhigh")
NONE_TO_XHIGH: Final = ("none", *LOW_TO_XHIGH)
LOW_TO_MAX: Final = (*LOW_TO_HIGH, "max")
ALL_OF_CLAUDE: Final = (*LOW_TO_XHIGH, "max")

# Whoever thinks first takes no samples.
NO_SAMPLING: Final = frozenset(
    {
        "temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs",
        "top_logprobs", "logit_bias",
    }
)  # fmt: skip


class Capabilities(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model's row says it can do; fields as in `protocols.codec.Target`."""

    refuses: frozenset[str] = frozenset()
    max_tokens: int | None = None
    effort: Literal["none", "effort", "budget", "adaptive", "level"] = "none"
    efforts: tuple[str, ...] = ()
    tool_name_max: int = 64
    max_inputs: Annotated[int, Meta(ge=1)] | None = None  # of one call for embeddings
    cache: bool = False
    seal_required: bool = False
    links: frozenset[str] = frozenset()
    betas: frozenset[str] | None = None  # of Anthropic's; None: any
    dialects: tuple[Dialect, ...] = ()  # natively; empty: all that its provider speaks
    reasoning_passback: Literal["never", "tool_turns", "always"] = "never"
    reasoning: bool = False  # thinks before it answers: the longer first-token deadline applies


class Row(Struct, frozen=True, kw_only=True):
    kinds: frozenset[str]
    name: re.Pattern[str]
    said: Said


def _row(kinds: frozenset[str], name: str, **said: Any) -> Row:
    return Row(kinds=kinds, name=re.compile(f"{BEFORE}(?:{name})", re.IGNORECASE), said=said)


def _thinks(kinds: frozenset[str], name: str, *efforts: str, **said: Any) -> Row:
    """By a word, and always."""
    return _row(kinds, name, effort="effort", efforts=efforts, reasoning=True, **said)


OF_KIND: Final[Mapping[str, Said]] = {
    "openai": {"links": frozenset({"http", "https"}), "max_inputs": 2_048},
    "azure_openai": {"links": frozenset({"http", "https"}), "max_inputs": 2_048},
    "anthropic": {"links": frozenset({"https"}), "tool_name_max": 128, "cache": True},
    "gemini": {"tool_name_max": 128, "max_inputs": 100},
    "vertex": {"links": frozenset({"gs", "https"}), "tool_name_max": 128},
    "bedrock": {"links": frozenset({"s3"})},
    # It looks at no media, so that nothing has to be fetched for it.
    "mock": {
        "links": frozenset({"gs", "http", "https", "s3"}),
        "tool_name_max": 128,
        "max_inputs": 2_048,
        "cache": True,
        "effort": "effort",
        "efforts": ("none", "minimal", *ALL_OF_CLAUDE),
    },
}
DATED: Final = r"(?:-20\d\d.*)?"
MODELS: Final = (
    # OpenAI. Chat models of the fifth generation do not think.
    _thinks(OPENAI, rf"o[134](?:-mini|-pro)?{DATED}", *LOW_TO_HIGH),
    _thinks(OPENAI, rf"gpt-5-pro{DATED}", "high"),
    _thinks(OPENAI, rf"gpt-5-codex{DATED}", *LOW_TO_HIGH),
    _thinks(OPENAI, rf"gpt-5(?:-mini|-nano)?{DATED}", *MINIMAL_TO_HIGH),
    _thinks(OPENAI, rf"gpt-5[.-]1-codex-max{DATED}", *LOW_TO_XHIGH),
    _thinks(OPENAI, rf"gpt-5[.-]1-codex(?:-mini)?{DATED}", *LOW_TO_HIGH),
    _thinks(OPENAI, rf"gpt-5[.-]1(?:-mini)?{DATED}", *NONE_TO_HIGH),
    _thinks(OPENAI, rf"gpt-5[.-][2-9]-pro{DATED}", "medium", "high", "xhigh"),
    _thinks(OPENAI, rf"gpt-5[.-][2-9]-codex{DATED}", *LOW_TO_XHIGH),
    _thinks(OPENAI, rf"gpt-5[.-][2-9](?:-mini|-nano)?{DATED}", *NONE_TO_XHIGH),
    _thinks(OPENAI, r"gpt-5[.-]6-(?:luna|sol|terra)|gpt-6(?:\.\d)?-[a-z]+", *LOW_TO_HIGH),
    _thinks(OPENAI | BEDROCK, r"gpt-oss-\d+b.*", *LOW_TO_HIGH),
    # Claude. The name of the third generation has the number first.
    _row(CLAUDE, r"claude-3-(?:opus|sonnet|haiku).*", max_tokens=4_096),
    _row(CLAUDE, r"claude-3-5-(?:sonnet|haiku).*", max_tokens=8_192),
    _row(CLAUDE, r"claude-3-7-sonnet.*", effort="budget", max_tokens=64_000),
    _row(CLAUDE, r"claude-opus-4-5.*", effort="budget", efforts=LOW_TO_HIGH, max_tokens=64_000),
    _row(
        CLAUDE,
        r"claude-(?:opus|sonnet)-4-6.*",
        effort="adaptive",
        efforts=LOW_TO_MAX,
        max_tokens=128_000,
    ),
    _row(
        CLAUDE,
        r"claude-(?:opus-4-[78]|(?:opus|sonnet|fable|mythos)-5).*",
        effort="adaptive",
        efforts=ALL_OF_CLAUDE,
        max_tokens=128_000,
    ),
    _row(CLAUDE, r"claude-opus-4(?:-[01])?(?:[@-]20\d{6}.*)?", effort="budget", max_tokens=32_000),
    _row(
        CLAUDE,
        r"claude-(?:sonnet-4(?:-[05])?|haiku-4-5)(?:[@-]20\d{6}.*)?",
        effort="budget",
        max_tokens=64_000,
    ),
    # Gemini. Models that make pictures or speak are not known to think.
    _row(GEMINI, r"gemini-(?:1\.5|2\.0)-(?:flash|pro).*", max_tokens=8_192),
    _row(
        GEMINI,
        r"gemini-2\.5-pro(?:-preview-\d.*)?",
        effort="budget",
        max_tokens=65_536,
        reasoning=True,
    ),
    _row(
        GEMINI,
        r"gemini-2\.5-flash(?:-lite)?(?:-preview(?:-\d.*)?|-latest)?",
        effort="budget",
        max_tokens=65_536,
    ),
    _row(
        GEMINI,
        r"gemini-3(?:\.\d)?-flash(?:-lite)?(?:-preview.*)?",
        effort="level",
        efforts=MINIMAL_TO_HIGH,
        max_tokens=65_536,
        seal_required=True,
        reasoning=True,
    ),
    _row(
        GEMINI,
        r"gemini-3\.\d-pro(?:-preview.*)?",
        effort="level",
        efforts=LOW_TO_HIGH,
        max_tokens=65_536,
        seal_required=True,
        reasoning=True,
    ),
    _row(
        GEMINI,
        r"gemini-3-pro(?:-preview.*)?",
        effort="level",
        efforts=("low", "high"),
        max_tokens=65_536,
        seal_required=True,
        reasoning=True,
    ),
    _row(GEMINI, r"gemini-[3-9].*", seal_required=True),
    # Whoever signs nothing and wants its thoughts back: without them it refuses the conversation.
    _row(
        COMPATIBLE, r"deepseek-(?:chat|reasoner)|deepseek-v(?:3[.-][2-9]|[4-9]).*", **PASSBACK_ALL
    ),
    _row(COMPATIBLE, r"kimi-k(?:2-thinking|2[.-][5-9]|[3-9]|-thinking).*", **PASSBACK),
    _row(COMPATIBLE, r"(?:glm-(?:4[.-][6-9]|[5-9])|mimo-v).*", **PASSBACK),
)
SYSTEM_LATER: Final = frozenset({"system_later"})
# What holds beside the rows above, all that fit; of names in small letters.
REFUSALS: Final = (
    (
        CLAUDE,
        re.compile(rf"{BEFORE}claude-(?:opus-4-[78]|(?:opus|sonnet|haiku|fable|mythos)-5)(?!\d).*"),
        frozenset({"temperature", "top_p", "top_k"}),
    ),
    (
        CLAUDE,
        re.compile(rf"{BEFORE}claude-(?:opus-4-[156]|sonnet-4-[56]|haiku-4-5)(?!\d).*"),
        frozenset({"temperature+top_p"}),  # the one or the other
    ),
    (
        CLAUDE,
        re.compile(rf"{BEFORE}claude-(?:3-.*|(?:opus|sonnet)-4(?:-0)?(?:[@-]20\d{{6}}.*)?)"),
        frozenset({"json_schema"}),
    ),
    # Whoever keeps answers to a schema takes a part of JSON Schema for it.
    (CLAUDE, re.compile(rf"{BEFORE}claude-.*"), frozenset({"json_schema.full"})),
    (BEDROCK, re.compile(r".*"), frozenset({"json_schema.full"})),
    # Instructions among the messages: Anthropic answers "role 'system' is not supported on this
    # model" up to Opus 4.7 and for the preview of Mythos, wherever it serves them
    # (platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages; live answers
    # in BerriAI/litellm#32831 and #33807, UKGovernmentBEIS/inspect_ai#4221). Of those who only
    # speak as it does, DeepSeek knows no such role (deepseek-ai/awesome-deepseek-integration#639).
    (
        CLAUDE,
        re.compile(
            rf"{BEFORE}claude-(?:v?[12](?!\d)|instant|3[.-]|mythos-preview|4(?:[.-][0-7])?-[a-z]+"
            r"|[a-z]+-4(?:[.-][0-7](?!\d)|[@-]20\d{6}|(?![.-]?\d))).*"
        ),
        SYSTEM_LATER,
    ),
    (frozenset({"anthropic_compatible"}), re.compile(rf"(?!{BEFORE}claude-).*"), SYSTEM_LATER),
    # Before Gemini 3 neither calling functions nor searching goes with an answer in JSON: "with a
    # response mime type: 'application/json' is unsupported" (googleapis/python-genai#867); they do
    # not go with each other (langchain-ai/langchainjs#10675); and "`function_response.parts` is not
    # supported for this model" (google-gemini/gemini-cli#19436).
    (
        GEMINI,
        re.compile(rf"{BEFORE}gemini-(?:[12](?!\d)|pro(?!-latest)).*"),
        frozenset({"media_in_results", "output+tools", "tools+search"}),
    ),
    # What allows both at once, Vertex does not know (vercel/ai#14655).
    (frozenset({"vertex"}), re.compile(rf"{BEFORE}gemini-.*"), frozenset({"tools+search"})),
    # An answer that is begun already is not gone on with.
    (
        CLAUDE,
        re.compile(rf"{BEFORE}claude-(?:[a-z]+-4-[6-9]|[a-z]+-[5-9])(?!\d).*"),
        frozenset({"prefill"}),
    ),
    (
        frozenset({"openai", "azure_openai"}),
        re.compile(rf"(?:o1|o1-mini|o1-preview|o1-pro|o3-mini){DATED}"),
        NO_SAMPLING,
    ),
    (
        frozenset({"openai", "azure_openai"}),
        re.compile(rf"(?:o3|o3-pro|o4-mini|gpt-5(?:-mini|-nano|-codex|-pro)?){DATED}"),
        NO_SAMPLING | {"stop"},
    ),
)
CARRIERS: Final = frozenset({"bedrock", "vertex"})
CLAUDES: Final = re.compile(rf"{BEFORE}claude-")
SEALS_OF_KIND: Final[Mapping[str, str]] = {
    "openai": "openai",
    "azure_openai": "azure",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "vertex": "vertex",
}
CACHED_BY_BEDROCK: Final = re.compile(
    rf"{BEFORE}(?:claude-(?!3-(?:opus|sonnet|haiku)|v|instant)|nova)"
)


def capabilities(kind: str, name: str, said: Said) -> Capabilities:
    """Of a model: what its row says, else what is known of the kind and the name."""
    if not said:
        return _known(kind, name)
    thinks = {"reasoning": True} if said.get("effort", "none") != "none" else {}
    known = msgspec.structs.asdict(_known(kind, name))
    return msgspec.convert({**known, **thinks, **said}, Capabilities)


@lru_cache(maxsize=REMEMBERED)
def _known(kind: str, name: str) -> Capabilities:
    known = {"betas": BETAS.get(kind), **OF_KIND.get(kind, {}), **_of_name(kind, name)}
    if kind == "bedrock" and CACHED_BY_BEDROCK.match(name):
        known["cache"] = True
    if kind == "bedrock" and not CLAUDES.match(name):
        known["dialects"] = ("bedrock.converse",)
    folded = name.lower()
    for kinds, pattern, refused in REFUSALS:
        if kind in kinds and pattern.fullmatch(folded):
            known["refuses"] = known.get("refuses", frozenset()) | refused
    return Capabilities(**known)


def target_of(
    kind: str, name: str, *, owner: str, said: Said, max_tokens: int | None = None
) -> Target:
    """`owner`: the vendor of seals that only the provider itself can verify."""
    can = capabilities(kind, name, said)
    return Target(
        model=name,
        vendor=seals_of(kind, name) or owner,
        refuses=can.refuses,
        betas=can.betas,
        beta_fields={} if can.betas is None else dict(FIELDS),
        max_tokens=can.max_tokens if max_tokens is None else max_tokens,
        effort=can.effort,
        efforts=can.efforts,
        tool_name_max=can.tool_name_max,
        max_inputs=can.max_inputs,
        cache=can.cache,
        seal_required=can.seal_required,
        links=can.links,
        tools=TOOLS.get(kind, {}),
        reasoning_passback=can.reasoning_passback,
    )


def seals_of(kind: str, name: str) -> str:
    """Whose seals a model verifies, wherever it is served; empty: only its provider can tell."""
    if kind in CARRIERS and CLAUDES.match(name):
        return SEALS_OF_KIND["anthropic"]
    return SEALS_OF_KIND.get(kind, "")


def _of_name(kind: str, name: str) -> Said:
    for row in MODELS:
        if kind in row.kinds and row.name.fullmatch(name):
            return row.said
    return {}

"""What the data plane knows of back-ends. Values only; compiled by `providers.compile`, which
resolves inheritance: exact model, then provider, then parent, then the platform's default."""

from typing import Literal, TypeAlias

from msgspec import Struct

from protocols.codec import Target
from protocols.ir import Dialect

Operation: TypeAlias = Literal[
    "chat", "embeddings", "count_tokens", "completions", "moderations", "rerank", "images",
    "image_edits", "speech", "transcriptions", "translations",
]  # fmt: skip
PriceScope: TypeAlias = Literal["catalog", "operator", "tenant"]
PriceMatch: TypeAlias = Literal["exact", "prefix", "re2"]
PoolStrategy: TypeAlias = Literal["round_robin", "weighted", "random", "failover"]
Envelope: TypeAlias = Literal["bedrock"]
CredentialKind: TypeAlias = Literal["api_key", "header", "aws_keys", "none"]
DisconnectPolicy: TypeAlias = Literal["cancel", "drain"]


class Surface(Struct, frozen=True, kw_only=True):
    """A dialect that a provider speaks natively."""

    dialect: Dialect
    base_url: str  # without a trailing slash; mock: for the mock provider
    # operation -> path below base_url, with {model} where it is in the path; <operation>_stream
    # where streams have their own
    paths: dict[str, str]
    envelope: Envelope | None = None  # in which a cloud carries the dialect


class Quirks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a vendor differs inside its kind: data, not code."""

    vendor: str = ""  # whose seals it verifies; "": the kind's, or the provider's id
    include_usage: bool = True  # takes stream_options.include_usage
    max_tokens_field: str = ""
    drop_params: frozenset[str] = frozenset()
    models_path: str = ""


class Timeouts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    connect_ms: int = 5_000
    ttft_ms: int = 60_000
    reasoning_ttft_ms: int = 300_000
    idle_ms: int = 90_000
    total_ms: int = 600_000


class PoolPolicy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    strategy: PoolStrategy = "round_robin"
    max_failures: int = 3
    retry_after_s: int | None = None  # set: exactly this long out; unset: 30 s x n up to 300 s
    failure_window_s: int = 60


class CredentialSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str
    kind: CredentialKind
    sealed: bytes = b""  # opened when a snapshot is loaded
    header: str = ""  # of kind `header`: its name
    weight: int = 1
    priority: int = 100
    enabled: bool = True
    models: tuple[str, ...] = ()  # allow-list of public names; empty: all
    rpm_limit: int | None = None
    tpm_limit: int | None = None
    concurrency_limit: int | None = None
    cost_center: str = ""
    expires_at: float | None = None  # seconds since 1970, UTC
    needs_confirmation: bool = False  # the provider's host changed after it was entered
    generation: int = 0  # counts edits that end a quarantine: new secret, enable, reset


class Params(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Top-level changes to a request, by the model's row."""

    drop: frozenset[str] = frozenset()
    rename: dict[str, str] = {}
    # Values as JSON in bytes, so that specs travel in any encoding.
    default: dict[str, bytes] = {}
    force: dict[str, bytes] = {}


class TargetSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model at one provider."""

    id: str
    upstream_name: str
    public_name: str
    target: Target
    enabled: bool = True
    operations: frozenset[str] = frozenset({"chat"})
    dialects: tuple[Dialect, ...] = ()  # natively, in the provider's order; empty: all of its
    context_window: int | None = None
    reasoning: bool = False  # the longer first-token deadline applies
    params: Params = Params()
    price_model: str = ""  # under which name its price is looked up; empty: upstream_name
    created_at: int = 0  # seconds since 1970, shown in model lists


class ProviderSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    slug: str  # child: parent.slug
    name: str
    kind: str
    base_url: str = ""  # without a trailing slash; of it the adapter makes the surfaces
    tenant_id: str | None = None  # None: the platform's
    visible_to: tuple[str, ...] | None = None  # tenant ids; None: every tenant
    priority: int = 100
    enabled: bool = True
    draining: bool = False
    asked_last: bool = False  # its probes fail: only where no other can serve
    surfaces: tuple[Surface, ...] = ()
    headers: dict[str, str] = {}
    proxy_url: str = ""
    timeouts: Timeouts = Timeouts()
    pool: PoolPolicy = PoolPolicy()
    disconnect_policy: DisconnectPolicy = "cancel"
    allow_unlisted_models: bool = False
    quirks: Quirks = Quirks()
    credentials: tuple[CredentialSpec, ...] = ()  # in (priority, created_at) order
    targets: tuple[TargetSpec, ...] = ()
    data_region: str = ""
    region: str = ""  # of the vendor's own, where it has some
    price_vendor: str = ""  # whose price list its models are on; empty: nobody's
    cost_multiplier: str = "1"  # decimal
    simulated: bool = False  # kind mock: never billed; the only thing test keys reach


class DataKeySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A wrapped data key; without it no sealed value of its tenant can be opened."""

    id: str
    wrapped: bytes
    tenant_id: str | None = None


class Tier(Struct, frozen=True, kw_only=True):
    """Rates of all tokens of a request whose input is larger than this: a cliff."""

    above_input_tokens: int
    rates: dict[str, str]
    variants: dict[str, dict[str, str]] = {}  # of a variant, where the tier has its own


class TimeWindow(Struct, frozen=True, kw_only=True):
    """Rates at certain hours, in the vendor's zone; `till` before `since` goes over midnight."""

    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)  # ISO weekdays
    since: str  # HH:MM
    till: str
    tz: str
    rates: dict[str, str]


class PriceSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dated row of the price book. Rates: usage class -> decimal text, USD per million units.

    Never edited: a change closes a row and opens another, so an id always means the same money.
    """

    id: str
    version: str  # of the file it came with, or of the edit
    scope: PriceScope
    model: str  # the name or pattern, as the vendor spells its models
    match: PriceMatch = "exact"
    vendor: str = ""  # catalog: whose list it is (openai, anthropic, google, aws, ...)
    provider: str = ""  # operator, tenant: slug; empty: any
    region: str = ""
    tenant_id: str | None = None  # of scope tenant: what it is charged
    rates: dict[str, str] = {}
    per_call: dict[str, str] = {}  # USD each: web_search_calls, images, requests
    tiers: tuple[Tier, ...] = ()  # ascending
    variants: dict[str, dict[str, str]] = {}  # flex, batch, priority, fast
    time_windows: tuple[TimeWindow, ...] = ()
    valid_from: float = 0.0  # seconds since 1970, UTC
    valid_to: float | None = None
    deprecated_at: float | None = None
    source: str = ""
    source_version: str = ""


class PricePageSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rows of one scope and vendor, or of one tenant: what is published together."""

    id: str
    prices: tuple[PriceSpec, ...] = ()

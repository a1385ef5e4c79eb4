"""The metrics of model traffic.

Laws: label values come from configuration; the number of series is bounded, what is beyond folds
into `other`; children are bound once, so that counting is a dictionary look-up.
"""

from typing import Final

from msgspec import Struct
from prometheus_client import Counter, Gauge, Histogram

from gateway.edge.exchange import Exchange
from gateway.snapshot.subscribe import SnapshotFacts
from gateway.telemetry.metrics import LATENCY_BUCKETS, OTHER
from gateway.telemetry.snapshot import observe_snapshot
from providers.usage import TOKEN_CLASSES, UsageClasses

OVERHEAD_BUCKETS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1)
LABELS: Final = ("dialect", "model", "provider", "status_class", "stream", "lane")
NONE: Final = "none"
COUNTED: Final = (*TOKEN_CLASSES, "web_search_calls")
# Of each set of labels there are this many time series at the most: buckets and sums included.
SERIES_PER_LABELS: Final = 48

REQUESTS: Final = Counter(
    "switchyard_requests_total", "Requests of clients, by what became of them.", LABELS
)
REQUEST_SECONDS: Final = Histogram(
    "switchyard_request_seconds", "From the first byte in to the end.", LABELS,
    buckets=LATENCY_BUCKETS,
)  # fmt: skip
TTFT_SECONDS: Final = Histogram(
    "switchyard_ttft_seconds", "From the first byte in to the first content out.", LABELS,
    buckets=LATENCY_BUCKETS,
)  # fmt: skip
OVERHEAD_SECONDS: Final = Histogram(
    "switchyard_overhead_seconds",
    "The gateway's own part of the time to the first byte of the answer.",
    LABELS,
    buckets=OVERHEAD_BUCKETS,
)
TOKENS: Final = Counter(
    "switchyard_tokens_total",
    "Tokens by disjoint class, as vendors counted them.",
    ["class", "provider", "model"],
)
USAGE_FLAGS: Final = Counter(
    "switchyard_usage_flags_total", "Usage of vendors that was not plain.", ["flag"]
)
UPSTREAM_REQUESTS: Final = Counter(
    "switchyard_upstream_requests_total",
    "Calls to vendors, by verdict.",
    ["provider", "model", "verdict"],
)
UPSTREAM_TTFT: Final = Histogram(
    "switchyard_upstream_ttft_seconds",
    "From the call to the first content of a vendor's answer.",
    ["provider", "model"],
    buckets=LATENCY_BUCKETS,
)
UPSTREAM_CANCEL: Final = Histogram(
    "switchyard_upstream_cancel_seconds",
    "From the client's leaving to the closing of the vendor's connection.",
    buckets=OVERHEAD_BUCKETS,
)
LOSSES: Final = Counter(
    "switchyard_conversion_losses_total",
    "What was asked or answered and could not be said in the other's dialect.",
    ["code", "from", "to"],
)
SEALS: Final = Counter(
    "switchyard_seals_total",
    "What vendors want back unchanged and clients have no field for.",
    ["outcome"],
)
DISORDER: Final = Counter(
    "switchyard_stream_disorder_total",
    "Events of vendors' streams that came out of their order, while they were translated.",
    ["dialect"],
)
UNNOTED: Final = Counter(
    "switchyard_answers_unnoted_total",
    "Answers that vendors keep and nobody can go on with: where they are could not be noted.",
)
CREDENTIAL_STATE: Final = Gauge(
    "switchyard_credential_state",
    "1 for the state a credential is in.",
    ["provider", "credential", "state"],
    multiprocess_mode="livemax",
)
STREAMS_OPEN: Final = Gauge(
    "switchyard_streams_open", "Streams being sent to clients.", multiprocess_mode="livesum"
)


class Bound(Struct, frozen=True):
    """The children of one set of labels."""

    requests: Counter
    request_seconds: Histogram
    ttft_seconds: Histogram
    overhead_seconds: Histogram


class Traffic:
    def __init__(self, *, max_series: int) -> None:
        self._most = max(1, max_series // SERIES_PER_LABELS)
        self._bound: dict[tuple[str, ...], Bound] = {}
        self._calls: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._tokens: dict[tuple[str, str], dict[str, Counter]] = {}
        self._states: dict[tuple[str, str], str] = {}

    def exchange(self, exchange: Exchange, *, ended_at: float) -> None:
        operation = exchange.arrival.operation
        attempt = exchange.delivered or (exchange.attempts[-1] if exchange.attempts else None)
        provider = attempt.candidate.provider.slug if attempt else NONE
        model = attempt.candidate.target.public_name if attempt else NONE
        if attempt is not None and not attempt.candidate.target.id:
            model = OTHER  # unlisted: the name is the client's, not configuration's
        bound = self._children(
            operation.dialect,
            model,
            provider,
            f"{exchange.answer_status // 100}xx",
            "yes" if exchange.asked_stream else "no",
            exchange.lane,
        )
        began_at = exchange.arrival.began_at
        bound.requests.inc()
        bound.request_seconds.observe(ended_at - began_at)
        if exchange.first_content_at is not None:
            bound.ttft_seconds.observe(exchange.first_content_at - began_at)
        if attempt is not None:
            bound.overhead_seconds.observe(max(0.0, exchange.attempts[0].began_at - began_at))
        if exchange.classes is not None:
            self._count_tokens(exchange.classes, provider=provider, model=model)

    def upstream(self, *, provider: str, model: str, verdict: str, ttft_s: float | None) -> None:
        names = (provider, model or OTHER, verdict)
        children = self._calls.get(names)
        if children is None:
            if len(self._calls) >= self._most:
                names = (OTHER, OTHER, verdict)
            children = self._calls[names] = (
                UPSTREAM_REQUESTS.labels(*names),
                UPSTREAM_TTFT.labels(names[0], names[1]),
            )
        children[0].inc()
        if ttft_s is not None:
            children[1].observe(ttft_s)

    def lost(self, *, code: str, asked: str, spoken: str) -> None:
        # What follows the colon is a field's name, and clients make them up.
        LOSSES.labels(code.partition(":")[0], asked, spoken).inc()

    def sealed(self, *, outcome: str, count: int = 1) -> None:
        SEALS.labels(outcome).inc(count)

    def disordered(self, *, dialect: str, count: int) -> None:
        if count:
            DISORDER.labels(dialect).inc(count)

    def canceled(self, *, seconds: float) -> None:
        UPSTREAM_CANCEL.observe(seconds)

    def unnoted(self) -> None:
        UNNOTED.inc()

    def stream_opened(self) -> None:
        STREAMS_OPEN.inc()

    def stream_closed(self) -> None:
        STREAMS_OPEN.dec()

    def credential(self, *, provider: str, credential: str, state: str) -> None:
        """One state is 1, the one before it 0."""
        before = self._states.get((provider, credential))
        if before is not None:
            CREDENTIAL_STATE.labels(provider, credential, before).set(0)
        self._states[provider, credential] = state
        CREDENTIAL_STATE.labels(provider, credential, state).set(1)

    def snapshot(self, facts: SnapshotFacts) -> None:
        observe_snapshot(facts)

    def _children(self, *names: str) -> Bound:
        bound = self._bound.get(names)
        if bound is None:
            if len(self._bound) >= self._most:
                names = (names[0], OTHER, OTHER, *names[3:])
            bound = self._bound[names] = Bound(
                REQUESTS.labels(*names),
                REQUEST_SECONDS.labels(*names),
                TTFT_SECONDS.labels(*names),
                OVERHEAD_SECONDS.labels(*names),
            )
        return bound

    def _count_tokens(self, classes: UsageClasses, *, provider: str, model: str) -> None:
        names = (provider, model)
        if names not in self._tokens:
            if len(self._tokens) >= self._most:
                names = (OTHER, OTHER)
            self._tokens.setdefault(names, {})
        counters = self._tokens[names]
        for name in COUNTED:
            count: int = getattr(classes, name)
            if count:
                if name not in counters:
                    counters[name] = TOKENS.labels(name, *names)
                counters[name].inc(count)
        for flag in classes.flags:
            USAGE_FLAGS.labels(flag).inc()

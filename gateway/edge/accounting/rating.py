"""By what an attempt is rated, and what it comes to. No I/O, no clock.

Laws: prices are those of the moment the exchange was admitted, from the snapshot it began with; an
attempt costs what its vendor bills, and only the delivered one is charged; nobody pays for what
the gateway got wrong; what has no price is not free, it is unknown.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from billing.pricing import FREE, bounded, charge_nano, cost_nano
from gateway.edge.accounting.passed_counting import PIECES, REQUESTS, is_priced_for
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Attempt, Candidate, Exchange, Rating
from gateway.spool.frames import Certainty, Money, Tariff
from providers.specs import PriceSpec
from providers.usage import CALL_CLASSES, OUT_CLASSES, UsageClasses

if TYPE_CHECKING:
    from accounts.specs import TenantSpec

# What a client may ask to be served as, and a vendor bills differently.
TIER: Final = "service_tier"
PAID_FIELDS: Final = (TIER, "speed", "inference_geo")
ORDINARY: Final = frozenset(
    {
        "", "auto", "default", "standard", "standard_only", "on_demand", "global", "not_available",
    }
)  # fmt: skip
STRING: Final = msgspec.json.Decoder(str)
WORD_CHARS: Final = 32
STRANGE: Final = "?"  # instead of what is no word, and what no column takes
NO_MONEY: Final = Money()
OUTPUT_AND_CALLS: Final = (*OUT_CLASSES, *CALL_CLASSES)
OUR_FAULT: Final = frozenset({"internal", "usage_unavailable"})


def check_prices(exchange: Exchange) -> None:
    """Leaves the candidates that may be asked; raises where prices forbid all of them."""
    tenant = exchange.tenant
    assert tenant is not None  # noqa: S101 - authenticate has run
    if exchange.arrival.operation.what in FREE:
        return
    if exchange.arrival.operation.passed:
        _keep_passed(exchange)
    if tenant.unpriced == "block":
        _keep_priced(exchange)
    if any(map(exchange.top.__contains__, PAID_FIELDS)):
        _keep_variants(exchange)


def rating_of(exchange: Exchange, candidate: Candidate) -> Rating:
    tenant = exchange.tenant
    if tenant is None or exchange.arrival.operation.what in FREE:
        return Rating(tariff=Tariff())
    price = _price(exchange, candidate)
    own = _own_price(exchange, candidate)
    tariff = Tariff(
        price_id=None if price is None else price.id,
        price_version="" if price is None else price.version,
        multiplier=candidate.provider.cost_multiplier,
        markup_bp=tenant.markup_bp,
        variant=asked_variant(exchange, candidate),
        charge_price_id=None if own is None else own.id,
    )
    return Rating(tariff=tariff, price=price, own_price=own)


def served_as(rating: Rating, tier: str | None) -> Tariff:
    """What the vendor says wins over what was asked of it."""
    variant = variant_of(tier or "")
    if tier is None or variant == rating.tariff.variant:
        return rating.tariff
    return msgspec.structs.replace(rating.tariff, variant=variant)


def money_of(
    exchange: Exchange,
    rating: Rating,
    classes: UsageClasses,
    *,
    tariff: Tariff,
    certainty: Certainty,
    charged: bool,
) -> Money:
    if rating.price is None and rating.own_price is None:
        return Money(None, 0, 0, certainty)
    at, cost, charge = exchange.started_at, None, 0
    if rating.price is not None:
        cost = bounded(
            cost_nano(
                classes, rating.price, at=at, multiplier=tariff.multiplier, variant=tariff.variant
            )
        )
    if exchange.vendor_key is not None:
        return Money(0, 0, cost or 0, certainty)
    if charged and rating.own_price is not None:
        charge = bounded(cost_nano(classes, rating.own_price, at=at, variant=tariff.variant))
    elif charged and cost is not None:
        charge = bounded(charge_nano(cost, markup_bp=tariff.markup_bp))
    return Money(cost, charge, 0, certainty)


def is_charged(exchange: Exchange, made: Attempt, classes: UsageClasses) -> bool:
    """Whether the last attempt of an exchange is, by the terms of its tenant."""
    tenant: TenantSpec | None = exchange.tenant
    if tenant is None or (exchange.error is not None and exchange.error.kind in OUR_FAULT):
        return False
    if tenant.charge_on_empty == "none" and _is_empty(exchange, classes):
        return False
    if exchange.delivered is made:
        return not exchange.client_gone or tenant.charge_on_disconnect == "used"
    # Accepted, and left before it said anything.
    is_accepted = made.status != 0 and made.verdict is None
    return exchange.client_gone and is_accepted


def _is_empty(exchange: Exchange, classes: UsageClasses) -> bool:
    """Embeddings put out no tokens by nature: without an answer they are empty."""
    if exchange.arrival.operation.what != "chat" and exchange.delivered is not None:
        return False
    return not any(getattr(classes, name) for name in OUTPUT_AND_CALLS)


def variant_of(word: str) -> str:
    if word in ORDINARY:
        return ""
    return word[:WORD_CHARS] if word.isascii() and word.isprintable() else STRANGE


def asked_variant(exchange: Exchange, candidate: Candidate) -> str:
    """As what the vendor will be asked to serve; empty: as usual."""
    top, params = exchange.top, candidate.target.params
    if not (params.force or params.default or any(map(top.__contains__, PAID_FIELDS))):
        return ""
    variants: list[str] = []
    for field in PAID_FIELDS:
        raw = params.force.get(field)
        if raw is None and not _is_dropped(candidate, field):
            raw = top.get(field, params.default.get(field))
        if raw is not None and (variant := variant_of(_word(raw))):
            variants.append(variant)
    # Of two at once nobody publishes a price.
    return "+".join(variants)


def _is_dropped(candidate: Candidate, field: str) -> bool:
    target = candidate.target
    if candidate.lane == "translation" and not _is_translated(candidate, field):
        return True
    return (
        field in target.target.refuses | candidate.provider.quirks.drop_params | target.params.drop
    )


def _is_translated(candidate: Candidate, field: str) -> bool:
    """Messages has no words for the tiers of others, and nobody else has its speed."""
    return field == TIER and candidate.surface.dialect != "anthropic.messages"


def _word(raw: bytes | msgspec.Raw) -> str:
    try:
        return STRING.decode(raw)
    except msgspec.DecodeError:
        return ""  # the vendor says what it thinks of it


def _price(exchange: Exchange, candidate: Candidate) -> PriceSpec | None:
    found = exchange.snapshot.prices.cost(
        provider=candidate.provider, target=candidate.target, at=exchange.started_at
    )
    return None if found is None else found.price


def _own_price(exchange: Exchange, candidate: Candidate) -> PriceSpec | None:
    tenant = exchange.tenant
    assert tenant is not None  # noqa: S101 - authenticate has run
    return exchange.snapshot.prices.charge(
        provider=candidate.provider,
        target=candidate.target,
        tenant_id=tenant.id,
        at=exchange.started_at,
    )


def _is_priced(exchange: Exchange, candidate: Candidate) -> bool:
    return _price(exchange, candidate) is not None or _own_price(exchange, candidate) is not None


def _keep_priced(exchange: Exchange) -> None:
    kept = [each for each in exchange.candidates if _is_priced(exchange, each)]
    if not kept:
        raise refusal(
            "invalid_request",
            f"The model {exchange.model!r} has no price, and this tenant uses none without:"
            f" {_named(exchange.candidates)}.",
            code="model_unpriced",
            param="model",
        )
    exchange.candidates = tuple(kept)


def _keep_passed(exchange: Exchange) -> None:
    """What is passed on is never without a price: without one nobody can say what it was."""
    operation = exchange.arrival.operation
    kept = [each for each in exchange.candidates if _is_priced_for(exchange, each)]
    if not kept:
        piece = PIECES.get(operation.what, REQUESTS)
        raise refusal(
            "unsupported",
            f"The model {exchange.model!r} does not serve {operation.path}:"
            f" {_named(exchange.candidates)} has no price for it. Set one, with `rates` of tokens"
            f" or `per_call` of {piece}.",
            code="unsupported_endpoint",
            param="model",
        )
    exchange.candidates = tuple(kept)


def _is_priced_for(exchange: Exchange, candidate: Candidate) -> bool:
    what = exchange.arrival.operation.what
    prices = (_price(exchange, candidate), _own_price(exchange, candidate))
    return any(price is not None and is_priced_for(what, price) for price in prices)


def _keep_variants(exchange: Exchange) -> None:
    kept = [each for each in exchange.candidates if _has_variant(exchange, each)]
    if not kept:
        raise _no_variant(exchange)
    exchange.candidates = tuple(kept)


def _has_variant(exchange: Exchange, candidate: Candidate) -> bool:
    variant = asked_variant(exchange, candidate)
    if not variant:
        return True
    price = _price(exchange, candidate)
    return price is None or variant in price.variants


def _no_variant(exchange: Exchange) -> GatewayError:
    top = exchange.top
    asked = {name: _word(top[name])[:WORD_CHARS] for name in PAID_FIELDS if name in top}
    # Where the operator forces a tier, nothing that the client asked for may be at fault.
    field = next((name for name, word in asked.items() if variant_of(word)), None)
    return refusal(
        "invalid_request",
        f"{' and '.join(f'{name} {word!r}' for name, word in asked.items())}: there is no price"
        f" for this at {_named(exchange.candidates)}. Leave it out.",
        code="unpriced_parameter",
        param=field,
    )


def _named(candidates: Iterable[Candidate]) -> str:
    return ", ".join(f"{each.provider.slug}/{each.target.upstream_name}" for each in candidates)

from typing import Any, Final

import msgspec
from rest_framework import serializers

from accounts.access import Access
from accounts.api.fields import Choice, Strict, Text, WholeNumber
from accounts.api.serializers.shared import ListQuery
from providers.models import Price as PriceRow
from providers.selectors.prices import PRICES, STATES, state_of
from providers.specs import PriceSpec

MOST_TOKENS: Final = 1_000_000_000
RATES_HELP: Final = 'USD per million units of a class, as {"in_fresh": "0.25", "out_text": "1"}.'
AMOUNT_LENGTH: Final = 22
MATCHES: Final = ("exact", "prefix", "re2")


class Rates(serializers.DictField):
    child = Text(max_length=AMOUNT_LENGTH)


class TierFields(Strict):
    above_input_tokens = WholeNumber(min_value=1, max_value=MOST_TOKENS)
    rates = Rates()


class TimeWindowFields(Strict):
    days = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=7), required=False, max_length=7
    )
    since = Text(max_length=5, help_text="As 16:30.")
    till = Text(max_length=5)
    tz = Text(max_length=64, help_text="As Asia/Shanghai.")
    rates = Rates()


class PriceTerms(Strict):
    """What it costs, and from when."""

    rates = Rates(required=False, help_text=RATES_HELP)
    per_call = Rates(
        required=False, help_text="USD each: requests, web_search_calls, images, seconds."
    )
    tiers = TierFields(many=True, required=False, help_text="By the input of the whole request.")
    variants = serializers.DictField(
        child=Rates(), required=False, help_text="Rates of flex, batch, priority, fast."
    )
    time_windows = TimeWindowFields(many=True, required=False)
    valid_from = serializers.DateTimeField(required=False, help_text="Now or later; without: now.")
    valid_to = serializers.DateTimeField(required=False, allow_null=True)
    note = Text(required=False, allow_blank=True, max_length=300, source="source")


class PriceCreate(PriceTerms):
    scope = Choice(choices=(PriceRow.Scope.OPERATOR, PriceRow.Scope.TENANT))
    tenant = Text(
        required=False, max_length=40, help_text="Slug; of scope tenant. Without: the caller's own."
    )
    provider = Text(required=False, allow_blank=True, max_length=127, help_text="Slug; empty: any.")
    region = Text(required=False, allow_blank=True, max_length=40)
    model = Text(max_length=200, help_text="As the vendor spells it.")
    match = Choice(required=False, choices=MATCHES, help_text="How `model` is read; exact.")


class PriceQuery(ListQuery):
    scope = serializers.ChoiceField(required=False, choices=PriceRow.Scope.values)
    vendor = serializers.CharField(required=False, max_length=60)
    provider = serializers.CharField(required=False, max_length=127)
    model = serializers.CharField(required=False, max_length=200, help_text="Exactly this name.")
    state = serializers.ChoiceField(required=False, choices=STATES)
    q = serializers.CharField(required=False, max_length=200, help_text="In the model's name.")


class PriceTenant(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()


class Price(serializers.Serializer[PriceRow]):
    """One dated row; an id always means the same money."""

    id = serializers.UUIDField()
    scope = serializers.ChoiceField(choices=PriceRow.Scope.values)
    vendor = serializers.CharField(allow_blank=True)
    provider = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    tenant = PriceTenant(allow_null=True)
    model = serializers.CharField()
    match = serializers.ChoiceField(choices=MATCHES)
    rates = Rates()
    per_call = Rates()
    tiers = TierFields(many=True)
    variants = serializers.DictField(child=Rates())
    time_windows = TimeWindowFields(many=True)
    valid_from = serializers.DateTimeField()
    valid_to = serializers.DateTimeField(allow_null=True)
    deprecated_at = serializers.DateTimeField(allow_null=True)
    version = serializers.CharField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    source_version = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=STATES)
    editable = serializers.BooleanField()

    def to_representation(self, row: PriceRow) -> dict[str, Any]:
        access: Access = self.context["access"]
        spec = msgspec.convert(row.spec, PriceSpec)
        shown: Any = _Shown(row, spec=spec, access=access)
        return dict(super().to_representation(shown))


class _Shown:
    """A row with what its terms are written out of."""

    def __init__(self, row: PriceRow, *, spec: PriceSpec, access: Access) -> None:
        self._row = row
        terms: dict[str, Any] = msgspec.to_builtins(spec)
        self.rates, self.per_call = spec.rates, spec.per_call
        self.tiers = terms.get("tiers", [])
        self.variants = spec.variants
        self.time_windows = terms.get("time_windows", [])
        self.state = state_of(row)
        own = access.tenant is not None and row.tenant_id == access.tenant.id
        by_hand = row.scope != PriceRow.Scope.CATALOG
        self.editable = by_hand and (
            access.holds(PRICES) or (own and bool(row.provider) and access.holds("provider.write"))
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


class Vendor(serializers.Serializer[Any]):
    vendor = serializers.CharField()
    models = serializers.IntegerField()
    version = serializers.CharField()


class LookupQuery(Strict):
    provider = serializers.UUIDField()
    model = serializers.CharField(max_length=200, help_text="As the vendor spells it.")
    at = serializers.DateTimeField(required=False, help_text="Without: now.")


class Amounts(serializers.Serializer[Any]):
    """USD per million tokens, all factors applied."""

    out = serializers.CharField(allow_null=True)
    cached = serializers.CharField(allow_null=True)
    cache_write = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """`in` is a word of Python."""
        return {**super().get_fields(), "in": serializers.CharField(allow_null=True)}


class Lookup(serializers.Serializer[Any]):
    matched_by = serializers.CharField(allow_null=True)
    price = Price(allow_null=True, help_text="The row, where the caller may read it.")
    amounts = Amounts(allow_null=True, help_text="What the caller pays.")

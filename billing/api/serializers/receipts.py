"""Shape of a receipt, for the API reference; `billing.receipt` makes it."""

from typing import Any, Final, get_args

from rest_framework import serializers

from billing.api.serializers.requests import MONEY
from billing.receipt import ChargedBy, Pays
from billing.request_filters import FINAL_STATUSES

USD: Final = "USD with nine places."
ONLY_PLATFORM: Final = "Null where it is the platform's alone to know."


class ReceiptPrice(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.CharField()
    valid_from = serializers.DateTimeField()
    scope = serializers.ChoiceField(choices=("catalog", "operator", "tenant"))
    matched_model = serializers.CharField(help_text="The name or pattern of the price.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "source": serializers.CharField(allow_blank=True)}


class ReceiptLine(serializers.Serializer[Any]):
    units = serializers.IntegerField()
    rate = serializers.CharField(help_text="USD for `per`.")
    per = serializers.ChoiceField(choices=("million", "each"))
    multiplier = serializers.CharField()
    nano = serializers.CharField(help_text="Units x rate x multiplier, in nano-USD, exactly.")
    usd = serializers.CharField(help_text="The same in USD, exactly.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"class": serializers.CharField(), **super().get_fields()}


class ReceiptRounding(serializers.Serializer[Any]):
    exact_nano = serializers.CharField(help_text="The sum of the lines.")
    rounded_nano = serializers.CharField(help_text="Half to even, once.")


class ReceiptMoney(serializers.Serializer[Any]):
    cost = serializers.CharField(allow_null=True, help_text=ONLY_PLATFORM)
    charge = serializers.CharField(help_text=USD)


class ReceiptTransfer(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.CharField()
    debit = serializers.CharField(help_text="Kind of the account.")
    credit = serializers.CharField(help_text="Kind of the account.")
    amount = serializers.CharField(help_text=USD)


class ReceiptTimings(serializers.Serializer[Any]):
    latency_ms = serializers.IntegerField()
    ttft_ms = serializers.IntegerField(allow_null=True)
    overhead_ms = serializers.FloatField()
    output_ms = serializers.IntegerField(allow_null=True)


class ReceiptAttempt(serializers.Serializer[Any]):
    attempt = serializers.IntegerField()
    kind = serializers.CharField(help_text="usage, or what was added to it later: correction.")
    final = serializers.BooleanField(help_text="The one the answer came from.")
    status = serializers.ChoiceField(choices=FINAL_STATUSES)
    provider = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True, help_text="As the vendor calls it.")
    usage_raw = serializers.JSONField(allow_null=True, help_text="As the vendor told it.")
    usage = serializers.DictField(
        child=serializers.IntegerField(), help_text="By class; those of which there were any."
    )
    usage_source = serializers.CharField(allow_blank=True)
    flags = serializers.ListField(child=serializers.CharField())
    simulated = serializers.BooleanField()
    byok = serializers.BooleanField()
    price = ReceiptPrice(allow_null=True)
    tier = serializers.IntegerField(
        allow_null=True, help_text="Above how many input tokens; null: the ordinary rates."
    )
    variant = serializers.CharField(allow_blank=True)
    window = serializers.CharField(allow_null=True, help_text="Hours of the vendor's clock.")
    multiplier = serializers.CharField(allow_null=True)
    lines = ReceiptLine(many=True)
    rounding = ReceiptRounding(allow_null=True)
    booked_before = ReceiptMoney(
        allow_null=True, help_text="Of a correction, what the attempt's other rows come to."
    )
    cost = serializers.CharField(allow_null=True, help_text=MONEY)
    certainty = serializers.ChoiceField(choices=("exact", "estimated", "possible"))
    charge = serializers.CharField(help_text=USD)
    charged_by = serializers.ChoiceField(choices=get_args(ChargedBy))
    markup_bp = serializers.IntegerField(
        allow_null=True,
        help_text="On the cost, in hundredths of a percent; null: as hidden as the cost.",
    )
    charge_price = ReceiptPrice(allow_null=True)
    charge_lines = ReceiptLine(many=True)
    charge_rounding = ReceiptRounding(allow_null=True)
    who_pays = serializers.ChoiceField(choices=get_args(Pays))
    transfers = ReceiptTransfer(many=True)
    timings = ReceiptTimings()


class Receipt(serializers.Serializer[Any]):
    request_id = serializers.CharField(help_text="As x-request-id.")
    tenant = serializers.CharField()
    currency = serializers.CharField()
    started_at = serializers.DateTimeField(help_text="Its prices are those of this moment.")
    attempts = ReceiptAttempt(many=True)
    total = ReceiptMoney()

"""Double entry: every amount leaves one account and enters another."""

from django.db import models
from django.db.models.functions import Now

from accounts.tenancy import TenantOwnedOrPlatform


class LedgerAccount(TenantOwnedOrPlatform):
    """`id` follows from kind and owner, so that whoever needs an account knows its id."""

    class Kind(models.TextChoices):
        TENANT_PREPAID = "tenant_prepaid"
        TENANT_RECEIVABLE = "tenant_receivable"
        TENANT_USAGE = "tenant_usage"
        PROVIDER_COST = "provider_cost"
        PROVIDER_PAYABLE = "provider_payable"
        CASH = "cash"
        PROMOTIONS = "promotions"
        ADJUSTMENTS = "adjustments"

    # No constraint: books outlive what they tell of.
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    provider_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "ledger_accounts"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "tenant", "provider_id"],
                name="ledger_accounts_one_of_a_kind",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tenant_id or self.provider_id or 'the platform'}"


class TransferColumns(TenantOwnedOrPlatform):
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    at = models.DateTimeField()
    id = models.BinaryField(max_length=16)
    debit_id = models.UUIDField()
    credit_id = models.UUIDField()
    amount_nano = models.BigIntegerField()
    kind = models.TextField()
    ref = models.TextField()  # request_id:attempt:kind of a record
    memo = models.TextField(blank=True, default="")

    class Meta(TenantOwnedOrPlatform.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class LedgerTransfer(TransferColumns):
    """Its table is partitioned by the day of `at` and made by hand in a migration."""

    pk = models.CompositePrimaryKey("at", "id")

    class Meta(TenantOwnedOrPlatform.Meta):
        managed = False
        db_table = "ledger_transfers"


class LedgerTransferRow(TransferColumns):
    """The same through a view with a key in one column, for Django admin."""

    key = models.TextField(primary_key=True)  # request_id:attempt:kind:kind of the transfer
    debit = models.TextField()  # kind of the account
    credit = models.TextField()

    class Meta(TenantOwnedOrPlatform.Meta):
        managed = False
        db_table = "ledger_transfer_rows"
        verbose_name = "ledger transfer"


class LedgerClosing(models.Model):
    """What an account stood at when a month was closed, and the digest of what led there."""

    pk = models.CompositePrimaryKey("account_id", "month")
    account_id = models.UUIDField()
    month = models.DateField()
    balance_nano = models.DecimalField(max_digits=40, decimal_places=0)
    transfers = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    closed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_closings"

    def __str__(self) -> str:
        return f"{self.account_id} {self.month:%Y-%m}"

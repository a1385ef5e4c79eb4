from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.partitions import maintain_after_migrate  # noqa: PLC0415 - needs the app registry

        post_migrate.connect(
            maintain_after_migrate, sender=self, dispatch_uid="maintain_after_migrate"
        )

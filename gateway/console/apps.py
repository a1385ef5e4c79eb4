from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConsoleConfig(AppConfig):
    name = "gateway.console"
    label = "console"

    def ready(self) -> None:
        from gateway.ops.database import grant_after_migrate  # noqa: PLC0415 - needs the app registry

        post_migrate.connect(grant_after_migrate, sender=self, dispatch_uid="grant_after_migrate")

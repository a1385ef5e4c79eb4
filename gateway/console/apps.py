from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConsoleConfig(AppConfig):
    name = "gateway.console"
    label = "console"

    def ready(self) -> None:
        from django.conf import settings  # noqa: PLC0415 - models exist only once apps are ready

        from accounts.adapters import MFAAdapter  # noqa: PLC0415 - see above
        from accounts.propagation import Propagation  # noqa: PLC0415 - see above
        from accounts.services.aws_pairs import Sealing  # noqa: PLC0415 - see above
        from gateway.console.envelope import (  # noqa: PLC0415 - see above
            AuthenticatorEnvelope,
            PairSealer,
        )
        from gateway.console.live.groups import listen  # noqa: PLC0415 - see above
        from gateway.ops.database import grant_after_migrate  # noqa: PLC0415 - see above
        from gateway.publish import publisher  # noqa: PLC0415 - see above
        from providers.services.uses import uses  # noqa: PLC0415 - see above
        from routing.selectors import uses_of  # noqa: PLC0415 - see above

        MFAAdapter.envelope = AuthenticatorEnvelope(key_encryption_key=settings.KEY_ENCRYPTION_KEY)
        Sealing.sealer = PairSealer(key_encryption_key=settings.KEY_ENCRYPTION_KEY)
        listen()
        publisher().listen()
        Propagation.wait = publisher().wait_for_workers
        uses.append(uses_of)
        # Django tells only apps with models, each once, when all migrations have run.
        post_migrate.connect(
            grant_after_migrate,
            sender=apps.get_app_config("accounts"),
            dispatch_uid="grant_after_migrate",
        )

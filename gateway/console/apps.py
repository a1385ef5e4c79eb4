from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "gateway.console"
    label = "console"

    def ready(self) -> None:
        from django.conf import settings  # noqa: PLC0415 - models exist only once apps are ready

        from accounts.adapters import MFAAdapter  # noqa: PLC0415 - see above
        from gateway.console.envelope import AuthenticatorEnvelope  # noqa: PLC0415 - see above

        MFAAdapter.envelope = AuthenticatorEnvelope(key_encryption_key=settings.KEY_ENCRYPTION_KEY)

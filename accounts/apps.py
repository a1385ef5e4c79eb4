import importlib

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Registers accounts.E001.
        importlib.import_module("accounts.checks")

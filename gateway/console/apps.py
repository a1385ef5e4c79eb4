from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "gateway.console"
    label = "console"

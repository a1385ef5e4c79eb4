"""How commands reach the services of the control plane, and how its refusals look on a terminal."""

import functools
from argparse import Namespace
from collections.abc import Callable
from typing import TypeAlias

import django
from django.db import OperationalError

from gateway.ops.configuration import Configuration, enter
from gateway.ops.outcome import CommandFailed, Exit

Handler: TypeAlias = Callable[[Namespace, Configuration], int]


def set_up_django(configuration: Configuration) -> None:
    if not configuration.values["DATABASE_URL"]:
        raise CommandFailed(
            "DATABASE_URL is not set and switchyard up has not run here", status=Exit.USAGE
        )
    enter(configuration)
    django.setup()


def with_django(handler: Handler) -> Handler:
    """For commands that call services: sets up Django first, turns refusals into sentences."""

    @functools.wraps(handler)
    def command(arguments: Namespace, configuration: Configuration) -> int:
        set_up_django(configuration)
        from accounts.errors import Refused  # noqa: PLC0415 - needs the app registry

        try:
            return handler(arguments, configuration)
        except Refused as refused:
            raise CommandFailed(refused.detail, status=Exit.FINDING) from None
        except OperationalError as error:
            raise CommandFailed(
                f"PostgreSQL does not answer: {error}Start it (make up) or correct DATABASE_URL",
                status=Exit.UNAVAILABLE,
            ) from None

    return command


def base_url(configuration: Configuration) -> str:
    """Where people open the console."""
    public_url: str = configuration.values["PUBLIC_URL"]
    return public_url or f"http://localhost:{configuration.values['PORT']}"

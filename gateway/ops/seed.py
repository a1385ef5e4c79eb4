"""`switchyard seed`: what every installation begins with; `migrate` runs it too.

Law: harmless to repeat; what an operator has changed stays changed.
"""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import Exit
from gateway.ops.output import write


def seed() -> bool:
    """Needs Django set up and migrations applied. True when something was missing."""
    from providers.services.seeding import provide_mock  # noqa: PLC0415 - needs the app registry

    return provide_mock()


@with_django
def run(_: Namespace, __: Configuration) -> int:
    write("The mock provider was made" if seed() else "Nothing was missing")
    return Exit.OK

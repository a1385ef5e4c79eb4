"""`switchyard seed`: what every installation begins with; `migrate` runs it too.

Law: harmless to repeat; what an operator has changed stays changed.
"""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import Exit
from gateway.ops.output import write


def seed() -> list[str]:
    """Needs Django set up and migrations applied; names what was missing and was made."""
    from accounts.services.anonymous import provide_anonymous_key  # noqa: PLC0415 - needs the app registry
    from providers.services.seeding import provide_mock  # noqa: PLC0415 - see above

    made = {
        "the mock provider": provide_mock(),
        "the anonymous key of tenant default": provide_anonymous_key(),
    }
    return [name for name, was_made in made.items() if was_made]


@with_django
def run(_: Namespace, __: Configuration) -> int:
    made = seed()
    write(f"Made: {', '.join(made)}" if made else "Nothing was missing")
    return Exit.OK

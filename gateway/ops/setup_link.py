"""`switchyard setup-link`: the way in for the first owner."""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import base_url, with_django
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write, write_json


def new_setup_path() -> str | None:
    """A path that works once within 30 minutes; None when somebody owns the installation.

    Needs Django set up.
    """
    from accounts.selectors.setup import setup_required  # noqa: PLC0415 - needs the app registry
    from accounts.services.setup import issue_setup_token  # noqa: PLC0415 - see above

    return f"/setup?token={issue_setup_token()}" if setup_required() else None


@with_django
def run(arguments: Namespace, configuration: Configuration) -> int:
    path = new_setup_path()
    if path is None:
        raise CommandFailed(
            "Somebody owns this installation already; a forgotten password is reset with "
            "switchyard users reset EMAIL",
            status=Exit.FINDING,
        )
    url = f"{base_url(configuration)}{path}"
    if arguments.json:
        write_json({"url": url, "valid_min": 30})
    else:
        write(f"{url}  (valid 30 min, once)")
    return Exit.OK

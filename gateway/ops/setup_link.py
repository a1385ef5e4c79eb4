"""`switchyard setup-link`: the way in for the first owner."""

from argparse import Namespace

from gateway.ops.commands import set_up_django, write, write_json
from gateway.ops.configuration import Configuration
from gateway.ops.outcome import CommandFailed, Exit


def new_setup_path() -> str | None:
    """A path that works once within 30 minutes; None when somebody owns the installation.

    Needs Django set up.
    """
    from accounts.selectors.setup import setup_required  # noqa: PLC0415 - models need the registry
    from accounts.services.setup import issue_setup_token  # noqa: PLC0415 - see above

    return f"/setup?token={issue_setup_token()}" if setup_required() else None


def run(arguments: Namespace, configuration: Configuration) -> int:
    set_up_django(configuration)
    path = new_setup_path()
    if path is None:
        raise CommandFailed(
            "Somebody owns this installation already; a forgotten password is reset with "
            "switchyard users reset EMAIL",
            status=Exit.FINDING,
        )
    base = configuration.values["PUBLIC_URL"] or f"http://localhost:{configuration.values['PORT']}"
    if arguments.json:
        write_json({"url": f"{base}{path}", "valid_s": 1800})
    else:
        write(f"{base}{path}  (valid 30 min, once)")
    return Exit.OK

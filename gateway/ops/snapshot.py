"""`switchyard snapshot`: the configuration as the data plane reads it."""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import Exit
from gateway.ops.output import table, write, write_json


@with_django
def run_show(arguments: Namespace, _: Configuration) -> int:
    """A finding where changes wait, or a worker is behind or silent."""
    from gateway.publish import publisher  # noqa: PLC0415 - needs the app registry

    state = publisher().state()
    if arguments.json:
        write_json(state)
    else:
        workers = state.workers
        write(f"version {state.version}, {state.waiting} changes wait")
        write(table(("kind", "objects"), [(kind, str(n)) for kind, n in state.objects.items()]))
        write(
            "workers: Redis does not answer"
            if workers is None
            else f"workers: {workers.alive} alive, {workers.behind} behind"
        )
    up_to_date = state.workers is not None and not state.workers.behind
    return Exit.OK if up_to_date and not state.waiting else Exit.FINDING

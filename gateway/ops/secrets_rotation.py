"""`switchyard secrets rotate`: data keys move under the key-encryption key that stands first.

Put the new key before the old one in SWITCHYARD_KEK, restart, rotate, then take the old one out.
"""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.keys_at_start import require_keys
from gateway.ops.outcome import Exit
from gateway.ops.output import write, write_json


@with_django
def run(arguments: Namespace, configuration: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from providers.services.vault import rotate_keys, vault_from_setting  # noqa: PLC0415 - see above

    require_keys()
    vault = vault_from_setting(configuration.values["SWITCHYARD_KEK"])
    moved = rotate_keys(vault=vault, actor=CLI)
    current = vault.ring.current.id
    if arguments.json:
        write_json({"data_keys": moved, "kek_id": current})
    else:
        write(f"{moved} data key{'' if moved == 1 else 's'} moved under key {current}")
    return Exit.OK

"""`python -m gateway.ops.embedded.prepare REPORT`: between services and server of `switchyard up`.

Migrates, checks settings, database and keys, and opens the set-up link while nobody owns the
installation. One process for all of it: starting Django three times would cost more than the work.
The report holds a token, so it is a private file and not output, which is kept in a log.
"""

import sys
from pathlib import Path

import django
import msgspec

from gateway.ops.checks import check, require_clean
from gateway.ops.configuration import enter, load_configuration
from gateway.ops.keys_at_start import require_keys
from gateway.ops.migrate import migrate
from gateway.ops.outcome import CommandFailed
from gateway.ops.secrets_file import write_private


class Report(msgspec.Struct, frozen=True, kw_only=True):
    setup_path: str | None
    warnings: list[str]


def prepare() -> Report:
    configuration = load_configuration()
    enter(configuration)
    django.setup()
    migrate()
    warnings = require_clean(check(configuration))
    require_keys()
    from gateway.ops.setup_link import new_setup_path  # noqa: PLC0415 - models exist only after django.setup()

    return Report(setup_path=new_setup_path(), warnings=warnings)


def main() -> None:
    try:
        report = prepare()
    except CommandFailed as failed:
        sys.stderr.write(f"{failed.message}\n")
        raise SystemExit(failed.status) from None
    write_private(Path(sys.argv[1]), msgspec.json.encode(report).decode())


if __name__ == "__main__":
    main()

"""`python -m gateway.ops.embedded.runserver HOST:PORT`: Daphne with reload, below `up --dev`.

Django starts itself once more to reload, and the leash of the first process does not reach the
second: it would outlive a killed supervisor and keep the port.
"""

import os
import sys

from django.core.management import execute_from_command_line
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from gateway.ops.embedded.processes import leash_to_parent


def main() -> None:
    if os.environ.get(DJANGO_AUTORELOAD_ENV) == "true":
        leash_to_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
    execute_from_command_line(["manage.py", "runserver", *sys.argv[1:]])


if __name__ == "__main__":
    main()

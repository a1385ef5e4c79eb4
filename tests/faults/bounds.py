"""How strict wall-clock bounds are: five times as wide on every push, as promised each night."""

import os
from typing import Final

FACTOR: Final = int(os.environ.get("FAULT_BOUND_FACTOR", "5"))
# Whole figures too, where a smaller number shows the same on every push.
NIGHTLY: Final = FACTOR == 1

"""Whether a change has reached the data plane; answered by whoever publishes configuration."""

from collections.abc import Callable
from typing import ClassVar


class Propagation:
    """`wait` is given at start-up, for publishing is above this layer.

    Asked after the commit, it returns within two seconds: True once every live worker serves by
    what was committed, False when one of them has not said so.
    """

    wait: ClassVar[Callable[[], bool]]

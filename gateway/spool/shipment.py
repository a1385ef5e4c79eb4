"""What the shipper tells those who follow it.

Laws: a follower is told after the rows are committed and before the offset is written, so it may
be told again after a crash: whatever it does must be the same the second time, by request id. It
never raises: the books are made already, and nobody could take them back.
"""

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from gateway.spool.frames import End, Start

Kind: TypeAlias = Literal["usage", "correction"]


class Landed(Struct, frozen=True, kw_only=True):
    """One row of `cost_records`."""

    end: End  # of an attempt whose writer died: what was made of its last checkpoint
    kind: Kind
    new: bool  # False: it was there already, told again after a crash


class Shipment(Struct, frozen=True, kw_only=True):
    """What one batch brought, each in the order it was written."""

    starts: tuple[Start, ...] = ()
    landed: tuple[Landed, ...] = ()


class Follower(Protocol):
    @property
    def holds(self) -> bool:
        """Whether the spool must keep what was told: it would be lost with this process."""

    def follow(self, shipment: Shipment) -> None: ...

"""A spool in memory: what a worker has recorded, frame by frame."""

from collections import Counter

from gateway.edge.accounting.books import Books
from gateway.spool.frames import HEADER_BYTES, Checkpoint, End, Frame, Start, decode, encode
from gateway.spool.writer import SpoolFacts, SpoolFull

HMAC_KEY = b"k" * 32


class Notebook:
    """Frames go through the bytes they would be on disk."""

    def __init__(self, *, waits: bool = False, lenient: bool = False) -> None:
        self.node = "node"
        self.waits = waits
        self.lenient = lenient
        self.full = False
        self.lasting = True
        self.short = ""
        self.audit_is_behind = False
        self.writes: list[tuple[Frame, ...]] = []
        self.kept: list[Frame] = []
        self.most_kept = 100
        self.settlings = 0

    def problem(self) -> str:
        return self.short

    def write(self, *frames: Frame) -> None:
        read = tuple(decode(encode(frame)[HEADER_BYTES:]) for frame in frames)
        if self.full:
            raise SpoolFull("No space left on device")
        self.writes.append(read)

    def keep(self, *frames: Frame) -> bool:
        if len(self.kept) >= self.most_kept:
            return False
        self.kept += frames
        return True

    async def settled(self) -> None:
        self.settlings += 1
        if not self.lasting:
            raise SpoolFull("Input/output error")

    async def stop(self) -> None: ...

    @property
    def frames(self) -> list[Frame]:
        return [frame for written in self.writes for frame in written]

    @property
    def starts(self) -> list[Start]:
        return [frame for frame in self.frames if isinstance(frame, Start)]

    @property
    def ends(self) -> list[End]:
        return [frame for frame in self.frames if isinstance(frame, End)]

    @property
    def checkpoints(self) -> list[Checkpoint]:
        return [frame for frame in self.frames if isinstance(frame, Checkpoint)]

    @property
    def final(self) -> End:
        """The only one there may be."""
        [end] = [end for end in self.ends if end.outcome.final]
        return end


class RecordCounts:
    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.lost = 0
        self.refusals = 0

    def recorded(self, *, status: str) -> None:
        self.statuses[status] += 1

    def unrecorded(self) -> None:
        self.lost += 1

    def suppressed(self) -> None:
        self.refusals += 1

    def spool(self, facts: SpoolFacts) -> None: ...


def books(notebook: Notebook | None = None, counts: RecordCounts | None = None) -> Books:
    return Books(spool=notebook or Notebook(), meter=counts or RecordCounts(), hmac_key=HMAC_KEY)

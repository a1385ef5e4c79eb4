"""What could not be delivered, kept for people to look at.

Law: what lies here is named by what it is, so the same bytes found again are no second file.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

FOLDER: Final = "quarantine"
MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
NAME_DIGITS: Final = 16


class Quarantine:
    def __init__(self, node_folder: Path) -> None:
        self.folder = node_folder / FOLDER

    def keep(self, data: bytes, *, name: str) -> bool:
        """Whether it is new here. Raises OSError."""
        digest = hashlib.sha256(data).hexdigest()[:NAME_DIGITS]
        path = self.folder / f"{name}.{digest}"
        if path.exists():
            return False
        self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.tmp")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        return True

"""AC-50: whoever writes the audit log is killed anywhere, and every request has its line."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.faults.bounds import NIGHTLY
from tests.gateway.telemetry.test_audit_log import TEN

pytestmark = pytest.mark.faults

REQUESTS: Final = 30_000
BATCH: Final = 500
MAX_BYTES: Final = 1_000_000
MAX_FILES: Final = 30
KILLS: Final = 40 if NIGHTLY else 8
LONGEST_LIFE_S: Final = 0.1
# As the shipper does: the follower is told, and then the offset is noted.
WRITER: Final = f"""
import sys
from pathlib import Path
from gateway.telemetry.audit_log import AuditLog
from tests.factories.frames import end_frame, shipped
folder = Path(sys.argv[1])
offset = folder / "offset"
log = AuditLog(folder / "audit", max_bytes={MAX_BYTES}, max_files={MAX_FILES})
print("ready", flush=True)
done = int(offset.read_text()) if offset.exists() else 0
while done < {REQUESTS}:
    numbers = range(done, done + {BATCH})
    log.follow(shipped(*(end_frame(request_id=f"{{number:032x}}") for number in numbers)))
    done += {BATCH}
    beside = offset.with_suffix(".tmp")
    beside.write_text(str(done))
    beside.replace(offset)
log.close()
"""


def begin(folder: Path) -> "subprocess.Popen[bytes]":
    started = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    return started


def test_every_request_has_its_line_however_often_the_writer_is_killed(tmp_path: Path) -> None:
    for number in range(KILLS):
        writer = begin(tmp_path)
        # No event to wait for: the kill is to come at another moment of its work each time.
        time.sleep(LONGEST_LIFE_S * number / KILLS)
        writer.kill()
        writer.communicate()
    last = begin(tmp_path)
    last.communicate()
    assert last.returncode == 0
    files = list((tmp_path / "audit").iterdir())
    assert len(files) <= MAX_FILES
    assert max(path.stat().st_size for path in files) <= MAX_BYTES
    lines: list[dict[str, Any]] = [
        msgspec.json.decode(line) for path in files for line in path.read_bytes().splitlines()
    ]
    assert {tuple(line)[:10] for line in lines} == {tuple(TEN)}
    told = {line["request_id"] for line in lines}
    assert told == {f"req_{number:032x}" for number in range(REQUESTS)}

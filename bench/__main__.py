"""`make bench`: every line, run after run, the product and nginx side by side in each.

--runs N       how often (5)
--seconds N    how long each burst is (4)
"""

import argparse
import sys
from collections import defaultdict
from typing import Final

from bench import report
from bench.load import Burst, Line, Peer, burst
from bench.machine import rss_mb, wait_until_idle
from bench.product import product
from bench.tools import Missing, built, nginx, vendor

LINES: Final = (
    Line(
        name="native request",
        path="/v1/chat/completions",
        body="chat.json",
        stream=False,
        limit_us=300,
    ),
    Line(
        name="native stream of 50 chunks",
        path="/v1/chat/completions",
        body="chat_stream.json",
        stream=True,
        limit_us=2_500,
    ),
    Line(
        name="native request, Anthropic",
        path="/v1/messages",
        body="messages.json",
        stream=False,
        limit_us=300,
    ),
    Line(
        name="native stream of 50 chunks, Anthropic",
        path="/v1/messages",
        body="messages_stream.json",
        stream=True,
        limit_us=2_500,
    ),
)
LEAST_RUNS: Final = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=LEAST_RUNS)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    try:
        made = measured(runs=options.runs, seconds=options.seconds)
    except Missing as missing:
        sys.stderr.write(f"The bench needs {missing}\n")
        return 4
    sys.stdout.write(f"{report.rendered(made)}\n{report.write(made)}\n")
    return 1 if made.failing else 0


def measured(*, runs: int, seconds: float) -> report.Report:
    generator = built("lgen")
    with (
        vendor() as vendor_port,
        nginx(vendor_port=vendor_port) as limit,
        product(vendor_port=vendor_port) as ours,
    ):
        peers: list[Peer] = [ours] if limit is None else [ours, limit]
        bursts: dict[tuple[str, str], list[Burst]] = defaultdict(list)
        for _ in range(runs):
            for line in LINES:
                for peer in peers:
                    found = burst(generator=generator, peer=peer, line=line, seconds=seconds)
                    bursts[line.name, peer.name].append(found)
                    wait_until_idle(peer.pid)
        rows = [
            report.row(line=line, peer=peer.name, bursts=bursts[line.name, peer.name])
            for line in LINES
            for peer in peers
        ]
        return report.report(rows=rows, rss_mb=rss_mb(ours.pid))


if __name__ == "__main__":
    sys.exit(main())

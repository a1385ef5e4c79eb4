"""`python -m tests.nightly.fuzzing.run TARGET FOLDER [libFuzzer's options]`, with atheris.

The folder holds what was found to be worth keeping; it begins with the seeds. What breaks the
target is written to where `-artifact_prefix` says.
"""

import sys
from importlib import import_module
from pathlib import Path
from random import Random
from time import thread_time
from typing import Any, Final

INSTRUMENTED_FACTOR: Final = 10
INSTRUMENTED: Final = ["protocols", "gateway.edge.accounting.estimates"]


def main() -> None:
    atheris: Any = import_module("atheris")  # of an environment of its own, and not typed
    with atheris.instrument_imports(include=INSTRUMENTED):
        fuzzed = import_module("tests.protocols.fuzzed")
    changed = import_module("tests.nightly.fuzzing.mutations").changed
    seeds = import_module("tests.nightly.fuzzing.seeds").seeds
    program, target, folder, *options = sys.argv
    kept = Path(folder)
    for number, seed in enumerate(seeds(target)):
        (kept / f"seed-{number}").write_bytes(seed)

    def judge(given: bytes) -> None:
        began = thread_time()
        fuzzed.declared(target, given)
        took_s = thread_time() - began
        # Each line of what is judged counts itself, which costs many times more than the line.
        assert took_s < fuzzed.BOUND_S * INSTRUMENTED_FACTOR, (
            f"{len(given)} bytes took {took_s:.2f} s"
        )

    def mutate(given: bytes, max_size: int, seed: int) -> bytes:
        def plain(data: bytes) -> bytes:
            return bytes(atheris.Mutate(data, max_size))

        return bytes(changed(given, dice=Random(seed), plain=plain)[:max_size])  # noqa: S311

    atheris.Setup([program, folder, *options], judge, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Examples of these tests are judged by what they show, not by how busy the machine is."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "50")),
)
settings.load_profile("steady")

"""How much body may come, and how fast.

Law: only the time spent waiting for the client counts, so that a slow application never makes an
honest client look slow.
"""

from dataclasses import dataclass, field

from accounts.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPace:
    """At least `least_bytes_per_s` over each `window_s`, all of it within a growing allowance."""

    window_s: float = 5.0
    least_bytes_per_s: int = 1024
    allowance_s: float = 30.0
    bytes_per_extra_s: int = 262_144


@dataclass(slots=True, kw_only=True)
class BodyMeter:
    pace: BodyPace
    max_bytes: int
    received_bytes: int = 0
    waited_s: float = 0.0
    window_bytes: int = field(default=0, init=False)
    window_waited_s: float = field(default=0.0, init=False)

    def patience_s(self) -> float:
        """How long the next wait may take before a rule can be broken."""
        allowance = self.pace.allowance_s + self.received_bytes / self.pace.bytes_per_extra_s
        return max(0.0, min(allowance - self.waited_s, self.pace.window_s - self.window_waited_s))

    def note(self, *, waited_s: float, arrived_bytes: int) -> None:
        """Raises Refused when the body has become too large or too slow."""
        self.received_bytes += arrived_bytes
        self.window_bytes += arrived_bytes
        self.waited_s += waited_s
        self.window_waited_s += waited_s
        if self.received_bytes > self.max_bytes:
            raise too_large(self.max_bytes)
        if (
            self.waited_s
            >= self.pace.allowance_s + self.received_bytes / self.pace.bytes_per_extra_s
        ):
            raise Refused(
                "body_too_slow", f"The body was not complete after {self.waited_s:.0f} s."
            )
        if self.window_waited_s >= self.pace.window_s:
            if self.window_bytes < self.pace.window_s * self.pace.least_bytes_per_s:
                raise Refused(
                    "body_too_slow",
                    f"{self.window_bytes} bytes in {self.window_waited_s:.0f} s;"
                    f" at least {self.pace.least_bytes_per_s} a second are needed.",
                )
            self.window_bytes = 0
            self.window_waited_s = 0.0


def too_large(max_bytes: int) -> Refused:
    return Refused("body_too_large", f"At most {max_bytes} bytes are accepted here.")

"""How a measurement is run: everything that a reader needs to repeat it.

A study says the same in `isogloss.study.efficiency`, which may not import this room; the defaults
of both agree, and a test holds them together.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, final, get_args

from isogloss.base.errors import InputError, UnknownName
from isogloss.efficiency.server import ServerRules
from isogloss.efficiency.warmup import WarmUp

BusyPolicy = Literal["flag", "refuse", "ignore"]
SCENARIOS = ("offline", "single_stream", "server", "cold_start", "energy")
DEFAULT_SCENARIOS = ("offline", "single_stream", "server", "cold_start")


@final
@dataclass(frozen=True)
class Protocol:
    """Settings of one measurement, the same for every candidate."""

    scenarios: tuple[str, ...] = DEFAULT_SCENARIOS
    """Of `offline`, `single_stream`, `server`, `cold_start`, `energy`."""

    rounds: int = 24
    """Turns that each candidate takes at offline, single-stream and server, interleaved."""

    n_texts: int = 256
    """Samples, drawn from those given if they are more."""

    token_budgets: tuple[int, ...] = (512, 2048, 8192)
    """Padded tokens in an offline batch, at most; each is tried."""

    offline_seconds: float = 0.5
    """In each round all samples are answered again until this time is over."""

    single_stream_queries: int = 200
    """In each round."""

    server_p99_ms: float = 100.0
    """Bound on the 99th percentile of the latency."""

    server_seconds: float = 2.0
    """Length of the arrivals of one trial of a rate."""

    server_trials: int = 2
    """In each round, after one search for where to begin."""

    max_batch: int = 16
    max_wait_ms: float = 5.0
    """How long a query waits for others while the server is free."""

    cold_starts: int = 8
    energy_seconds: float = 20.0
    warm_up: WarmUp = field(default_factory=WarmUp)
    """No study says it: its values belong to the version of the step `measure`."""

    busy: BusyPolicy = "flag"
    """What to do if others use the processor: note it, refuse to measure, or do not look."""

    threads: int | None = None
    """Of each measured process; None for the physical cores."""

    seed: int = 0
    """Of samples, queries and arrivals."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scenarios", tuple(self.scenarios))
        object.__setattr__(self, "token_budgets", tuple(self.token_budgets))
        for scenario in self.scenarios:
            if scenario not in SCENARIOS:
                raise UnknownName("scenario", scenario, SCENARIOS)
        if self.busy not in get_args(BusyPolicy):
            raise UnknownName("busy policy", self.busy, get_args(BusyPolicy))
        self._check_positive()

    def _check_positive(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            may_be_zero = one.name in {"seed", "max_wait_ms"}
            if isinstance(value, int | float) and (value < 0 or (value == 0 and not may_be_zero)):
                raise InputError(f"{one.name} of a protocol is {value}; it must be more than 0.")
        if not self.token_budgets or min(self.token_budgets) <= 0:
            raise InputError("token_budgets of a protocol must be one or more positive numbers.")

    @property
    def server_rules(self) -> ServerRules:
        """What the server scenario must know."""
        return ServerRules(
            p99_ms=self.server_p99_ms,
            seconds=self.server_seconds,
            max_batch=self.max_batch,
            max_wait_ms=self.max_wait_ms,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {
            **asdict(self),
            "scenarios": list(self.scenarios),
            "token_budgets": list(self.token_budgets),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Protocol":
        """Read back what `to_json` gave."""
        return cls(**{**stored, "warm_up": WarmUp(**stored["warm_up"])})

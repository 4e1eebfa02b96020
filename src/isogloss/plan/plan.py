"""A step, and the plan: the graph of steps that a study asks for.

A step's key is the digest of everything that decides its result, the keys of what it needs
included, so two studies that ask for the same thing share it, and one changed value redoes only
what hangs on it. What changes cost but never the result (a folder's place, memory, trackers) is in
`settings`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

from isogloss.base.fingerprint import fingerprint


@final
@dataclass(frozen=True)
class Step:
    """One computation with a key."""

    kind: str
    """What is done: data, prepare, train, pretrain ...; `execute/work.py` has them all."""

    version: int
    """Raised on purpose when the code of this kind of step changes its meaning."""

    payload: Mapping[str, Any]
    """JSON-able; all that decides the result, apart from the needs."""

    needs: tuple[str, ...] = ()
    """Keys of the steps whose results this one reads, in a fixed order."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able; what the work must know but what does not decide the result."""

    title: str = ""
    """One line for people."""

    group: str = ""
    """Steps of one group run one after the other in one worker."""

    @cached_property
    def key(self) -> str:
        """Digest of the identity."""
        return fingerprint(self.kind, self.version, [self.payload, list(self.needs)])

    @property
    def identity(self) -> dict[str, Any]:
        """What the store keeps beside the result and checks when it is read."""
        return {
            "kind": self.kind,
            "version": self.version,
            "payload": dict(self.payload),
            "needs": list(self.needs),
        }


@final
@dataclass(frozen=True)
class Cell:
    """A place in the results: the columns a study gives to the scores of one step.

    Two cells may share a step: with two languages, leave_one_out trains what single trains.
    """

    step: str
    """Key of the step whose record holds them: a training, a test, a measuring, a metric's."""

    columns: Mapping[str, Any]
    """The columns of the results table that the study knows: encoder, regime, languages ..."""

    part: str | None = None
    """Which of the step's candidates, where one step measures several."""


@final
@dataclass(frozen=True)
class TokenizerOf:
    """Where the tokenizer of an encoder comes from."""

    pin: Any
    """The encoder's pin, or "trained" if a step of the plan trains it."""

    step: str | None
    """Key of the step that trains it."""


@final
@dataclass(frozen=True)
class Plan:
    """All steps of a study, each after those it needs, each key once."""

    steps: tuple[Step, ...]

    cells: tuple[Cell, ...] = ()
    """Where the scores of the steps stand in the results."""

    scored: tuple[Cell, ...] = ()
    """Where the metrics of plug-ins stand in the results."""

    tokenizers: Mapping[str, TokenizerOf] = field(default_factory=dict)
    """By the name of the encoder; two encoders may share one."""

    @cached_property
    def by_key(self) -> dict[str, Step]:
        """Find a step by its key."""
        return {step.key: step for step in self.steps}

    def of_kind(self, kind: str) -> tuple[Step, ...]:
        """The steps of one kind, in order."""
        return tuple(step for step in self.steps if step.kind == kind)

    @property
    def labeled_data(self) -> tuple[Step, ...]:
        """The steps that read what is fine-tuned and tested on; those of probes are others."""
        return tuple(step for step in self.of_kind("data") if step.group == "data")

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)


def unique(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Keep the first of each key, in order."""
    found: dict[str, Step] = {}
    for step in steps:
        found.setdefault(step.key, step)
    return tuple(found.values())

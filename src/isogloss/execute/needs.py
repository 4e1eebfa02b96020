"""What a group of steps needs of a machine: cores, shares of a GPU, memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from isogloss.base.errors import InputError
from isogloss.plan.kinds import WITHOUT_MODEL
from isogloss.plan.plan import Step


@final
@dataclass(frozen=True)
class Needs:
    """What each group of steps is given while it runs, its own share of one machine.

    Raises:
        InputError: if a number is out of its range.
    """

    cpus: float = 1.0

    gpus: float = 0.0
    """A share below 1 lets several small trainings be on one GPU; above, whole ones."""

    memory_gb: float = 0.0
    """GiB of main memory; 0 is not asked for, and so not kept free either."""

    def __post_init__(self) -> None:
        for name, value, least in (
            ("cpus", self.cpus, 0.01),
            ("gpus", self.gpus, 0.0),
            ("memory", self.memory_gb, 0.0),
        ):
            if not least <= value < float("inf"):
                raise InputError(f"--{name} is {value:g}: give {least:g} or more.")
        if self.gpus > 1 and self.gpus % 1:
            raise InputError(
                f"--gpus is {self.gpus:g}: give whole GPUs, or a share of one, such as 0.25."
            )

    def of(self, group: Sequence[Step]) -> "Needs":
        """What one group needs: no GPU where no model computes.

        >>> Needs(gpus=0.5).of(()).gpus
        0.0
        """
        computes = any(step.kind not in WITHOUT_MODEL for step in group)
        return self if computes else Needs(self.cpus, 0.0, self.memory_gb)

    @property
    def threads(self) -> int:
        """Threads that its cores are worth.

        >>> Needs(cpus=0.5).threads, Needs(cpus=4).threads
        (1, 4)
        """
        return max(1, int(self.cpus))

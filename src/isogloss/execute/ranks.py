"""A study under `torchrun` or `accelerate launch`: the processes train together.

Rank 0 runs the study as one process would. Before it trains, it tells the others which step, and
they train along from the same store, each on its share; the rest (data, evaluation, writing) rank 0
does alone while they wait. Only rank 0 hears Ctrl-C and SIGTERM, and leaves a checkpoint; the
others end because it has ended. A mistake that all meet alike (a loss that is no number) is a
failed step; one that rank 0 meets alone would leave the others waiting, so it ends the command, the
others with it, and the same command goes on from the last checkpoint.
"""

import logging
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from isogloss.base.errors import InputError, RunError
from isogloss.execute.bench import Bench
from isogloss.execute.executor import Elsewhere, Ended, Event, Outcome, Work
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.stopping import heard_elsewhere
from isogloss.plan.kinds import TRAIN
from isogloss.plan.plan import Step
from isogloss.store.store import Store

_log = logging.getLogger(__name__)


def launched(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a launcher started several processes of this command.

    Raises:
        InputError: if `WORLD_SIZE` is there and no whole number; an empty one stops accelerate,
            too, only later.

    >>> launched({}), launched({"WORLD_SIZE": "1"}), launched({"WORLD_SIZE": "8"})
    (False, False, True)
    """
    said = environment.get("WORLD_SIZE", "1")
    try:
        return int(said) > 1
    except ValueError:
        raise InputError(
            f"WORLD_SIZE is {said!r} in the environment, where a launcher writes how many processes"
            " it has started. Unset it, or start the command with torchrun or accelerate launch."
        ) from None


def follows(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether this process only trains along.

    >>> follows({"WORLD_SIZE": "2", "RANK": "0"}), follows({"WORLD_SIZE": "2", "RANK": "1"})
    (False, True)
    """
    return launched(environment) and environment.get("RANK", "0") != "0"


@final
@dataclass(frozen=True)
class RanksExecutor:
    """Runs each step where we stand, and trains together with the other processes."""

    root: Path
    """Of the store, the same folder for all processes."""

    def run(self, steps: Sequence[Step], work: Work) -> Iterator[Event]:
        """Run all steps, then let the other processes go.

        Raises:
            RunError: if a training ended here otherwise than for all, with the reason.
        """
        from isogloss.train.ranks import make_accelerator, ranks_of

        led = _Led(Store(self.root), work, ranks_of(make_accelerator()).tell)
        for event in InlineExecutor().run(steps, led.do):
            yield event
            if isinstance(event, Ended) and led.out_of_step:
                raise RunError(_alone(event.outcome))
        led.tell(None)


def _alone(ended: Outcome) -> str:
    """The words for a training that rank 0 has left otherwise than the others."""
    why = "Another command had made it meanwhile: run the same command again."
    if ended.failure:
        why = ended.failure.message
    return (
        f"{ended.step.kind} {ended.step.title} was not ended by all processes together, so they end"
        f" here: {why}"
    )


@dataclass
class _Led:
    """Work that the other processes hear of before it begins, if they have a part in it."""

    store: Store
    work: Work
    tell: Callable[[Step | None], Any]
    out_of_step: bool = False
    """Whether the others wait in the middle of a training that rank 0 has left."""

    def do(self, step: Step) -> Generator[Any, None, bool]:
        """Do a step."""
        from isogloss.train.loop import Diverged

        with self.store.claim(step.key, wait=False) as mine:
            if not mine:
                raise Elsewhere
            if step.kind not in TRAIN or step.key in self.store:
                return (yield from self.work(step))
            self.tell(step)
            self.out_of_step = True
            try:
                made = yield from self.work(step)
            except (Diverged, InputError):
                self.out_of_step = False  # all have met it
                raise
            self.out_of_step = not made
            return made


def train_along(root: Path) -> None:
    """Train along until rank 0 has no more to train: the life of any other rank.

    Raises:
        WorkerDied: if another process has ended before.
    """
    with heard_elsewhere():
        from isogloss.execute.work import MAKERS
        from isogloss.train.loop import Diverged
        from isogloss.train.ranks import make_accelerator, ranks_of

        ranks, store = ranks_of(make_accelerator()), Store(root)
        while (step := ranks.tell(None)) is not None:
            try:
                for _ in MAKERS[step.kind](Bench(_untold(step), store)):
                    pass
            except (Diverged, InputError) as error:
                _log.info("rank %d, too: %s", ranks.share.rank, error)


def _untold(step: Step) -> Step:
    """The step without trackers: rank 0 tells them."""
    return replace(step, settings={**step.settings, "report_to": []})

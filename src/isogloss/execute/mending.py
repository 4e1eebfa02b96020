"""Steps that turn out to be damaged, or gone, while others are made from them: made anew.

Whoever computes with a step digests it first. If it is damaged, the step that wanted it fails with
its key, and so do those that wait for that one. None of them is told as failed yet: the damaged
step is moved aside, and made anew in a second round with all that failed for it. Each step is
mended once in a run; a disk that breaks it again is told as a failure.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

from isogloss.execute.executor import Ended, Event, Outcome, Redone
from isogloss.execute.stopping import closed_after, is_asked
from isogloss.plan.plan import Step
from isogloss.store.quarantine import set_aside
from isogloss.store.store import Store

Run = Callable[[Sequence[Step]], Iterator[Event]]
_LOOK_SECONDS = 0.5


def mended(
    run: Run, steps: Sequence[Step], store: Store, plan: Mapping[str, Step]
) -> Generator[Event, None, None]:
    """Run steps in rounds until nothing that they need is damaged.

    Args:
        run: runs steps, each after those it needs, and tells how each ended.
        steps: in an order that respects their needs.
        store: where they are.
        plan: all steps that can be made anew, by key, in such an order; others fail.

    Raises:
        InputError: if the store cannot be written.
        RunError: if the disk is full.
    """
    tried: set[str] = set()
    while steps:
        held: list[Outcome] = []
        mendable = plan.keys() - tried
        with closed_after(run(steps)) as events:
            for event in events:
                if isinstance(event, Ended) and _unusable(event.outcome) in mendable:
                    held.append(event.outcome)
                else:
                    yield event
        unusable = {_unusable(outcome) for outcome in held}
        for key in sorted(unusable):
            _wait_for(store, key)
            moved = set_aside(store, key)
            if key not in store:
                why, folder = (moved.why, str(moved.folder)) if moved else ("it is gone", "")
                yield Redone(plan[key], why, folder)
        tried |= unusable
        again = {outcome.step.key for outcome in held}
        again |= {key for key in unusable if key not in store}
        steps = [step for step in plan.values() if step.key in again]


def _wait_for(store: Store, key: str) -> None:
    """Wait until no other command is at a step.

    Raises:
        KeyboardInterrupt: if the run was asked to stop.
    """
    while True:
        with store.claim(key, wait=False) as free:
            if free:
                return
        if is_asked():
            raise KeyboardInterrupt
        time.sleep(_LOOK_SECONDS)


def _unusable(outcome: Outcome) -> str:
    """Key of the step that could not be used; empty if that was not the reason."""
    return outcome.failure.unusable if outcome.failure else ""

"""Which steps may begin, in groups, and which never will: the book-keeping of every executor.

A group (one training and its evaluations) is ready when all that it needs from outside has ended.
Each step, each need and each group is looked at once or twice, so 100,000 steps are no matter.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import final

from isogloss.execute.executor import Failure, Outcome
from isogloss.execute.stopping import is_asked
from isogloss.plan.plan import Step

LATER_SECONDS = 2.0
"""So long a group rests that another command is at."""

_LOOK_SECONDS = 0.1


@final
class Agenda:
    """Steps that are not over yet."""

    def __init__(
        self, steps: Sequence[Step], weight: Callable[[Step], float] | None = None
    ) -> None:
        """Take down all steps.

        Args:
            steps: each after those that it needs.
            weight: how long a step takes beside others. Where workers share the steps, those come
                first that begin the heaviest chain of steps, each waiting for the one before, so
                that it is less likely that one worker is left with it at last. By default they come
                in their order.

        Raises:
            ValueError: if a step comes before one that it needs.
        """
        self._open = {step.key: step for step in steps}
        self._users: dict[str, list[Step]] = defaultdict(list)
        for step in self._open.values():
            for need in dict.fromkeys(step.needs):
                self._users[need].append(step)
            if step.key in self._users:
                raise ValueError(f"step {step.key} comes after one that needs it")
        self._groups = grouped(self._open.values())
        self._waiting = [_outside(group) & self._open.keys() for group in self._groups]
        self._waiters: dict[str, list[int]] = defaultdict(list)
        self._before_the_end = self._chains(weight)
        self._ready: list[tuple[float, int]] = []
        self._later: deque[tuple[float, tuple[Step, ...]]] = deque()
        for place, needs in enumerate(self._waiting):
            for key in needs:
                self._waiters[key].append(place)
            if not needs:
                self._push(place)

    def __bool__(self) -> bool:
        """Tell whether any step is not over."""
        return bool(self._open)

    def take(self) -> tuple[Step, ...]:
        """The steps of the first group that is ready and not taken yet; empty if there is none.

        Groups that were postponed come after all others, and not before they have rested.
        """
        while self._ready:
            if steps := self.still_open(self._groups[heappop(self._ready)[1]]):
                return steps
        while self._later and self._later[0][0] <= time.monotonic():
            if steps := self.still_open(self._later.popleft()[1]):
                return steps
        return ()

    def postpone(self, group: Iterable[Step]) -> None:
        """Put a group back that was taken, as another command is at its first step."""
        self._later.append((time.monotonic() + LATER_SECONDS, tuple(group)))

    def rest(self) -> None:
        """Wait until a postponed group may be taken; for who has nothing else to do.

        Raises:
            KeyboardInterrupt: if the run is asked to stop.
            RuntimeError: if nothing was postponed.
        """
        if not self._later:
            raise RuntimeError("steps are left, but none can begin")
        while self._later[0][0] > time.monotonic():
            if is_asked():
                raise KeyboardInterrupt
            time.sleep(_LOOK_SECONDS)

    def is_open(self, step: Step) -> bool:
        """Tell whether a step is not over: blocked steps of a taken group are to be left out."""
        return step.key in self._open

    def still_open(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Those of some steps that are not over; blocked ones are."""
        return tuple(filter(self.is_open, steps))

    def close(self, outcome: Outcome) -> list[Outcome]:
        """Note how a step ended.

        Returns:
            The steps that will never run because of it: all that need it, however indirectly.
        """
        self._end(outcome.step)
        if outcome.failure is None:
            return []
        blocked = []
        failed = [outcome.step]
        while failed:
            for step in self._users[failed.pop().key]:
                if self.is_open(step):
                    blocked.append(_blocked(step, outcome.step, outcome.failure))
                    failed.append(step)
                    self._end(step)
        return blocked

    def _end(self, step: Step) -> None:
        del self._open[step.key]
        for place in self._waiters.pop(step.key, ()):
            self._waiting[place].discard(step.key)
            if not self._waiting[place]:
                self._push(place)

    def _push(self, place: int) -> None:
        heappush(self._ready, (-self._before_the_end[place], place))

    def _chains(self, weight: Callable[[Step], float] | None) -> list[float]:
        """[groups] The longest chain of steps from each to an end, by weight."""
        if weight is None:
            return [0.0] * len(self._groups)
        left: dict[str, float] = {}
        for step in reversed(self._open.values()):
            after = max((left[user.key] for user in self._users.get(step.key, ())), default=0.0)
            left[step.key] = weight(step) + after
        return [max(left[step.key] for step in group) for group in self._groups]


def grouped(steps: Iterable[Step]) -> list[list[Step]]:
    """Put steps into their groups, in order of first appearance.

    A step without a group is one of its own. Groups that wait for each other could never begin, so
    their steps are taken one by one.
    """
    steps = list(steps)
    groups: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        groups[_group(step)].append(step)
    stuck = _stuck(steps)
    found: list[list[Step]] = []
    for name, group in groups.items():
        found += [[step] for step in group] if name in stuck else [group]
    return found


def _stuck(steps: Sequence[Step]) -> set[str]:
    """Names of groups that wait for themselves through others, or for such groups."""
    home = {step.key: _group(step) for step in steps}
    waits: dict[str, set[str]] = {name: set() for name in home.values()}
    users: dict[str, set[str]] = defaultdict(set)
    for step in steps:
        for need in step.needs:
            if need in home and home[need] != home[step.key]:
                waits[home[step.key]].add(home[need])
                users[home[need]].add(home[step.key])
    free = [name for name, needs in waits.items() if not needs]
    while free:
        name = free.pop()
        del waits[name]
        for user in users[name]:
            waits[user].discard(name)
            if not waits[user]:
                free.append(user)
    return set(waits)


def _group(step: Step) -> str:
    return f"group {step.group}" if step.group else f"step {step.key}"


def _outside(group: Sequence[Step]) -> set[str]:
    return {need for step in group for need in step.needs} - {step.key for step in group}


def _blocked(step: Step, cause: Step, failure: Failure) -> Outcome:
    message = f"It needs {cause.kind} {cause.key} ({cause.title}), which failed: {failure.message}"
    because = replace(failure, message=message, traceback="", worker=None)
    return Outcome(step, "blocked", failure=because)

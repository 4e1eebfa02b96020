"""One step after the other, in this process: breakpoints work here."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import final

from isogloss.execute.agenda import Agenda
from isogloss.execute.executor import Ended, Event, Postponed, Work, perform
from isogloss.plan.plan import Step


@final
@dataclass(frozen=True)
class InlineExecutor:
    """Runs each step where we stand."""

    def run(self, steps: Sequence[Step], work: Work) -> Iterator[Event]:
        """Run all steps; Ctrl-C passes through once the work has been closed."""
        agenda = Agenda(steps)
        while agenda:
            if group := agenda.take():
                yield from _do(group, agenda, work)
            else:
                agenda.rest()


def _do(group: Sequence[Step], agenda: Agenda, work: Work) -> Iterator[Event]:
    """Do the steps of a group until one is postponed, and the rest with it."""
    for place, step in enumerate(group):
        if not agenda.is_open(step):
            continue
        with closing(perform(step, work, worker=0)) as events:
            for event in events:
                yield event
                if isinstance(event, Ended):
                    yield from map(Ended, agenda.close(event.outcome))
                if isinstance(event, Postponed):
                    agenda.postpone(group[place:])
                    return

"""Reports of studies, written when they are asked for and kept until something new is finished."""

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Lock, Thread
from typing import final

from isogloss.desk.evidence import evidence_of
from isogloss.report.html.page import Rendered, render_with_policy
from isogloss.report.html.study_page import study_page
from isogloss.store.live import Live
from isogloss.store.store import Store
from isogloss.view.noted import Noted
from isogloss.view.shelf import AGAIN_SECONDS, Shelf

MOST = 8
"""So many reports are kept; each is a few megabytes."""

PATIENCE_SECONDS = 1.0
"""So long an answer waits for a report before it says that it is being written."""

FRESH_SECONDS = 10.0
"""So long at least a report will do, though more is finished meanwhile."""

FRESH_TIMES = 2
"""And so many times as long as its writing took."""


@final
class Reports:
    """Writes reports, one at a time, each once for what is finished; many threads may ask."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._written: OrderedDict[str, _Writing] = OrderedDict()
        self._lock = Lock()
        self._turn = Lock()

    def of(self, noted: Noted, store: Store) -> Rendered | None:
        """The report of what is finished of a study; None while it is being written.

        Raises:
            IsoglossError: if the study cannot be opened, nothing of it is finished, or a step that
                it is written from is damaged.
        """
        stamp = finished_stamp(noted, store)
        with self._lock:
            writing = self._written.get(noted.id)
            if writing is None or not writing.serves(stamp):
                writing = _Writing(stamp, partial(self._write, noted), self._turn)
                self._written[noted.id] = writing
            self._written.move_to_end(noted.id)
            self._forget_oldest(noted.id)
        return writing.result(PATIENCE_SECONDS)

    def _forget_oldest(self, asked: str) -> None:
        """Keep as many as there is room for; one that is being written is never lost."""
        written = [id for id, one in self._written.items() if one.is_done and id != asked]
        for id in written[: max(0, len(self._written) - MOST)]:
            del self._written[id]

    def _write(self, noted: Noted) -> Rendered:
        opened = self._shelf.opened(noted).again_opened()
        commands = [opened.again("run"), opened.again("report", "-o", str(opened.folder))]
        return render_with_policy(study_page(evidence_of(opened, commands)))


@final
class _Writing:
    """A report that is being written, or that was, in a thread that nobody waits for at the end."""

    def __init__(self, stamp: str, write: Callable[[], Rendered], turn: Lock) -> None:
        self._stamp = stamp
        self._began = self._ended = 0.0
        self._future: Future[Rendered] = Future()
        Thread(target=self._run, args=(write, turn), daemon=True).start()

    @property
    def is_done(self) -> bool:
        """Whether it was written, or could not be."""
        return self._future.done()

    def serves(self, stamp: str) -> bool:
        """Whether it will do for what is finished now.

        While a study runs, one that has just been written will do for a while: else a reader
        would wait for ever for the newest.
        """
        if not self.is_done:
            return True
        age, took = time.monotonic() - self._ended, self._ended - self._began
        if self._future.exception() is not None:
            return age < AGAIN_SECONDS
        return stamp == self._stamp or age < max(FRESH_SECONDS, FRESH_TIMES * took)

    def result(self, seconds: float) -> Rendered | None:
        """The report, if it is there after so long at most."""
        try:
            return self._future.result(seconds)
        except TimeoutError:
            return None

    def _run(self, write: Callable[[], Rendered], turn: Lock) -> None:
        try:
            with turn:
                self._began = time.monotonic()
                report = write()
        except BaseException as error:
            self._ended = time.monotonic()
            self._future.set_exception(error)
        else:
            self._ended = time.monotonic()
            self._future.set_result(report)


def finished_stamp(noted: Noted, store: Store) -> str:
    """Another one as soon as a step of the study is finished, made anew, or fails."""
    live = Live(store.root)
    return "\n".join([noted.stamp, *(f"{key in store} {live.ended(key)}" for key in noted.keys)])

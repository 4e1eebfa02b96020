"""A study to hold in a notebook: load it, look at what it would do, run it, read its results."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Self, final

from rich.console import Console

from isogloss.desk.follow import follow
from isogloss.desk.opened import Opened, open_study
from isogloss.desk.running import bring_up_to_date
from isogloss.execute.chosen import Chosen
from isogloss.execute.needs import Needs
from isogloss.notebook.results import Results
from isogloss.store.names import DEFAULT_STORE


@final
class Study:
    """A study file, opened on a store."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        store: str | Path = DEFAULT_STORE,
        changes: Sequence[str] = (),
        data: str | Path | None = None,
    ) -> Self:
        """Read, pin and plan a study.

        Args:
            path: the study file.
            store: where finished steps live.
            changes: `a.b=c` each, as `--set` takes them.
            data: a folder, in place of the study's `data.source`: what `keep_data` returns.

        Raises:
            InputError: if the file, or anything it names, is wrong; with every mistake.
        """
        more = [] if data is None else [_source(Path(data))]
        return cls(open_study(Path(path), Path(store), [*changes, *more]))

    @property
    def name(self) -> str:
        """The study's name."""
        return self._opened.study.name

    def run(
        self,
        *,
        executor: str = "inline",
        jobs: int = 2,
        needs: Needs | None = None,
        cluster: str | None = None,
        quiet: bool = False,
    ) -> Results:
        """Do what the store lacks, and only that; a failed cell leaves the rest.

        Stop it at any time; the same call goes on from the last checkpoint.

        Args:
            executor: `inline`, `processes`, `ray`, or the name of a plug-in.
            jobs: how many processes.
            needs: cores, GPUs and memory of each training, for `ray`.
            cluster: address of the Ray cluster, or `auto`; None starts one on this machine.
            quiet: whether to print nothing on the way.

        Raises:
            InputError: if the study, its data or its encoders are wrong.
            RunError: if the Hub cannot be asked, or the store not be written.
        """
        console = Console(quiet=quiet, stderr=True)
        bring_up_to_date(
            self._opened,
            Chosen(executor, jobs, needs or Needs(), cluster),
            say=lambda text: console.print(text, markup=False),
            follow=lambda events, steps: follow(events, steps, console),
        )
        return self.results()

    def results(self) -> Results:
        """What is finished, without doing anything."""
        return Results(self._opened.again_opened())

    def __repr__(self) -> str:
        """The study and how far it is."""
        missing, steps = len(self._opened.again_opened().missing), len(self._opened.plan)
        return f"Study {self.name}: {steps - missing} of {steps} steps finished"

    def _repr_html_(self) -> str:
        return f"<p><strong>{escape(repr(self))}</strong></p>"


def _source(folder: Path) -> str:
    """The change that makes a folder the source of the data."""
    root = str(folder.expanduser().resolve())
    return f"data.source={json.dumps({'kind': 'folder', 'root': root}, ensure_ascii=False)}"

"""The store: a step is in it with all its bytes, or it is not there.

    root/format.json          version of this layout
    root/steps/<key>/         files of a finished step, and its manifest.json
    root/drafts/<key>/        files of a step that is being written
    root/running/<key>/       scratch of an unfinished step (checkpoints); outlives a kill
    root/progress/<key>.json  how far the step is that is being made; for who looks on
    root/failures/<key>.json  why a step failed; gone when it succeeds
    root/locks/<key>.lock     held by who makes the step; the system frees it when they die
    root/studies/<name>.json  what was run here, from which file
    root/runs/<id>.json       what a command that runs now is to use; its lock is held so long
    root/quarantine/<key>.<n> a damaged step, moved aside, and why; see `quarantine.py`
    root/trackers/<tracker>/  what trackers write; nothing here reads it

A step is written as a draft, the manifest last, and then moved into place by one rename. Who writes
under a key holds its lock, so a draft whose lock is free was left by the dead and may be swept.
"""

import logging
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from isogloss.base.errors import RunError
from isogloss.base.fingerprint import canonical
from isogloss.store import manifest
from isogloss.store.atomic import json_text, sync_folder, write_text
from isogloss.store.damage import NotFinished
from isogloss.store.drafts import empty_draft, publish
from isogloss.store.faults import told, told_if_disk
from isogloss.store.ground import Ground
from isogloss.store.live import Live
from isogloss.store.migrate import FORMAT, migrate
from isogloss.store.names import checked_key, is_key, refuse_links, refuse_outside
from isogloss.store.notes import Notes

ROOMS = ("steps", "drafts", "running", "failures", "locks", "studies")
"""Folders that every store has once it was written to."""

LATER = ("progress", "runs", "quarantine", "trackers")
"""Folders that are made when something comes into them."""

NOTED = ("failures", "progress", "runs", "studies")
"""Folders of small files that are written as drafts beside them."""

_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class Store:
    """All finished steps of any number of studies, in one folder.

    Many processes may use one store at once. Opening it reads one small file and makes nothing.

    Raises:
        InputError: if a newer Isogloss made the store.
    """

    root: Path

    format: int = field(init=False, compare=False, default=FORMAT)
    """As it was when the store was opened."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "format", self._ground.read_format())

    @property
    def _ground(self) -> Ground:
        return Ground(self.root)

    @property
    def _notes(self) -> Notes:
        return Notes(self._ground)

    # ---- reading

    def check_is_store(self) -> None:
        """Refuse a place that is no store, before anybody looks for something in it.

        Raises:
            InputError: if there is nothing, or something else.
        """
        self._ground.check_is_store()

    def __contains__(self, key: str) -> bool:
        """Tell whether a step is finished; reads nothing."""
        with told(self.root, f"looking for step {key}"):
            return (self._step(key) / manifest.NAME).is_file()

    def keys(self) -> tuple[str, ...]:
        """Keys of all finished steps, sorted; reads no manifest."""
        steps = self.root / "steps"
        if not steps.is_dir():
            return ()
        return tuple(sorted(p.name for p in steps.iterdir() if is_key(p.name) and p.name in self))

    def manifest(self, key: str) -> dict[str, Any]:
        """All that is known of a finished step.

        Returns:
            `key`, `kind`, `identity`, `record`, `files` (path -> `bytes`, `sha256`) and `made`
            (`time`, `seconds`, `host`, `versions`, `title`).

        Raises:
            NotFinished: if the step is not finished.
            Damaged: if its manifest is.
            InputError: if a link leads out of the store.
        """
        folder = self._step(key)
        if key not in self:
            raise NotFinished(self.root, key)
        refuse_outside(self.root, folder / manifest.NAME)
        with told(self.root, f"reading step {key}"):
            try:
                return manifest.read_manifest(folder, needs_digest=self.format > 1)
            except FileNotFoundError:  # moved aside while we looked
                raise NotFinished(self.root, key) from None

    def record(self, key: str) -> dict[str, Any]:
        """The typed outcome of a finished step, as JSON."""
        found: dict[str, Any] = self.manifest(key)["record"]
        return found

    def folder(
        self, key: str, identity: Mapping[str, Any] | None = None, *, bytes_too: bool = False
    ) -> Path:
        """The folder of a finished step, checked to hold all its files with their sizes.

        Args:
            key: the step.
            identity: what the step must have been made from; not compared if None.
            bytes_too: whether to digest every file; for who computes with them.

        Raises:
            NotFinished: if it is not finished.
            Damaged: if it does not hold what was written.
            InputError: if its files may not be read.
            RunError: if it was made from something else.
        """
        found = self.manifest(key)
        folder = self._step(key)
        if identity is not None and canonical(found["identity"]) != canonical(identity):
            raise RunError(
                f"{folder} was made from {canonical(found['identity'])}, not from"
                f" {canonical(identity)}: two computations share one key."
                f" Raise the version of this kind of step, or remove {folder}."
            )
        with told(self.root, f"reading step {key}"):
            manifest.check_files(folder, found["files"], bytes_too=bytes_too)
        return folder

    # ---- writing

    def check_writable(self) -> None:
        """Try the store before the work, and clear away what killed processes left half-written.

        A store of an older format is brought to this one, if nobody is at work in it.

        Raises:
            InputError: if it cannot be made or written.
            RunError: if the disk is full.
        """
        for name in ROOMS:
            probe = self._ground.room(name) / ".probe"
            with told(self.root, "trying to write"):
                try:
                    write_text(probe, "probe\n")
                finally:
                    probe.unlink(missing_ok=True)
        self.sweep()
        if self.format < FORMAT:
            self._migrate()

    def _migrate(self) -> None:
        """Bring the store to the format of today; who is at work finds it as it was when it began.

        Whoever comes to it meanwhile reads the older format, of which nothing goes away.
        """
        with self._ground.moment():
            version = self._ground.read_format()
            if version < FORMAT and self.is_busy():
                _log.warning(
                    "%s has format %d and is in use: a later run brings it to format %d.",
                    *(self.root, version, FORMAT),
                )
                return
            with told(self.root, f"bringing it to format {FORMAT}"):
                migrate(self.root, version)
        object.__setattr__(self, "format", FORMAT)

    def is_busy(self) -> bool:
        """Tell whether anybody is making a step here now."""
        folder, live = self.root / "locks", Live(self.root)
        names = [path.stem for path in folder.glob("*.lock")] if folder.is_dir() else []
        return any(live.is_claimed(name) for name in names if is_key(name))

    @contextmanager
    def claim(self, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a step, so that nobody else makes it meanwhile.

        Look whether the step is in the store *after* this: who was waited for may have made it.
        The lock is the operating system's: it is free again when its holder dies, however that
        may be. A thread may claim twice what it holds.

        Args:
            key: the step.
            wait: whether to wait for another who has it.

        Yields:
            Whether the step is ours; always true with `wait`.
        """
        with self._ground.claim(key, wait=wait) as mine:
            yield mine

    def running(self, key: str) -> Path:
        """The scratch folder of an unfinished step: survives kills, removed when it is finished."""
        folder = self._ground.room("running") / checked_key(key)
        with told(self.root, f"making the scratch folder of step {key}"):
            folder.mkdir(exist_ok=True)
        refuse_outside(self.root, folder)
        return folder

    def has_begun(self, key: str) -> bool:
        """Tell whether an unfinished step has left something to go on from."""
        return (self.root / "running" / checked_key(key)).is_dir() and key not in self

    def write(  # noqa: PLR0913
        self,
        key: str,
        kind: str,
        identity: Mapping[str, Any],
        record: Mapping[str, Any],
        fill: Callable[[Path], None],
        *,
        seconds: float | None = None,
        title: str = "",
    ) -> Path:
        """Store a finished step; its scratch and any earlier failure are removed.

        If someone else has finished it first, theirs stays.

        Args:
            key: the step.
            kind: what was done, as the plan calls it: data, train, evaluate ...
            identity: JSON-able; all that decided the result.
            record: JSON-able; the typed outcome, numbers finite.
            fill: writes the step's files into the empty folder it is given.
            seconds: how long the step took, if known.
            title: one line for people.

        Returns:
            The step's folder.

        Raises:
            RunError: if the disk is full, or the record holds a number that is not finite.
            InputError: if the store cannot be written.
        """
        text = {"key": checked_key(key), "kind": kind, "identity": identity, "record": record}
        manifest.refuse_unfinite(record, f"The record of {kind} {key}")
        with self.claim(key):
            if key in self:
                return self.folder(key, identity)
            draft = empty_draft(self._ground, key)
            try:
                with told_if_disk(self.root, f"writing step {key}"):
                    fill(draft)
                with told(self.root, f"writing step {key}"):
                    made = manifest.made(seconds, title)
                    whole = manifest.with_digest(
                        text | {"files": manifest.seal(draft), "made": made}
                    )
                    write_text(draft / manifest.NAME, json_text(whole))
                    sync_folder(draft)
                    publish(self._ground, draft, key)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._forget(key)
            return self.folder(key, identity)

    def sweep(self) -> None:
        """Remove what the dead left: drafts, and scratch and failures of steps that were finished.

        Safe at any time: what belongs to a living process is locked, and skipped.

        Raises:
            InputError: if one of the folders is a link.
        """
        refuse_links(self.root, ("drafts", "running", *NOTED))
        for room, is_stale in (("drafts", _always), ("running", self.__contains__)):
            folder = self.root / room
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
            for key in filter(is_key, names):
                if is_stale(key) and not self._ground.lock(key).is_locked:
                    self._remove_unclaimed(folder / key)
        with self._ground.moment():
            for room in NOTED:  # the others have a folder for each step: to look there takes long
                for path in self.root.glob(f"{room}/*.json.draft"):
                    path.unlink(missing_ok=True)
            for path in self.root.glob("failures/*.json"):  # of who died when the step was in
                if is_key(path.stem) and path.stem in self:
                    path.unlink(missing_ok=True)

    # ---- failures and studies

    def fail(self, key: str, failure: Mapping[str, Any]) -> None:
        """Record why a step failed.

        Raises:
            RunError: if the disk is full.
            InputError: if the store cannot be written.
        """
        self._notes.fail(key, failure)

    def failure(self, key: str) -> dict[str, Any] | None:
        """Why a step failed when it was last tried; None if it did not, or is finished now."""
        return None if key in self else self._notes.failure(key)

    def remember_study(
        self,
        name: str,
        study: Mapping[str, Any],
        step_keys: Sequence[str],
        source: str,
        **more: Any,
    ) -> None:
        """Note what was run here; a later run of the same name replaces it.

        Args:
            name: of the study.
            study: what it declares.
            step_keys: of all its steps.
            source: the file that it was read from.
            more: what else there is to note, JSON-able.
        """
        noted = {"name": name, "source": source, "steps": list(step_keys), "study": dict(study)}
        self._notes.write_study(name, noted | more)

    def forget_studies(self, names: Collection[str]) -> None:
        """Remove all notes of these studies, copies of their files too; their steps stay.

        Raises:
            RunError: if a note is damaged.
            InputError: if a link leads out of the store, or the store cannot be written.
        """
        self._notes.forget_studies(names)

    def note_run(self, name: str, step_keys: Sequence[str]) -> Path:
        """Note what a command is going to use; see `runs.py`. Returns the note's file."""
        return self._notes.write_run(name, step_keys)

    def studies(self) -> list[dict[str, Any]]:
        """All studies noted here, by name: `name`, `source`, `steps` (keys), `study`, and more."""
        return self._notes.studies()

    def study_files(self) -> tuple[str, ...]:
        """The names of the files of all studies noted here, without their ending; reads none."""
        return self._notes.study_files()

    def study(self, name: str) -> dict[str, Any] | None:
        """What was noted of one study; None if there is none of that name.

        Args:
            name: of the study, or of its file as `study_files` has it.

        Raises:
            RunError: if the note is damaged.
            InputError: if a link leads out of the store.
        """
        return self._notes.study(name)

    # ---- inside

    def _step(self, key: str) -> Path:
        return self.root / "steps" / checked_key(key)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep runs from beginning, and failures and studies from being noted, for a moment."""
        self.check_is_store()
        with self._ground.moment():
            yield

    def _forget(self, key: str) -> None:
        shutil.rmtree(self.root / "running" / key, ignore_errors=True)
        with told(self.root, f"clearing the failure of step {key}"):
            (self.root / "failures" / f"{key}.json").unlink(missing_ok=True)

    def _remove_unclaimed(self, folder: Path) -> None:
        with self.claim(folder.name, wait=False) as mine:
            if mine:
                shutil.rmtree(folder, ignore_errors=True)


def _always(_: str) -> bool:
    return True

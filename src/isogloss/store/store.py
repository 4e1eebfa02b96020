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

import errno
import logging
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from filelock import BaseFileLock, FileLock, Timeout

from isogloss.base.errors import InputError, RunError
from isogloss.base.fingerprint import canonical
from isogloss.store import manifest
from isogloss.store.atomic import json_text, read_object, sync_folder, write_json, write_text
from isogloss.store.damage import NotFinished
from isogloss.store.faults import told, told_if_disk
from isogloss.store.live import Live
from isogloss.store.migrate import FORMAT, migrate
from isogloss.store.names import checked_key, is_key, lock_path, refuse_outside, study_file

ROOMS = ("steps", "drafts", "running", "failures", "locks", "studies")
"""Folders that every store has once it was written to."""

GLANCE_SECONDS = 0.5
"""So long a lock is tried before somebody counts as holding it: who looks whether a step is being
made shares its lock for an instant."""

POLL_SECONDS = 0.02

_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_FORGET = "Remove the file; running its study writes it again."
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
        object.__setattr__(self, "format", self._read_format())

    def _read_format(self) -> int:
        path = self.root / "format.json"
        with told(self.root, "reading its format"):
            if not path.is_file():
                return FORMAT
            stated = read_object(
                path, f'Let it hold {{"format": 1}}: the next run brings it to {FORMAT}.'
            )
        version = stated.get("format")
        if not isinstance(version, int) or not 1 <= version <= FORMAT:
            raise InputError(
                f"The store {self.root} has format {version!r}; this Isogloss reads up to {FORMAT}."
                " Upgrade Isogloss, or name another folder with --store."
            )
        return version

    # ---- reading

    def check_is_store(self) -> None:
        """Refuse a place that is no store, before anybody looks for something in it.

        Raises:
            InputError: if there is nothing, or something else.
        """
        if (self.root / "format.json").is_file():
            return
        if not self.root.exists():
            what = "there is nothing of that name"
        elif not self.root.is_dir():
            what = "it is a file"
        elif any(self.root.iterdir()):
            what = "it holds something else (a store has a file format.json)"
        else:
            what = "it is an empty folder"
        raise InputError(
            f"{self.root} is no store: {what}. Give the folder that `isogloss run` wrote to,"
            " which is .isogloss if --store named no other."
        )

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
            probe = self._room(name) / ".probe"
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
        with self._json_lock():
            version = self._read_format()
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
    def claim(
        self, key: str, *, wait: bool = True, on_wait: Callable[[str], None] | None = None
    ) -> Iterator[bool]:
        """Hold a step, so that nobody else makes it meanwhile.

        Look whether the step is in the store *after* this: who was waited for may have made it.
        The lock is the operating system's: it is free again when its holder dies, however that
        may be. A thread may claim twice what it holds.

        Args:
            key: the step.
            wait: whether to wait for another who has it.
            on_wait: told the key, once, before the waiting begins.

        Yields:
            Whether the step is ours; always true with `wait`.
        """
        lock = self._lock(checked_key(key))
        mine = self._acquire(lock, timeout=GLANCE_SECONDS)
        if not mine and wait:
            _log.warning("step %s is being made by another process: waiting for it", key)
            if on_wait is not None:
                on_wait(key)
            mine = self._acquire(lock, timeout=-1)
        try:
            yield mine
        finally:
            if mine:
                lock.release()

    def running(self, key: str) -> Path:
        """The scratch folder of an unfinished step: survives kills, removed when it is finished."""
        folder = self._room("running") / checked_key(key)
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
            kind: data, tokenizer, prepare, train or evaluate.
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
        _refuse_unfinite(record, f"The record of {kind} {key}")
        with self.claim(key):
            if key in self:
                return self.folder(key, identity)
            draft = self._empty_draft(key)
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
                    self._publish(draft, key)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            self._forget(key)
            return self.folder(key, identity)

    def sweep(self) -> None:
        """Remove what the dead left: drafts, and scratch and failures of steps that were finished.

        Safe at any time: what belongs to a living process is locked, and skipped.
        """
        for room, is_stale in (("drafts", _always), ("running", self.__contains__)):
            folder = self.root / room
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
            for key in filter(is_key, names):
                if is_stale(key) and not self._lock(key).is_locked:
                    self._remove_unclaimed(folder / key)
        with self._json_lock():
            for path in self.root.glob("*/*.json.draft"):
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
        path = self._room("failures") / f"{checked_key(key)}.json"
        self._write_json(path, dict(failure))

    def failure(self, key: str) -> dict[str, Any] | None:
        """Why a step failed when it was last tried; None if it did not, or is finished now."""
        path = self.root / "failures" / f"{checked_key(key)}.json"
        with told(self.root, f"reading the failure of step {key}"):
            if key in self or not path.is_file():
                return None
            refuse_outside(self.root, path)
            return read_object(path, "Remove the file.")

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
        noted |= more
        path = self._room("studies") / study_file(name)
        with told(self.root, "reading a study"):
            before = path.read_bytes() if path.is_file() else b""
        if before != json_text(noted).encode("utf-8", "surrogatepass"):
            self._write_json(path, noted)

    def note_run(self, name: str, step_keys: Sequence[str]) -> Path:
        """Note what a command is going to use; see `runs.py`. Returns the note's file."""
        path = self._room("runs") / f"{checked_key(name)}.json"
        self._write_json(path, {"steps": list(step_keys)})
        return path

    def studies(self) -> list[dict[str, Any]]:
        """All studies noted here, by name: `name`, `source`, `steps` (keys), `study`, and more."""
        folder = self.root / "studies"
        with told(self.root, "reading its studies"):
            paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
            for path in paths:
                refuse_outside(self.root, path)
            found = [read_object(path, _FORGET) for path in paths]
        return sorted(found, key=lambda study: str(study.get("name")))

    def study_files(self) -> tuple[str, ...]:
        """The names of the files of all studies noted here, without their ending; reads none."""
        folder = self.root / "studies"
        with told(self.root, "looking for its studies"):
            return tuple(sorted(p.stem for p in folder.glob("*.json"))) if folder.is_dir() else ()

    def study(self, name: str) -> dict[str, Any] | None:
        """What was noted of one study; None if there is none of that name.

        Args:
            name: of the study, or of its file as `study_files` has it.

        Raises:
            RunError: if the note is damaged.
            InputError: if a link leads out of the store.
        """
        path = self.root / "studies" / study_file(name)
        with told(self.root, "reading a study"):
            if not path.is_file():
                return None
            refuse_outside(self.root, path)
            return read_object(path, _FORGET)

    # ---- inside

    def _step(self, key: str) -> Path:
        return self.root / "steps" / checked_key(key)

    def _room(self, name: str) -> Path:
        """A folder of the store, made if needed, and the store with it."""
        folder = self.root / name
        if not folder.is_dir():
            self._make_root()
            with told(self.root, "making its folders"):
                folder.mkdir(exist_ok=True)
        refuse_outside(self.root, folder)
        return folder

    def _make_root(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise InputError(
                f"The store {self.root} is a file, not a folder: name a folder with --store."
            )
        if not self.root.absolute().parent.is_dir():
            raise InputError(
                f"The store {self.root} cannot be made: {self.root.absolute().parent} is not a"
                " folder. Make it first, or name another with --store."
            )
        stated = self.root / "format.json"
        if stated.exists():
            return
        with told(self.root, "making it"):
            self.root.mkdir(exist_ok=True)
            (self.root / "locks").mkdir(exist_ok=True)
        self._write_json(stated, {"format": FORMAT})

    def _write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        with self._json_lock(), told(self.root, f"writing {path.name}"):
            write_json(path, value)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep runs from beginning, and failures and studies from being noted, for a moment."""
        self.check_is_store()
        with self._json_lock():
            yield

    @contextmanager
    def _json_lock(self) -> Iterator[None]:
        """Held for the milliseconds that one small file takes."""
        lock = self._lock("json")
        self._acquire(lock, timeout=-1)
        try:
            yield
        finally:
            lock.release()

    def _lock(self, name: str) -> BaseFileLock:
        return FileLock(lock_path(self.root, name), is_singleton=True)

    def _acquire(self, lock: BaseFileLock, *, timeout: float) -> bool:
        self._room("locks")
        with told(self.root, "taking a lock"):
            try:
                lock.acquire(timeout=timeout, poll_interval=POLL_SECONDS)
            except Timeout:
                return False
        return True

    def _empty_draft(self, key: str) -> Path:
        draft = self._room("drafts") / key
        with told(self.root, f"writing step {key}"):
            if draft.exists():
                shutil.rmtree(draft)
            draft.mkdir()
        return draft

    def _publish(self, draft: Path, key: str) -> None:
        steps = self._room("steps")
        target = steps / key
        try:
            draft.rename(target)
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise
            if key in self:
                return
            shutil.rmtree(target)  # no manifest: someone has damaged it
            draft.rename(target)
        sync_folder(steps)

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


def _refuse_unfinite(value: Any, what: str, place: str = "") -> None:
    """NaN and infinity have no JSON form, and a score that is neither says that training broke."""
    if isinstance(value, float) and not math.isfinite(value):
        raise RunError(
            f"{what} has {value} at {place}, which is no result: the training has diverged."
            " Lower the learning rate, or look at the data."
        )
    if isinstance(value, Mapping):
        for name, item in value.items():
            _refuse_unfinite(item, what, f"{place}.{name}".lstrip("."))
    if isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _refuse_unfinite(item, what, f"{place}[{number}]")

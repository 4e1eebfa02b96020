"""What a store notes in small files: why steps failed, which studies were run, what is in use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from isogloss.store.atomic import json_text, read_object
from isogloss.store.faults import told
from isogloss.store.ground import Ground
from isogloss.store.names import checked_key, refuse_outside, study_file

_FORGET = "Remove the file; running its study writes it again."


@final
@dataclass(frozen=True)
class Notes:
    """The notes of a store; each is replaced as a whole.

    What they raise, and what their arguments are, is said where `Store` has the same methods.
    """

    ground: Ground

    @property
    def root(self) -> Path:
        """The store's."""
        return self.ground.root

    def fail(self, key: str, failure: Mapping[str, Any]) -> None:
        """Record why a step failed."""
        path = self.ground.room("failures") / f"{checked_key(key)}.json"
        self.ground.write_json(path, dict(failure))

    def failure(self, key: str) -> dict[str, Any] | None:
        """Why a step failed when it was last tried; None if nothing is noted."""
        path = self.root / "failures" / f"{checked_key(key)}.json"
        with told(self.root, f"reading the failure of step {key}"):
            if not path.is_file():
                return None
            refuse_outside(self.root, path)
            return read_object(path, "Remove the file.")

    def write_study(self, name: str, noted: Mapping[str, Any]) -> None:
        """Note a study, if that is news."""
        path = self.ground.room("studies") / study_file(name)
        with told(self.root, "reading a study"):
            before = path.read_bytes() if path.is_file() else b""
        if before != json_text(noted).encode("utf-8", "surrogatepass"):
            self.ground.write_json(path, noted)

    def forget_studies(self, names: Collection[str]) -> None:
        """Remove all notes of studies, copies under other names too."""
        with told(self.root, "forgetting studies"):
            for path, study in self._noted_studies():
                if study.get("name") in names:
                    path.unlink(missing_ok=True)

    def write_run(self, name: str, step_keys: Sequence[str]) -> Path:
        """Note what a command is going to use; the note's file."""
        path = self.ground.room("runs") / f"{checked_key(name)}.json"
        self.ground.write_json(path, {"steps": list(step_keys)})
        return path

    def studies(self) -> list[dict[str, Any]]:
        """All studies, by name."""
        with told(self.root, "reading its studies"):
            found = [study for _, study in self._noted_studies()]
        return sorted(found, key=lambda study: str(study.get("name")))

    def study_files(self) -> tuple[str, ...]:
        """The names of the files of all studies, without their ending."""
        folder = self.root / "studies"
        with told(self.root, "looking for its studies"):
            return tuple(sorted(p.stem for p in folder.glob("*.json"))) if folder.is_dir() else ()

    def study(self, name: str) -> dict[str, Any] | None:
        """What was noted of one study; None if there is none of that name."""
        path = self.root / "studies" / study_file(name)
        with told(self.root, "reading a study"):
            if not path.is_file():
                return None
            refuse_outside(self.root, path)
            return read_object(path, _FORGET)

    def _noted_studies(self) -> list[tuple[Path, dict[str, Any]]]:
        """Every note of a study with its file, in the order of the files."""
        folder = self.root / "studies"
        paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
        for path in paths:
            refuse_outside(self.root, path)
        return [(path, read_object(path, _FORGET)) for path in paths]

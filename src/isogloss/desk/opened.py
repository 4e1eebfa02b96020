"""A study opened: the file read, the world pinned, the plan drawn."""

import shlex
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, final

from isogloss.base.errors import InputError, RunError
from isogloss.plan.build import build_plan
from isogloss.plan.kinds import TEST, TRAIN
from isogloss.plan.pins import Pins, pin_study
from isogloss.plan.plan import Cell, Plan, Step
from isogloss.store.names import DEFAULT_STORE
from isogloss.store.store import Store
from isogloss.study.load import load_study
from isogloss.study.study import Study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from isogloss.store.results import Entry  # only its name: the room brings DuckDB


@final
@dataclass(frozen=True)
class Opened:
    """What everything begins with that is done with a study."""

    path: Path
    study: Study
    pins: Pins
    plan: Plan
    store: Store
    changes: tuple[str, ...] = ()

    @cached_property
    def missing(self) -> tuple[Step, ...]:
        """The steps that the store does not have."""
        return tuple(step for step in self.plan if step.key not in self.store)

    @property
    def folder(self) -> Path:
        """Where tables and figures go when the command does not say."""
        return Path(self.study.output.folder or Path("results") / self.study.name)

    def refuse_unpinned(self) -> None:
        """Refuse to work on names whose bytes are not known.

        Raises:
            RunError: if the Hub could not be asked.
        """
        if self.pins.notes:
            raise RunError("\n".join(self.pins.notes))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What could not be pinned, and what has moved, a line each."""
        return (*self.pins.remarks, *self.pins.notes)

    def again(self, command: str, *more: str) -> str:
        """The words that run another command on the same study, values and store."""
        words = ["isogloss", command, str(self.path)]
        words += [word for change in self.changes for word in ("--set", change)]
        if self.store.root != DEFAULT_STORE:
            words += ["--store", str(self.store.root)]
        return shlex.join([*words, *more])

    def remember(self) -> None:
        """Note the study in the store, with all that its plan is drawn from."""
        declared = self.study.model_dump(mode="json", by_alias=True)
        keys = [step.key for step in self.plan]
        more = {"pins": asdict(self.pins), "changes": list(self.changes)}
        self.store.remember_study(self.study.name, declared, keys, str(self.path), **more)

    @property
    def sample(self) -> bool:
        """Whether any of the study's text is the built-in sample."""
        declared = [self.study.data, *(probe.data for probe in self.study.probes)]
        sources = [one.source for one in declared if one is not None]
        if self.study.pretraining is not None:
            sources.append(self.study.pretraining.text.source)
        return any(source.kind == "sample" for source in sources)

    @cached_property
    def entries(self) -> tuple["Entry", ...]:
        """The columns and the record of every finished cell; each record is read once."""
        return tuple(self._finished(self.plan.cells))

    @cached_property
    def all_entries(self) -> tuple["Entry", ...]:
        """Those, and after them what the metrics of plug-ins gave."""
        return (*self.entries, *self._finished(self.plan.scored))

    def stream(self) -> "Iterator[Entry]":
        """All entries, read as they are asked for and not kept."""
        yield from self._finished(self.plan.cells)
        yield from self._finished(self.plan.scored)

    def _finished(self, cells: "Sequence[Cell]") -> "Iterator[Entry]":
        """Cells of one step come together, or nearly so: its record is read once, as a rule."""

        @lru_cache(maxsize=64)
        def found(key: str) -> "Mapping[str, Any] | None":
            return self.store.record(key) if key in self.store else None

        for cell in cells:
            record = found(cell.step)
            if record is not None:
                columns = {**cell.columns, "n_train": record.get("n_train"), "step": cell.step}
                yield columns, self._part(cell, record)

    def _part(self, cell: Cell, record: "Mapping[str, Any]") -> "Mapping[str, Any]":
        """The record that a cell's scores stand in: that of its step, or a part of it.

        Raises:
            RunError: if it has no scores, though the step is finished: somebody has changed it.
        """
        found = record if cell.part is None else record.get("parts", {}).get(cell.part, {})
        if "scores" not in found:
            folder = self.store.root / "steps" / cell.step
            part = f" of {cell.part}" if cell.part else ""
            raise RunError(
                f"{folder} is damaged: its record has no scores{part}. Remove that folder, and"
                f" make the step anew: {self.again('run')}"
            )
        return found

    def trainings(self) -> list[dict[str, Any]]:
        """What each finished training chose and did, beside the columns of its cell."""
        return [
            {**record, **columns}
            for columns, record in self.entries
            if columns["split"] == "train" and columns["regime"] != "pretrain"
        ]

    def unfinished(self) -> list[str]:
        """What is missing, and why: cells, a training for its evaluations, and whatever failed."""
        missing = {step.key for step in self.missing}
        lines = []
        for step in self.missing:
            alone = step.kind in TRAIN or step.kind == "measure"
            tests = step.kind in TEST | {"serve", "score"}
            failure = self.store.failure(step.key)
            if alone or failure or (tests and step.needs[0] not in missing):
                why = f"failed: {failure['message']}" if failure else "not done yet"
                lines.append(f"{step.title}: {why}")
        return lines

    def nothing_finished(self) -> InputError:
        """What to say of a study of which no cell is finished: what failed, and what to type."""
        found = ((step, self.store.failure(step.key)) for step in self.missing)
        why = next((f". {s.title} failed: {f['message']} Then" for s, f in found if f), "")
        return InputError(f"Nothing of this study is finished{why}: {self.again('run')}")

    def again_opened(self) -> "Opened":
        """The same study after a run: what was missing may be there now."""
        return replace(self)

    def speeds(self) -> dict[str, float]:
        """Measured training speed by encoder, in examples per second."""
        rates: dict[str, list[float]] = {}
        for step in self.plan.of_kind("train"):
            if step.key in self.store:
                rate = self.store.record(step.key)["train_samples_per_second"]
                rates.setdefault(step.settings["encoder"], []).append(rate)
        return {name: median(values) for name, values in rates.items()}


def open_study(path: Path, store: Path, changes: list[str] | None) -> Opened:
    """Read, pin and plan a study.

    Raises:
        InputError: if the file, or anything it names, is wrong.
    """
    study = load_study(path, changes or ())
    pins = pin_study(study)
    if store == Path():
        raise InputError("--store names no folder; the folder we are in is not one for a store.")
    plan = build_plan(study, pins)
    return Opened(path, study, pins, plan, Store(store), tuple(changes or ()))


def reopen_study(noted: "Mapping[str, Any]", store: Path) -> Opened:
    """Open a study as it was last run, from what its store has noted of it.

    The study file and the data may have changed since, or be gone: neither is read. Only where the
    note is of an Isogloss that kept no pins are the data and models looked at again.

    Args:
        noted: what `Store.study` gives.
        store: its root.

    Raises:
        InputError: if the note is not what this Isogloss reads, or what it names is gone.
    """
    source = str(noted.get("source"))
    try:
        study = Study.model_validate(noted["study"], by_alias=True, by_name=True)
        pins = _kept_pins(**noted["pins"]) if "pins" in noted else pin_study(study)
        changes = tuple(map(str, noted.get("changes", ())))
        return Opened(Path(source), study, pins, build_plan(study, pins), Store(store), changes)
    except InputError as error:
        raise InputError(f"{error} {_note_again(source, store)}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"The store's note of the study {source} cannot be read by this Isogloss."
            f" {_note_again(source, store)}"
        ) from error


def _kept_pins(*, notes: "Sequence[str]", remarks: "Sequence[str]", **pins: Any) -> Pins:
    """Pins as JSON has kept them."""
    return Pins(**pins, notes=tuple(notes), remarks=tuple(remarks))


def _note_again(source: str, store: Path) -> str:
    again = shlex.join(["isogloss", "run", source, "--store", str(store)])
    return f"`{again}` notes it again; what is finished is not done again."

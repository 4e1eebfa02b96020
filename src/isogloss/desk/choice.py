"""Which model of a study is meant: by what tells it from the others, or by its key in the store."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from isogloss.base.errors import InputError, RunError, UnknownName, did_you_mean
from isogloss.base.languages import language_name
from isogloss.desk.models import PRETRAIN, Model, Models, of_cell
from isogloss.desk.opened import Opened, reopen_study
from isogloss.plan.kinds import TRAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.plan.plan import Cell
    from isogloss.store.store import Store

LISTED = 20
"""So many models stand in a message; more are counted."""

TESTS = {"evaluate", "masked", "probe"}
"""Kinds of steps that stand for the model they test."""


@final
@dataclass(frozen=True)
class Wanted:
    """What tells one model of a study from another; None where it does not matter."""

    encoder: str | None = None
    regime: str | None = None
    sources: tuple[str, ...] | None = None
    """Codes, in any order."""

    size: int | str | None = None
    """Rows per language, or `all`."""

    seed: int | None = None


def choose(opened: Opened, wanted: Wanted) -> Model:
    """Find the one model that is wanted.

    Raises:
        InputError: if there is none, or more than one.
        RunError: if it is not finished.
    """
    there = _trainings(opened)
    _check_names(there, wanted)
    found = [cell for cell in there if _fits(cell, wanted)]
    keys = dict.fromkeys(cell.step for cell in found)
    if not keys:
        raise InputError(f"{opened.path} has no such model. It has:\n{_listed(opened, there)}")
    if len(keys) > 1:
        raise InputError(
            f"{len(keys)} models of {opened.path} fit. Say which, by --encoder, --regime,"
            f" --sources, --size and --seed, or by its key:\n{_listed(opened, found)}"
        )
    return _finished(opened, found[0])


def find(store: "Store", prefix: str) -> tuple[Opened, Model]:
    """Find a model by the first digits of its key, and the study that it was trained in.

    The key of an evaluation stands for the model that it tests.

    Raises:
        InputError: if no study of the store has such a step, several steps begin so, or it is no
            model.
        RunError: if it is not finished.
    """
    studies = {str(noted.get("name")): noted for noted in store.studies()}
    known = {key: name for name, noted in studies.items() for key in noted.get("steps", ())}
    key = _whole_key(store, prefix, known)
    opened = reopen_study(studies[known[key]], store.root)
    step = opened.plan.by_key.get(key)
    if step is not None and step.kind in TESTS:
        step = opened.plan.by_key[step.needs[0]]
    if step is None or step.kind not in TRAIN:
        what = f"of kind {step.kind}, which is no model" if step else "not known to this Isogloss"
        raise InputError(
            f"The step {key} is {what}. The models of {opened.path}:\n"
            f"{_listed(opened, _trainings(opened))}"
        )
    return opened, _finished(opened, next(c for c in _trainings(opened) if c.step == step.key))


def _whole_key(store: "Store", prefix: str, known: "Iterable[str]") -> str:
    keys = sorted(known)
    found = [key for key in keys if key.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"{len(found)} steps begin with {prefix}: {_few(found)}. Give more digits."
        )
    if not keys:
        raise InputError(
            f"The store {store.root} has noted no study, so there is no model. Train one with"
            " `isogloss run STUDY`, or name the store with --store."
        )
    stored = store.keys()
    orphans = [key for key in stored if key.startswith(prefix)]
    if orphans:
        raise InputError(
            f"No study asks for step {_few(orphans)} any more. Give the study file as it was when"
            " the model was trained, with --set for what was changed since:"
            " isogloss export model STUDY DIR."
        )
    near = did_you_mean(prefix, {key[: len(prefix)] for key in keys})
    raise InputError(
        f"No step of {store.root} begins with {prefix}.{near} The keys of a"
        " study's models are in the column `step` of `isogloss results STUDY`."
    )


def _finished(opened: Opened, cell: "Cell") -> Model:
    """The model of a training's cell.

    Raises:
        RunError: saying what to do, if it is not finished.
    """
    of = of_cell(cell)
    for model in Models(opened).all:
        if model.of == of and model.seed == cell.columns["seed"]:
            return model
    step, again = opened.plan.by_key[cell.step], opened.again("run")
    failure = opened.store.failure(step.key)
    if failure:
        raise RunError(
            f"{step.title} (step {step.key}) failed: {failure['message']}\nMend that, then: {again}"
        )
    begun = " It has begun." if opened.store.has_begun(step.key) else ""
    raise RunError(f"{step.title} (step {step.key}) is not trained yet.{begun} Train it: {again}")


def _trainings(opened: Opened) -> "list[Cell]":
    """The cells of what is trained, finished or not."""
    return [
        cell
        for cell in opened.plan.cells
        if cell.columns["target_language"] is None and cell.columns["split"] == "train"
    ]


def _check_names(there: "Sequence[Cell]", wanted: Wanted) -> None:
    for kind, name in (("encoder", wanted.encoder), ("regime", wanted.regime)):
        known = dict.fromkeys(str(cell.columns[kind]) for cell in there)
        if name is not None and name not in known:
            raise UnknownName(kind, name, known)


def _fits(cell: "Cell", wanted: Wanted) -> bool:
    columns = cell.columns
    size = "all" if columns["n_per_language"] is None else columns["n_per_language"]
    return (
        wanted.encoder in {None, columns["encoder"]}
        and wanted.regime in {None, columns["regime"]}
        and wanted.size in {None, size}
        and wanted.seed in {None, columns["seed"]}
        and (wanted.sources is None or set(wanted.sources) == set(columns["source_languages"]))
    )


def _listed(opened: Opened, cells: "Sequence[Cell]") -> str:
    """A line a model: key, what tells it from others, and whether it is there."""
    lines = {cell.step: _line(opened, cell) for cell in cells}
    more = len(lines) - LISTED
    rest = [f"  and {more} more"] if more > 0 else []
    return "\n".join([*list(lines.values())[:LISTED], *rest])


def _line(opened: Opened, cell: "Cell") -> str:
    columns = cell.columns
    languages = columns["source_languages"]
    one = f" {language_name(languages[0])}" if len(languages) == 1 else ""
    size = "" if columns["regime"] == PRETRAIN else f" size={columns['n_per_language'] or 'all'}"
    what = f"{columns['encoder']} {columns['regime']}{one}{size} seed={columns['seed']}"
    state = "" if cell.step in opened.store else " (not finished)"
    return f"  {cell.step}  {what}{state}"


def _few(keys: "Sequence[str]") -> str:
    shown = ", ".join(keys[:5])
    return f"{shown} and {len(keys) - 5} more" if len(keys) > 5 else shown

"""Which model of a study is meant: by what tells it from the others, or by its key in the store."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

from isogloss.base.errors import InputError, RunError, UnknownName, did_you_mean
from isogloss.base.languages import language_name
from isogloss.desk.models import PRETRAIN, Model, Models, of_cell
from isogloss.desk.opened import Opened, reopen_study
from isogloss.plan.kinds import TRAIN
from isogloss.report.export.facts import TRAINED_FORM
from isogloss.store.needs import sound_studies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.plan.plan import Cell, Step
    from isogloss.store.store import Store

LISTED = 20
"""So many models stand in a message; more are counted."""

TRAINED_BY = {"evaluate": 0, "masked": 0, "probe": 0, "serve": 0, "evaluate_form": 2}
"""Kinds of steps that stand for a model, and which of their needs has trained it."""


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
    form: str | None = None
    """Of serving; None is the form that it was trained in."""


class _Offer(NamedTuple):
    """A model that a study asks for in one form, finished or not."""

    cell: "Cell"
    """Of its training."""

    form: str
    step: "Step"
    """Holds its files, once it is finished."""


def choose(opened: Opened, wanted: Wanted) -> Model:
    """Find the one model that is wanted.

    Raises:
        InputError: if there is none, or more than one.
        RunError: if it is not finished.
    """
    form = wanted.form or TRAINED_FORM
    there = _offers(opened, form)
    if not there:
        raise _no_form(opened, form)
    _check_names(_trainings(opened), wanted)
    found = [one for one in there if _fits(one.cell, wanted)]
    keys = dict.fromkeys(one.step.key for one in found)
    as_form = "" if form == TRAINED_FORM else f" as {form}"
    if not keys:
        raise InputError(
            f"{opened.path} has no such model{as_form}. It has:\n{_listed(opened, there)}"
        )
    if len(keys) > 1:
        raise InputError(
            f"{len(keys)} models of {opened.path} fit{as_form}. Say which, by --encoder, --regime,"
            f" --sources, --size and --seed, or by its key:\n{_listed(opened, found)}"
        )
    return _finished(opened, found[0])


def find(store: "Store", prefix: str, form: str | None = None) -> tuple[Opened, Model]:
    """Find a model by the first digits of its key, and the study that it was trained in.

    The key of an evaluation stands for the model that it tests, in the form that it tests.

    Args:
        store: where it is.
        prefix: of the key.
        form: of serving, where the key is that of a training; by default the one of the key.

    Raises:
        InputError: if no study of the store has such a step, several steps begin so, it is no
            model, or one of another form.
        RunError: if it is not finished, or the note of a study is damaged.
    """
    studies = {noted["name"]: noted for noted in sound_studies(store)}
    known = {key: name for name, noted in studies.items() for key in noted["steps"]}
    key = _whole_key(store, prefix, known)
    opened = reopen_study(studies[known[key]], store.root)
    step = opened.plan.by_key.get(key)
    trained = _trained_by(opened, step)
    if step is None or trained is None:
        what = f"of kind {step.kind}, which is no model" if step else "not known to this Isogloss"
        raise InputError(
            f"The step {key} is {what}. The models of {opened.path}:\n"
            f"{_listed(opened, _offers(opened, TRAINED_FORM))}"
        )
    return opened, _finished(opened, _offered(opened, trained, _form_of(step, trained, form)))


def _trained_by(opened: Opened, step: "Step | None") -> "Step | None":
    """The training of the model that a step stands for; None if it stands for none."""
    if step is not None and step.kind in TRAINED_BY:
        step = opened.plan.by_key[step.needs[TRAINED_BY[step.kind]]]
    return step if step is not None and step.kind in TRAIN else None


def _form_of(step: "Step", trained: "Step", asked: str | None) -> str:
    """The form that is meant by a key and a flag.

    Raises:
        InputError: if they contradict each other.
    """
    own = step.payload.get("form") if step.kind in {"serve", "evaluate_form"} else None
    if own is not None and asked not in {None, own}:
        raise InputError(
            f"The step {step.key} is of the form {own}, not {asked}. Leave out --form, or give the"
            f" key of the training: {trained.key}."
        )
    return own or asked or TRAINED_FORM


def _offered(opened: Opened, trained: "Step", form: str) -> _Offer:
    """The model of a training in a form.

    Raises:
        InputError: if the study does not bring it into this form.
    """
    there = _offers(opened, form)
    if not there:
        raise _no_form(opened, form)
    for one in there:
        if one.cell.step == trained.key:
            return one
    raise InputError(
        f"{opened.path} does not bring {trained.title} (step {trained.key}) into the form {form}."
        f" It has in this form:\n{_listed(opened, there)}"
    )


def _no_form(opened: Opened, form: str) -> InputError:
    """What to say where a study has nothing in a form: what it has, and how it is made."""
    study, there = opened.study, dict.fromkeys(of.form for of, _ in Models(opened).planned)
    if not study.encoders:
        return InputError(
            f"{opened.path} pre-trains, and only fine-tuned models are brought into forms of"
            f" serving such as {form}. Leave out --form, or name the encoder in a study that"
            " fine-tunes."
        )
    declared = study.efficiency.forms if study.efficiency else (TRAINED_FORM,)
    change = f"efficiency.forms=[{','.join((*declared, form))}]"
    return InputError(
        f"{opened.path} has nothing in the form {form}. Its forms: {', '.join(there)}. Make it, and"
        f" export with the same --set:\n{opened.again('run', '--set', change)}"
    )


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


def _finished(opened: Opened, offer: _Offer) -> Model:
    """The model that is offered.

    Raises:
        RunError: saying what to do, if it is not finished.
    """
    of, seed = of_cell(offer.cell)._replace(form=offer.form), offer.cell.columns["seed"]
    for model in Models(opened).all:
        if model.of == of and model.seed == seed:
            return model
    trained, again = opened.plan.by_key[offer.cell.step], opened.again("run")
    for step in (trained, offer.step):
        failure = opened.store.failure(step.key)
        if failure:
            raise RunError(
                f"{step.title} (step {step.key}) failed: {failure['message']}\n"
                f"Mend that, then: {again}"
            )
    step, lacks, do = trained, "trained", "Train"
    if trained.key in opened.store:
        step, lacks, do = offer.step, "made", "Make"
    begun = " It has begun." if opened.store.has_begun(step.key) else ""
    raise RunError(f"{step.title} (step {step.key}) is not {lacks} yet.{begun} {do} it: {again}")


def _trainings(opened: Opened) -> "list[Cell]":
    """The cells of what is trained, finished or not."""
    return [
        cell
        for cell in opened.plan.cells
        if cell.columns["target_language"] is None and cell.columns["split"] == "train"
    ]


def _offers(opened: Opened, form: str) -> list[_Offer]:
    """What a study has in a form, finished or not; as it was trained, every training."""
    trainings, by_key = _trainings(opened), opened.plan.by_key
    if form == TRAINED_FORM:
        return [_Offer(cell, form, by_key[cell.step]) for cell in trainings]
    planned = Models(opened).planned
    places = [(of_cell(cell)._replace(form=form), cell.columns["seed"]) for cell in trainings]
    return [
        _Offer(cell, form, planned[place])
        for cell, place in zip(trainings, places, strict=True)
        if place in planned
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


def _listed(opened: Opened, offers: "Sequence[_Offer]") -> str:
    """A line a model: key, what tells it from others, and whether it is there."""
    lines = {offer.step.key: _line(opened, offer) for offer in offers}
    more = len(lines) - LISTED
    rest = [f"  and {more} more"] if more > 0 else []
    return "\n".join([*list(lines.values())[:LISTED], *rest])


def _line(opened: Opened, offer: _Offer) -> str:
    columns = offer.cell.columns
    languages = columns["source_languages"]
    one = f" {language_name(languages[0])}" if len(languages) == 1 else ""
    size = "" if columns["regime"] == PRETRAIN else f" size={columns['n_per_language'] or 'all'}"
    what = f"{columns['encoder']} {columns['regime']}{one}{size} seed={columns['seed']}"
    if offer.form != TRAINED_FORM:
        what += f" as {offer.form}"
    state = "" if offer.step.key in opened.store else " (not finished)"
    return f"  {offer.step.key}  {what}{state}"


def _few(keys: "Sequence[str]") -> str:
    shown = ", ".join(keys[:5])
    return f"{shown} and {len(keys) - 5} more" if len(keys) > 5 else shown

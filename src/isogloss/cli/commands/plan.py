"""`isogloss plan`: what a study will do, what the store has of it, and what the rest will cost."""

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.tree import Tree

from isogloss.cli import show
from isogloss.cli.options import (
    JsonOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.plan.kinds import TEST, TRAIN
from isogloss.report.numbers import duration
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from isogloss.desk.opened import Opened
    from isogloss.plan.estimate import Estimate
    from isogloss.plan.plan import Step


def plan(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Print the steps of a study as a tree, mark what the store has, estimate what is missing."""
    from dataclasses import asdict

    from isogloss.desk.opened import open_study
    from isogloss.plan.estimate import estimate

    show.listen(verbose)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    cost = estimate(opened.study, opened.missing, opened.speeds())
    if json:
        steps = [_as_json(opened, step) for step in opened.plan]
        show.dump({"study": opened.study.name, "steps": steps, "estimate": asdict(cost)})
        return
    show.wide(markup=True).print(_tree(opened, everything=verbose > 0))
    show.say(_summary(opened, cost))


def _as_json(opened: "Opened", step: "Step") -> dict[str, Any]:
    return {
        "key": step.key,
        "kind": step.kind,
        "title": step.title,
        "needs": list(step.needs),
        "found": step.key in opened.store,
        "identity": step.identity,
    }


def _summary(opened: "Opened", cost: "Estimate") -> str:
    found = len(opened.plan) - len(opened.missing)
    lines = [f"{len(opened.plan)} steps: {found} in the store, {len(opened.missing)} to do."]
    if cost.trainings:
        evaluations = show.counted(cost.evaluations, "evaluation")
        lines.append(f"To do: {_trainings(cost)}, {evaluations}; {_how_long(cost)}.")
    if cost.pretrainings:
        lines.append(
            f"To do: {show.counted(cost.pretrainings, 'pre-training')}, teachers among them, on"
            f" {cost.windows:,} windows of text; how long they take is not estimated."
        )
    return "\n".join(lines)


def _trainings(cost: "Estimate") -> str:
    trainings = show.counted(cost.trainings, "training")
    if cost.unknown_trainings == cost.trainings:
        return f"{trainings} on all rows, which are counted when they are read"
    unknown = f", {cost.unknown_trainings} of unknown size" if cost.unknown_trainings else ""
    return f"{trainings} on {cost.training_examples:,} examples (epochs counted{unknown})"


def _how_long(cost: "Estimate") -> str:
    if cost.unknown_trainings == cost.trainings:
        return "how long they take is not estimated"
    about = "at least" if cost.unknown_trainings else "about"
    return f"{about} {duration(cost.seconds)} of training in one worker ({cost.basis})"


_SHOWN = 12
_TITLES = {
    "data": "read the data",
    "text": "read the raw text",
    "tokenizer": "train the tokenizers",
    "pack": "cut raw text into windows",
    "pretrain": "pre-train on hard labels: teachers and students",
    "targets": "keep what teachers say",
    "distill": "pre-train on soft labels",
    "prepare": "cut texts into sub-tokens",
    "train": "train, and evaluate on every target",
    "serve": "bring into other forms of serving, and evaluate again",
    "score": "score what is predicted by the metrics of plug-ins",
    "measure": "measure all candidates in turn, when all else is done",
}


def _tree(opened: "Opened", *, everything: bool) -> Tree:
    root = Tree(f"[bold]{escape(opened.study.name)}[/bold]")
    for kind, title in _TITLES.items():
        steps = opened.plan.of_kind(kind)
        if not steps:
            continue
        found = sum(step.key in opened.store for step in steps)
        branch = root.add(f"{title} ({found} of {len(steps)} in the store)")
        shown = steps if everything else steps[:_SHOWN]
        for step in shown:
            leaf = branch.add(_line(opened, step))
            if kind in TRAIN or kind == "serve":
                _add_evaluations(opened, step, leaf, everything=everything)
        if len(shown) < len(steps):
            branch.add(f"[dim]... {len(steps) - len(shown)} more; -v shows all[/dim]")
    return root


def _add_evaluations(opened: "Opened", made: "Step", leaf: Tree, *, everything: bool) -> None:
    tests = [
        step
        for kind in sorted(TEST)
        for step in opened.plan.of_kind(kind)
        if step.needs[0] == made.key
    ]
    if not tests:
        return
    if everything:
        for step in tests:
            leaf.add(_line(opened, step))
        return
    found = sum(step.key in opened.store for step in tests)
    targets = ", ".join(dict.fromkeys(map(_place, tests)))
    leaf.add(f"[dim]evaluate on {targets} ({found} of {len(tests)})[/dim]")


def _place(test: "Step") -> str:
    """What a model is tested on: a language, or a probe from one."""
    if test.kind == "probe":
        return f"{test.payload['task']} from {test.payload['source']}"
    return str(test.payload["language"])


def _line(opened: "Opened", step: "Step") -> str:
    mark = "[green]done[/green]" if step.key in opened.store else "[yellow]to do[/yellow]"
    return f"{mark} {escape(step.title)} [dim]{step.key}[/dim]"

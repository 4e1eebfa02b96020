"""The pre-training of an opened study, as its report reads it: groups, arms, sizes, test units."""

from statistics import fmean
from typing import TYPE_CHECKING, Any, cast

from isogloss.base.languages import language_name
from isogloss.data.mixture import Mixing, probabilities
from isogloss.report.balance.design import BASELINES, CANDIDATE, Design, usual_controls
from isogloss.report.balance.listening import Heard, listening_records
from isogloss.report.balance.page import Also
from isogloss.report.balance.trials import Trial, read_trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from isogloss.data.mixture import Kind as MixingKind
    from isogloss.desk.opened import Opened
    from isogloss.report.records import Row
    from isogloss.study.arms import Arm
    from isogloss.study.arms import Mixing as Declared
    from isogloss.study.pretraining import Pretraining

STEPS = 100
"""At so many places on the way a mixture that changes is looked at."""


def design_of(opened: "Opened", declared: "Pretraining") -> Design:
    """What the study declares of its pre-training, with the sizes of the text as it was read."""
    study = opened.study
    arms = [arm.name for arm in declared.arms]
    soft = [arm.name for arm in declared.arms if arm.labels == "soft"]
    candidate = CANDIDATE if CANDIDATE in arms or not soft else soft[0]
    return Design(
        groups=study.groups or {"languages": study.languages},
        arms=arms,
        sizes=dict(_sizes(opened)),
        candidate=candidate,
        baselines=tuple(name for name in BASELINES if name in arms),
        controls=usual_controls(arms),
        teachers={arm.name: _taught_by(arm) for arm in declared.arms if _taught_by(arm)},
    )


def trials_of(opened: "Opened", rows: "Sequence[Row]", design: Design) -> list[Trial]:
    """The test units of every finished evaluation of an arm."""
    labels: dict[str, Sequence[str]] = {p.task: p.labels for p in opened.study.probes}
    return read_trials(rows, opened.store.folder, labels=labels, arms=design.arms)


def also_of(opened: "Opened", commands: "Sequence[str]") -> Also:
    """What the page says besides: what is missing, what was done to the text, how it is drawn."""
    doubts = [*_short_probes(opened), *_unconverged(opened)]
    notes = [*opened.pins.remarks, *_text_notes(opened), *_dev_notes(opened), *doubts]
    listening = listening_records(_heard(opened))
    return Also(opened.unfinished(), commands, notes, list(_mixing(opened)), listening, doubts)


def _heard(opened: "Opened") -> "Iterator[Heard]":
    """The weights of every student that listens by dev losses, training by training."""
    declared = opened.study.pretraining
    by_name = {arm.name: arm for arm in declared.arms} if declared else {}
    for columns, record in opened.entries:
        arm = by_name.get(columns["encoder"])
        own = columns["regime"] == "pretrain" and columns["split"] == "train"
        if not own or arm is None or arm.distillation is None:
            continue
        listening = arm.distillation.listening
        if listening.policy != "fixed":
            yield Heard(
                arm=arm.name,
                seed=columns["seed"],
                languages=tuple(record["sizes"]),
                n_steps=record["n_steps"],
                weight=listening.weight,
                looks=[(one["step"], one["weights"]) for one in record["dev_losses"]],
            )


def _mixing(opened: "Opened") -> "Iterator[dict[str, Any]]":
    """Arm by arm and language by language, of the first seed: how often its windows are drawn."""
    for columns, record in opened.entries:
        own = columns["regime"] == "pretrain" and columns["split"] == "train"
        if own and columns["seed"] == opened.study.seeds[0] and len(record["sizes"]) > 1:
            yield from _shares(opened, columns["encoder"], record)


def _as_drawn(told: "Declared", record: "Mapping[str, Any]") -> Mixing:
    """What was declared; of a plug-in's sampler, the shares that it gave."""
    if "shares" in record:
        return Mixing("given", shares=tuple(record["shares"]))
    alpha = told.alpha if told.kind in {"alpha", "annealed"} else None
    return Mixing(cast("MixingKind", told.kind), alpha, told.alpha_end, told.max_epochs)


def _shares(opened: "Opened", arm: str, record: "Mapping[str, Any]") -> "Iterator[dict[str, Any]]":
    declared = opened.study.pretraining
    if declared is None:
        return
    told = declared.arm(arm).mixing
    mixing = _as_drawn(told, record)
    sizes = [one["windows"] for one in record["sizes"].values()]
    draws = record["n_train"]
    on_the_way = [step / STEPS for step in range(STEPS + 1 if told.kind == "annealed" else 1)]
    shares = [
        probabilities(mixing, sizes, progress=at, total_draws=draws).tolist() for at in on_the_way
    ]
    for at, (code, size) in enumerate(record["sizes"].items()):
        share = fmean(one[at] for one in shares)
        yield {
            "arm": arm,
            "language": code,
            "characters": size["characters"],
            "n_windows": size["windows"],
            "share": share,
            **({"share at first": shares[0][at]} if told.kind == "annealed" else {}),
            "passes": share * draws / size["windows"],
        }


def _taught_by(arm: "Arm") -> list[str]:
    """The models that taught an arm, where they are not one a language."""
    teachers = arm.distillation.teachers if arm.distillation else "monolingual"
    return {"monolingual": [], "self": ["hard-all"]}.get(teachers, [teachers])


def _sizes(opened: "Opened") -> "Iterator[tuple[str, int]]":
    """Language -> characters of its text to train on: all but what is kept aside as dev text.

    Of a text that is not packed yet, all of it.
    """
    for kind in ("text", "pack"):
        for key in _finished(opened, kind):
            record = opened.store.record(key)
            yield record["language"], record["characters"]


def _text_notes(opened: "Opened") -> "Iterator[str]":
    """What was dropped of the text, a line a language that lost something."""
    for key in _finished(opened, "text"):
        record: dict[str, Any] = opened.store.record(key)
        lost = {"repeated lines": record["n_duplicates"], "held-out lines": record["n_leaked"]}
        told = ", ".join(f"{count:,} {what}" for what, count in lost.items() if count)
        if told:
            yield f"{language_name(record['language'])}: {told} were dropped from the text."


def _dev_notes(opened: "Opened") -> "Iterator[str]":
    """How much of each language's text is dev text: what was read is more than what is trained on.

    The audit counts the first, every table of arms the second.
    """
    for key in _finished(opened, "pack"):
        record: dict[str, Any] = opened.store.record(key)
        dev, train = record["dev"]["characters"], record["characters"]
        if dev:
            yield (
                f"{language_name(record['language'])}: of {train + dev:,} characters that were"
                f" read, {dev:,} are kept aside as dev text and {train:,} are trained on."
            )


def _short_probes(opened: "Opened") -> "Iterator[str]":
    """Which probes had fewer sentences to learn from than were asked for, a line each."""
    short = {}
    for step in opened.plan.of_kind("probe"):
        asked = step.payload["n_per_language"]
        if asked and step.key in opened.store:
            n = opened.store.record(step.key)["n_train"]
            if n < asked:
                short[step.payload["task"], step.payload["source"]] = f"{n:,} of {asked:,}"
    for (task, source), told in short.items():
        yield f"{language_name(source)}: its {task} probe had {told} sentences to learn from."


def _unconverged(opened: "Opened") -> "Iterator[str]":
    """How many probes stopped before they had converged; nothing if none did."""
    records = [opened.store.record(key) for key in _finished(opened, "probe")]
    fits = [fit for record in records for fit in record["fits"].values()]
    stopped = sum(not fit["converged"] for fit in fits)
    if stopped:
        yield (
            f"{stopped} of {len(fits)} probes stopped before they had converged: raise"
            " probes.max_iterations."
        )


def _finished(opened: "Opened", kind: str) -> list[str]:
    return [step.key for step in opened.plan.of_kind(kind) if step.key in opened.store]

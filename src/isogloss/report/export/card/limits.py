"""What a model was not tested on, where it is weak, and what its numbers cannot say."""

from collections.abc import Iterable, Iterator
from statistics import fmean

from isogloss.base.languages import language_name
from isogloss.report.comparison.directions import direction
from isogloss.report.export.card.forms import form_limits
from isogloss.report.export.card.scores import score
from isogloss.report.export.card.tasks import metrics_shown
from isogloss.report.export.facts import Learned, Scored, Subject
from isogloss.report.export.metrics import metric_of
from isogloss.report.names import listed
from isogloss.report.numbers import rounded_value

ONE_SEED = (
    "One seed was trained. The intervals know nothing of chance in training; another seed may"
    " differ by more."
)


def limits(subject: Subject) -> Iterator[str]:
    """The limits of a model, a line each."""
    yield from _tested(subject)
    yield from form_limits(subject)
    yield from _weak(subject)
    if len(subject.seeds) < 2:
        yield ONE_SEED
    else:
        listed = ", ".join(map(str, subject.seeds))
        yield f"Seeds {listed} were trained; this is {subject.seed}, and others score otherwise."
    yield from _short(subject.learned)
    yield from _cut(subject)


def _tested(subject: Subject) -> Iterator[str]:
    tested = list(dict.fromkeys(one.language for one in subject.of_task))
    if not tested:
        yield "It was not tested: what it can do is unknown."
        return
    yield (
        f"It was tested in {listed(tested)}, on the data above, and on nothing else: how it does"
        " on other languages, domains, dialects or groups of people is unknown."
    )
    if untested := [code for code in subject.sources if code not in tested]:
        yield f"It learned from {listed(untested)} too, but was not tested there."
    if unseen := [code for code in tested if code not in subject.sources]:
        yield f"It saw no training text of {listed(unseen)}: scores there are zero-shot."


def _weak(subject: Subject) -> Iterator[str]:
    """The languages whose whole interval is on the worse side of the mean over languages."""
    name = metrics_shown(subject)[0]
    known = {one.language: one.scores[name] for one in subject.of_task if name in one.scores}
    if len(known) < 2:
        return
    mean = fmean(one.value for one in known.values())
    lower = direction(name) == "lower"
    weak = [
        f"{language_name(code)} ({score(one)})"
        for code, one in known.items()
        if _is_worse(one, mean, lower=lower)
    ]
    if weak:
        metric = metric_of(name)
        said = f"{metric.name if metric else name} {rounded_value(mean)}"
        yield f"It is weaker than its mean over languages ({said}) in {', '.join(weak)}."


def _is_worse(one: Scored, mean: float, *, lower: bool) -> bool:
    if one.low is None or one.high is None:
        return False
    return one.low > mean if lower else one.high < mean


def _short(learned: Iterable[Learned]) -> Iterator[str]:
    for one in learned:
        if one.missing or one.repeated:
            yield (
                f"{language_name(one.language)} had too few rows of some label:"
                f" {one.missing:,} are missing, {one.repeated:,} repeat."
            )


def _cut(subject: Subject) -> Iterator[str]:
    longest = subject.settings.get("max_length")
    if longest is None or subject.task == "mlm":
        return
    if subject.task in {"ner", "pos"}:
        yield (
            f"It was trained and tested on windows of {longest} sub-tokens: cut longer sentences"
            " into such windows that overlap."
        )
        return
    cut = subject.n_truncated
    rows = f"; {cut:,} training rows were" if cut else ""
    yield f"Text beyond {longest} sub-tokens is cut off{rows}."

"""Nobody is compared on different gold.

A tokenizer that cuts sentences loses gold words with them, and with them the hard part of the test:
its encoder looks better for it. So two models meet only if they are scored on the same words with
the same tags, and where they are not we say how many differ and what may be the reason.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from isogloss.base.errors import InputError
from isogloss.base.languages import language_name
from isogloss.report.comparison.results import Result
from isogloss.report.comparison.units import Units

REMEDY = "Evaluate all encoders in one study, on one version of the data."


class Differing(NamedTuple):
    """How two golds differ."""

    n_words: int
    """Gold words that only one has, or that have another tag."""

    first: str
    """Where, for a start."""

    why: str
    """What may be the reason."""


def check_gold(results: Iterable[Result]) -> None:
    """Refuse results of which two are scored on different gold of one target and split.

    Raises:
        InputError: naming both encoders, the language, how many words differ and why it may be.
    """
    references: dict[tuple[str, str], Result] = {}
    for result in results:
        reference = references.setdefault((result.target, result.split), result)
        if reference.units.gold_digest != result.units.gold_digest:
            raise InputError(_refusal(reference, result))


def check_gold_lines(figures: Mapping[str, Mapping[str, str]], place: str) -> None:
    """Refuse figures that say of themselves that they are scored on different gold.

    Lines that count gold are `n_gold`, `gold`, `support` and what begins so, such as `support/PER`
    or `gold_spans`, with `eval_` before it or not.

    Args:
        figures: by encoder and metric, as they are written.
        place: where they stand, for the message.

    Raises:
        InputError: naming the line and the values.
    """
    for metric in dict.fromkeys(metric for given in figures.values() for metric in given):
        counts = {name: given[metric] for name, given in figures.items() if metric in given}
        if _counts_gold(metric) and len(set(map(float, counts.values()))) > 1:
            said = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise InputError(
                f"{place}: the encoders are scored on different gold: {metric} is {said}. Scores "
                f"on different gold do not compare. {REMEDY}"
            )


def differing(first: Units, second: Units) -> Differing:
    """Say how two golds differ; costs a loop over the sentences, for the message alone."""
    one, other = _tags(first), _tags(second)
    total, places, why = 0, [], ""
    for example in dict.fromkeys([*one, *other]):
        a, b = one.get(example), other.get(example)
        if a is None or b is None:
            n = len(a or b or ())
            why = why or "one was tested on a part of the sentences, or on another version of them"
        elif len(a) != len(b):
            n = abs(len(a) - len(b))
            why = why or "one of them lost words, as by cutting sentences at a maximal length"
        else:
            n = sum(x != y for x, y in zip(a, b, strict=True))
            why = why or ("their tags were converted or repaired in another way" if n else "")
        if n:
            total += n
            places.append(example)
    if not places:
        return Differing(0, "", "their sentences stand in another order, or their labels do")
    return Differing(total, places[0], why)


def _refusal(reference: Result, result: Result) -> str:
    found = differing(reference.units, result.units)
    one, other = _named(reference, result), _named(result, reference)
    place = f" (the first in {found.first})" if found.first else ""
    return (
        f"{one} and {other} are scored on different gold in {language_name(result.target)}, "
        f"{result.split}: {found.n_words:,} words differ{place}; {reference.units.n_words:,} gold "
        f"words against {result.units.n_words:,}. Perhaps {found.why}. Scores on different gold "
        f"do not compare. {REMEDY}"
    )


def _counts_gold(metric: str) -> bool:
    """Whether a line of figures counts gold."""
    name = metric.strip().lower().removeprefix("eval_").removeprefix("test_").removeprefix("n_")
    return name.replace("/", " ").replace("_", " ").split()[:1] in (["gold"], ["support"])


def _named(result: Result, other: Result) -> str:
    """Name a result by what tells it from the other."""
    same = result.encoder == other.encoder
    more = f" ({result.served}, {result.regime}, seed {result.seed})" if same else ""
    return f"{result.encoder}{more}"


def _tags(units: Units) -> dict[str, list[str]]:
    names = np.array(units.names)[units.gold].tolist()
    bounds = units.offsets.tolist()
    return {
        example: names[bounds[at] : bounds[at + 1]] for at, example in enumerate(units.examples)
    }

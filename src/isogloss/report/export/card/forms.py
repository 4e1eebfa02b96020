"""What a card says of a form of serving: what it is, whether it is exact, where its limits are."""

from collections.abc import Iterator
from typing import NamedTuple

from isogloss.report.export.facts import TRAINED_FORM, Subject


class FormWords(NamedTuple):
    """A form in words; whether it is exact is also in the table of `docs/serving-forms.md`."""

    what: str
    exact: str
    """Whether it answers as the trained model does."""

    limit: str | None = None
    tags: tuple[str, ...] = ()
    """On the Hub."""


FORMS = {
    "torch-fp32": FormWords("the trained folder, which computes in fp32", "yes"),
    "torch-bf16": FormWords(
        "the trained folder, which computes in bf16: its weights are fp32, and PyTorch's autocast"
        " casts what is multiplied",
        "no: bf16 has 8 bits of mantissa",
        "A processor that has to emulate bf16 is many times slower with it than in fp32.",
    ),
    "trimmed": FormWords(
        "a vocabulary cut to the texts that it was trained on, run like the trained model",
        "yes, on those texts",
        "A word that its training texts do not have may fall into more pieces than those that the"
        " trained model would have made of it, down to single characters.",
        ("trimmed-vocabulary",),
    ),
    "onnx": FormWords(
        "ONNX Runtime on the CPU, in fp32",
        "to 1e-4 of a logit, which was checked when it was written",
        tags=("onnx",),
    ),
    "onnx-int8": FormWords(
        "ONNX Runtime on the CPU, with weights of 8 bits",
        "no",
        "What its weights are multiplied with is turned to 8 bits by the range of each batch, so an"
        " answer depends a little on what else is in the batch, and on how long that is.",
        ("onnx", "int8"),
    ),
}
"""All but the trained folder as it is."""


def is_onnx(subject: Subject) -> bool:
    """Whether it is run by ONNX Runtime, not by transformers."""
    return subject.form.startswith("onnx")


def form_words(subject: Subject) -> Iterator[str]:
    """The paragraph about a form; none of the model as it was trained."""
    if subject.form == TRAINED_FORM:
        return
    words = FORMS[subject.form]
    scores = (
        "Its scores below are its own: it was tested again in this form."
        if subject.of_task
        else "It was not tested in this form, and the trained model's scores are not its own."
    )
    yield (
        f"Its form of serving is **`{subject.form}`**: {words.what}."
        f" Does it answer exactly as the trained model does? {words.exact.capitalize()}. {scores}"
    )


def form_tags(subject: Subject) -> tuple[str, ...]:
    """What the Hub may filter by."""
    return FORMS[subject.form].tags if subject.form in FORMS else ()


def form_limits(subject: Subject) -> Iterator[str]:
    """The limits of a form, a line each."""
    if subject.form in FORMS and (limit := FORMS[subject.form].limit) is not None:
        yield limit

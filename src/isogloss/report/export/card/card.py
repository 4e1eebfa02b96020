"""The README.md of an exported model: metadata for the Hub, and what a person must know to use it.

Everything comes from the records: no number is typed in, and what is not known is left out, or said
to be unknown. Text of a study (labels, descriptions) is escaped: it is shown, never run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from isogloss.base.languages import language_name
from isogloss.report.export.card.forms import form_words
from isogloss.report.export.card.front import metadata
from isogloss.report.export.card.limits import limits
from isogloss.report.export.card.scores import score_words
from isogloss.report.export.card.tasks import task_words
from isogloss.report.export.card.usage import usage
from isogloss.report.export.card.words import count, table, text, value
from isogloss.report.export.facts import TRAINED_FORM, Subject
from isogloss.report.names import listed

SAMPLE = (
    "> **Sample data.** This model learned from, or was tested on, sentences that Isogloss makes by"
    " grammars. It shows a tool at work and is of no use for real text."
)


@final
@dataclass(frozen=True)
class Making:
    """How a model was made and is named, besides what its facts say."""

    name: str
    commands: Sequence[str]
    license: str | None = None
    """Of the weights, as the Hub spells it; left out if nobody says."""

    description: str = ""
    """Of the study, in the words of who wrote it."""


def model_card(subject: Subject, making: Making) -> str:
    """Write the card: YAML between two lines of hyphens, then Markdown."""
    front = metadata(subject, making.name, making.license).to_yaml(line_break="\n")
    return f"---\n{front}\n---\n\n" + "\n\n".join(_body(subject, making)) + "\n"


def _body(subject: Subject, making: Making) -> Iterator[str]:
    yield f"# {making.name}"
    if subject.on_sample:
        yield SAMPLE
    yield _sentence(subject)
    yield from form_words(subject)
    if making.description:
        yield f"The study it comes from: {text(making.description)}"
    yield "## How to use it"
    yield usage(subject)
    yield "## What it scores"
    yield from score_words(subject)
    yield "## What it learned from"
    yield from _learned(subject)
    yield "## Limits"
    yield "\n".join(f"- {line}" for line in limits(subject))
    yield "## How it was made"
    yield "```sh\n" + "\n".join(making.commands) + "\n```"
    yield table(("", ""), list(_facts(subject)))
    yield "Settings of the training, as its key holds them; some have no effect beside others:"
    yield table(
        ("setting", "value"), [(f"`{name}`", value(v)) for name, v in subject.settings.items()]
    )


def _sentence(subject: Subject) -> str:
    sources = listed(subject.sources)
    if subject.task == "mlm":
        taught = any(one.teacher for one in subject.learned)
        how = "soft labels of the teachers named below" if taught else "the text's own tokens"
        return (
            f"An encoder of {sources}: {subject.origin}, trained by masked-language modeling on"
            f" {how}."
        )
    labels = ", ".join(text(label) for label in subject.labels)
    what = {"ner": "entities", "pos": "tags"}.get(subject.task, "labels")
    return (
        f"A model for {task_words(subject)} in {sources}: {subject.origin}, fine-tuned. Its {what}:"
        f" {labels}."
    )


def _learned(subject: Subject) -> Iterator[str]:
    labels = [name for name in subject.labels if any(name in one.counts for one in subject.learned)]
    raw = any(one.characters is not None for one in subject.learned)
    taught = any(one.teacher for one in subject.learned)
    unit = subject.learned[0].unit if subject.learned else "rows"
    heads = ["language", unit, *(["characters"] if raw else []), *map(text, labels), "from"]
    rows = [
        [
            language_name(one.language),
            count(one.rows),
            *([count(one.characters)] if raw else []),
            *(count(one.counts.get(name)) for name in labels),
            one.data.words,
            *([one.teacher or ""] if taught else []),
        ]
        for one in subject.learned
    ]
    yield table([*heads, *(["teacher"] if taught else [])], rows)
    if subject.n_per_language is not None:
        balanced = "balanced over the labels and " if labels else ""
        yield (
            f"Asked for were {subject.n_per_language:,} rows of each language, {balanced}drawn by"
            " the seed."
        )


def _facts(subject: Subject) -> Iterator[tuple[str, str]]:
    yield "study", subject.study
    yield "encoder", f"{subject.encoder}: {subject.origin}"
    if subject.base is not None:
        yield "began with", subject.base.words
    yield "seed", str(subject.seed)
    if subject.form != TRAINED_FORM:
        yield "form of serving", f"`{subject.form}`"
    yield "key of the step", f"`{subject.step}`"
    yield "finished", str(subject.made.get("time", "")).replace("T", " ").replace("+00:00", " UTC")
    for name, found in subject.served.items():
        yield name, value(found)
    of_training = "training: " if subject.form != TRAINED_FORM else ""
    for name, found in subject.computed.items():
        yield f"{of_training}{name}", value(found)
    if subject.weights.n_parameters is not None:
        yield "parameters", count(subject.weights.n_parameters)
    versions: Mapping[str, str] = subject.made.get("versions", {})
    yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())

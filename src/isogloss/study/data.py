"""What a study may say about its data: where it lies and how its columns are to be read."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    WithJsonSchema,
    model_validator,
)

from isogloss.base.splits import split_name
from isogloss.study.languages import Language
from isogloss.study.own_names import PATTERN, names, own_or_plugin
from isogloss.study.spec import NAME, NotIdentity, Revision, Seed, Spec, different

SplitName = Annotated[str, Field(pattern=NAME), AfterValidator(split_name)]
Splits = Annotated[tuple[SplitName, ...], AfterValidator(different), Field(min_length=1)]
Shortage = Literal["error", "take_all", "resample"]


class FolderSource(Spec):
    """Local files: `<root>/<language>/<split>.<jsonl|csv|tsv|parquet|conll|conllu>`.

    Each but parquet gzipped or not. Raw text (`pretraining.text.source`) may be `txt` too, and no
    conll or conllu.
    """

    kind: Literal["folder"] = "folder"
    """Files of this machine."""

    root: Annotated[Path, NotIdentity()]
    """The folder; a relative one is read from the study file's own place."""

    folders: Annotated[dict[Language, Path], NotIdentity()] = Field(default_factory=dict)
    """Languages that lie elsewhere: `{German: ../pud/de}`; relative ones as the root."""


class HubSource(Spec):
    """A data set on the Hugging Face Hub, read from its parquet files; no script is ever run."""

    kind: Literal["hub"] = "hub"
    """A data set on the Hub."""

    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """Owner and name: `tyqiangz/multilingual-sentiments`."""

    revision: Revision = "refs/convert/parquet"
    """Branch, tag or commit; the commit it stands for is recorded."""


class SampleSource(Spec):
    """The built-in sample: made by grammars, for trying the tool, never for conclusions."""

    kind: Literal["sample"] = "sample"
    """What is built in."""

    seed: Seed = 0
    """Seed of the generator."""


SAMPLE_VERSION = 1
"""Version of the built-in sample; raised when its rows change, so that keys change with them."""

SAMPLE_LANGUAGES = (
    *("ara-Arab", "deu-Latn", "ell-Grek", "eng-Latn", "hin-Deva"),
    *("jpn-Jpan", "rus-Cyrl", "spa-Latn", "tur-Latn"),
)
"""What the built-in sample has; a test holds this and its grammars together."""

SOURCES = ("folder", "hub", "sample")
PLUGIN = "plugin"
"""Stands for the kinds of plug-ins, where kinds are told apart."""


class PluginSource(Spec):
    """A source that a plug-in adds, by the name of its entry point."""

    kind: Annotated[
        str,
        own_or_plugin("source", SOURCES),
        WithJsonSchema({"type": "string", "pattern": PATTERN, "not": {"enum": list(SOURCES)}}),
    ]
    """Name of an installed source; `isogloss ls plugins` lists them."""

    root: Annotated[Path | None, NotIdentity()] = None
    """The folder it reads, if it reads one; a relative one is read from the study file's place."""

    options: dict[str, JsonValue] = Field(default_factory=dict)
    """What it takes; described by whoever made it."""


def _tag(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if not isinstance(kind, str) or kind in SOURCES:
        return kind if isinstance(kind, str) else None
    return PLUGIN if kind in names("source", SOURCES) else kind


Source = Annotated[
    Annotated[FolderSource, Tag("folder")]
    | Annotated[HubSource, Tag("hub")]
    | Annotated[SampleSource, Tag("sample")]
    | Annotated[PluginSource, Tag(PLUGIN)],
    Discriminator(_tag),
]


def _names_as_text(value: Any) -> Any:
    """Let `0: negative` stand in YAML, where a key without quotes is a number."""
    if not isinstance(value, dict):
        return value
    return {
        str(raw).lower() if isinstance(raw, bool) else str(raw): name for raw, name in value.items()
    }


def _texts(value: Any) -> Any:
    """Say what to do where YAML made a truth value or a number of a name."""
    if isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, bool | int | float):
                raise ValueError(
                    f"YAML reads {item!r} as no text: put the names of labels in quotes"
                )
    return value


class Data(Spec):
    """Where the examples come from and how a row is read."""

    source: Source
    """Folder, hub or sample."""

    text: str = "text"
    """Column of the text."""

    label: str = "label"
    """Column of the label."""

    tokens: str = "tokens"
    """Column of the words, for ner and pos."""

    tags: str | None = None
    """Column of the words' tags; by default `ner_tags` for ner and `upos` for pos."""

    scheme: Literal["iob2", "iob1", "iobes", "bilou"] = "iob2"
    """How the tags of ner mark where an entity begins and ends."""

    repair: bool = False
    """Whether a tag that goes on with an entity which never began begins one; counted."""

    labels: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    """The names of the labels; their order is the order of the tables.

    Required for sentiment and text_classification, two or more. For ner the types of entities, by
    default PER, LOC and ORG; for pos by default the 17 parts of speech of Universal Dependencies.
    """

    label_names: Annotated[dict[str, str], BeforeValidator(_names_as_text)] = Field(
        default_factory=dict
    )
    """What a raw value stands for, where the files hold numbers: `{0: negative, 1: neutral}`."""

    train_splits: Splits = ("train",)
    """Splits to train on; several are pooled, as the reference notebook does."""

    dev_split: SplitName | None = None
    """Split for dev scores, as early stopping needs them; never one that is trained or tested on.

    It is read only where `training.eval_strategy` takes such scores.
    """

    allow_missing_labels: bool = False
    """Whether a language may lack a label altogether in its training text."""

    @model_validator(mode="after")
    def _labels_agree(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels are named twice: {', '.join(self.labels)}")
        if self.dev_split in self.train_splits:
            raise ValueError(f"dev_split {self.dev_split!r} is also trained on")
        return self


class Sampling(Spec):
    """How the rows of one language are drawn for training."""

    shortage: Shortage = "error"
    """When a class has too few rows: stop, take all there are, or draw some again."""

"""The protocols of plug-ins, one a kind.

**What decides a result is pure.** Sources, metrics, samplers and architectures return the same for
the same arguments, in any process: no global state, no clock, no environment, no random numbers but
from a seed that they are given or that stands in their options. They do not change what they are
given. Steps are stored under keys that hold the distribution's name and version; a plug-in that
means something else tomorrow is another version, or old results are mistaken for new ones.

Errors that the person can mend are `isogloss.InputError`s; anything else is told as a bug of the
plug-in, with its traceback.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, final, runtime_checkable

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


# ---- sources of data: isogloss.sources


@runtime_checkable
class Source(Protocol):
    """Data of several languages, each in several splits."""

    def pin(self, language: str, split: str) -> str:
        """What decides the rows of a split, as text: a digest of its bytes, a commit.

        It is asked when a study is planned and again before its rows are read; where the two differ
        the study is refused, since its keys stand for other data.

        Args:
            language: a canonical code (`deu-Latn`).
            split: a name (`train`, `validation`, `test`).

        Raises:
            InputError: if there is no such split; say which there are.
        """

    def rows(self, language: str, split: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a split by the names of their columns, always in the same order.

        Columns are named as `data.text`, `data.label`, `data.tokens` and `data.tags` of the study
        say: a text and a label, or a list of words and a list of tags. For raw text a row is a
        document, under `pretraining.text.column`.
        """


@runtime_checkable
class OpenSource(Protocol):
    """The entry point of a source; often the class itself."""

    def __call__(self, root: "Path | None", options: Mapping[str, Any]) -> Source:
        """Open the source; nothing is read yet.

        Args:
            root: the absolute folder that the study's `source.root` means; None if it names none.
            options: the study's `source.options`, JSON-able. They are in the keys.

        Raises:
            InputError: if an option is missing, unknown or wrong.
        """


# ---- metrics: isogloss.metrics


@final
@dataclass(frozen=True, eq=False)
class Predictions:
    """What one model said about one split of one language.

    n is the number of texts, or for ner and pos of words. What a model gave no usable answer to is
    left out, and counted beside the score.
    """

    task: str
    """`sentiment`, `text_classification`, `ner` or `pos`."""

    names: tuple[str, ...]
    """[k] What the model's outputs are called: labels, or for ner tags in IOB2."""

    gold: "NDArray[np.int64]"
    """[n] Places in `names`."""

    predicted: "NDArray[np.int64]"
    """[n] Places in `names`: the most probable one."""

    probabilities: "NDArray[np.float64]"
    """[n, k] Each row sums to 1."""

    units: "NDArray[np.int64]"
    """[n] Number of the text or sentence that each stands in, ascending from 0."""


@runtime_checkable
class Metric(Protocol):
    """One number for a split; computed from stored predictions, never from a model."""

    @property
    def tasks(self) -> Collection[str]:
        """The tasks that it is defined for."""

    def __call__(self, predictions: Predictions) -> float:
        """The value, finite, in the metric's own unit; whether more is better is for its page.

        It is called with at least one prediction.
        """


# ---- samplers of languages in pre-training: isogloss.samplers


@runtime_checkable
class Sampler(Protocol):
    """How often the windows of each language are drawn in a pre-training."""

    def __call__(
        self, sizes: "NDArray[np.int64]", options: Mapping[str, Any]
    ) -> "NDArray[np.float64]":
        """The share of each language among the windows that are drawn.

        The house draws by these shares, exactly at every update and by seed.

        Args:
            sizes: [languages] Windows of each language, all above 0.
            options: the study's `mixing.options`, JSON-able. They are in the keys.

        Returns:
            [languages] Shares of at least 0 that sum to 1.
        """


# ---- architectures made from scratch: isogloss.architectures


@runtime_checkable
class Architecture(Protocol):
    """An encoder that is made from scratch, described by a configuration of transformers.

    The model, with a head for texts or words, is made by the library's own classes, so that its
    checkpoints load everywhere without this plug-in.
    """

    @property
    def special_tokens(self) -> Literal["bert", "xlm-roberta"]:
        """Whose special tokens its tokenizer has: `[CLS]` to `[MASK]`, or `<s>` to `<mask>`."""

    def __call__(self, size: Mapping[str, Any], vocabulary: Mapping[str, int]) -> Any:
        """Describe the encoder.

        Args:
            size: `hidden_size`, `num_hidden_layers`, `num_attention_heads`, `intermediate_size`,
                `dropout`, `initializer_range` as the study has them, and `max_length`, the longest
                input in tokens, special ones included.
            vocabulary: `vocab_size`, and `pad_token_id`, `bos_token_id`, `eos_token_id`.

        Returns:
            A `transformers.PreTrainedConfig` of a class that the library has a model with a head
            for.
        """


# ---- executors: isogloss.executors


@runtime_checkable
class OpenExecutor(Protocol):
    """The entry point of an executor: opens one of the standard library's interface.

    So `concurrent.futures`, loky, Dask (`client.get_executor()`), mpi4py and others fit as they
    are. It is given groups of steps as functions that can be pickled; what they make goes to the
    store, which has to be one folder for all workers. A worker process runs one task at a time:
    torch's seeds and threads are the process's own, so threads beside each other do not fit.
    """

    def __call__(self, jobs: int) -> "Executor":
        """Open it; it is shut down when the run ends.

        Args:
            jobs: the command's `--jobs`: so many tasks at a time.

        Raises:
            InputError: if it cannot be had, saying what to do.
        """


# ---- sections of the report: isogloss.sections


@final
@dataclass(frozen=True)
class Findings:
    """What a section is written from."""

    study: str
    """The study's name."""

    metric: str
    """The metric of its figures."""

    rows: Sequence[Mapping[str, Any]]
    """The table of `isogloss results`: its columns are a contract (docs/versioning.md)."""


@final
@dataclass(frozen=True)
class SectionTable:
    """A table that sorts, filters and downloads."""

    caption: str
    """What it shows, in a sentence."""

    records: Sequence[Mapping[str, str | int | float | bool | None]]
    """Rows, all with the same fields; an interval of `x` is `x_low` and `x_high`."""


@final
@dataclass(frozen=True)
class SectionContent:
    """A section of the page: a title, then paragraphs, then tables."""

    title: str
    paragraphs: Sequence[str] = ()
    """Plain text, in which `**bold**` and `code` in backticks are drawn."""

    tables: Sequence[SectionTable] = ()


@runtime_checkable
class Section(Protocol):
    """A section of the report's page. One that fails is a note in the page; the rest stays."""

    def __call__(self, findings: Findings) -> SectionContent | None:
        """Write the section; None leaves it out."""

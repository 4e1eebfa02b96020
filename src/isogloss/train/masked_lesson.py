"""Learning to guess hidden tokens, in one language or many: whose windows, hidden where, what loss.

Everything is a function of seeds and counts: which windows meet in a step (`data.mixture`) and what
is hidden in them (`data.masking`), so a training can begin at any step. The body runs on every
position, but its last layer (where it can), the head and the loss only where something is hidden.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.data.masking import Keys, MaskRules, mask_windows
from isogloss.data.mixture import Mixing, Step, draw_steps
from isogloss.data.packing import Packed
from isogloss.data.ragged import join, stretches
from isogloss.model.masked import states_at
from isogloss.model.unpadded import narrows
from isogloss.train.chunks import in_chunks
from isogloss.train.lesson import StepOf
from isogloss.train.parts import Cutting
from isogloss.train.recipe import Recipe

Indices = NDArray[np.int64]


class Rows(NamedTuple):
    """The windows of one language among those of a step."""

    language: int
    rows: slice


@final
@dataclass(frozen=True)
class Span:
    """The windows of one language, which stand together in a part."""

    language: int
    windows: slice
    """Rows of the part."""
    places: slice
    """Of the part's hidden positions, those in these rows."""

    @property
    def n_places(self) -> int:
        """How many they are."""
        return int(self.places.stop) - int(self.places.start)


@final
@dataclass(frozen=True)
class MaskedPart:
    """Some windows of a step, side by side, sorted by language."""

    input_ids: Tensor
    """[windows, longest] With some tokens hidden."""

    attention_mask: Tensor | None
    """[windows, longest] 1 on tokens; None when nothing is padding."""

    places: Tensor
    """[hidden] Where a token is to be guessed, counted through the windows, ascending."""

    labels: Tensor
    """[hidden] What stood there."""

    n_hidden: Indices
    """[windows] How many tokens of each are hidden."""

    spans: tuple[Span, ...]
    """One for each language, covering all windows and all places in order."""

    windows: Indices
    """[windows] Number of each window in its language."""

    views: Indices
    """[windows] Which of its maskings this is."""

    n_tokens: int

    def __len__(self) -> int:
        return len(self.labels)

    def tokens_of(self, span: Span) -> int:
        """Tokens in the windows of a language, padding apart."""
        if self.attention_mask is None:
            return len(self.windows[span.windows]) * int(self.input_ids.shape[1])
        return int(self.attention_mask[span.windows].sum())


@final
@dataclass(frozen=True, eq=False)
class MaskedLesson:
    """Windows of text in some languages, to be guessed from what is left of them."""

    corpora: Sequence[Packed]
    """The windows of each language."""

    mixing: Mixing
    """How often each language comes."""

    rules: MaskRules
    """What is hidden, and how."""

    maskable: NDArray[np.bool_]
    """[vocabulary] Which tokens may be hidden."""

    label_smoothing: float = 0.0
    """Share of the target that goes to all of the vocabulary alike."""

    n_views: int | None = None
    """After as many passes over a window its maskings repeat; None never repeats them."""

    def __post_init__(self) -> None:
        empty = [at for at, corpus in enumerate(self.corpora) if len(corpus) == 0]
        if empty or not self.corpora:
            raise InputError(
                f"No text to learn from in language number {empty[0] + 1} of {len(self.corpora)}."
                if empty
                else "No language to learn from."
            )

    def __len__(self) -> int:
        return sum(map(len, self.corpora))

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Text, and settings as the bytes of their JSON."""
        texts = [array for one in self.corpora for array in (one.ids, one.offsets)]
        return (*texts, self.maskable, self.rules.candidates, as_bytes(self._settings()))

    @property
    def listens(self) -> bool:
        """No: it learns the same whatever the dev losses."""
        return False

    def hear(self, dev_losses: NDArray[np.float64] | None) -> None:
        """Pass over the dev losses."""
        del dev_losses

    def weights(self) -> NDArray[np.float64]:
        """[languages] Zeros: there are no teachers."""
        return np.zeros(len(self.corpora))

    def steps(
        self, recipe: Recipe, *, first_step: int, cutting: Cutting, device: torch.device
    ) -> Iterator[StepOf]:
        """Windows of languages as they are mixed, from step `first_step` to the last."""
        drawn = draw_steps(
            self.mixing,
            np.array([len(corpus) for corpus in self.corpora], dtype=np.int64),
            per_step=recipe.examples_per_step,
            total_steps=recipe.total_steps(len(self)),
            seed=recipe.seed,
            first_step=first_step,
        )
        for step in drawn:
            alike = np.ones_like(step.windows)  # windows are of one length
            mine = _taken(step, cutting.share.of(alike))
            yield StepOf(self.parts(mine, cutting=cutting, device=device), len(step.windows))

    def parts(self, step: Step, *, cutting: Cutting, device: torch.device) -> list[MaskedPart]:
        """Lay the windows of one step on the device: as one part, or as many as memory asks for."""
        lengths = self._all_lengths(step)
        size = max(1, cutting.max_tokens // int(lengths.max(initial=1)))
        return [
            self._part(_taken(step, slice(start, start + size)), cutting.pad_id, device)
            for start in range(0, len(step.windows), size)
        ]

    def loss(self, model: PreTrainedModel, part: Any) -> Tensor:
        """Mean cross-entropy over what is hidden."""
        return in_chunks(model, at_places(model, part), partial(self.losses, part.labels)).mean()

    def losses(self, labels: Tensor, logits: Tensor, rows: slice) -> Tensor:
        """[rows] Cross-entropy at some of the hidden positions."""
        return functional.cross_entropy(
            logits.float(), labels[rows], reduction="none", label_smoothing=self.label_smoothing
        )

    def size(self, part: Any) -> int:
        """Hidden tokens."""
        return len(part)

    def _part(self, step: Step, pad_id: int, device: torch.device) -> MaskedPart:
        rows = _runs_of(step.languages)
        views = step.passes if self.n_views is None else step.passes % self.n_views
        ids, real = self._side_by_side(step, rows, pad_id)
        masked = mask_windows(
            ids,
            self.maskable[ids] & real,
            Keys(language=step.languages, window=step.windows, view=views),
            self.rules,
        )
        n_hidden = masked.chosen.sum(axis=1)
        before = np.concatenate([[0], n_hidden.cumsum()])
        spans = tuple(
            Span(language, run, slice(int(before[run.start]), int(before[run.stop])))
            for language, run in rows
        )
        return MaskedPart(
            input_ids=torch.from_numpy(masked.input_ids).to(device, non_blocking=True),
            attention_mask=(
                None if real.all() else torch.from_numpy(real.astype(np.int64)).to(device)
            ),
            places=torch.from_numpy(np.flatnonzero(masked.chosen)).to(device, non_blocking=True),
            labels=torch.from_numpy(ids[masked.chosen]).to(device, non_blocking=True),
            n_hidden=n_hidden,
            spans=spans,
            windows=step.windows,
            views=views,
            n_tokens=int(real.sum()),
        )

    def _side_by_side(
        self, step: Step, rows: Sequence[Rows], pad_id: int
    ) -> tuple[Indices, NDArray[np.bool_]]:
        """[windows, longest] Ids, and where they are tokens and not padding."""
        lengths = self._all_lengths(step)
        real = np.arange(lengths.max(initial=0)) < lengths[:, None]
        ids = np.full(real.shape, pad_id, dtype=np.int64)
        ids[real] = join([self._tokens(step, run) for run in rows], np.int32)
        return ids, real

    def _all_lengths(self, step: Step) -> Indices:
        """[windows] Tokens of each window of a step."""
        return join([self._lengths(step, rows) for rows in _runs_of(step.languages)], np.int64)

    def _lengths(self, step: Step, rows: Rows) -> Indices:
        """[windows] Tokens of the windows of one language; the other windows are not looked at."""
        offsets, windows = self.corpora[rows.language].offsets, step.windows[rows.rows]
        return np.asarray(offsets[windows + 1] - offsets[windows])

    def _tokens(self, step: Step, rows: Rows) -> NDArray[np.int32]:
        """[tokens] Of the windows of one language, one after the other."""
        corpus, windows = self.corpora[rows.language], step.windows[rows.rows]
        starts = corpus.offsets[windows]
        return corpus.ids[stretches(starts, self._lengths(step, rows))]

    def _settings(self) -> dict[str, Any]:
        rules = {name: value for name, value in asdict(self.rules).items() if name != "candidates"}
        return {
            "lesson": "masked",
            "mixing": _told(self.mixing),
            "rules": rules,
            "label_smoothing": self.label_smoothing,
            "n_views": self.n_views,
        }


def _told(mixing: Mixing) -> dict[str, Any]:
    """A mixture as checkpoints hold it; `shares` is younger than some of them."""
    return {k: v for k, v in asdict(mixing).items() if (k, v) != ("shares", None)}


def at_places(model: PreTrainedModel, part: MaskedPart) -> Tensor:
    """[hidden, d] The state of a model's body where a token is hidden."""
    return states_at(model, part.input_ids, part.attention_mask, part.places, narrow=narrows(model))


def as_bytes(settings: Any) -> NDArray[np.uint8]:
    """Settings as bytes, for the identity of a checkpoint."""
    text = json.dumps(settings, sort_keys=True)
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _taken(step: Step, rows: slice | Indices) -> Step:
    return Step(step.languages[rows], step.windows[rows], step.passes[rows])


def _runs_of(languages: Indices) -> list[Rows]:
    """Each language with its rows, which stand together; a share of a step can be of none.

    >>> [tuple(run) for run in _runs_of(np.array([0, 0, 3]))]
    [(0, slice(0, 2, None)), (3, slice(2, 3, None))]
    """
    starts = np.flatnonzero(np.diff(languages, prepend=-1)).tolist()
    stops = [*starts[1:], len(languages)][: len(starts)]
    return [
        Rows(int(languages[start]), slice(start, stop))
        for start, stop in zip(starts, stops, strict=True)
    ]

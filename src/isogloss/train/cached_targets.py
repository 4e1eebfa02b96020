"""A teacher's answers, drawn once and kept, for a teacher too large to read along.

Kept are ids drawn from its distribution with their counts, which is unbiased (see `soft_labels`):
some 12 different ids of 50 draws, 6 bytes each. A window is hidden in as many ways as the lesson
has views, so all its answers can be given beforehand. What is drawn depends on the seed and the
window, not on which windows meet in a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import Tensor

from isogloss.base.errors import InputError, RunError
from isogloss.data.mixture import Step
from isogloss.data.ragged import offsets_of, pad_runs, runs
from isogloss.model.precision import Precision
from isogloss.model.seeds import seed_from
from isogloss.train.masked_lesson import MaskedLesson, MaskedPart, as_bytes
from isogloss.train.parts import Cutting
from isogloss.train.soft_labels import SampledTargets, sampled_loss, sampled_targets
from isogloss.train.teacher import ALL, OnlineTeacher, Reading

Indices = NDArray[np.int64]


@final
@dataclass(frozen=True)
class Drawing:
    """How answers are drawn."""

    n_draws: int
    """Ids of each hidden position, with replacement."""
    seed: int
    precision: Precision
    device: torch.device


@final
@dataclass(frozen=True, eq=False)
class CachedTeacher:
    """The answers of one language's teacher: a `Teacher` that needs no model."""

    ids: NDArray[np.int32]
    """[entries] What was drawn at each hidden position, one after the other."""

    counts: NDArray[np.uint16]
    """[entries] How often."""

    offsets: Indices
    """[positions + 1] Where the entries of each position begin."""

    starts: Indices
    """[views * windows + 1] Where the positions of each window begin, view after view."""

    n_windows: int

    temperature: float

    @property
    def reads(self) -> bool:
        """No: it has read."""
        return False

    @property
    def arrays(self) -> Iterator[NDArray[Any]]:
        """All that was kept."""
        yield from (self.ids, self.counts, self.offsets, self.starts)
        yield as_bytes({"temperature": self.temperature})

    def answers(self, readings: Sequence[Reading], max_tokens: int) -> list[SampledTargets]:
        """Look up what was drawn.

        Raises:
            RunError: if it was drawn at other hidden positions.
        """
        del max_tokens
        return [self._answer(reading) for reading in readings]

    def _answer(self, reading: Reading) -> SampledTargets:
        part, span = reading
        targets = self.targets(part.windows[span.windows], part.views[span.windows])
        if len(targets.ids) != span.n_places:
            raise RunError(
                f"A teacher's kept answers are for {len(targets.ids)} hidden tokens where the "
                f"student guesses {span.n_places}; make them again for this text and seed."
            )
        return targets

    def losses(self, student_logits: Tensor, answer: Any, rows: slice = ALL) -> Tensor:
        """[rows] T^2 times the cross-entropy to what was drawn."""
        targets = SampledTargets(*(kept[rows].to(student_logits.device) for kept in answer))
        return sampled_loss(student_logits, targets, self.temperature)

    def targets(self, windows: Indices, views: Indices) -> SampledTargets:
        """What was drawn at all hidden positions of some windows."""
        positions, _ = runs(self.starts, views * self.n_windows + windows)
        ids, _ = pad_runs(self.ids, self.offsets, positions, 0)
        counts, _ = pad_runs(self.counts, self.offsets, positions, 0)
        return SampledTargets(*(torch.from_numpy(a.astype(np.int32)) for a in (ids, counts)))

    def write(self, path: Path) -> None:
        """Write to one safetensors file."""
        numbers = np.array([self.n_windows, self.temperature])
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        save_file({**arrays, _NUMBERS: numbers}, path)

    @classmethod
    def read(cls, path: Path) -> "CachedTeacher":
        """Read what `write` wrote.

        Raises:
            RunError: if the file is missing, broken or something else.
        """
        try:
            found = load_file(path)
            n_windows, temperature = found[_NUMBERS].tolist()
            arrays = {name: found[name] for name in _ARRAYS}
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise RunError(
                f"{path} holds no answers of a teacher ({error}); delete it and run again."
            ) from error
        return cls(**arrays, n_windows=int(n_windows), temperature=temperature)


_ARRAYS = ("ids", "counts", "offsets", "starts")
_NUMBERS = "numbers"


def keep_answers(
    lesson: MaskedLesson, language: int, teacher: OnlineTeacher, drawing: Drawing, cutting: Cutting
) -> CachedTeacher:
    """Ask a teacher about every window of its language, hidden in every way there is.

    Args:
        lesson: text and masks; it must have `n_views`.
        language: its number in the lesson.
        teacher: is asked once about each view of each window; `top_k` is not looked at.
        drawing: how many answers are drawn, and where it computes.
        cutting: how windows are cut into parts.

    Raises:
        InputError: if maskings never repeat, or there are too many draws for their counts.
        RunError: if the teacher has diverged.
    """
    if lesson.n_views is None:
        raise InputError("Answers can be kept only where maskings repeat: give n_views.")
    if not 1 <= drawing.n_draws < 2**16:
        raise InputError(f"n_draws is {drawing.n_draws}; give 1 to {2**16 - 1}.")
    n = len(lesson.corpora[language])
    flat = [
        _flat(drawn)
        for view in range(lesson.n_views)
        for part in _parts(lesson, language, view, drawing.device, cutting)
        for drawn in _draw(part, teacher, drawing)
    ]
    return CachedTeacher(
        ids=np.concatenate([ids for ids, _, _ in flat]),
        counts=np.concatenate([counts for _, counts, _ in flat]),
        offsets=offsets_of(np.concatenate([lengths for _, _, lengths in flat])),
        starts=offsets_of(np.array([len(lengths) for _, _, lengths in flat], dtype=np.int64)),
        n_windows=n,
        temperature=teacher.temperature,
    )


def _parts(
    lesson: MaskedLesson, language: int, view: int, device: torch.device, cutting: Cutting
) -> Iterator[MaskedPart]:
    """All windows of a language in one view, in order."""
    n = len(lesson.corpora[language])
    longest = int(lesson.corpora[language].lengths.max())
    size = max(1, cutting.max_tokens // longest)
    for start in range(0, n, size):
        windows = np.arange(start, min(n, start + size))
        step = Step(np.full(len(windows), language), windows, np.full(len(windows), view))
        yield from lesson.parts(step, cutting=cutting, device=device)


def _draw(part: MaskedPart, teacher: OnlineTeacher, drawing: Drawing) -> Iterator[SampledTargets]:
    """What is drawn for each window of a part, from random numbers of its own."""
    (span,) = part.spans
    with drawing.precision.autocast(drawing.device):
        (answer,) = teacher.answers([Reading(part, span)], part.input_ids.numel())
        logits = teacher.logits(answer).float().cpu()
    if not torch.isfinite(logits).all():
        raise RunError(
            "The teacher says nothing usable: its logits are not finite. It has diverged; train it"
            " at a lower learning rate, or choose another."
        )
    for at, of_window in enumerate(torch.split(logits, part.n_hidden.tolist())):
        name = [drawing.seed, span.language, int(part.windows[at]), int(part.views[at])]
        generator = torch.Generator().manual_seed(seed_from(name))
        yield sampled_targets(of_window, drawing.n_draws, generator, teacher.temperature)


def _flat(drawn: SampledTargets) -> tuple[NDArray[np.int32], NDArray[np.uint16], Indices]:
    """Ids and counts without the empty places, and how many there are at each position."""
    ids, counts = drawn.ids.numpy(), drawn.counts.numpy()
    is_there = counts > 0
    return ids[is_there], counts[is_there].astype(np.uint16), is_there.sum(axis=1).astype(np.int64)

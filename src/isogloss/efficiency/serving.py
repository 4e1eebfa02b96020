"""A candidate, loaded as a server would load it: tokenize, compute, say the label."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from isogloss.data.ragged import pad_runs
from isogloss.efficiency.answering import Indices, Pieces, Sample
from isogloss.efficiency.candidate import Candidate
from isogloss.model.precision import Precision, best_device
from isogloss.model.served import load_served
from isogloss.model.tokenizer import encode_texts
from isogloss.model.words import EncodedSentences, encode_words


@final
class Loaded:
    """A loaded candidate; an `Answering`.

    Raises:
        InputError: if it cannot be loaded.
    """

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        served = load_served(
            Path(candidate.folder),
            candidate.form,
            task=candidate.task,
            labels=candidate.labels,
            attention=candidate.attention,
        )
        self.model = served.model
        self.tokenizer = served.tokenizer
        self.precision = Precision(served.precision, "the form's")
        if isinstance(self.model, nn.Module):
            self.model.to(best_device())

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        device: torch.device = self.model.device
        return device

    @contextmanager
    def running(self) -> Iterator[None]:
        """Enter precision, without gradients; weights that are cast stay cast until the exit.

        Autocast keeps what it has cast under `no_grad` but not under the quicker `inference_mode`,
        where each call would cast every weight again.
        """
        casts = self.precision.name == "bf16"
        without_gradients = torch.no_grad() if casts else torch.inference_mode()
        with without_gradients, self.precision.autocast(self.device):
            yield

    def encode(self, samples: Sequence[Sample]) -> Pieces:
        """Tokenize."""
        if self.candidate.task == "tags":
            sentences = encode_words(self.tokenizer, samples, self.candidate.max_length)
            return Pieces(sentences.ids, sentences.offsets, sentences)
        texts = [str(sample) for sample in samples]
        encoded = encode_texts(self.tokenizer, texts, self.candidate.max_length)
        return Pieces(encoded.ids, encoded.offsets)

    def forward(self, pieces: Pieces, part: Indices) -> NDArray[np.int64]:
        """[windows] or [windows, longest] Compute the ids of labels, brought to main memory."""
        ids, mask = pad_pieces(pieces, part, self.tokenizer.pad_token_id)
        logits = self.model(
            input_ids=torch.from_numpy(ids).to(self.device),
            attention_mask=None if mask is None else torch.from_numpy(mask).to(self.device),
        ).logits
        said: NDArray[np.int64] = logits.argmax(-1).cpu().numpy()
        return said

    def decode(
        self, pieces: Pieces, parts: Sequence[Indices], said: Sequence[NDArray[np.int64]]
    ) -> list[Any]:
        """Return a label a text, or a list of tags a sentence, in the order of the samples."""
        labels = self.candidate.labels
        if pieces.words is None:
            answers = np.empty(len(pieces.lengths), np.int64)
            for part, one in zip(parts, said, strict=True):
                answers[part] = one
            return [labels[answer] for answer in answers]
        return _decode_words(pieces, parts, said, labels)


def pad_pieces(
    pieces: Pieces, part: Indices, pad_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Lay windows side by side: ids [windows, longest], and a mask or None if none is padded."""
    return pad_runs(pieces.ids, pieces.offsets, part, pad_id)


def _decode_words(
    pieces: Pieces,
    parts: Sequence[Indices],
    said: Sequence[NDArray[np.int64]],
    labels: Sequence[str],
) -> list[list[str]]:
    flat = np.empty(len(pieces.ids), np.int64)
    for part, rows in zip(parts, said, strict=True):
        for window, row in zip(part, rows, strict=True):
            start, end = pieces.offsets[window], pieces.offsets[window + 1]
            flat[start:end] = row[: end - start]
    words: EncodedSentences = pieces.words
    at = pieces.offsets[words.word_window] + words.word_position
    tags = [labels[tag] for tag in flat[at]]
    return [tags[start:end] for start, end in pairwise(words.word_offsets.tolist())]

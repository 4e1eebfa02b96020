"""What a model says about each example: probabilities and losses, in the order of the split.

Texts are sorted by length and cut by a budget of tokens, and read end to end where the model can:
little or none of the work is padding. How they are cut does not change what is said (but by a model
in int8, whose ranges are those of the batch).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from isogloss.data.batches import pad, token_budget
from isogloss.data.encoded import Encoded
from isogloss.data.unpadded import Row, lay_row, rounded, rows_of
from isogloss.model.encoder import first_position
from isogloss.model.precision import Precision, without_plans
from isogloss.model.unpadded import UnpaddedBatch, lay_out, reads_unpadded, text_logits


@final
@dataclass(frozen=True, eq=False)
class Predictions:
    """One row a text, or a word, in the order of the split."""

    probabilities: NDArray[np.float32]
    """[n, labels or tags] Softmax of the logits."""

    losses: NDArray[np.float64]
    """[n] Cross-entropy with the gold label or tag, in nats, computed in fp32."""

    runtime: float
    """Seconds, transfers included."""

    n_batches: int


class Said(NamedTuple):
    """What was said about the texts or words of one batch, on the device."""

    log_probabilities: Tensor
    losses: Tensor


def predict(
    model: PreTrainedModel,
    encoded: Encoded,
    *,
    precision: Precision,
    pad_id: int,
    max_tokens: int,
) -> Predictions:
    """Run a classifier over a split, wherever its weights are; its mode is put back.

    Args:
        model: the classifier.
        encoded: the split; an empty one gives no rows.
        precision: what to compute with; the softmax is fp32 in any case.
        pad_id: the tokenizer's padding token.
        max_tokens: padded tokens in one batch; a row that is read end to end may be 6 % wider.
    """
    unpadded = reads_unpadded(model)
    say = _end_to_end if unpadded else _side_by_side
    parts = (rows_of if unpadded else token_budget)(encoded.lengths, max_tokens)

    def said(part: NDArray[np.int64], rows: NDArray[np.int64]) -> Said:
        return said_of(say(model, encoded, part, pad_id), encoded.labels[rows])

    return answer(model, said, precision=precision, parts=parts, rows=parts)


def _side_by_side(
    model: PreTrainedModel, encoded: Encoded, part: NDArray[np.int64], pad_id: int
) -> Tensor:
    return logits_of(model, *pad(encoded, part, pad_id))


def _end_to_end(
    model: PreTrainedModel, encoded: Encoded, part: NDArray[np.int64], pad_id: int
) -> Tensor:
    del pad_id  # a row is filled up with its own last token
    row = lay_row(encoded.offsets, part)
    return text_logits(model, batch_of(model, encoded.ids, row))[np.argsort(row.order)]


def batch_of(
    model: PreTrainedModel,
    ids: NDArray[np.int32],
    row: Row,
    asked: NDArray[np.int64] | None = None,
) -> UnpaddedBatch:
    """Bring a row of a split's tokens to where a model is, of a width that comes again."""
    return lay_out(
        ids[row.places],
        row.lengths,
        row.groups,
        first_position=first_position(model),
        device=model.device,
        asked=asked,
        width=rounded(len(row.places)),
    )


def answer(
    model: PreTrainedModel,
    say: Callable[[NDArray[np.int64], NDArray[np.int64]], Said],
    *,
    precision: Precision,
    parts: Sequence[NDArray[np.int64]],
    rows: Sequence[NDArray[np.int64]],
) -> Predictions:
    """Take batch after batch, and put what was said into the order of the rows.

    Args:
        model: its mode is put back.
        say: from what a batch holds, and the rows that it answers, to what is said of these rows.
        precision: what to compute with.
        parts: what each batch holds: texts, or windows.
        rows: what each batch answers: texts, or words; each row once.
    """
    start = time.perf_counter()
    with in_evaluation(model), precision.autocast(model.device):
        said = [say(part, answered) for part, answered in zip(parts, rows, strict=True)]
        found, losses = gather(said, model.config.num_labels)
    runtime = time.perf_counter() - start
    back = np.argsort(np.concatenate([np.empty(0, np.int64), *rows]), kind="stable")
    return Predictions(
        probabilities=np.exp(found)[back],
        losses=losses.astype(np.float64)[back],
        runtime=runtime,
        n_batches=len(parts),
    )


@contextmanager
def in_evaluation(model: PreTrainedModel) -> Iterator[None]:
    """Compute without dropout and without gradients inside the context.

    Not `inference_mode`: under it autocast keeps no cast weights and casts all of them again for
    every batch. Without plans for shapes, as most shapes come once.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), without_plans():
            yield
    finally:
        model.train(was_training)


def logits_of(
    model: PreTrainedModel, ids: NDArray[np.int64], mask: NDArray[np.int64] | None
) -> Tensor:
    """Run a padded batch, on the model's device."""
    logits: Tensor = model(
        input_ids=torch.from_numpy(ids).to(model.device),
        attention_mask=None if mask is None else torch.from_numpy(mask).to(model.device),
    ).logits
    return logits


def said_of(logits: Tensor, gold: NDArray[np.int64]) -> Said:
    """Log-probabilities, and the loss with the gold ids, of logits [rows, labels or tags]."""
    log_probabilities = functional.log_softmax(logits.float(), dim=-1)
    wanted = torch.from_numpy(gold).to(logits.device)
    losses = functional.nll_loss(log_probabilities, wanted, reduction="none")
    return Said(log_probabilities, losses)


def gather(said: list[Said], n_classes: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Bring all rows to main memory; only here does the device have to be waited for."""
    if not said:
        return np.empty((0, n_classes), np.float32), np.empty(0, np.float32)
    rows = torch.cat([one.log_probabilities for one in said]).cpu().numpy()
    return rows, torch.cat([one.losses for one in said]).cpu().numpy()

"""What a masked language model makes of a whole text: the rank of every token that may be masked.

The tokens of a window are dealt into folds; a pass masks one fold, all of it with the mask token,
and asks for it. So every token is asked for exactly once, with the rest of its window to see (six
sevenths of it by default, as in training), and the answer depends neither on a draw of masks nor on
how windows are cut into batches. Logits are fp32, since in bf16 the best of them are often equal,
and equal ones count in favor of the gold token.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from isogloss.base.errors import InputError, RunError
from isogloss.data.batches import token_budget
from isogloss.data.masking import folds
from isogloss.data.packing import Packed
from isogloss.data.ragged import Indices, join, pad_runs
from isogloss.evaluate.metrics import Score
from isogloss.evaluate.predict import in_evaluation
from isogloss.model.masked import logits_of, states_at
from isogloss.model.precision import Precision
from isogloss.model.unpadded import narrows

MOST_LOGITS = 2**22
"""Logits held at a time, 16 MiB: they are read thrice, and then lie near the processor. All logits
of a batch at once took twice as long, and with a vocabulary of 250,000 would fill any memory."""

LEAST_ROWS = 64
"""Tokens asked for at a time, however large the vocabulary is: a product of few rows is slow."""

NO_RANK = 0
"""Stands for the rank where a model said nothing usable."""

NOT_ASKED = -1
"""Fold of a token that is not scored, and of padding."""


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Scoring:
    """How a text is scored; the first three decide which tokens are masked together."""

    n_folds: int = 7
    """Passes over the text; the share of a window that is masked at a time is one over this."""
    seed: int
    maskable: NDArray[np.bool_]
    """[vocabulary] Ids that are scored."""

    mask_id: int
    pad_id: int
    precision: Precision
    """What the body computes with; the head is fp32 in any case."""
    max_tokens: int
    """Padded tokens in one batch; changes cost, not the result."""


class Ranks(NamedTuple):
    """One entry a scored token, in the order of the text."""

    window: Indices
    """[k] Ascending."""

    position: Indices
    """[k] Place in the window, special tokens counted."""

    rank: Indices
    """[k] 1 + how many entries have a logit strictly greater than the gold token's, over the whole
    vocabulary; `NO_RANK` where the logits are not finite."""

    loss: NDArray[np.float64]
    """[k] Cross-entropy with the gold token, in nats, computed in fp32."""

    characters: NDArray[np.int32]
    """[k] Characters of the text that the gold token stands for."""

    def write(self, path: Path) -> None:
        """Write to one parquet file that any tool reads, a row an entry."""
        columns = {name: pa.array(values) for name, values in self._asdict().items()}
        pq.write_table(pa.table(columns), path, compression="zstd")


class _Answer(NamedTuple):
    """What was said about some tokens, on the device."""

    tokens: Indices
    """[k] Place of each in the text, special tokens counted."""
    ranks: Tensor
    losses: Tensor


class _Pass(NamedTuple):
    """One batch with one fold masked."""

    input_ids: Indices
    """[n, L]"""
    mask: Indices | None
    """[n, L] 0 on padding."""
    places: Indices
    """[k] Masked places of the flat batch."""
    tokens: Indices
    """[k] Place of each in the text."""


def rank_masked(model: PreTrainedModel, packed: Packed, how: Scoring) -> Ranks:
    """Score every maskable token of a text exactly once, wherever the model's weights are.

    Ties are optimistic: a token that shares its logit with others ranks before them. With fp32
    logits ties hardly happen, but a model that gives all entries one logit has rank 1 everywhere.

    Args:
        model: a masked language model; its mode is put back.
        packed: the text; one without maskable tokens gives no entries.
        how: which tokens are masked together, and what to compute with.
    """
    asked = how.maskable[packed.ids]
    fold_of = folds(packed.offsets, asked, n_folds=how.n_folds, seed=how.seed)
    with in_evaluation(model), how.precision.autocast(model.device):
        answers = [_answer(model, packed, one) for one in _passes(packed, fold_of, how)]
    tokens = join([answer.tokens for answer in answers], np.int64)
    order = np.argsort(tokens, kind="stable")
    tokens = tokens[order]
    window = np.searchsorted(packed.offsets, tokens, side="right") - 1
    return Ranks(
        window=window.astype(np.int64),
        position=tokens - packed.offsets[window],
        rank=join([answer.ranks.cpu().numpy() for answer in answers], np.int64)[order],
        loss=join([answer.losses.cpu().numpy() for answer in answers], np.float64)[order],
        characters=packed.characters[tokens],
    )


def masked_scores(ranks: Ranks, n_unscored: int) -> list[Score]:
    r"""Score a model by the ranks and losses of the k tokens it was asked for.

    - `mrr`: mean reciprocal rank, \(\frac{1}{k} \sum_i 1 / rank_i\);
    - `top1_accuracy`, `top5_accuracy`: share of tokens with a rank of at most 1, or 5;
    - `eval_loss`: \(\frac{1}{k} \sum_i loss_i\), in nats a token;
    - `bits_per_character`: \(\sum_i loss_i / \ln 2 / \sum_i characters_i\), over the characters of
      the scored tokens.

    The first four are comparable under one vocabulary only; the last under any that has few unknown
    tokens, whose characters it leaves out. It is a pseudo-likelihood: each token is guessed from
    both sides, so it is no rate that a text could be compressed to.

    Args:
        ranks: of one text.
        n_unscored: tokens of the text that were not asked for: the unknown ones.

    Raises:
        InputError: if there is no entry.
        RunError: if none is usable: the model has diverged.
    """
    if len(ranks.rank) == 0:
        raise InputError(
            "No token to score: the held-out text is empty, or the tokenizer knows none of it."
        )
    usable = np.isfinite(ranks.loss)
    if not usable.any():
        raise RunError(
            f"None of the {len(ranks.rank)} guesses is usable: their losses are not finite. The "
            "model has diverged; lower the learning rate or train in fp32."
        )
    n = int(usable.sum())
    unscored = n_unscored + len(ranks.rank) - n
    values = _values(ranks.rank[usable], ranks.loss[usable], ranks.characters[usable])
    return [Score(metric, value, n, unscored) for metric, value in values]


def _values(
    rank: Indices, loss: NDArray[np.float64], characters: NDArray[np.int32]
) -> Iterator[tuple[str, float]]:
    yield "mrr", float(np.mean(1 / rank))
    yield "top1_accuracy", float(np.mean(rank <= 1))
    yield "top5_accuracy", float(np.mean(rank <= 5))
    yield "eval_loss", float(np.mean(loss))
    total = int(characters.sum(dtype=np.int64))
    if total:  # none where a text is nothing but the later bytes of a character
        yield "bits_per_character", float(loss.sum()) / math.log(2) / total


def _passes(packed: Packed, fold_of: Indices, how: Scoring) -> Iterator[_Pass]:
    """Every batch of windows, once for each fold that has a token in it."""
    for part in token_budget(packed.lengths, how.max_tokens):
        ids, mask = pad_runs(packed.ids, packed.offsets, part, how.pad_id)
        laid, _ = pad_runs(fold_of, packed.offsets, part, NOT_ASKED)
        for fold in range(how.n_folds):
            rows, columns = np.nonzero(laid == fold)
            if len(rows):
                masked = np.where(laid == fold, how.mask_id, ids)
                tokens = packed.offsets[part[rows]] + columns
                yield _Pass(masked, mask, rows * ids.shape[1] + columns, tokens)


def _answer(model: PreTrainedModel, packed: Packed, one: _Pass) -> _Answer:
    def there(array: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(model.device)

    mask = None if one.mask is None else there(one.mask)
    states = states_at(model, there(one.input_ids), mask, there(one.places), narrow=narrows(model))
    chosen = states.float()
    gold = there(packed.ids[one.tokens].astype(np.int64))
    rows = max(LEAST_ROWS, MOST_LOGITS // model.config.vocab_size)
    with torch.autocast(model.device.type, enabled=False):
        said = [
            _ranked(logits_of(model, chosen[at : at + rows]), gold[at : at + rows])
            for at in range(0, len(gold), rows)
        ]
    return _Answer(one.tokens, *(torch.cat(column) for column in zip(*said, strict=True)))


def _ranked(logits: Tensor, gold: Tensor) -> tuple[Tensor, Tensor]:
    """Ranks and losses of the gold ids, of logits [k, V]."""
    own = logits.gather(1, gold[:, None])
    losses = functional.cross_entropy(logits, gold, reduction="none")
    ranks = 1 + (logits > own).sum(1, dtype=torch.int32)  # in int64 it takes thrice as long
    return torch.where(losses.isfinite(), ranks, NO_RANK), losses

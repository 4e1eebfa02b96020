"""Which tokens are masked: a pure function of where a token stands, not of the order of work.

A generator that is asked in turn gives another mask as soon as a batch is cut, ordered or resumed
in another way. Here each choice is a hash of the seed, the view, the language, the window and the
position (SplitMix64, Steele et al. 2014, applied to one number after the other). So a mask can be
made again at any time: for a resumed training, for a teacher whose answers are stored, for another
number of machines.
"""

from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from isogloss.data.ragged import Indices, starts_of

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

SHARE_MASK, SHARE_RANDOM = 0.8, 0.1
CHOOSE, REPLACE, CANDIDATE, FOLD = 1, 2, 3, 4  # each question has hashes of its own
WORD = 2**64


class Keys(NamedTuple):
    """Where each window of a batch stands."""

    language: Indices
    """[n] The language of each window."""

    window: Indices
    """[n] Its number in the text of the language."""

    view: Indices
    """[n] Which mask of that window: the pass over the text, say."""


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class MaskRules:
    """How tokens are chosen and what stands in their place (Devlin et al. 2019)."""

    mask_id: int
    """Stands for 80 % of the chosen tokens."""

    candidates: Indices
    """[k] Ids of which a random one stands for 10 % of the chosen tokens; it may be the token's."""

    seed: int
    share: float = 0.15
    """The chance of each token to be chosen; 10 % of the chosen ones stay as they are."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not len(self.candidates):
            raise ValueError(
                f"cannot mask {self.share} of the tokens with {len(self.candidates)} candidates"
            )


class Masked(NamedTuple):
    """A batch as the encoder reads it; what it must tell stands in the ids from before."""

    input_ids: NDArray[np.int64]
    """[n, L] Ids with the chosen tokens covered."""

    chosen: Flags
    """[n, L] Tokens to be told; none at all may be chosen."""


def mask_windows(ids: NDArray[np.int64], maskable: Flags, keys: Keys, rules: MaskRules) -> Masked:
    """Choose tokens of a batch and cover them.

    Args:
        ids: [n, L] Token ids.
        maskable: [n, L] Which of them may be chosen: no special tokens, no padding.
        keys: where the `n` windows stand.
        rules: how to choose and cover.
    """
    windows = _hash(rules.seed, keys.view, keys.language, keys.window)
    tokens = _mix(windows[:, None] ^ np.arange(ids.shape[1], dtype=np.uint64))
    chosen = maskable & (_uniform(tokens, CHOOSE) < rules.share)
    input_ids = ids.astype(np.int64)
    input_ids[chosen] = _covered(input_ids[chosen], tokens[chosen], rules)
    return Masked(input_ids, chosen)


def _covered(ids: Indices, tokens: Hashes, rules: MaskRules) -> Indices:
    """[chosen] What stands in the place of each chosen token."""
    how = _uniform(tokens, REPLACE)
    which = (_uniform(tokens, CANDIDATE) * len(rules.candidates)).astype(np.int64)
    random = np.where(how < SHARE_MASK + SHARE_RANDOM, rules.candidates[which], ids)
    return np.where(how < SHARE_MASK, rules.mask_id, random)


def folds(offsets: Indices, maskable: Flags, *, n_folds: int, seed: int) -> Indices:
    """Deal the maskable tokens of a text into folds, so that each is masked once over all of them.

    Within a window the folds are of one size, or differ by one token; which tokens meet is random.

    Args:
        offsets: [windows + 1] The tokens of window `i` are `offsets[i]` to `offsets[i + 1]`.
        maskable: [tokens] Which tokens are dealt out.
        n_folds: how many folds.
        seed: which tokens meet.

    Returns:
        [tokens] The fold of each maskable token, from 0; -1 for the others.
    """
    lengths = np.diff(offsets)
    window = np.repeat(np.arange(len(lengths)), lengths)[maskable]
    position = (np.arange(len(maskable)) - np.repeat(offsets[:-1], lengths))[maskable]
    hashes = _hash(seed, np.full_like(window, FOLD), window, position)
    order = np.lexsort((hashes, window))
    n_in_window = np.bincount(window, minlength=len(lengths))
    rank = np.arange(len(window)) - np.repeat(starts_of(n_in_window), n_in_window)
    first = _hash(seed, np.full(len(lengths), FOLD), np.arange(len(lengths))) % np.uint64(n_folds)
    dealt = np.full(len(maskable), -1, np.int64)
    places = np.flatnonzero(maskable)[order]
    dealt[places] = (rank + np.repeat(first.astype(np.int64), n_in_window)) % n_folds
    return dealt


def _hash(seed: int, *numbers: Indices) -> Hashes:
    """[n] Mix a seed and one number after the other; their order counts."""
    mixed = _mix(np.array([seed % WORD], dtype=np.uint64))
    for number in numbers:
        mixed = _mix(mixed ^ number.astype(np.uint64))
    return mixed


def _uniform(hashes: Hashes, question: int) -> NDArray[np.float64]:
    """Numbers in [0, 1) of 53 random bits, others for each question."""
    return np.asarray((_mix(hashes + np.uint64(question)) >> np.uint64(11)) * 2.0**-53)


def _mix(x: Hashes) -> Hashes:
    """One step of SplitMix64; whole arrays wrap at 2**64, which is meant."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))

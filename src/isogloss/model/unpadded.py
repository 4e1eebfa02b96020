"""Encoders over sequences end to end, without padding: exact, whatever the family.

An attention of our own, registered in transformers, sees to it that no sequence looks at another;
every other layer takes a row of tokens as it is. Which families can be read so is not a list: each
model is asked once whether it says the same both ways.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.model.block_attention import NAME, Blocks
from isogloss.model.blocks import Laid
from isogloss.model.encoder import TAGGER, first_position
from isogloss.model.last_layer import last_layer_of, only
from isogloss.model.used_entries import entries_of

TOLERANCE = 1e-5
"""Largest difference of logits, relative to the largest of them, that counts as the same (fp32)."""

EVERY = 16
"""Blocks of rows of a given width are as wide as a multiple of it: shapes, and the memory and code
for them, come again, which is worth more than the padding."""

LENGTHS, GROUPS = (3, 5, 5, 5, 9), (2, 2, 1)
"""Of the texts by which a model is asked: groups of one length and of several."""


@final
@dataclass(frozen=True)
class UnpaddedBatch:
    """Sequences end to end, on the device."""

    input_ids: Tensor
    """[1, width] After the tokens there may be padding, which nobody looks at."""

    position_ids: Tensor
    """[1, width]"""

    first: Tensor
    """[n] Where each sequence begins."""

    asked: Tensor
    """[asked] Of which tokens something is asked, ascending."""

    blocks: Blocks

    @property
    def n_tokens(self) -> int:
        """Tokens without padding."""
        return self.input_ids.shape[1] - self.blocks.tokens.rest


def lay_out(  # noqa: PLR0913
    ids: NDArray[Any],
    lengths: NDArray[np.int64],
    groups: Sequence[int],
    *,
    first_position: int,
    device: torch.device,
    asked: NDArray[np.int64] | None = None,
    width: int = 0,
) -> UnpaddedBatch:
    """Bring sequences to a device.

    Args:
        ids: [tokens] sequence after sequence.
        lengths: [n] of each.
        groups: how many neighboring sequences attention takes at once, in order; all in all `n`.
        first_position: where the model begins to count positions.
        device: the model's.
        asked: [asked] of which tokens something is asked, ascending, each once; None asks for the
            first of each sequence.
        width: the row is filled up to it with its last token, as padding that nobody looks at; a
            longer one is as long as its tokens.

    Raises:
        InputError: for a sequence without tokens.
    """
    if not lengths.all():
        raise InputError(
            "A text has no token: it is empty, and its tokenizer adds none. Leave it out."
        )
    rest = max(0, width - len(ids))
    ids = np.pad(ids.astype(np.int64), (0, rest), mode="edge")
    positions = np.concatenate([*map(np.arange, lengths), np.zeros(rest, np.int64)])
    ends = np.cumsum(lengths)
    first = ends - lengths
    asked = first if asked is None else asked
    n_asked = np.bincount(np.searchsorted(ends, asked, side="right"), minlength=len(lengths))
    return UnpaddedBatch(
        input_ids=torch.from_numpy(ids)[None].to(device),
        position_ids=torch.from_numpy(positions + first_position)[None].to(device),
        first=torch.from_numpy(first).to(device),
        asked=torch.from_numpy(asked).to(device),
        blocks=_blocks(lengths, n_asked, groups, rest, device, every=EVERY if width else 1),
    )


def _blocks(
    lengths: NDArray[np.int64],
    n_asked: NDArray[np.int64],
    groups: Sequence[int],
    rest: int,
    device: torch.device,
    *,
    every: int,
) -> Blocks:
    ends = np.cumsum(groups)[:-1]
    return Blocks(
        tokens=Laid(tuple(_mask(own, every) for own in np.split(lengths, ends)), rest, device),
        asked=Laid(tuple(_mask(own) for own in np.split(n_asked, ends)), 0, device),
    )


def _mask(lengths: NDArray[np.int64], every: int = 1) -> NDArray[np.bool_]:
    """[n, longest, or the next multiple] Where there is something, if runs lie side by side."""
    return np.arange(-(-lengths.max() // every) * every) < lengths[:, None]


def text_logits(model: PreTrainedModel, batch: UnpaddedBatch) -> Tensor:
    """What a classifier says of each sequence, [n, labels].

    A head reads the first token of each text, or the mean over it, so it is given only that, as
    texts of one token.
    """
    means = getattr(model.config, "classifier_pooling", "cls") == "mean"
    narrow = not means and narrows(model)

    def pooled(body: nn.Module, _: Any, outputs: Any) -> Any:
        row = outputs.last_hidden_state[0]
        read = _means(row, batch) if means else row if narrow else row[batch.asked]
        hidden = read[:, None]
        outputs.last_hidden_state = hidden
        pooler = getattr(body, "pooler", None)
        if pooler is not None:
            outputs.pooler_output = pooler(hidden)
        return outputs

    handle = model.base_model.register_forward_hook(pooled)
    try:
        logits: Tensor = _run(model, model, batch, narrow=narrow).logits
    finally:
        handle.remove()
    return logits


def _means(row: Tensor, batch: UnpaddedBatch) -> Tensor:
    """[n, d] Mean over each sequence."""
    lengths = torch.diff(batch.first, append=batch.first.new_tensor([batch.n_tokens]))
    real = row[: batch.n_tokens].float()
    return torch.segment_reduce(real, "mean", lengths=lengths).to(row.dtype)


def token_logits(model: PreTrainedModel, batch: UnpaddedBatch) -> Tensor:
    """What a tagger says of each token that is asked for, [asked, tags]."""
    narrow = narrows(model) and len(batch.asked) > 0  # no layer of the library takes no token
    logits: Tensor = _run(model, model, batch, narrow=narrow).logits[0]
    return logits if narrow else logits[batch.asked]


def token_states(model: PreTrainedModel, batch: UnpaddedBatch, *, narrow: bool) -> Tensor:
    """What the body makes of each token that is asked for, [asked, d].

    Args:
        model: any whose body reads texts end to end.
        batch: what it reads.
        narrow: what `narrows` says of the model, or of the one whose copy it is.
    """
    narrow = narrow and len(batch.asked) > 0
    row: Tensor = _run(model.base_model, model, batch, narrow=narrow).last_hidden_state[0]
    return row if narrow else row[batch.asked]


def _run(runs: nn.Module, model: PreTrainedModel, batch: UnpaddedBatch, *, narrow: bool) -> Any:
    """Run all of a model, or its body alone."""
    with _attention(model), _asked_only(model, batch) if narrow else nullcontext():
        return runs(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            blocks=batch.blocks,
        )


def _asked_only(model: PreTrainedModel, batch: UnpaddedBatch) -> AbstractContextManager[None]:
    last = last_layer_of(model.base_model)
    if last is None:
        raise ValueError("this model has no last layer that could look at some tokens alone")
    return only(last, batch.asked)


@contextmanager
def _attention(model: PreTrainedModel) -> Iterator[None]:
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before


_asked: "WeakKeyDictionary[PreTrainedModel, bool]" = WeakKeyDictionary()
_narrow: "WeakKeyDictionary[PreTrainedModel, bool]" = WeakKeyDictionary()


def reads_unpadded(model: object) -> bool:
    """Whether a classifier or tagger says the same of texts end to end as of texts with padding.

    Asked once a model, with a few made texts, without dropout. A family whose attention or head
    does not take rows (attention of its own, a head that reads more than the first token) answers
    no, and so does one on another device than a CPU, where padding costs less than many groups.
    """
    return _answer(model, _asked, _of_the_head)


def narrows(model: object) -> bool:
    """Whether the last layer of a model's body may look at the tokens alone that are asked for.

    Asked once a model, like `reads_unpadded`: a family with other names for its keys and values, or
    one that turns them by their positions, answers no.
    """
    return _answer(model, _narrow, _of_the_last_layer)


def _answer(
    model: object,
    known: "WeakKeyDictionary[PreTrainedModel, bool]",
    both_ways: Callable[[PreTrainedModel], tuple[Tensor, Tensor]],
) -> bool:
    if not isinstance(model, PreTrainedModel) or model.device.type != "cpu":
        return False
    if any(vars(module).get("gradient_checkpointing") for module in model.modules()):
        return False  # layers run again on the way back, when nothing is as it was
    if model not in known:
        known[model] = _says_the_same(model, both_ways)
    return known[model]


def _says_the_same(
    model: PreTrainedModel, both_ways: Callable[[PreTrainedModel], tuple[Tensor, Tensor]]
) -> bool:
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), torch.autocast(model.device.type, enabled=False):
            found, want = both_ways(model)
            return float((found - want).abs().max() / want.abs().max()) <= TOLERANCE
    except (TypeError, ValueError, RuntimeError, AttributeError, IndexError):
        return False
    finally:
        model.train(was_training)


def _of_the_head(model: PreTrainedModel) -> tuple[Tensor, Tensor]:
    """Logits of made texts end to end, and of each alone."""
    if type(model).__name__.endswith(TAGGER.ending):
        batch, texts = _made_texts(model, asked=np.arange(sum(LENGTHS)))
        alone = [model(input_ids=text).logits[0] for text in texts]
        return token_logits(model, batch), torch.cat(alone)
    batch, texts = _made_texts(model)
    return text_logits(model, batch), torch.cat([model(input_ids=text).logits for text in texts])


def _of_the_last_layer(model: PreTrainedModel) -> tuple[Tensor, Tensor]:
    """What a last layer makes of two tokens in three, and of these among all of each text alone."""
    batch, texts = _made_texts(model, asked=np.flatnonzero(np.arange(sum(LENGTHS)) % 3))
    alone = [model.base_model(input_ids=text).last_hidden_state[0] for text in texts]
    return token_states(model, batch, narrow=True), torch.cat(alone)[batch.asked]


def _made_texts(
    model: PreTrainedModel, asked: NDArray[np.int64] | None = None
) -> tuple[UnpaddedBatch, list[Tensor]]:
    """Texts of ids that the model can look up, none of them the padding."""
    entries = entries_of(model).numpy()
    others = entries[entries != model.config.pad_token_id]
    lengths, ids = np.array(LENGTHS), np.random.default_rng(0).choice(others, sum(LENGTHS))
    batch = lay_out(
        ids,
        lengths,
        GROUPS,
        first_position=first_position(model),
        device=model.device,
        asked=asked,
    )
    return batch, [torch.from_numpy(text)[None] for text in np.split(ids, np.cumsum(lengths)[:-1])]

"""Masked language models: made, loaded whole or refused, saved for any user, run where it counts.

The body runs on every position, the head only on those that a loss or a rank asks for: with 15 % of
positions masked, the product with the vocabulary, most of a small model's work, shrinks to a
seventh. Both halves are the library's own modules, so a trained model is the library's model.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import (
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoModelForMaskedLM,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from isogloss.base.errors import InputError, UnknownName
from isogloss.model.encoder import (
    Kind,
    check_kind,
    first_position,
    from_folder,
    in_fp32,
    random_names,
    read_config,
    save_classifier,
)
from isogloss.model.hub import local_copy
from isogloss.model.origin import loading, quiet
from isogloss.model.precision import LONGEST_FOR_EAGER_ON_CPU
from isogloss.model.unpadded import UnpaddedBatch, lay_out, token_states

MASKED_LM = Kind(
    "ForMaskedLM", AutoModelForMaskedLM, MODEL_FOR_MASKED_LM_MAPPING, "masked-language-model head"
)


def make_masked_lm(config: PreTrainedConfig, *, seed: int, attention: str) -> PreTrainedModel:
    """Make a masked language model with random fp32 weights that depend on the seed only.

    Args:
        config: the encoder's description; it is not changed. Where it says `tie_word_embeddings`,
            as every family's does by itself, the table of embeddings is the last layer too.
        seed: of the weights.
        attention: `eager` or `sdpa`.

    Raises:
        UnknownName: for a family whose head we cannot run on chosen positions.
    """
    _check_family(config)
    own = _dense(copy.deepcopy(config))
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForMaskedLM.from_config(
            own, dtype=torch.float32, attn_implementation=attention, trust_remote_code=False
        )
    return in_fp32(model)


def load_masked_lm(
    path_or_id: str | Path, *, attention: str, revision: str = "main"
) -> PreTrainedModel:
    """Load a masked language model from a folder or the Hub, in fp32, whole or not at all.

    Args:
        path_or_id: folder, or id on the Hub.
        attention: `eager` or `sdpa`; a model that has no `sdpa` gets `eager`.
        revision: branch, tag or commit on the Hub.

    Raises:
        InputError: if there is no loadable checkpoint, or it lacks a weight of the encoder or of
            the head that guesses tokens.
        RunError: if the Hub cannot be reached.
    """
    folder = local_copy(path_or_id, revision, weights=True)
    config = read_config(folder, path_or_id)
    _check_family(config)
    with loading(path_or_id, "model"), torch.random.fork_rng(devices=[]):
        model, report = from_folder(MASKED_LM, folder, _dense(config), attention)
    random = sorted(random_names(report))
    if random:
        raise InputError(
            f"{path_or_id} is no whole masked language model: {len(random)} tensors are missing or "
            f"of another shape, the first {random[0]!r}. Give a checkpoint saved with its "
            "masked-language-model head."
        )
    return in_fp32(model)


def check_masked_lm(path_or_id: str | Path, *, revision: str, max_length: int) -> None:
    """Find what is wrong with a masked language model before anything is trained.

    Of its weights only the headers are read; see `isogloss.model.encoder.check_encoder`.

    Raises:
        InputError: if it is missing, not open to us, of a family that we cannot use, or too short.
        RunError: if it has to be downloaded, and cannot be.
    """
    check_kind(MASKED_LM, path_or_id, revision=revision, max_length=max_length)
    _check_family(read_config(local_copy(path_or_id, revision, weights=True), path_or_id))


def save_masked_lm(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> None:
    """Write a folder that `AutoModelForMaskedLM`, `AutoTokenizer` and `pipeline` load.

    Tied weights are written once and tied again on loading.
    """
    save_classifier(model, tokenizer, folder)


def hidden_states(
    model: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor | None
) -> Tensor:
    """Run the body: what the model thinks at every position, before its head.

    Args:
        model: any masked language model of `HEADS`.
        input_ids: [n, L].
        attention_mask: [n, L], 0 on padding; None where nothing is padded.

    Returns:
        [n, L, d].
    """
    hidden: Tensor = model.base_model(
        input_ids=input_ids, attention_mask=attention_mask
    ).last_hidden_state
    return hidden


def states_at(
    model: PreTrainedModel,
    input_ids: Tensor,
    attention_mask: Tensor | None,
    places: Tensor,
    *,
    narrow: bool,
) -> Tensor:
    """Run the body, and say what it thinks at chosen positions.

    Args:
        model: any masked language model of `HEADS`.
        input_ids: [n, L].
        attention_mask: [n, L], 0 on padding; None where nothing is padded.
        places: [k] chosen positions, counted through the windows; ascending.
        narrow: what `narrows` says of the model, or of the one whose copy it is: on a CPU the last
            layer then looks at these positions alone, unless windows are long.

    Returns:
        [k, d].
    """
    on_cpu = input_ids.device.type == "cpu"
    if narrow and on_cpu and input_ids.shape[1] <= LONGEST_FOR_EAGER_ON_CPU:
        batch = _end_to_end(model, input_ids, attention_mask, places)
        return token_states(model, batch, narrow=True)
    hidden = hidden_states(model, input_ids, attention_mask)
    return hidden.flatten(0, 1).index_select(0, places)


def _end_to_end(
    model: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor | None, places: Tensor
) -> UnpaddedBatch:
    """Windows as one row, without their padding; attention takes them all at once."""
    mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    real = mask.numpy().astype(np.bool_)
    return lay_out(
        input_ids.numpy()[real],
        real.sum(axis=1),
        (len(real),),
        first_position=first_position(model),
        device=input_ids.device,
        asked=real.ravel().cumsum()[places.numpy()] - 1,
    )


def logits_of(model: PreTrainedModel, hidden: Tensor) -> Tensor:
    """Run the head on chosen positions, [k, d] -> [k, V]: what the whole model says there.

    Raises:
        UnknownName: for a family that we do not know the head of.
    """
    _check_family(model.config)
    return HEADS[model.config.model_type](model, hidden)


def _bert(model: Any, hidden: Tensor) -> Tensor:
    logits: Tensor = model.cls(hidden)
    return logits


def _distilbert(model: Any, hidden: Tensor) -> Tensor:
    turned = model.vocab_layer_norm(model.activation(model.vocab_transform(hidden)))
    logits: Tensor = model.vocab_projector(turned)
    return logits


def _modernbert(model: Any, hidden: Tensor) -> Tensor:
    logits: Tensor = model.decoder(model.head(hidden))
    return logits


def _roberta(model: Any, hidden: Tensor) -> Tensor:
    logits: Tensor = model.lm_head(hidden)
    return logits


HEADS: dict[str, Callable[[PreTrainedModel, Tensor], Tensor]] = {
    "bert": _bert,
    "camembert": _roberta,
    "distilbert": _distilbert,
    "eurobert": _roberta,
    "modernbert": _modernbert,
    "mpnet": _roberta,
    "roberta": _roberta,
    "xlm-roberta": _roberta,
}
"""What each family's model does after its body, by `model_type`."""


def check_same_vocabulary(
    tokenizer: PreTrainedTokenizerBase, other: PreTrainedTokenizerBase, name: str
) -> None:
    """Refuse a teacher whose ids mean other tokens than the student's.

    Args:
        tokenizer: the student's.
        other: the teacher's.
        name: what the person calls the teacher.

    Raises:
        InputError: saying how they differ.
    """
    ours, theirs = ({i: t for t, i in one.get_vocab().items()} for one in (tokenizer, other))
    different = sorted(i for i in ours.keys() | theirs.keys() if ours.get(i) != theirs.get(i))
    if different:
        at = different[0]
        one, two = (repr(vocabulary.get(at, "nothing")) for vocabulary in (theirs, ours))
        raise InputError(
            f"{name} has another vocabulary than the student: {len(theirs)} entries against "
            f"{len(ours)}, {len(different)} of them different, the first at id {at}: "
            f"{one} against {two}. Train it with the student's tokenizer, "
            "or choose another teacher."
        )
    for part in ("cls_token", "sep_token", "pad_token", "mask_token", "unk_token"):
        one, two = repr(getattr(other, part)), repr(getattr(tokenizer, part))
        if one != two:
            raise InputError(
                f"{name} has the student's vocabulary, but {one} for its {part}, where the student "
                f"has {two}. Choose another teacher."
            )


def check_same_outputs(n_outputs: int, teacher: PreTrainedModel, name: str) -> None:
    """Refuse a teacher whose distribution has another length than the student's.

    A table of embeddings may have more rows than the vocabulary has entries, so one vocabulary does
    not make equal lengths.

    Args:
        n_outputs: the student's.
        teacher: any masked language model.
        name: what the person calls the teacher.

    Raises:
        InputError: naming both.
    """
    theirs = teacher.config.vocab_size
    if n_outputs != theirs:
        raise InputError(
            f"{name} has {theirs} outputs and the student {n_outputs}: their distributions cannot "
            "be compared. Choose a teacher whose config.json has the student's vocab_size."
        )


def average_into(model: PreTrainedModel, state_dicts: Iterable[Mapping[str, Tensor]]) -> None:
    """Give a model the mean of the weights of others of its shape, whatever their order.

    The mean of models that began from one seed is a model; of others it is rarely a good one.

    Args:
        model: keeps its dtype, device and ties.
        state_dicts: read one at a time.

    Raises:
        InputError: naming the first tensor that does not fit, or if there is no model to average.
    """
    own = model.state_dict()
    total = {name: torch.zeros_like(tensor, dtype=torch.float64) for name, tensor in own.items()}
    n = 0
    for n, state in enumerate(state_dicts, start=1):
        _check_shapes(own, state, n)
        for name, so_far in total.items():
            so_far.add_(state[name].to(so_far))
    if n == 0:
        raise InputError("No teacher to begin from: name at least one, or begin at random.")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(total[name] / n)


def _check_shapes(own: Mapping[str, Tensor], other: Mapping[str, Tensor], at: int) -> None:
    for name in sorted(own.keys() | other.keys()):
        shapes = [tuple(one[name].shape) if name in one else None for one in (own, other)]
        if shapes[0] != shapes[1]:
            raise InputError(
                f"Teacher {at} has not the student's shape: its {name} is {_shape(shapes[1])}, the "
                f"student's is {_shape(shapes[0])}. Begin at random, or give both one size."
            )


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else " x ".join(map(str, shape)) or "a number"


def _check_family(config: PreTrainedConfig) -> None:
    if config.model_type not in HEADS:
        raise UnknownName("family of masked language models", str(config.model_type), HEADS)


def _dense(config: PreTrainedConfig) -> PreTrainedConfig:
    """Switch off ModernBERT's own way of leaving positions out, which depends on labels."""
    if getattr(config, "sparse_prediction", False):
        config.sparse_prediction = False
    return config

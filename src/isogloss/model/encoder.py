"""Encoders with a head, of texts or of words: made, loaded, and saved for any user.

What is loaded trains in fp32 master weights (the library's default follows the checkpoint, which
may be half precision), from safetensors only, with labels by name and a head drawn from a seed.
"""

import copy
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors import safe_open
from transformers import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from isogloss.base.errors import InputError, RunError
from isogloss.base.lengths import NO_LIMIT
from isogloss.model.head import of_head, order_of_labels, outputs_of, reorder, replace_head
from isogloss.model.hub import local_copy
from isogloss.model.origin import BrokenModel, check_origin, loading, quiet

Head = Literal["kept", "new"]

MOST_WITHOUT_A_FILE = 2
"""Times as many weights as its files hold may a model have: a head is new, tied ones stand once."""

POSITIONS = "position_embeddings"
"""What the library calls a table of learned positions, in whatever family."""


class Kind(NamedTuple):
    """What the library calls a model with a head."""

    ending: str
    """Of the names of its classes."""
    auto: Any
    mapping: Any
    what: str


CLASSIFIER = Kind(
    "ForSequenceClassification",
    AutoModelForSequenceClassification,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    "classifier",
)
TAGGER = Kind(
    "ForTokenClassification",
    AutoModelForTokenClassification,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    "tagger",
)


class Loaded(NamedTuple):
    """A classifier or tagger made from a checkpoint."""

    model: PreTrainedModel

    head: Head
    """Kept if all of it comes from the checkpoint; new if some of it was drawn from the seed."""


def make_classifier(
    config: PreTrainedConfig, labels: Sequence[str], *, seed: int, attention: str
) -> PreTrainedModel:
    """Make a model of texts with random fp32 weights that depend on the seed only.

    Args:
        config: the encoder's description; it is not changed.
        labels: names of the classes; the position is the class id.
        seed: of the weights.
        attention: `eager` or `sdpa`.
    """
    return _make(CLASSIFIER, config, labels, seed=seed, attention=attention)


def make_tagger(
    config: PreTrainedConfig, tags: Sequence[str], *, seed: int, attention: str
) -> PreTrainedModel:
    """Make a model of words with random fp32 weights; `tags` are the names of its outputs."""
    return _make(TAGGER, config, tags, seed=seed, attention=attention)


def load_classifier(
    path_or_id: str | Path,
    *,
    labels: Sequence[str],
    seed: int,
    attention: str,
    revision: str = "main",
) -> Loaded:
    """Load an encoder from a folder or the Hub, with a head for these labels.

    A head that was trained for the same labels is kept, its outputs put into our order; any other
    is replaced by one drawn from the seed, so is one of another task. Labels are matched by name,
    whatever the case of their letters.

    Args:
        path_or_id: folder, or id on the Hub.
        labels: names of the classes; the position is the class id.
        seed: of the new head; the same seed gives the same head.
        attention: `eager` or `sdpa`; a model that has no `sdpa` gets `eager`, as
            `attention_of(model)` says.
        revision: branch, tag or commit on the Hub.

    Raises:
        InputError: if there is no loadable checkpoint, or its weights do not fit its encoder.
        RunError: if the Hub cannot be reached.
    """
    return _load(CLASSIFIER, path_or_id, labels, seed, attention, revision)


def load_tagger(
    path_or_id: str | Path,
    *,
    labels: Sequence[str],
    seed: int,
    attention: str,
    revision: str = "main",
) -> Loaded:
    """Load an encoder with a head for the tags of words; see `load_classifier`."""
    return _load(TAGGER, path_or_id, labels, seed, attention, revision)


def check_encoder(
    path_or_id: str | Path, *, revision: str, max_length: int, tagger: bool = False
) -> None:
    """Find what is wrong with an encoder before anything is trained; one of the Hub is brought.

    Of its weights only the headers are read, which tell a file that is cut short; what does not fit
    the encoder comes out when it is loaded.

    Raises:
        InputError: if it is missing, not open to us, no encoder that we can load, or too short.
        RunError: if it has to be downloaded, and cannot be.
    """
    kind = TAGGER if tagger else CLASSIFIER
    check_kind(kind, path_or_id, revision=revision, max_length=max_length)


def check_kind(kind: Kind, path_or_id: str | Path, *, revision: str, max_length: int) -> None:
    """Find what is wrong with a checkpoint that is to become a model of some kind."""
    folder = Path(local_copy(path_or_id, revision, weights=True))
    config = read_config(folder, path_or_id)
    with loading(path_or_id, "weights"):
        held = sum(map(_numbers_in, sorted(folder.glob("*.safetensors"))))
    if config.is_encoder_decoder or type(config) not in kind.mapping:
        raise InputError(
            f"{path_or_id} is of type {config.model_type!r}, which has no encoder with a "
            f"{kind.what} in transformers. Choose an encoder such as BERT or XLM-R."
        )
    with loading(path_or_id, "model"), torch.random.fork_rng(devices=[]), torch.device("meta"):
        weightless = kind.auto.from_config(config, trust_remote_code=False)
    told = weightless.num_parameters()
    if told > MOST_WITHOUT_A_FILE * held:
        raise BrokenModel(
            f"{path_or_id}: config.json tells of {told:,} weights, and its files hold {held:,}, so"
            " they are not of one model. Copy or download it again."
        )
    check_length(weightless, max_length, str(path_or_id))


def _numbers_in(weights: Path) -> int:
    """How many numbers a file of weights holds, as its header tells."""
    with safe_open(weights, "pt") as opened:
        return sum(math.prod(opened.get_slice(name).get_shape()) for name in opened.keys())  # noqa: SIM118


def save_classifier(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> None:
    """Write a folder that the library's auto classes and `pipeline` load."""
    own = copy.deepcopy(tokenizer)
    own.model_max_length = min(own.model_max_length, longest_input(model))
    with quiet():
        model.save_pretrained(folder)
        own.save_pretrained(folder)


def longest_input(model: PreTrainedModel) -> int:
    """Return how many tokens, special ones included, the positions of an encoder reach."""
    positions = int(getattr(model.config, "max_position_embeddings", 0) or NO_LIMIT)
    return positions - first_position(model)


def first_position(model: PreTrainedModel) -> int:
    """Where a model begins to count positions: 0, but in RoBERTa's family at the padding's id + 1.

    So its inputs are that much shorter than its configuration says.
    """
    return max((padding + 1 for padding in position_paddings(model)), default=0)


def position_paddings(model: PreTrainedModel) -> set[int]:
    """Padding ids from which positions are counted, in RoBERTa and all that descend from it.

    Such a table of positions has a row for padding, by which it is known here: a list of families
    would never be complete. The weights are not read.
    """
    tables = [module for name, module in model.named_modules() if name.endswith(POSITIONS)]
    paddings = [getattr(table, "padding_idx", None) for table in tables]
    return {padding for padding in paddings if padding is not None}


def check_length(model: PreTrainedModel, max_length: int, name: str) -> None:
    """Refuse texts longer than the encoder's positions.

    Raises:
        InputError: if `max_length` is too long.
    """
    limit = longest_input(model)
    if max_length > limit:
        raise InputError(
            f"max_length {max_length} is more than the {limit} positions of {name}; lower it."
        )


def attention_of(model: PreTrainedModel) -> str:
    """Return the attention kernel in use: `eager` or `sdpa`."""
    return str(model.config._attn_implementation)


def _make(
    kind: Kind, config: PreTrainedConfig, labels: Sequence[str], *, seed: int, attention: str
) -> PreTrainedModel:
    own = _with_labels(kind, copy.deepcopy(config), labels)
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = kind.auto.from_config(
            own, dtype=torch.float32, attn_implementation=attention, trust_remote_code=False
        )
    return in_fp32(model)


def _load(
    kind: Kind,
    path_or_id: str | Path,
    labels: Sequence[str],
    seed: int,
    attention: str,
    revision: str,
) -> Loaded:
    folder = local_copy(path_or_id, revision, weights=True)
    config = read_config(folder, path_or_id)
    had_head = _has_head(kind, config)
    order = order_of_labels(config, labels) if had_head else None
    config = _with_labels(kind, config, labels)
    with loading(path_or_id, "model"), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model, report = from_folder(kind, folder, config, attention)
    _check_encoder_is_whole(model, report, path_or_id)
    random = {name for name in random_names(report) if of_head(model, name)}
    outputs = outputs_of(model)
    if order is not None and outputs and not random:
        reorder(outputs.values(), order)
        return Loaded(in_fp32(model), "kept")
    if had_head or not outputs.keys() <= random:  # the library may take the head of another task
        replace_head(model, _make(kind, config, labels, seed=seed, attention="eager"))
    return Loaded(in_fp32(model), "new")


def read_config(folder: Path, name: str | Path) -> PreTrainedConfig:
    """Read what a folder's config.json says, once its origin is checked."""
    check_origin(folder, name)
    with loading(name, "config"):
        return AutoConfig.from_pretrained(str(folder), trust_remote_code=False)


def _with_labels(kind: Kind, config: PreTrainedConfig, labels: Sequence[str]) -> PreTrainedConfig:
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    if kind is CLASSIFIER:
        config.problem_type = "single_label_classification"
    return config


def _has_head(kind: Kind, config: PreTrainedConfig) -> bool:
    return any(name.endswith(kind.ending) for name in config.architectures or [])


def from_folder(
    kind: Kind, folder: Path, config: PreTrainedConfig, attention: str
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Load fp32 weights from safetensors, and the library's report of what it found there."""
    arguments = {
        "config": config,
        "dtype": torch.float32,
        "use_safetensors": True,
        "trust_remote_code": False,
        "ignore_mismatched_sizes": True,
        "output_loading_info": True,
    }
    load = kind.auto.from_pretrained
    try:
        model, report = load(str(folder), attn_implementation=attention, **arguments)
    except ValueError as error:
        if attention == "eager" or "scaled_dot_product_attention" not in str(error):
            raise
        model, report = load(str(folder), attn_implementation="eager", **arguments)
    return model, report


def _check_encoder_is_whole(
    model: PreTrainedModel, report: dict[str, Any], path_or_id: str | Path
) -> None:
    """Refuse a checkpoint that leaves random weights in the encoder; heads and poolers may be new.

    The library would train such a model without a word that anyone reads.
    """
    random = sorted(
        name for name in random_names(report) if not of_head(model, name) and "pooler" not in name
    )
    if random:
        raise InputError(
            f"The weights of {path_or_id} do not fit its config.json: {len(random)} tensors of the "
            f"encoder are missing or of another shape, the first {random[0]!r}."
        )


def random_names(report: dict[str, Any]) -> list[str]:
    """The tensors that a checkpoint did not give, by the library's report."""
    return [*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])]


def in_fp32(model: PreTrainedModel) -> PreTrainedModel:
    """Return the model if its master weights are fp32."""
    for name, parameter in model.named_parameters():
        if parameter.dtype != torch.float32:
            raise RunError(f"{name} is {parameter.dtype}, but master weights must be float32.")
    return model

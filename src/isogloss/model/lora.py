"""LoRA by peft: matrices of low rank beside those of a frozen encoder, added to them in the end.

What is trained is the head, all of it, and two small matrices beside each target. The model stays
the library's own class with other layers in it, so whatever trains or judges a model takes it; and
after `merge` it is an ordinary model again. peft is an extra, and imported where it is used.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import AutoConfig, PreTrainedModel

from isogloss.base.errors import InputError, did_you_mean
from isogloss.model.encoder import CLASSIFIER, TAGGER, read_config
from isogloss.model.head import of_head
from isogloss.model.hub import local_copy
from isogloss.model.origin import loading, quiet
from isogloss.model.seeds import seed_from
from isogloss.study.lora import ALL_LINEAR

TARGETS: dict[str, tuple[str, ...]] = {
    "bert": ("query", "value"),
    "camembert": ("query", "value"),
    "deberta-v2": ("query_proj", "value_proj"),
    "distilbert": ("q_lin", "v_lin"),
    "electra": ("query", "value"),
    "modernbert": ("Wqkv",),
    "rembert": ("query", "value"),
    "roberta": ("query", "value"),
    "xlm-roberta": ("query", "value"),
    "xlm-roberta-xl": ("query", "value"),
}
"""Layers that are adapted where a study names none, by the type in config.json.

Families may be added, but what one has stays: keys say only that none were named.
"""

POOLERS = ("pooler",)
"""Layers of the library's bodies that stand between the encodings and the head, and learn with it:
a checkpoint without them leaves them random."""

FOLDER = "adapter"
"""Where the adapter lies in the folder of a trained model."""

_STREAM = 0x10A
"""Tells the draws of the small matrices from others of the same seed."""


@final
@dataclass(frozen=True)
class LoraSettings:
    """How to adapt; the study's declaration in the form that models read, in the names of peft."""

    r: int
    lora_alpha: float
    lora_dropout: float
    target_modules: Sequence[str] | str | None
    """Ends of names of layers; `all-linear`; or None for those in `TARGETS`."""


@final
@dataclass(frozen=True)
class Adapter:
    """What LoRA has learned, apart from the encoder."""

    config: Any
    """peft's description of it."""

    tensors: Mapping[str, Tensor]
    """The small matrices and the head, in main memory, by peft's names."""

    def save(self, folder: Path) -> None:
        """Write a folder that `PeftModel.from_pretrained(encoder_with_head, folder)` loads."""
        folder.mkdir()
        self.config.save_pretrained(str(folder))
        save_file(dict(self.tensors), folder / "adapter_model.safetensors", {"format": "pt"})


@final
@dataclass(frozen=True, eq=False)
class Adapted:
    """A model with LoRA in it; what is trained is `model`."""

    peft: Any
    """peft's view of it."""

    model: PreTrainedModel
    targets: tuple[str, ...]
    """Ends of the names of the adapted layers."""

    def merge(self) -> Adapter:
        """Add what was learned to the encoder's matrices; the model is then an ordinary one."""
        state = import_module("peft").get_peft_model_state_dict(
            self.peft,
            save_embedding_layers=False,  # by default the Hub is asked about them
        )
        tensors = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
        config = self.peft.peft_config["default"]
        config.inference_mode = True
        config.target_modules = sorted(config.target_modules)  # peft's sets have no order
        if config.exclude_modules is not None:
            config.exclude_modules = sorted(config.exclude_modules)
        with _as_peft_is():
            self.peft.merge_and_unload()
        return Adapter(config, {name: tensor.contiguous() for name, tensor in tensors.items()})


def check_installed() -> None:
    """Find out whether the extra is there, before anything is computed.

    Raises:
        InputError: with the command that installs it.
    """
    if find_spec("peft") is None:
        raise InputError(
            "training.method lora needs peft, which is not installed: pip install 'isogloss[lora]'."
        )


def check_targets(
    path_or_id: str | Path, settings: LoraSettings, *, revision: str, tagger: bool
) -> None:
    """Find out whether a checkpoint has the layers that are to be adapted.

    Raises:
        InputError: if it has not, or if none are named and its family has no default.
    """
    folder = Path(local_copy(path_or_id, revision, weights=True))
    _check_targets(read_config(folder, path_or_id), settings, str(path_or_id), tagger=tagger)


def check_targets_of_family(family: str, settings: LoraSettings, *, tagger: bool) -> None:
    """Do so for an encoder that is still to be made, by the type of its config."""
    _check_targets(AutoConfig.for_model(family), settings, family, tagger=tagger)


def _check_targets(config: Any, settings: LoraSettings, name: str, *, tagger: bool) -> None:
    kind = TAGGER if tagger else CLASSIFIER
    with loading(name, "model"), torch.random.fork_rng(devices=[]), torch.device("meta"):
        model = kind.auto.from_config(config, trust_remote_code=False)
    targets_of(model, settings, name)


def targets_of(model: PreTrainedModel, settings: LoraSettings, name: str) -> tuple[str, ...]:
    """The ends of the names of the layers to adapt.

    Raises:
        InputError: if a layer is unknown, or none are named and the family has no default.
    """
    layers = _linear_layers(model)
    ends = sorted({layer.rpartition(".")[2] for layer in layers})
    family = model.config.model_type
    asked = settings.target_modules
    if asked == ALL_LINEAR:
        return tuple(ends)
    if asked is None and family not in TARGETS:
        raise InputError(
            f"{name} is of type {family!r}, for which LoRA has no layers by default. Name them in"
            f" lora.target_modules: {', '.join(ends)}; or say all-linear."
        )
    targets = TARGETS[family] if asked is None else tuple(asked)
    for target in targets:
        if not any(_is_target(layer, [target]) for layer in layers):
            raise InputError(
                f"lora.target_modules: {name} has no layer {target!r}.{did_you_mean(target, ends)}"
                f" There are: {', '.join(ends)}; or say all-linear."
            )
    return targets


def add_lora(
    model: PreTrainedModel,
    settings: LoraSettings,
    *,
    seed: int,
    name: str,
    base: tuple[str, str] | None = None,
) -> Adapted:
    """Put LoRA into a classifier or tagger; all but that and its head is frozen.

    Before training it says exactly what it said: one of the two matrices is zero.

    Args:
        model: changed in place.
        settings: how to adapt.
        seed: of the other matrix.
        name: of the encoder, for messages.
        base: its id and commit, where it is on the Hub, for those who load the adapter alone.

    Raises:
        InputError: if peft is not installed, or a layer is unknown.
    """
    check_installed()
    peft = import_module("peft")
    targets = targets_of(model, settings, name)
    config = peft.LoraConfig(
        r=settings.r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=list(targets),
        exclude_modules=[layer for layer in _of_head(model) if _is_target(layer, targets)] or None,
        modules_to_save=_heads(model),
    )
    with _as_peft_is(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_from([seed, 0, _STREAM]))
        wrapped = peft.get_peft_model(model, config)
    config.base_model_name_or_path, config.revision = base or (None, None)
    tagger = type(model).__name__.endswith(TAGGER.ending)
    config.task_type = "TOKEN_CLS" if tagger else "SEQ_CLS"
    return Adapted(wrapped, model, targets)


def count_weights(model: nn.Module) -> tuple[int, int]:
    """How many weights a model has without those beside which LoRA learns, and how many learn."""
    parameters = list(model.named_parameters())
    own = sum(p.numel() for name, p in parameters if not _is_beside(name))
    return own, sum(p.numel() for _, p in parameters if p.requires_grad)


@contextmanager
def _as_peft_is() -> Iterator[None]:
    """Keep from people that peft calls what transformers will drop one day."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _is_beside(name: str) -> bool:
    """Whether a weight is no part of the merged model: of LoRA, or the head's first weights."""
    return ".lora_" in name or ".original_module." in name


def _heads(model: PreTrainedModel) -> list[str]:
    """The modules that learn whole: all with weights that are not of the body, and poolers."""
    own = [
        name
        for name, module in model.named_children()
        if name != model.base_model_prefix and any(True for _ in module.parameters())
    ]
    body = dict(model.base_model.named_children())
    poolers = [name for name in POOLERS if body.get(name) is not None]
    return [*own, *(f"{model.base_model_prefix}.{name}" for name in poolers)]


def _of_head(model: PreTrainedModel) -> list[str]:
    heads = tuple(_heads(model))
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and _is_in(name, heads)
    ]


def _linear_layers(model: PreTrainedModel) -> list[str]:
    """The names of the encoder's matrices, those of heads and poolers apart."""
    heads = _heads(model)
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and not of_head(model, name) and not _is_in(name, heads)
    ]


def _is_in(name: str, modules: Iterable[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _is_target(layer: str, targets: Iterable[str]) -> bool:
    """As peft matches names."""
    return any(layer == target or layer.endswith(f".{target}") for target in targets)

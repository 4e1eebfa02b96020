"""Serving forms: one trained model, written and loaded in the ways in which it may be deployed.

A form is a candidate in its own right: what it costs is measured, and so is its quality, which no
form is trusted to keep. Each is an ordinary folder with configuration, tokenizer and weights, and
holds nothing that serving does not need.
"""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

from transformers import AutoConfig, PreTrainedModel, PreTrainedTokenizerBase

from isogloss.base.errors import InputError, UnknownName
from isogloss.model.encoder import load_classifier, load_tagger, longest_input, save_classifier
from isogloss.model.onnx import ONNX_FILE, OPSET, OnnxModel, export_onnx, quantize_int8, versions
from isogloss.model.origin import loading, quiet
from isogloss.model.precision import Asked, best_device, choose_precision
from isogloss.model.tokenizer import load_tokenizer
from isogloss.model.trim import Texts, trim

TORCH_PRECISIONS: dict[str, Asked] = {
    "torch": "auto",
    "torch-fp32": "fp32",
    "torch-bf16": "bf16",
    "trimmed": "auto",
}
"""What the forms that torch runs compute with."""

ONNX_FORMS = ("onnx", "onnx-int8")

FORMS = (*TORCH_PRECISIONS, *ONNX_FORMS)

Facts = dict[str, Any]


class Served(NamedTuple):
    """A model in one of the forms, to be called with `input_ids` and `attention_mask`."""

    model: PreTrainedModel | OnnxModel
    """Where it computes: one of torch on the best device, one of ONNX on the CPU."""

    tokenizer: Any

    precision: Literal["fp32", "bf16"]
    """What to compute with around the call; int8 kernels stand behind an fp32 interface."""


def write_served(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    form: str,
    folder: Path,
    texts: Texts,
) -> Facts:
    """Write a trained model in a form; the model is not changed.

    Args:
        model: a classifier or tagger.
        tokenizer: its own.
        form: one of `FORMS`; those of torch differ in how they are loaded only.
        folder: is made if it is not there; whatever lies in it counts as part of the form.
        texts: what a smaller vocabulary has to be exact on; the other forms do not read it.

    Returns:
        `vocabulary_before`, `vocabulary_after`, `parameters_before`, `parameters_after`,
        `disk_bytes`; and for ONNX `opset`, `versions` and, with 8 bits, `quantization`.

    Raises:
        InputError: if the model cannot be brought into this form, or the extra is not installed.
        UnknownName: if there is no such form.
    """
    _check_form(form)
    folder.mkdir(parents=True, exist_ok=True)
    size = (len(tokenizer), model.num_parameters())
    facts = {
        "vocabulary_before": size[0],
        "vocabulary_after": size[0],
        "parameters_before": size[1],
        "parameters_after": size[1],
        **_writer(form)(model, tokenizer, folder, texts),
    }
    on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {**facts, "disk_bytes": on_disk}


def load_served(
    folder: Path, form: str, *, task: Literal["text", "tags"], labels: Sequence[str], attention: str
) -> Served:
    """Load what `write_served` wrote, or for the forms of torch any folder of a trained model.

    Args:
        folder: a local one.
        form: one of `FORMS`.
        task: `text` for one answer a text, `tags` for one a token.
        labels: classes or tag set; the position is the id.
        attention: `eager` or `sdpa`; in ONNX it is as it was exported.

    Raises:
        InputError: if there is no such model, it was trained for other labels, the extra is not
            installed, or bf16 would be emulated.
        UnknownName: if there is no such form.
    """
    _check_form(form)
    if form in ONNX_FORMS:
        return Served(_load_onnx(folder, labels), load_tokenizer(folder), "fp32")
    precision = choose_precision(TORCH_PRECISIONS[form], best_device()).name
    load = load_tagger if task == "tags" else load_classifier
    loaded = load(folder, labels=labels, seed=0, attention=attention)
    if loaded.head != "kept":
        raise InputError(
            f"{folder} has no head that was trained for {', '.join(labels)}; "
            "serve a folder that training wrote."
        )
    return Served(loaded.model.to(best_device()).eval(), load_tokenizer(folder), precision)


def _check_form(form: str) -> None:
    if form not in FORMS:
        raise UnknownName("serving form", form, FORMS)


def _writer(
    form: str,
) -> Callable[[PreTrainedModel, PreTrainedTokenizerBase, Path, Texts], Facts]:
    return {"trimmed": _trimmed, "onnx": _onnx, "onnx-int8": _onnx_int8}.get(form, _whole)


def _whole(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, texts: Texts
) -> Facts:
    del texts
    save_classifier(model, tokenizer, folder)
    return {}


def _trimmed(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, texts: Texts
) -> Facts:
    small = trim(model, tokenizer, texts)
    save_classifier(small.model, small.tokenizer, folder)
    return {"vocabulary_after": small.kept, "parameters_after": small.model.num_parameters()}


def _onnx(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, texts: Texts
) -> Facts:
    del texts
    export_onnx(model, folder)
    _describe(model, tokenizer, folder)
    return {"opset": OPSET, "versions": versions()}


def _onnx_int8(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, texts: Texts
) -> Facts:
    """The fp32 file is four times as large, and gone in the end."""
    with TemporaryDirectory(dir=folder) as name:
        facts = _onnx(model, tokenizer, Path(name), texts)
        scheme = quantize_int8(Path(name) / ONNX_FILE, folder / ONNX_FILE)
    _describe(model, tokenizer, folder)
    return {**facts, "quantization": scheme._asdict()}


def _describe(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write configuration and tokenizer, as they stand beside weights of torch."""
    config, own = copy.deepcopy(model.config), copy.deepcopy(tokenizer)
    config.architectures = [type(model).__name__]
    own.model_max_length = min(own.model_max_length, longest_input(model))
    with quiet():
        config.save_pretrained(folder)
        own.save_pretrained(folder)


def _load_onnx(folder: Path, labels: Sequence[str]) -> OnnxModel:
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} is not a model: config.json is missing.")
    with loading(folder, "config"):
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    theirs = [str(label) for _, label in sorted(config.id2label.items())]
    if [label.casefold() for label in theirs] != [label.casefold() for label in labels]:
        raise InputError(
            f"{folder} was exported for the labels {', '.join(theirs)}, not for "
            f"{', '.join(labels)}; write the serving form again."
        )
    return OnnxModel(folder / ONNX_FILE, config)

"""Encoders as ONNX: exported, with 8-bit weights if wanted, and called like the model they were.

An export is compared with the model before it is used, since an exporter that meets an operation it
traces wrongly writes a file that runs and answers nonsense. Needs the extra `onnx`; nothing of it
is imported before it is asked for.
"""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.model.encoder import longest_input

ONNX_FILE = "model.onnx"

OPSET = 20
"""Version of the operator set that is written."""

INPUTS = ("input_ids", "attention_mask")

LARGEST = 1_900_000_000
"""Bytes of weights in one file, whose format allows 2 GiB; more go to a file beside it."""

TOLERANCE = 1e-4
"""Of logits, as a share of the largest where that is above 1."""

CHECKED = ((1, 3), (3, 160))
"""Shapes in which an export is compared: one is longer than the windows of local attention."""

ERRORS_ONLY = 3
"""What ONNX Runtime logs."""


class Quantized(NamedTuple):
    """What was done to the weights, for the record."""

    weights: str
    activations: str


SCHEME = Quantized(
    weights="int8 (7 bits used): products per output channel, embeddings per table",
    activations="uint8, range taken from each batch",
)
"""Only 7 bits, since processors without VNNI saturate with 8 and would answer something else."""


class Answer(NamedTuple):
    """As much of the model library's output as we read."""

    logits: Tensor


@final
class OnnxModel:
    """A model in ONNX Runtime on the CPU, to be called like one of the model library.

    It computes with as many threads as torch has when it is loaded.

    Args:
        file: as `export_onnx` or `quantize_int8` wrote it.
        config: of the model that was exported.

    Raises:
        InputError: if the extra is not installed, or the file is missing or broken.
    """

    device = torch.device("cpu")

    training = False

    def __init__(self, file: Path, config: PreTrainedConfig) -> None:
        runtime = _need("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        if not file.is_file():
            raise InputError(f"{file} is missing; write the serving form again.")
        try:
            self._session = runtime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime has a class of error for each of its faults
            raise InputError(f"{file} is broken; write the serving form again. {error}") from error
        self.config = config

    def __call__(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Answer:
        """Compute logits, fp32 [batch, labels], or [batch, tokens, tags].

        Args:
            input_ids: int64 [batch, tokens].
            attention_mask: int64 [batch, tokens], 0 on padding; left out where there is none.
        """
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        given = zip(INPUTS, (input_ids, mask), strict=True)
        (logits,) = self._session.run(
            None, {name: tensor.numpy().astype(np.int64, copy=False) for name, tensor in given}
        )
        return Answer(torch.from_numpy(logits))

    def eval(self) -> Self:
        """Do nothing: there is no other mode."""
        return self

    def train(self, mode: bool = True) -> Self:
        """Do nothing if `mode` is false.

        Raises:
            ValueError: if it is true: an exported model cannot be trained.
        """
        if mode:
            raise ValueError("an exported model cannot be trained")
        return self


@final
class _Logits(nn.Module):
    """A model with two inputs and one output, and nothing else."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def check_onnx() -> None:
    """Find out whether the extra is there, before anything is computed.

    Raises:
        InputError: if it is not installed.
    """
    for name in ("onnx", "onnxruntime", "onnxscript"):
        _need(name)


def export_onnx(model: PreTrainedModel, folder: Path) -> Path:
    """Write `model.onnx` in fp32, for any batch and any length, and compare it with the model.

    Args:
        model: a classifier or tagger; it is not changed.
        folder: an existing one.

    Returns:
        The file; where its weights are too many for one, there is another beside it.

    Raises:
        InputError: if the extra is not installed, or the model cannot be exported, or not rightly.
    """
    check_onnx()
    file = folder / ONNX_FILE
    plain = copy.deepcopy(model).to("cpu", torch.float32).eval()
    try:
        with _silent():
            _write(plain, file)
    except torch.onnx.OnnxExporterError as error:
        first_line = str(error).strip().partition("\n")[0]
        raise InputError(
            f"A model of type {model.config.model_type!r} cannot be exported to ONNX: {first_line} "
            "Leave out the serving forms of ONNX for this encoder."
        ) from error
    _strip(file)
    try:
        _compare(plain, OnnxModel(file, plain.config))
    except InputError:
        file.unlink()
        raise
    return file


def quantize_int8(onnx_file: Path, out_file: Path) -> Quantized:
    """Write the weights of an exported model as 8-bit integers.

    What is multiplied with them is turned to 8 bits anew for each batch, by its largest values; so
    an answer depends a little on what else is in the batch.

    Args:
        onnx_file: as `export_onnx` wrote it; it is not changed.
        out_file: another file.

    Raises:
        InputError: if the extra is not installed.
    """
    check_onnx()
    quantization = _need("onnxruntime.quantization")
    exported = _need("onnx").load(str(onnx_file))
    del exported.graph.value_info[:]  # shapes of weights that the quantizer turns around
    with _silent():
        quantization.quantize_dynamic(
            exported,
            str(out_file),
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            reduce_range=True,
            weight_type=quantization.QuantType.QInt8,
            use_external_data_format=onnx_file.with_name(onnx_file.name + ".data").exists(),
        )
    return SCHEME


def versions() -> dict[str, str]:
    """What wrote a file and what reads it: name to version.

    Raises:
        InputError: if the extra is not installed.
    """
    ours = {name: str(_need(name).__version__) for name in ("onnx", "onnxruntime", "onnxscript")}
    return {"torch": str(torch.__version__), **ours}


def _need(name: str) -> Any:
    """Import a module of the extra; the only place where that happens."""
    try:
        with _silent():
            return import_module(name)
    except ImportError as error:
        raise InputError(
            f"The serving forms of ONNX need {name.partition('.')[0]}, which is not installed: "
            "pip install 'isogloss[onnx]'."
        ) from error


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the exporter's and the quantizer's warnings from people: we compare what they write."""
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _write(model: PreTrainedModel, file: Path) -> None:
    weights = sum(tensor.nbytes for tensor in model.state_dict().values())
    any_size = dict.fromkeys((0, 1), torch.export.Dim.DYNAMIC)
    torch.onnx.export(
        _Logits(model).eval(),
        _inputs(model, 2, 7),
        str(file),
        input_names=list(INPUTS),
        output_names=["logits"],
        dynamic_shapes=(any_size, any_size),
        opset_version=OPSET,
        dynamo=True,
        external_data=weights > LARGEST,
        verbose=False,
    )


def _strip(file: Path) -> None:
    """Take out what the exporter notes about our source: where each operation came from."""
    onnx = _need("onnx")
    exported = onnx.load(str(file), load_external_data=False)
    for part in (exported.graph, *exported.graph.node, *exported.graph.value_info):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(exported, str(file))


def _inputs(model: PreTrainedModel, batch: int, length: int) -> tuple[Tensor, Tensor]:
    """Tokens drawn from a fixed seed; each text is half as long as the one before it."""
    drawn = torch.Generator().manual_seed(0)
    ids = torch.randint(model.config.vocab_size, (batch, length), generator=drawn)
    lengths = torch.tensor([max(1, length >> row) for row in range(batch)])
    mask = (torch.arange(length) < lengths[:, None]).long()
    return ids.where(mask.bool(), torch.tensor(model.config.pad_token_id or 0)), mask


def _compare(model: PreTrainedModel, exported: OnnxModel) -> None:
    """Refuse an export that answers otherwise than the model, padding apart."""
    for batch, length in CHECKED:
        ids, mask = _inputs(model, batch, min(length, longest_input(model)))
        with torch.inference_mode():
            want = model(input_ids=ids, attention_mask=mask).logits
            off = (exported(input_ids=ids, attention_mask=mask).logits - want).abs()
        if want.ndim == 3:
            off, want = off[mask.bool()], want[mask.bool()]
        if not off.max() <= TOLERANCE * max(1.0, float(want.abs().max())):
            raise InputError(
                f"A model of type {model.config.model_type!r} answers otherwise in ONNX: logits "
                f"are off by {float(off.max()):.2g} at {length} tokens. Leave out the serving "
                "forms of ONNX for this encoder."
            )

"""Precision and attention: native or not at all, and always with a reason."""

import pytest
import torch

from isogloss.base.errors import InputError, UnknownName
from isogloss.model import precision
from isogloss.model.precision import choose_attention, choose_precision

CPU = torch.device("cpu")


@pytest.fixture
def processor(monkeypatch):
    """Pretend that the processor has only the named abilities."""

    def have(*probes, machine="x86_64", capabilities=None):
        for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
            monkeypatch.setattr(torch.cpu, probe, lambda p=probe: p in probes, raising=False)
        monkeypatch.setattr(precision.platform, "machine", lambda: machine)
        monkeypatch.setattr(
            torch.cpu, "get_capabilities", lambda: capabilities or {}, raising=False
        )
        precision.native_bf16.cache_clear()

    yield have
    precision.native_bf16.cache_clear()


@pytest.mark.parametrize(
    ("probes", "machine", "capabilities", "name", "reason"),
    [
        (["_is_avx512_bf16_supported"], "x86_64", {}, "bf16", "AVX512-BF16"),
        (["_is_amx_tile_supported"], "x86_64", {}, "bf16", "AMX"),
        ([], "x86_64", {}, "fp32", "neither"),
        ([], "aarch64", {"bf16": True}, "bf16", "ARM BF16"),
        ([], "arm64", {}, "fp32", "no ARM BF16"),
    ],
)
def test_auto_takes_bf16_only_where_it_is_native(
    probes, machine, capabilities, name, reason, processor
):
    processor(*probes, machine=machine, capabilities=capabilities)
    chosen = choose_precision("auto", CPU)
    assert chosen.name == name
    assert reason in chosen.reason


def test_asking_for_emulated_bf16_is_refused(processor):
    processor()
    with pytest.raises(InputError, match="emulated"):
        choose_precision("bf16", CPU)


def test_what_is_asked_for_is_taken(processor):
    processor("_is_avx512_bf16_supported")
    assert choose_precision("fp32", CPU).name == "fp32"
    assert choose_precision("bf16", CPU).name == "bf16"


def test_a_torch_without_the_probes_computes_in_fp32(processor, monkeypatch):
    processor()
    for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, probe)
    assert choose_precision("auto", CPU).name == "fp32"


def test_an_unknown_precision_is_refused():
    with pytest.raises(UnknownName, match="bf16"):
        choose_precision("bf61", CPU)


def test_autocast_follows_the_name():
    layer, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
    for name, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        with precision.Precision(name, "test").autocast(CPU):
            assert layer(x).dtype == dtype


@pytest.mark.parametrize(
    ("length", "device", "attention"),
    [(128, "cpu", "eager"), (256, "cpu", "eager"), (257, "cpu", "sdpa"), (128, "cuda", "sdpa")],
)
def test_short_texts_on_a_cpu_take_the_plain_product(length, device, attention):
    assert choose_attention(length, torch.device(device)) == attention

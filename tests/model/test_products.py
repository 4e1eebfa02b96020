"""oneDNN multiplies only where MKL is slow and it is as exact, and only inside the context."""

import pytest
import torch
from torch.nn import functional

from isogloss.efficiency import peak
from isogloss.efficiency.peak import matmul_peaks
from isogloss.model import products
from isogloss.model.precision import Precision, choose_precision
from isogloss.model.products import best_products, takes_onednn

CPU = torch.device("cpu")


@pytest.fixture
def tried(monkeypatch):
    """Pretend that the default and oneDNN had these errors, on a processor where MKL is slow."""

    def say(default, onednn):
        answers = iter([default, onednn])
        monkeypatch.setattr(products, "_default_is_slow", lambda: True)
        monkeypatch.setattr(products, "_error", lambda left, right: next(answers))
        takes_onednn.cache_clear()

    yield say
    takes_onednn.cache_clear()


@pytest.mark.parametrize(
    ("default", "onednn", "taken"),
    [(1e-5, 2e-5, True), (1e-5, 1e-1, False)],  # the second is AMX: it rounds to bf16
)
def test_it_has_to_be_as_exact(default, onednn, taken, tried):
    tried(default, onednn)
    assert takes_onednn() is taken


@pytest.mark.parametrize(
    ("vendor", "capability", "slow"),
    [
        ("AuthenticAMD", "AVX512", True),
        ("AuthenticAMD", "AVX512_BF16", True),
        ("AuthenticAMD", "AVX2", False),
        ("GenuineIntel", "AVX512", False),
        (None, "AVX512", False),
    ],
)
def test_the_processor_decides_and_no_stopwatch(vendor, capability, slow, monkeypatch, tmp_path):
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\n" * 2 if vendor else "processor\t: 0\n")
    monkeypatch.setattr(products, "CPU_INFO", cpu)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    assert products._default_is_slow() is slow


def test_a_system_without_the_file_asks_the_platform(monkeypatch, tmp_path):
    monkeypatch.setattr(products, "CPU_INFO", tmp_path / "none")
    said = "AMD64 Family 25 Model 17 Stepping 1, AuthenticAMD"
    monkeypatch.setattr(products.platform, "processor", lambda: said)
    assert products._maker() == "AuthenticAMD"


def test_the_switch_is_put_back(tried):
    tried(1e-5, 1e-5)
    before = torch.backends.mkldnn.matmul.fp32_precision
    with best_products(CPU):
        assert torch.backends.mkldnn.matmul.fp32_precision == "bf16"
    assert torch.backends.mkldnn.matmul.fp32_precision == before
    with pytest.raises(KeyError), best_products(CPU):
        raise KeyError
    assert torch.backends.mkldnn.matmul.fp32_precision == before


def test_a_version_without_the_switch_keeps_the_default(monkeypatch):
    takes_onednn.cache_clear()
    monkeypatch.setattr(products, "_switch", lambda: None)
    assert not takes_onednn()
    with best_products(CPU):
        pass
    takes_onednn.cache_clear()


def test_what_is_taken_here_is_exact():
    """On whatever this machine has: fp32 stays fp32."""
    left, right = torch.randn(300, 700), torch.randn(200, 700)
    with Precision("fp32", "test").autocast(CPU):
        found = functional.linear(left, right)
    exact = left.double() @ right.double().T
    assert float((found - exact).abs().max() / exact.abs().max()) < 2e-6


def test_the_reason_names_it(tried):
    tried(1e-5, 1e-5)
    assert choose_precision("fp32", CPU).reason == "asked for; products by oneDNN"
    tried(1e-5, 1.0)
    assert choose_precision("fp32", CPU).reason == "asked for"


def test_the_peak_is_that_of_the_library_that_models_are_computed_with(tried, monkeypatch):
    tried(1e-5, 1e-5)
    seen = []
    monkeypatch.setattr(peak, "_wait_for", lambda _: seen.append(
        torch.backends.mkldnn.matmul.fp32_precision))  # fmt: skip
    monkeypatch.setattr(peak, "ON_CPU", (4, 8, 16))
    ticks = iter(range(1000))
    found = matmul_peaks(CPU, clock=lambda: float(next(ticks)))
    assert set(seen) == {"bf16"}
    assert found["fp32"] == 2 * 4 * 8 * 16, "one second a product"

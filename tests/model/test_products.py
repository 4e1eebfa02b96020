"""oneDNN multiplies only where it is as exact and faster, and only inside the context."""

import pytest
import torch
from torch.nn import functional

from isogloss.model import products
from isogloss.model.precision import Precision, choose_precision
from isogloss.model.products import best_products, takes_onednn

CPU = torch.device("cpu")


@pytest.fixture
def measured(monkeypatch):
    """Pretend that the default and oneDNN were measured so: (error, seconds) each."""

    def say(default, onednn):
        answers = iter([default, onednn])
        monkeypatch.setattr(products, "_tried", lambda left, right: next(answers))
        takes_onednn.cache_clear()

    yield say
    takes_onednn.cache_clear()


@pytest.mark.parametrize(
    ("default", "onednn", "taken"),
    [
        ((1e-5, 2.0), (2e-5, 1.0), True),
        ((1e-5, 2.0), (1e-1, 0.1), False),  # AMX: it rounds to bf16
        ((1e-5, 1.1), (1e-5, 1.0), False),  # no gain worth a switch
        ((1e-5, 1.0), (1e-5, 2.0), False),
    ],
)
def test_it_has_to_be_as_exact_and_faster(default, onednn, taken, measured):
    measured(default, onednn)
    assert takes_onednn() is taken


def test_the_switch_is_put_back(measured):
    measured((1e-5, 2.0), (1e-5, 1.0))
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


def test_the_reason_names_it(measured):
    measured((1e-5, 2.0), (1e-5, 1.0))
    assert choose_precision("fp32", CPU).reason == "asked for; products by oneDNN"
    measured((1e-5, 1.0), (1e-5, 1.0))
    assert choose_precision("fp32", CPU).reason == "asked for"

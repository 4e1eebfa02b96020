"""Small encoders that look at other words, and sequences of many lengths to lay end to end."""

import numpy as np
import torch

SIZE = 60
SHAPE = {
    "vocab_size": SIZE,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "intermediate_size": 48,
}
DISTIL = {"vocab_size": SIZE, "dim": 32, "n_heads": 4, "n_layers": 3, "hidden_dim": 48}
LENGTHS = np.array([1, 2, 5, 7, 7, 7, 11, 20])


def made(make, seed=0):
    torch.manual_seed(seed)
    model = make()
    with torch.no_grad():  # at their usual size such weights hardly look at other words
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    return model.eval()


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

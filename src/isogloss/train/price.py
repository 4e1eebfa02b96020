"""What one more pass costs, in tokens: decides how finely a batch is cut.

A pass has a price that does not depend on how much is in it: launching each operation, and writing
and adding a gradient for every weight, the rows of the vocabulary that the part never saw included.
So the price in tokens grows with the share of the weights that are vocabulary. Fitted by least
squares to passes of 8 to 512 tokens (forward and backward, fp32, two AVX2 cores, BERT):

| layers x width, vocabulary | weights / body | price measured | 40 * weights / body |
|---|---|---|---|
| 4 x 256, 8k | 1.7 | 76 | 68 |
| 4 x 256, 30k | 3.5 | 89 | 139 |
| 6 x 768, 8k | 1.2 | 40 | 46 |
| 6 x 768, 30k | 1.6 | 67 | 62 |
| 6 x 768, 120k | 3.2 | 149 | 127 |

On one core it is about six tenths of that; the optimum is flat. On texts of 4 to 128 tokens (mean
30), one core, the cut takes 38 % off a step of the first row and 47 % off one of the fourth against
one part per batch, and 34 % and 44 % against one part per length.

The figure for bf16 is arithmetic: a token costs two to three times less and the gradients of the
weights as much as before. A GPU is bound by launches for all that a batch of short texts holds, so
there a batch is cut only where memory asks for it.
"""

import torch
from torch import nn

from isogloss.model.precision import Precision

TOKENS_ON_CPU = {"fp32": 40.0, "bf16": 100.0}
TOKENS_ELSEWHERE = 8192.0


def price_of_a_pass(model: nn.Module, precision: Precision, device: torch.device) -> float:
    """Return the modeled price of a pass, in tokens of forward and backward work."""
    if device.type != "cpu":
        return TOKENS_ELSEWHERE
    weights = sum(parameter.numel() for parameter in model.parameters())
    tables = (module for module in model.modules() if isinstance(module, nn.Embedding))
    body = weights - sum(table.weight.numel() for table in tables)
    return TOKENS_ON_CPU[precision.name] * weights / max(1, body)

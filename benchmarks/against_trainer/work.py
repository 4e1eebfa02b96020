"""FLOPs of what an arm did, in closed form, over real tokens: padding counts as no work.

Forward, 2 for each weight of the body and token, and attention (`isogloss.efficiency.flops`);
training three times that. A masked language model is charged for its head only where something is
hidden, whatever it computes elsewhere.
"""

from collections.abc import Sequence

from transformers import PreTrainedConfig

from isogloss.efficiency.flops import forward_flops, masked_flops

BACKWARD = 3
"""Forward and backward take three times what forward takes."""

HIDDEN = 0.15


def training_flops(task: str, config: PreTrainedConfig, lengths: Sequence[int]) -> int:
    """Of learning once from examples of these lengths."""
    if task == "mlm":
        return BACKWARD * masked_flops(config, lengths, round(HIDDEN * sum(lengths)))
    return BACKWARD * reading_flops(task, config, lengths)


def reading_flops(task: str, config: PreTrainedConfig, lengths: Sequence[int]) -> int:
    """Of reading examples of these lengths once."""
    return forward_flops(config, lengths, task="tags" if task == "ner" else "text")

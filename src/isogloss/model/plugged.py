"""An architecture that a plug-in describes: what it gives, the library must have models of."""

from collections.abc import Collection, Mapping
from typing import Any

from transformers import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    PreTrainedConfig,
)

from isogloss.plugins.found import PluginError, same_as

_HEADS = (MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING, MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING)
_NOT_OF_THE_CONTRACT = ("global_attn_every_n_layers",)


def plugged_config(
    identity: Mapping[str, str],
    size: Mapping[str, Any],
    vocabulary: Mapping[str, int],
    built_in: Collection[str],
) -> PreTrainedConfig:
    """Ask the plug-in that a step was planned with.

    Raises:
        PluginError: if it is not the one installed here, or gives no configuration of an encoder
            that transformers has models of texts and of words of.
    """
    describe = same_as(identity, built_in)
    named = {name: value for name, value in size.items() if name not in _NOT_OF_THE_CONTRACT}
    config = describe(named, dict(vocabulary))
    who = f"The architecture {identity['name']!r} of {identity['distribution']}"
    if not isinstance(config, PreTrainedConfig) or any(type(config) not in has for has in _HEADS):
        raise PluginError(
            f"{who} gave {type(config).__name__}, which transformers has no encoder with a head for"
            " texts and words of. Tell its makers."
        )
    if config.vocab_size != vocabulary["vocab_size"]:
        raise PluginError(
            f"{who} describes {config.vocab_size} entries of a vocabulary, and the tokenizer has"
            f" {vocabulary['vocab_size']}. Tell its makers."
        )
    return config

"""An architecture: ELECTRA's encoder (Clark et al. 2020), its embeddings as wide as the rest."""

from collections.abc import Mapping
from typing import Any, Literal, final

from transformers import ElectraConfig


@final
class Electra:
    """Describes an ELECTRA of any size."""

    special_tokens: Literal["bert"] = "bert"

    def __call__(self, size: Mapping[str, Any], vocabulary: Mapping[str, int]) -> ElectraConfig:
        """The library's own configuration."""
        return ElectraConfig(
            **vocabulary,
            embedding_size=size["hidden_size"],
            hidden_size=size["hidden_size"],
            num_hidden_layers=size["num_hidden_layers"],
            num_attention_heads=size["num_attention_heads"],
            intermediate_size=size["intermediate_size"],
            initializer_range=size["initializer_range"],
            max_position_embeddings=size["max_length"],
            hidden_dropout_prob=size["dropout"],
            attention_probs_dropout_prob=size["dropout"],
        )


ELECTRA = Electra()

"""What the files of finished steps are called: who writes one and who reads it use the same name.

A name here is part of the store's format; another one needs a new version of its kind of step.
"""

EXAMPLES = "examples.parquet"
"""Of `data`: labeled texts or tagged sentences, a row each."""

ENCODED = "encoded.parquet"
"""Of `prepare`: the same as token ids."""

TRAIN, DEV, HELD_OUT = "train.parquet", "dev.parquet", "held_out.parquet"
"""Of `text`: lines; of `pack`: windows."""

TRAINING = "training.json"
"""Of `train`, `pretrain` and `distill`: the recipe as it ran, and the curve."""

BEST = "best"
"""A folder, beside the model of a `pretrain` or `distill`: for each language, the weights that
served it best."""

CARD = "README.md"
"""Of a model: its card."""

ANSWERS = "answers.safetensors"
"""Of `targets`: what teachers said."""

PREDICTIONS = "predictions.parquet"
"""Of `evaluate`, `evaluate_form` and `probe`: a row a text or a word."""

RANKS = "ranks.parquet"
"""Of `masked`: a row a held-out token."""

MEASURED = "measured.json"
"""Of `measure`: every lap, raw."""

"""The model of each task: the library's own class, with the same random weights for every arm."""

from pathlib import Path
from typing import Any

from benchmarks.against_trainer.prepared import TAUGHT, tokenizer_in
from benchmarks.against_trainer.scale import Scale
from benchmarks.against_trainer.terms import ENTITIES, LABELS
from isogloss.model.encoder import load_classifier, make_classifier, make_tagger
from isogloss.model.masked import make_masked_lm
from isogloss.model.scratch import Size, scratch_config
from isogloss.study.tasks import span_tags

DROPOUT = 0.1
POSITIONS = 512


def make_model(task: str, scale: Scale, folder: Path, *, attention: str, seed: int = 0) -> Any:
    """A model whose weights depend on the seed alone."""
    tokenizer = tokenizer_in(folder)
    size = Size(
        hidden_size=scale.width,
        num_hidden_layers=scale.layers,
        num_attention_heads=scale.heads,
        intermediate_size=scale.inner,
        max_length=POSITIONS,
        dropout=DROPOUT,
    )
    config = scratch_config(scale.architecture, tokenizer, size)
    config.vocab_size = max(scale.table, len(tokenizer))
    if task == "mlm":
        return make_masked_lm(config, seed=seed, attention=attention)
    if task == "ner":
        return make_tagger(config, span_tags(ENTITIES), seed=seed, attention=attention)
    return make_classifier(config, LABELS, seed=seed, attention=attention)


def model_to_evaluate(task: str, scale: Scale, folder: Path, *, attention: str) -> Any:
    """The one that was taught for it, or one with random weights."""
    taught = folder / TAUGHT
    if not taught.is_dir():
        return make_model(task, scale, folder, attention=attention)
    return load_classifier(taught, labels=LABELS, seed=0, attention=attention).model

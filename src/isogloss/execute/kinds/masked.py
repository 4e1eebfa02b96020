"""Step `masked`: what a masked language model knows of all held-out text of a language."""

from isogloss.data.packing import Packed
from isogloss.evaluate.masked import Scoring, masked_scores, rank_masked
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds import pack
from isogloss.execute.kinds.evaluate import as_trained
from isogloss.execute.kinds.pretrain import open_pretrained
from isogloss.model.lines import maskable_ids

FILE = "ranks.parquet"
SEED = 0
"""Of the masks: the same ones for every model, so that models compare position by position."""


def make_masked(bench: Bench) -> Making:
    """Predict every sub-token once, from the others."""
    yield from ()
    held_out = Packed.read(bench.need(1) / pack.HELD_OUT)
    opened = open_pretrained(bench.step.needs[0], bench.need(0))
    maskable = maskable_ids(opened.tokenizer)
    precision = as_trained(bench.record(0)["precision"])
    ranks = rank_masked(
        opened.model,
        held_out,
        Scoring(
            n_folds=bench.payload["n_folds"],
            seed=SEED,
            mask_id=opened.tokenizer.mask_token_id,
            maskable=maskable,
            precision=precision,
            pad_id=opened.tokenizer.pad_token_id,
            max_tokens=bench.step.settings["max_tokens"],
        ),
    )
    n_unscored = bench.record(1)["held_out"]["n_unknown"]
    record = {
        "n_train": bench.record(0)["n_train"],
        "precision": precision.name,
        "characters": held_out.n_characters,
        "scores": [vars(score) for score in masked_scores(ranks, n_unscored)],
    }
    return Made(record, lambda folder: ranks.write(folder / FILE))

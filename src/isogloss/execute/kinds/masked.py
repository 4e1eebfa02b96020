"""Step `masked`: what a masked language model knows of all held-out text of a language."""

from isogloss.data.packing import Packed
from isogloss.evaluate.masked import Scoring, masked_scores, rank_masked
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.evaluate import as_trained
from isogloss.execute.kinds.pretrain import Opened, open_pretrained
from isogloss.execute.kinds.taught import load_teacher, place_of
from isogloss.execute.kinds.tokenizer import tokenizer_of
from isogloss.model.lines import maskable_ids
from isogloss.model.precision import Precision, best_device, choose_precision
from isogloss.store.step_files import HELD_OUT, RANKS

SEED = 0
"""Of the masks: the same ones for every model, so that models compare position by position."""


def make_masked(bench: Bench) -> Making:
    """Predict every sub-token once, from the others."""
    yield from ()
    held_out = Packed.read(bench.need(-1) / HELD_OUT)
    opened, precision, n_train = _given(bench) if "files" in bench.payload else _trained(bench)
    ranks = rank_masked(
        opened.model,
        held_out,
        Scoring(
            n_folds=bench.payload["n_folds"],
            seed=SEED,
            mask_id=opened.tokenizer.mask_token_id,
            maskable=maskable_ids(opened.tokenizer),
            precision=precision,
            pad_id=opened.tokenizer.pad_token_id,
            max_tokens=bench.step.settings["max_tokens"],
        ),
    )
    n_unscored = bench.record(-1)["held_out"]["n_unknown"]
    record = {
        "n_train": n_train,
        "precision": precision.name,
        "characters": held_out.n_characters,
        "scores": [vars(score) for score in masked_scores(ranks, n_unscored)],
    }
    return Made(record, lambda folder: ranks.write(folder / RANKS))


def _trained(bench: Bench) -> tuple[Opened, Precision, int]:
    """A model of this study, tested as it was trained."""
    trained = bench.record(0)
    opened = open_pretrained(bench.step.needs[0], bench.need(0))
    return opened, as_trained(trained["precision"]), trained["n_train"]


def _given(bench: Bench) -> tuple[Opened, Precision, None]:
    """A teacher that was there; how much it was trained on is not known."""
    payload = bench.payload
    place = place_of(bench, payload["language"], {"files": payload["files"]}, 0)
    tokenizer = tokenizer_of(bench, 0)
    model = load_teacher(place, tokenizer, payload["training"]["max_length"])
    precision = choose_precision(payload["training"]["precision"], best_device())
    return Opened(model, tokenizer), precision, None

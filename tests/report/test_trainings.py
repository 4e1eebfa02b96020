"""What trainings chose and what they lacked is said, once and plainly."""

import pytest

from isogloss.report.trainings import NONE_SHORT, how_trained, shortage


def sample(rows=90, requested=90, n_missing=0, n_repeated=0, policy="take_all"):
    return {"rows": rows, "requested": requested, "n_missing": n_missing, "n_repeated": n_repeated,
            "shortage": policy, "counts": {"bad": rows // 2, "good": rows - rows // 2}}  # fmt: skip


def training(samples=None, **more):
    facts = {
        "encoder": "tiny", "regime": "joint", "source_languages": ["deu-Latn"], "seed": 0,
        "n_per_language": 90, "n_train": 200, "precision": "fp32",
        "precision_reason": "no fast bf16", "attention": "eager", "device": "cpu", "threads": 2,
        "n_truncated": 0, "n_resumed": 0, "stopped_early": False, "padding_share": 0.25,
    }  # fmt: skip
    facts |= {"samples": samples or {"deu-Latn": sample()}, **more}
    return {"step": f"{facts['encoder']} {facts['seed']}", **facts}


def told(*trainings):
    return "\n\n".join(how_trained(trainings, shortage(trainings)))


def test_equal_choices_are_one_line_and_no_shortage_is_one_sentence():
    text = told(training(), training(seed=1))
    assert (
        "All 2 models: precision fp32 (no fast bf16), attention eager, device cpu, threads 2."
        in text
    )
    assert NONE_SHORT in text
    assert "|" not in text
    assert "Warning" not in text


def test_choices_that_differ_are_a_table_by_encoder():
    text = told(training(), training(encoder="large", threads=8))
    assert "| tiny | 2 |" in text
    assert "| large | 8 |" in text
    assert "Warning" not in text


def test_a_training_that_two_regimes_share_is_one_model():
    assert told(training(), training(regime="leave_one_out")).startswith("The only model: ")


def test_models_that_differ_in_precision_are_warned_of():
    text = told(training(), training(seed=1), training(seed=2, precision="bf16"))
    assert text.startswith("**Warning: the models differ in precision** (fp32: 2 models (tiny);")
    assert "bf16: 1 model (tiny)" in text


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        ((0, 0), "longest input: 0 %\n"),
        ((10, 30), "longest input: 10.0 %, at most 15.0 % of one model's"),
    ],
)
def test_the_share_of_rows_that_were_cut_is_told(cut, words):
    assert words in told(*(training(seed=n, n_truncated=c) for n, c in enumerate(cut)))


def test_resumed_and_ended_early_models_are_counted():
    text = told(training(), training(seed=1, n_resumed=2, stopped_early=True))
    assert "Resumed after a break: 1 of 2 models" in text
    assert "Ended early: 1 of 2 models" in text
    assert "Heads" not in text
    assert "Heads: new" in told(training(head="new"))


def test_a_sample_that_fell_short_is_told_once_for_all_models_that_share_it():
    short = {"deu-Latn": sample(), "hin-Deva": sample(60, 90, n_missing=30)}
    records = shortage(
        [training(short, seed=seed, encoder=name) for seed in (0, 1) for name in ("a", "b")]
    )
    assert records == [
        {
            "language": "hin-Deva", "requested": 90, "rows": 60, "missing_rows": 30,
            "repeated_rows": 0, "policy": "take_all", "counts": "bad 30, good 30", "n_seeds": 2,
        }
    ]  # fmt: skip


def test_repeated_rows_are_a_shortage_too_and_sizes_stand_in_order():
    trainings = [
        training({"deu-Latn": sample(size, size, n_repeated=size // 10, policy="resample")})
        for size in (900, 300)
    ]
    assert [(r["requested"], r["repeated_rows"]) for r in shortage(trainings)] == [
        (300, 30),
        (900, 90),
    ]
    text = told(*trainings)
    assert "**Shortage**" in text
    assert "| 300 | 300 |" in text


@pytest.mark.parametrize(
    ("loss", "counts", "stuck"),
    [
        (1.0986, {"a": 10, "b": 10, "c": 10}, True),
        (1.03, {"a": 10, "b": 10, "c": 10}, False),
        (0.32, {"a": 90, "b": 10}, True),  # the entropy is 0.325
        (0.30, {"a": 90, "b": 10}, False),
        (9.9, {"sentences": 100}, False),  # tags: their shares are not known here
        (None, {"a": 10, "b": 10}, False),
    ],
)
def test_a_training_that_only_knows_the_shares_of_the_labels_is_named(loss, counts, stuck):
    samples = {"deu-Latn": {**sample(), "counts": counts}}
    text = told(training(), training(samples, seed=7, train_loss=loss))
    named = "**Hardly learned: 1 of 2 models** (tiny joint on German, 90 rows, seed 7)"
    assert (named in text) is stuck
    assert ("Hardly" in text) is stuck


def test_of_many_that_hardly_learned_some_are_named():
    text = told(*(training(seed=seed, train_loss=0.7) for seed in range(8)))
    assert "8 of 8 models" in text
    assert "seed 4 and 3 more)" in text


def test_without_trainings_nothing_is_said_and_facts_that_are_absent_are_not_told():
    assert told() == ""
    kept = {"step", "encoder", "seed", "n_train", "samples"}
    bare = {k: v for k, v in training().items() if k in kept}
    assert NONE_SHORT in told(bare)
    assert "None" not in told(bare)

"""Differences between arms: paired by seed and unit, equal to a loop, refused on other gold."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from balance_report_toys import (
    ARMS,
    DESIGN,
    HIGH,
    LABELS,
    LANGUAGES,
    LOW,
    masked,
    probe,
    ranks,
    sentences,
    with_controls,
    write_predictions,
    write_ranks,
)
from isogloss.base.errors import InputError, RunError, UnknownName
from isogloss.report.balance.claim import claim_lines
from isogloss.report.balance.design import Design
from isogloss.report.balance.differences import differences, laid_out, weighted, weights_of
from isogloss.report.balance.masked_units import (
    MASKED_METRICS,
    masked_per_unit,
    read_masked_units,
)
from isogloss.report.balance.scores import Pair
from isogloss.report.balance.trials import Trial, read_probe, read_trials, score_of_sums
from isogloss.stats.combined import compare
from isogloss.stats.correction import holm
from isogloss.stats.resample import scores

FEW = 200


def made_trials(folder, mean_of, *, arms=ARMS, languages=LANGUAGES, seeds=(0, 1), n=400):
    """Made-up evaluations of masked words: `mean_of(arm, language)` is the mean of log ranks.

    Arms of one seed share what is hard about a position, as models do.
    """
    found = []
    for at, language in enumerate(languages):
        for seed in seeds:
            for arm in arms:
                rng = np.random.default_rng([at, seed])
                place = folder / f"{arm}-{language}-{seed}"
                write_ranks(place, ranks(rng, n, mean_of(arm, language)))
                units = read_masked_units(place)
                pair = Pair(language, language)
                found.append(Trial(arm, "mlm", pair, "held_out", None, seed, units))
    return found


def by_scope(records, first):
    return {r["language"] or r["group"]: r for r in records if r["first"] == first}


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.int64, st.integers(1, 40), elements=st.integers(1, 50)))
def test_scores_of_windows_are_those_of_all_positions(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("ranks")
    write_ranks(folder, drawn, per_window=3)
    units = read_masked_units(folder)
    assert len(units) == math.ceil(len(drawn) / 3)
    losses, characters = np.log(drawn + 0.5), np.arange(len(drawn)) % 4 + 1
    wanted = {
        "mrr": np.mean(1 / drawn),
        "top1_accuracy": np.mean(drawn == 1),
        "top5_accuracy": np.mean(drawn <= 5),
        "eval_loss": np.mean(losses),
        "bits_per_character": losses.sum() / math.log(2) / characters.sum(),
    }
    for metric in MASKED_METRICS:
        score = score_of_sums("mlm", metric)
        assert scores([masked_per_unit(units, metric)], score)[0] == pytest.approx(wanted[metric])


def test_the_order_of_stored_ranks_does_not_matter(tmp_path):
    write_ranks(tmp_path / "a", ranks(np.random.default_rng(0), 50, 1.5))
    table = pq.read_table(tmp_path / "a" / "ranks.parquet")
    (tmp_path / "b").mkdir()
    turned = table.take(pa.array(np.random.default_rng(1).permutation(50)))
    pq.write_table(turned, tmp_path / "b" / "ranks.parquet")
    one, other = (read_masked_units(tmp_path / name) for name in "ab")
    assert one.gold_digest == other.gold_digest
    assert one.reciprocal == pytest.approx(other.reciprocal)


def test_what_no_evaluation_writes_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"ranks\.parquet cannot be read"):
        read_masked_units(tmp_path)
    write_ranks(tmp_path, [3, 0, 2])
    with pytest.raises(RunError, match="a rank below 1"):
        read_masked_units(tmp_path)
    pq.write_table(pa.table({"window": [0]}), tmp_path / "ranks.parquet")
    with pytest.raises(RunError, match=r"cannot be read .*position"):
        read_masked_units(tmp_path)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_group_score_is_the_mean_over_targets_of_the_mean_over_sources(data):
    targets = data.draw(st.lists(st.sampled_from(LOW), min_size=1, unique=True))
    sizes = {target: data.draw(st.integers(1, 4)) for target in targets}
    pairs = [
        Pair(source, target)
        for target in targets
        for source in data.draw(st.lists(st.sampled_from(HIGH), min_size=1, unique=True))
    ]
    of_pair = {
        pair: data.draw(
            arrays.arrays(np.float64, (sizes[pair.target], 2), elements=st.integers(1, 9))
        )
        for pair in pairs
    }
    got = scores([laid_out(of_pair)], weighted(score_of_sums("mlm", "mrr"), weights_of(pairs)))[0]
    each = {pair: a[:, 0].sum() / a[:, 1].sum() for pair, a in of_pair.items()}
    wanted = np.mean([
        np.mean([value for pair, value in each.items() if pair.target == target])
        for target in targets
    ])  # fmt: skip
    assert got == pytest.approx(wanted)


def test_a_difference_is_that_of_the_scores_paired_by_seed_and_window(tmp_path):
    trials = made_trials(tmp_path, lambda arm, _: {"soft-balanced": 1.6}.get(arm, 1.9))
    found = differences(trials, DESIGN, resamples=FEW)
    units = {(t.arm, t.pair.target, t.seed): t.per_unit("mrr") for t in trials}
    ratio = score_of_sums("mlm", "mrr")
    for record in found:
        if record["scope"] == "language":
            code = record["language"]
            one, other = (
                {seed: units[arm, code, seed] for seed in (0, 1)}
                for arm in (record["first"], "soft-balanced")
            )
            wanted = compare(one, other, ratio, resamples=FEW)
            assert record["difference"] == pytest.approx(wanted.mean)
            assert record["p"] == pytest.approx(wanted.p)
            assert record["difference_low"] == pytest.approx(wanted.low)
    for first in ("hard-all", "hard-balanced"):
        mine = by_scope(found, first)
        alone = [mine[code]["difference"] for code in LOW]
        assert mine["low"]["difference"] == pytest.approx(np.mean(alone))
        assert mine["all"]["n_units"] == 7 * 80
        scores_apart = mine["low"]["second_score"] - mine["low"]["first_score"]
        assert scores_apart == pytest.approx(mine["low"]["difference"])


def test_holm_runs_over_languages_and_baselines_and_over_the_baselines_of_a_group(tmp_path):
    trials = made_trials(tmp_path, lambda arm, _: {"soft-balanced": 1.7}.get(arm, 1.8))
    found = differences(trials, DESIGN, resamples=FEW)
    for scope in ({"scope": "language"}, {"scope": "group", "group": "low"}):
        family = {
            str(at): record["p"]
            for at, record in enumerate(found)
            if all(record[field] == value for field, value in scope.items())
        }
        assert len(family) == (14 if scope["scope"] == "language" else 2)
        for at, p in holm(family).items():
            assert found[int(at)]["p_holm"] == p


def test_the_same_model_is_a_tie_with_itself(tmp_path):
    trials = made_trials(tmp_path, lambda *_: 1.8)
    for record in differences(trials, DESIGN, resamples=FEW):
        assert (record["difference"], record["p_holm"], record["verdict"]) == (0, 1, "tie")


def test_fewer_bits_per_character_are_better(tmp_path):
    trials = made_trials(tmp_path, lambda arm, _: {"soft-balanced": 1.0}.get(arm, 3.0))
    design = replace(DESIGN, headlines={"mlm": "bits_per_character"})
    low = by_scope(differences(trials, design, resamples=FEW), "hard-all")["low"]
    assert low["difference"] < 0
    assert low["verdict"] == "better"


def test_seeds_and_languages_that_one_arm_lacks_are_left_out_and_said(tmp_path):
    trials = [
        one
        for one in made_trials(tmp_path, lambda *_: 1.8, n=100)
        if one.arm != "hard-all" or (one.pair.target, one.seed) not in {("eus-Latn", 0),
                                                                       ("eus-Latn", 1),
                                                                       ("spa-Latn", 1)}
    ]  # fmt: skip
    mine = by_scope(differences(trials, DESIGN, resamples=FEW), "hard-all")
    assert (mine["low"]["n_seeds"], mine["low"]["n_languages"]) == (2, 3)
    assert mine["low"]["without"] == ["eus-Latn"]
    assert (mine["high"]["n_seeds"], mine["high"]["without"]) == (1, [])
    assert mine["eus-Latn"]["verdict"] == "not compared"
    assert mine["eus-Latn"]["difference"] is None


def test_other_gold_is_refused_by_name(tmp_path):
    trials = made_trials(tmp_path, lambda *_: 1.8, n=50)
    write_ranks(tmp_path / "other", np.ones(49, dtype=int))
    other = replace(trials[-1], units=read_masked_units(tmp_path / "other"))
    with pytest.raises(InputError, match="scored on different gold in German, mlm, held_out"):
        differences([*trials[:-1], other], DESIGN, resamples=FEW)


def test_a_guess_that_is_no_number_is_left_out_as_it_is_of_the_scores(tmp_path):
    write_ranks(tmp_path, [3, 1, 2, 4, 1, 5, 2])
    path = tmp_path / "ranks.parquet"
    table = pq.read_table(path).to_pydict()
    table["rank"][1], table["loss"][1] = 0, math.nan
    pq.write_table(pa.table(table), path)
    units = read_masked_units(tmp_path)
    assert units.positions.tolist() == [4, 2]
    usable = np.array([3, 2, 4, 1, 5, 2])
    got = scores([masked_per_unit(units, "mrr")], score_of_sums("mlm", "mrr"))[0]
    assert got == pytest.approx(np.mean(1 / usable))
    assert units.nats.sum() == pytest.approx(np.log(usable + 0.5).sum())


def test_arms_that_share_a_step_are_both_compared(tmp_path):
    """With one language, text that is balanced is all of the text."""
    rows = []
    for arm, key in (("hard-balanced", "one"), ("hard-all", "one"), ("soft-balanced", "other")):
        write_ranks(tmp_path / key, ranks(np.random.default_rng(0), 50, 1.8))
        rows.append({**masked(arm, "eus-Latn", 0.5), "step": key})
    trials = read_trials(rows, lambda key: tmp_path / key, labels=LABELS, arms=ARMS)
    assert [one.arm for one in trials] == ["hard-balanced", "hard-all", "soft-balanced"]


def test_a_metric_that_stored_ranks_do_not_hold_is_refused(tmp_path):
    trials = made_trials(tmp_path, lambda *_: 1.8, n=50)
    with pytest.raises(UnknownName, match="Unknown metric 'f1'"):
        differences(trials, replace(DESIGN, headlines={"mlm": "f1"}), resamples=FEW)


def probe_store(folder, languages, shares, *, seeds=(0, 1), n=60):
    """Stored probes and their rows: the share of right words by arm, the gold by target."""
    rows = []
    for arm, share in shares.items():
        for source in languages:
            for seed in seeds:
                said = {
                    target: sentences(np.random.default_rng([at, seed]), n, share)
                    for at, target in enumerate(languages)
                }
                key = f"pos-{arm}-{source}-{seed}"
                write_predictions(folder / key, said)
                for target, of_target in said.items():
                    right = np.mean([g == s for one in of_target for g, s in one])
                    rows.append(probe(arm, source, target, right, seed=seed))
    return rows


def test_probes_are_read_from_the_store_by_layer_source_and_target(tmp_path):
    languages = LOW[:3]
    rows = probe_store(tmp_path, languages, {"hard-balanced": 0.6, "soft-balanced": 0.8})
    design = Design({"low": languages}, ARMS)
    trials = read_trials(rows, lambda key: tmp_path / key, labels=LABELS, arms=ARMS)
    assert len(trials) == 2 * 3 * 2 * 3
    assert {one.form for one in trials} == {"layer -1"}
    of_row = {(r["encoder"], r["source_languages"][0], r["target_language"], r["seed"]): r["value"]
              for r in rows}  # fmt: skip
    ratio = score_of_sums("pos", "accuracy")
    for one in trials:
        got = scores([one.per_unit("accuracy")], ratio)[0]
        assert got == pytest.approx(of_row[one.arm, *one.pair, one.seed])
    found = differences(trials, design, resamples=FEW)
    shot = [r for r in found if r["setting"] == "zero_shot" and r["scope"] == "group"]
    assert {r["n_pairs"] for r in shot} == {6}
    assert {r["n_units"] for r in shot} == {180}
    assert shot[0]["difference"] == pytest.approx(0.2, abs=0.05)
    assert shot[0]["verdict"] == "better"


def test_a_label_that_the_study_does_not_know_is_named(tmp_path):
    write_predictions(tmp_path, {"eus-Latn": [[("NOUN", "NOUN"), ("PROPN", "X")]]})
    row = probe("hard-all", "eus-Latn", "eus-Latn", 0.5)
    with pytest.raises(InputError, match="'PROPN' is not among the study's labels"):
        read_probe(tmp_path, row, labels=LABELS["pos"])


def test_rows_of_teachers_and_trainings_are_not_read(tmp_path):
    rows = [masked("teacher/eus-Latn", "eus-Latn", 0.5)]
    assert read_trials(rows, lambda key: tmp_path / key, labels=LABELS, arms=ARMS) == []


def said(tmp_path, means, design, **how):
    def mean_of(arm, language):
        return means[arm] if language in LOW else 1.8

    trials = made_trials(tmp_path, mean_of, arms=tuple(means), n=1500, **how)
    return claim_lines(differences(trials, design, resamples=FEW), design)


BETTER = {"hard-all": 2.2, "hard-balanced": 2.1, "soft-balanced": 1.4}


def test_the_answer_calls_a_gain_a_gain_and_a_tie_a_tie(tmp_path):
    low, high = said(tmp_path, BETTER, DESIGN)
    assert low.startswith("**MRR of the masked words, low-resource (Basque, Turkish, Vietnamese,")
    assert "soft-balanced is better than hard-balanced: difference 0." in low
    assert "2 seeds" in low
    assert high.startswith("**MRR of the masked words, high-resource (Spanish, English, German)**")
    assert "soft-balanced and hard-balanced are a tie: difference 0.000, p 1.000" in high
    assert "Why: " in low
    assert "Why: " not in high


def test_without_controls_nothing_is_said_to_be_the_teachers(tmp_path):
    why = said(tmp_path, BETTER, DESIGN)[0].partition("Why: ")[2]
    assert "whether it is the teachers is not decided" in why
    smoothed = "no arm hard-balanced-smoothed (targets softened without a teacher)"
    assert f"has finished {smoothed} and no arm hard-balanced-compute" in why


@pytest.mark.parametrize(
    ("longer", "words"),
    [
        (2.1, "the teachers, as far as the controls go: soft-balanced also beats hard-smoothed"),
        (1.4, "not shown to be the teachers. hard-longer (as much compute without teachers)"),
    ],
)
def test_controls_decide_whether_it_is_the_teachers(tmp_path, longer, words):
    means = {**BETTER, "hard-smoothed": 2.1, "hard-longer": longer}
    why = said(tmp_path, means, with_controls())[0].partition("Why: ")[2]
    assert words in why


def test_where_the_candidate_does_not_win_there_is_no_reason_to_look_for(tmp_path):
    low = said(tmp_path, {**BETTER, "soft-balanced": 2.6}, DESIGN)[0]
    assert "soft-balanced is worse than hard-all: difference -0." in low
    assert "Why: there is nothing to give the teachers credit for" in low

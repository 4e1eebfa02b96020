"""Where what is compared is no better than chance: said beside the answer, and only there."""

import io

import numpy as np
import pytest
from rich.console import Console

from balance_report_toys import DESIGN, LANGUAGES, LOW, PROBED, probe, sentences, write_predictions
from isogloss.base.languages import language_name
from isogloss.report.at_chance import chance_notes, zero_shot_notes
from isogloss.report.balance.at_chance import chance_words
from isogloss.report.balance.claim import claim_lines, teachers_reason
from isogloss.report.balance.glance import glance_table
from isogloss.report.balance.screen import balance_console, careful_lines
from isogloss.report.balance.tables import balance_tables
from isogloss.report.balance.trials import read_trials
from isogloss.report.html.balanced import glance_block
from isogloss.report.html.claimed import claim_lead

TAGS = ("NOUN", "VERB", "X")
LABELS = {"pos": TAGS, "ner": ("PER", "LOC")}


def difference(first, verdict="tie", scores=(0.2, 0.3), **more):
    """A tested difference of low-resource languages; `scores` are the other's, the candidate's."""
    by = 0.0 if None in scores else scores[1] - scores[0]
    return {
        "task": "pos", "metric": "accuracy", "split": "test", "form": None,
        "setting": "zero_shot", "scope": "group", "group": "low", "language": None,
        "role": "baseline", "first": first, "second": "soft-balanced", "difference": by,
        "difference_low": by - 0.05, "difference_high": by + 0.05, "verdict": verdict,
        "first_score": scores[0], "second_score": scores[1], "majority_class": 0.3,
        "p_holm": 0.4, "smallest": 0.1, "n_seeds": 3, "n_pairs": 4, "without": [],
        "n_pairs_missing": 0, "n_pairs_expected": 4, **more,
    }  # fmt: skip


def both(scores=(0.2, 0.3), **more):
    return [difference(arm, scores=scores, **more) for arm in DESIGN.baselines]


def alone(code, scores, **more):
    return both(scores, scope="language", language=code, group="low", **more)


def test_arms_that_are_all_at_or_below_the_majority_class_are_told_with_their_scores():
    records = both()
    said = chance_words(records, records, DESIGN)
    assert said == (
        "none of these arms is better than always answering the most frequent tag (0.300),"
        " at 0.200 to 0.300"
    )
    (line,) = glance_table(records, DESIGN)
    assert line["chance"] == said
    (words, *_) = claim_lines(records, DESIGN)
    assert f"**Careful**: {said}; such scores can be had without reading the text." in words
    assert said in claim_lead(records, DESIGN)


@pytest.mark.parametrize(
    "records",
    [
        both((0.2, 0.31)),
        both((0.31, 0.2)),
        [difference("hard-balanced"), difference("hard-all", scores=(0.4, 0.3))],
        both(majority_class=None),
        both(task="mlm", metric="mrr", setting="in_language", majority_class=None),
        both((None, None)),
    ],
    ids=["candidate", "baseline", "one baseline", "unknown", "masked words", "not compared"],
)
def test_nothing_is_said_where_one_arm_is_better_or_it_is_not_known(records):
    assert chance_words(records, records, DESIGN) == ""
    assert "chance" not in glance_table(records, DESIGN)[0]


def test_languages_are_named_where_their_mean_is_better_and_they_are_not():
    group = both((0.35, 0.4))
    own = [
        *alone(LOW[0], (0.5, 0.6)), *alone(LOW[1], (0.2, 0.3)), *alone(LOW[2], (0.25, 0.1)),
        *alone(LOW[3], (0.2, 0.3), setting="in_language"),
        *alone("deu-Latn", (0.1, 0.1)),
    ]  # fmt: skip
    named = " and ".join(map(language_name, LOW[1:3]))
    assert chance_words(group, [*group, *own], DESIGN) == (
        f"in {named} none of these arms is better than always answering the most frequent tag"
    )


def test_of_entities_chance_is_to_find_none():
    none = both((0.0, 0.0), task="ner", metric="f1", majority_class=None)
    assert "never answering an entity (0.000), at 0.000" in chance_words(none, none, DESIGN)
    some = both((0.0, 0.001), task="ner", metric="f1", majority_class=None)
    assert chance_words(some, some, DESIGN) == ""


def test_a_gain_below_chance_is_not_the_one_that_is_explained():
    lost = both((0.1, 0.2), verdict="better")
    won = both((0.5, 0.6), verdict="better", setting="in_language")
    assert "zero-shot" in teachers_reason(lost, DESIGN).asked
    assert "in-language" in teachers_reason([*lost, *won], DESIGN).asked


@pytest.fixture(scope="module")
def guessed(tmp_path_factory):
    """A study whose probes are good in their own language, and say anything in others."""
    store = tmp_path_factory.mktemp("guessed")
    rows = []
    for arm in DESIGN.arms:
        for source in PROBED:
            said = {
                target: sentences(np.random.default_rng(at), 40, 0.9 if source == target else 0.05)
                for at, target in enumerate(PROBED)
            }
            write_predictions(store / f"pos-{arm}-{source}-0", said)
            for target, of_target in said.items():
                words = [word for one in of_target for word in one]
                right = np.mean([gold == tag for gold, tag in words])
                rows.append(probe(arm, source, target, right))
                counts = [sum(gold == tag for gold, _ in words) for tag in TAGS]
                rows += [
                    probe(arm, source, target, n, metric=f"support/{tag}")
                    for tag, n in zip(TAGS, counts, strict=True)
                ]
    trials = read_trials(rows, lambda key: store / key, labels=LABELS, arms=DESIGN.arms)
    return balance_tables(rows, DESIGN, trials=trials, resamples=100)


def test_every_face_of_a_study_says_it_of_zero_shot_and_not_of_in_language(guessed):
    tests = guessed["balance_tests"]
    there = [r for r in tests if r["n_pairs"]]
    lost = {r["setting"] for r in there if r["second_score"] <= r["majority_class"]}
    assert lost == {"zero_shot"}
    warned = {(line["measure"].rpartition(", ")[2], line["languages"])
              for line in glance_table(tests, DESIGN) if line["chance"]}  # fmt: skip
    assert warned == {("zero-shot", "low-resource"), ("zero-shot", "high-resource")}
    lines = careful_lines(guessed, DESIGN)
    assert len(lines) == 2
    assert all("zero-shot" in line and "without reading the text" in line for line in lines)
    rows = [row for group in glance_block(tests, DESIGN).parts["groups"] for row in group["rows"]]
    assert [bool(row["chance"]) for row in rows] == [
        row["measure"].endswith("zero-shot") for row in rows
    ]


def test_the_constant_answer_of_a_group_is_the_mean_over_its_languages(guessed):
    gold = 1 / 3  # the tags take turns
    for record in guessed["balance_tests"]:
        found = record["majority_class"]
        assert found == (pytest.approx(gold) if record["n_pairs"] else None)


def test_on_a_screen_of_many_arms_the_constant_answer_has_a_line(guessed):
    design = type(DESIGN)(DESIGN.groups, (*DESIGN.arms, "a", "b"), DESIGN.sizes)
    console = Console(width=200, record=True, file=io.StringIO())
    for table in balance_console(guessed, design):
        console.print(table)
    assert "majority class" in console.export_text()


def known(chance, codes=LANGUAGES):
    return [{"split": "test", "language": code, "chance": chance} for code in codes]


def test_encoders_are_told_apart_by_what_they_were_trained_on():
    scores = {LOW[0]: [0.2, 0.3], LOW[1]: [0.1, 0.31], LOW[2]: [0.3, 0.3], LOW[3]: []}
    (trained, unseen) = chance_notes(scores, known(0.3), "test", LOW[:2])
    lost = f"{language_name(LOW[0])} (0.200 to 0.300, chance 0.300)."
    assert trained.startswith(f"No better than chance, trained on: {lost}")
    lost = f"{language_name(LOW[2])} (0.300, chance 0.300)."
    assert unseen.startswith(f"No better than chance, zero-shot: {lost}")
    assert language_name(LOW[1]) not in trained + unseen
    assert chance_notes(scores, known(0.3), "validation", LOW[:2]) == []
    assert chance_notes(scores, known(0.05), "test", LOW[:2]) == []


def test_of_many_languages_some_are_named(toy):
    scores = {code: [0.1] for code in toy.codes}
    (line,) = chance_notes(scores, known(0.3, toy.codes), "test", [])
    assert line.count("chance 0.300") == 12
    assert f"and {len(toy.codes) - 12} more." in line


def regime(code, best, n=None, split="test"):
    return {"split": split, "n_per_language": n, "language": code, "zero_shot_best": best}


def test_the_best_single_source_is_held_against_chance_at_the_most_rows():
    records = [
        regime(LOW[0], 0.1, n=100), regime(LOW[0], 0.4), regime(LOW[1], 0.3), regime(LOW[1], 0.2),
        regime(LOW[2], None), regime(LOW[3], 0.2), regime(LOW[3], 0.35),
    ]  # fmt: skip
    (line,) = zero_shot_notes(records, known(0.3))
    name = language_name(LOW[1])
    assert f"single languages: {name} (0.200 to 0.300, chance 0.300)." in line
    assert zero_shot_notes([], known(0.3)) == []

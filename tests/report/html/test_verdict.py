"""The verdict: the choice and its four answers, what would change it, and what is missing."""

import math
from dataclasses import replace
from statistics import fmean

import pytest
from scipy import stats

from decision_toys import candidate, comparing, evidence, offering
from isogloss.base.languages import language_name
from isogloss.report.balance.design import Design
from isogloss.report.balance.page import Also
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Facts, Fold, Lines, Words
from isogloss.report.html.evidence import Balancing, Scores
from isogloss.report.html.sections.verdict import verdict
from isogloss.report.html.turns import share, turn_lines, turn_table, turns_of
from isogloss.report.numbers import number
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import recommend
from isogloss.report.understand import understand


@pytest.fixture(scope="module")
def compared():
    return comparing(warnings=["One seed."])


def parts(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def answers(section):
    return {fact.question: fact for facts in parts(section, Facts) for fact in facts.facts}


def alone(rows, **more):
    """What is known of a study of one encoder."""
    found = evidence(scores=Scores(rows, understand(rows)), **more)
    return replace(found, frame=Frame("toy", "macro_f1"))


def said(section):
    lines = [line for block in parts(section, Lines) for line in block.lines]
    return "\n".join([*(block.text for block in parts(section, Words)), *lines])


def test_the_choice_its_reason_and_its_ties_are_those_of_recommend(compared):
    section = verdict(evidence(comparing=compared))
    choice, reason, ties = compared.recommendation.lines
    assert section.blocks[0].text.replace("**", "") == choice
    assert reason in said(section).replace("**", "")
    assert ties in said(section).replace("**", "")
    assert compared.recommendation.choice == "big (onnx)"


def test_the_four_answers_have_the_numbers_of_the_records(compared):
    found = answers(verdict(evidence(comparing=compared)))
    assert list(found) == ["How good", "How sure", "At what cost", "For whom it fails first"]
    chosen = next(one for one in compared.candidates if one.name == "big (onnx)")
    assert found["How good"].answer == f"F1 {chosen.quality:.2f}, mean over 2 languages"
    low, high = chosen.quality_low, chosen.quality_high
    assert found["How good"].more == [f"95 % interval [{low:.2f}, {high:.2f}]"]
    costs = [1e6 / rate / 3600 * 1.8 for rate in (100.0, 105.0, 95.0)]
    half = stats.t.ppf(0.975, 2) * stats.tstd(costs) / math.sqrt(3)
    assert found["At what cost"].answer == f"{fmean(costs):.1f} EUR per million sentences"
    low, high = fmean(costs) - half, fmean(costs) + half
    assert found["At what cost"].more[0] == f"95 % interval [{low:.1f}, {high:.1f}]"
    assert found["At what cost"].more[1:] == [
        "10.00 ms for 99 of 100 answers", "900.0 MB of memory at most",
    ]  # fmt: skip
    assert found["For whom it fails first"].answer.startswith("German: 0.")
    assert found["For whom it fails first"].answer.endswith("not trained on")


def test_a_tie_is_said_to_be_one_and_how_near_it_is(compared):
    fact = answers(verdict(evidence(comparing=compared)))["How sure"]
    assert fact.answer == "a tie with big"
    assert fact.more[0] == "nearest: big, p 1.000 (Holm)"
    assert fact.more[1] == "3 trainings, 120 test units"


def test_what_was_not_measured_says_how_to_measure_it(compared):
    bare = [replace(one, cost=None, latency_ms=None, memory_mb=None) for one in compared.candidates]
    fact = answers(verdict(evidence(comparing=offering(compared, bare))))["At what cost"]
    assert (fact.answer, fact.more) == ("not measured", ["add `efficiency: {}` to the study"])


def test_where_another_encoder_is_better_it_is_named():
    found = comparing(encoders=("small", "big"), forms=("torch",))
    small = replace(found.recommendation, choice="small")
    section = verdict(evidence(comparing=replace(found, recommendation=small)))
    better = [
        {"eng-Latn": "English", "por-Latn": "Portuguese", "deu-Latn": "German"}[r["language"]]
        for r in found.comparison.differences
        if r["metric"] == "f1" and r["scope"] == "language" and r["p_holm"] < 0.05
    ]
    assert better
    more = answers(section)["For whom it fails first"].more
    assert f"worse than big in {', '.join(better)}" in more


def test_what_would_change_it_is_computed():
    three = [
        candidate("big", 0.9, cost=4.0, latency_ms=40.0, fairness=0.5),
        candidate("small", 0.8, cost=1.0, latency_ms=10.0, fairness=0.6),
    ]
    turns = turns_of(three, "big")
    weight = math.log(0.9 / 0.8) / (math.log(0.9 / 0.8) + math.log(4.0))
    assert turn_lines(turns) == [
        "By quality alone: **big**, the same.",
        "By cost alone: **small**.",
        "By the worst language alone: **small**.",
        f"Weigh cost against quality: **big** up to a weight of {share(weight)}, **small** from"
        f" {share(weight)} on.",
        "Weigh the worst language against quality: **big** up to a weight of 39.2 %, **small** from"
        " 39.2 % on.",
        "Limit the p99 latency: below 40.00 ms **small**, below 10.00 ms nobody is left.",
        "Limit the mean f1: above 0.900 nobody is left.",
    ]
    table = turn_table(turns)
    line = next(one for one in table if one["asked"].startswith("weight of cost"))
    assert (line["from"], line["choice"], line["as now"]) == (0.0, "big", "yes")
    assert line["to"] == pytest.approx(weight)
    limits = [one for one in table if one["asked"] == "p99 latency, at most"]
    assert [(one["range"], one["choice"]) for one in limits] == [
        ("40.00 ms or more", "big"), ("below 40.00 ms, to 10.00 ms", "small"),
        ("below 10.00 ms", "nobody"),
    ]  # fmt: skip


def test_all_conditions_stand_in_a_fold_for_who_wants_them(compared):
    section = verdict(evidence(comparing=compared))
    (fold,) = parts(section, Fold)
    assert fold.blocks[0].id == "turns"
    table = fold.blocks[0]
    assert table.heads == ("asked", "range", "choice", "as now")
    assert {row[2].text for row in table.rows} >= {"big (onnx)", "nobody"}
    assert table.csv.startswith("asked,range,choice,as now,from,to\n")


def test_what_makes_it_doubtful_stands_beside_it(compared):
    found = evidence(comparing=compared, unfinished=[f"cell {at}: not done yet" for at in range(7)])
    (doubts,) = [b for b in parts(verdict(found), Lines) if b.tone == "warning"]
    assert doubts.lines[0] == "One seed."
    assert "**7 steps are not finished**; this is about the rest." in doubts.lines
    assert doubts.lines[-2:] == ["cell 4: not done yet", "… the others are named under Provenance"]


def test_what_is_not_finished_is_counted_in_steps_not_in_lines(compared):
    kinds = [
        {"kind": "train", "steps": 3, "finished": 1},
        {"kind": "evaluate", "steps": 27, "finished": 9},
    ]
    found = evidence(comparing=compared, unfinished=["a training: not done yet"])
    found = replace(found, provenance=replace(found.provenance, kinds=kinds))
    (doubts,) = [b for b in parts(verdict(found), Lines) if b.tone == "warning"]
    assert "**20 steps are not finished**; this is about the rest." in doubts.lines


def test_a_comparison_that_could_not_be_made_says_why(toy):
    rows = toy.study(n_languages=3)
    section = verdict(alone(rows, uncompared="A, B were not trained alike."))
    assert "A, B were not trained alike." in said(section)


def test_one_encoder_has_its_mean_its_best_and_its_worst_language(toy):
    rows = toy.study(n_languages=3)
    section = verdict(alone(rows))
    main = [
        r for r in rows
        if r["metric"] == "macro_f1" and r["regime"] == "joint" and r["n_per_language"] == 2000
    ]  # fmt: skip
    means = {
        code: fmean(r["value"] for r in main if r["target_language"] == code)
        for code in toy.codes[:3]
    }
    names = {"eng-Latn": "English", "fra-Latn": "French", "ara-Arab": "Arabic"}
    found = answers(section)
    assert found["Best language"].answer == names[max(means, key=means.get)]
    assert found["Worst language"].answer == names[min(means, key=means.get)]
    by_seed = [fmean(r["value"] for r in main if r["seed"] == seed) for seed in (0, 1, 2)]
    half = stats.t.ppf(0.975, 2) * stats.tstd(by_seed) / math.sqrt(3)
    mean = number(fmean(by_seed), fmean(by_seed) - half, fmean(by_seed) + half)
    value, _, interval = mean.partition(" ")
    assert found["How good"].answer == f"{value} macro F1"
    assert found["How good"].more[0] == f"95 % interval over seeds {interval}"
    assert found["How sure"].answer == "3 trainings"
    assert section.blocks[0].text.startswith(f"**tiny**: macro F1 {mean} on average")


def test_one_seed_has_no_interval_of_its_mean(toy):
    rows = [row for row in toy.study(n_languages=3) if row["seed"] == 0]
    found = answers(verdict(alone(rows)))
    assert not any("95 %" in line for line in found["How good"].more)
    assert "another training may differ by more" in found["How sure"].more


def finding(language, split="test", severity="warning"):
    return {"severity": severity, "language": language, "split": split, "what": "unbalanced labels",
            "count": 1, "examples": [], "remedy": "Sample anew."}  # fmt: skip


def test_the_data_of_the_worst_and_the_best_language_warn_beside_the_verdict(toy):
    codes = toy.codes[:3]
    rows = [row for code, value in zip(codes, (0.5, 0.6, 0.7), strict=True)
            for row in toy.cell(value, target=code, sources=list(codes))]  # fmt: skip
    findings = [finding(code) for code in codes]
    findings += [finding(codes[0], "dev"), finding(codes[0], severity="note")]
    section = verdict(alone(rows, audit={"findings": findings}))
    (doubts,) = [b for b in parts(section, Lines) if b.tone == "warning"]
    assert doubts.lines == [
        f"**Data of {language_name(code)}**, the {which} language, test: unbalanced labels."
        " Sample anew."
        for code, which in ((codes[0], "worst"), (codes[2], "best"))
    ]


def test_the_data_of_the_languages_of_a_choice_warn_too(compared):
    quality = next(q for q in compared.comparison.qualities
                   if q.key.name == compared.recommendation.choice)  # fmt: skip
    means = quality.language_means
    audit = {"findings": [finding(code) for code in means] + [finding("jpn-Jpan")]}
    lines = said(verdict(evidence(comparing=compared, audit=audit)))
    worst = language_name(min(means, key=means.__getitem__))
    assert f"**Data of {worst}**, the worst language, test: unbalanced labels." in lines
    assert "Japanese" not in lines


def test_a_mean_over_some_of_the_languages_says_of_how_many(toy):
    sources = list(toy.codes[:9])
    rows = [row for target in sources[:3] for row in toy.cell(0.6, target=target, sources=sources)]
    section = verdict(alone(rows))
    assert "0.600 on average over 3 of 9 languages, from" in section.blocks[0].text
    assert answers(section)["How good"].more[1] == (
        "mean over 3 of 9 languages; the others are not tested"
    )
    section = verdict(alone([row for row in rows if row["target_language"] == sources[0]]))
    assert section.blocks[0].text.endswith("in English, 1 of 9 languages.")


@pytest.mark.parametrize(
    ("tested", "trained", "words"),
    [(3, 9, "over 3 of 9 languages"), (9, 9, "over 9 languages"), (1, 9, "over 1 of 9 languages"),
     (1, 1, "")],
)  # fmt: skip
def test_a_candidate_says_over_how_many_of_its_languages_its_quality_is(tested, trained, words):
    one = Candidate("a", "a", "torch", "f1", 0.5, n_languages=tested, n_trained=trained)
    assert one.over == words
    assert f"f1 0.500 {words}".rstrip() in " ".join(recommend([one], Constraints()).lines)


def test_one_encoder_in_one_language_has_no_best_and_worst(toy):
    rows = toy.cell(0.8, target="deu-Latn", sources=["deu-Latn"], regime="single")
    section = verdict(alone(rows))
    assert list(answers(section)) == ["How good", "How sure"]
    assert "another training may differ by more" in answers(section)["How sure"].more
    assert section.blocks[0].text.endswith("in German.")


def record(group, verdict_, **more):
    return {
        "task": "mlm", "metric": "mrr", "split": "held_out", "form": None, "setting": "in_language",
        "scope": "group", "group": group, "language": None, "role": "baseline",
        "first": "hard-balanced", "second": "soft-balanced", "difference": 0.012,
        "difference_low": 0.004, "difference_high": 0.02, "p_holm": 0.01, "verdict": verdict_,
        "smallest": 0.01, "n_seeds": 3, "n_pairs": 1, "n_pairs_missing": 0, "n_pairs_expected": 1,
        "without": [], **more,
    }  # fmt: skip


DESIGN = Design({"low": ["eus-Latn"], "high": ["deu-Latn"]}, ["hard-balanced", "soft-balanced"])
ALSO = Also((), (), (), ())


COSTS = [
    {"arm": "hard-balanced", "student TFLOP": 10.0, "teachers forward TFLOP": 0,
     "teachers training TFLOP": 0, "total TFLOP": 10.0},
    {"arm": "soft-balanced", "student TFLOP": 10.0, "teachers forward TFLOP": 5.0,
     "teachers training TFLOP": 25.0, "total TFLOP": 40.0},
]  # fmt: skip


def balancing(records, claim=("**MRR**: in words.",), costs=COSTS):
    return Balancing({"balance_tests": records, "balance_costs": costs}, DESIGN, ALSO, claim)


def test_the_claim_of_a_pre_training_is_answered_in_a_sentence_and_then_at_a_glance():
    tests = [record("low", "better"), record("high", "tie", difference=0.0, difference_low=-0.02)]
    section = verdict(evidence(balancing=balancing(tests, ["**MRR**: the long answer."])))
    lead, caveat, glance = section.blocks[:3]
    assert lead.text == (
        "Low-resource, MRR of masked words: soft-balanced is better than hard-balanced:"
        " difference 0.012 [0.004, 0.020], p 0.010, 3 seeds."
    )
    assert caveat.text == (
        "At 4.0 times the compute of hard-balanced. Is it the teachers? Not decided by these arms."
    )
    assert [row["cells"][0]["verdict"] for g in glance.parts["groups"] for row in g["rows"]] == [
        "better", "tie",
    ]  # fmt: skip
    assert "the long answer" not in said(section), "folded"
    (fold,) = parts(section, Fold)
    assert fold.blocks[0].lines == ["**MRR**: the long answer."]


def test_beside_the_verdict_stands_what_it_cost_what_is_not_decided_and_how_sure_it_is():
    found = answers(verdict(evidence(balancing=balancing([record("low", "better")]))))
    cost = found["At what cost"]
    assert cost.answer == "4.0 times the compute of hard-balanced"
    assert cost.more == [
        "soft-balanced 40.00 TFLOP: the student 10.00, its teachers' answers 5.000, their training"
        " 25.00",
        "hard-balanced 10.00 TFLOP",
    ]
    why = found["Is it the teachers?"]
    assert why.answer == "not decided by these arms"
    assert "no arm hard-balanced-smoothed" in why.more[0]
    assert "no arm hard-balanced-compute" in why.more[0]
    assert found["How sure"].answer == "3 seeds"
    assert "over seeds and test units" in found["How sure"].more[0]


def test_whether_it_is_the_teachers_names_its_question_where_the_sentence_is_of_another():
    probe = record("low", "better", task="pos", metric="accuracy", setting="zero_shot")
    tied = verdict(evidence(balancing=balancing([record("low", "tie"), probe], costs=[])))
    lead, caveat = tied.blocks[:2]
    assert lead.text.startswith("Low-resource, MRR of masked words: ")
    assert caveat.text == (
        "Is it the teachers? Of accuracy of the POS probe, zero-shot, not decided by these arms."
    )


def test_one_seed_says_that_it_is_about_these_models_alone():
    found = answers(verdict(evidence(balancing=balancing([record("low", "better", n_seeds=1)]))))
    assert found["How sure"].answer == "1 seed: of these trained models only"
    assert "whether another training gives the same is not known" in found["How sure"].more


def test_what_was_not_counted_is_not_known():
    section = verdict(evidence(balancing=balancing([record("low", "better")], costs=[])))
    assert answers(section)["At what cost"].answer == "not known"
    assert section.blocks[1].text.startswith("Is it the teachers?")


def test_a_claim_without_a_test_says_what_is_missing():
    section = verdict(evidence(balancing=balancing([], ())))
    assert said(section).startswith("Not tested: soft-balanced, and hard-balanced or hard-all")


def test_a_page_without_anything_has_no_verdict():
    assert verdict(evidence()) is None


def test_models_that_hardly_learned_are_a_doubt(compared):
    counts = {"deu-Latn": {"counts": {"a": 10, "b": 10}, "n_missing": 0, "n_repeated": 0}}
    trained = {
        "encoder": "big", "regime": "joint", "source_languages": ["deu-Latn"], "seed": 3,
        "n_per_language": 20, "samples": counts, "train_loss": 0.69, "step": "aa",
    }  # fmt: skip
    found = replace(evidence(comparing=compared), scores=Scores((), {}, [trained, trained]))
    (doubts,) = [b for b in parts(verdict(found), Lines) if b.tone == "warning"]
    (line,) = [line for line in doubts.lines if "Hardly" in line]
    assert "1 of 1 models** (big joint on German, 20 rows, seed 3)" in line

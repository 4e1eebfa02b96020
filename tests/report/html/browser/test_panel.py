"""The decision panel: what it computes is what `recommend` computes, word by word."""

import json
import random
from types import SimpleNamespace

import pytest

from decision_toys import comparing, evidence
from isogloss.base.errors import InputError
from isogloss.report.comparison.rounds import Price, interval_over, with_cost
from isogloss.report.comparison.values import interval_text, text_of
from isogloss.report.html.blocks import Section, grouped
from isogloss.report.html.decision import decision_panel, rules
from isogloss.report.html.evidence import Comparing
from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.comparison import comparison
from isogloss.report.numbers import decimals, number, plain, written
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import recommend

CASES = 800
NAMES = (
    "a",
    "b (onnx)",
    "<script>alert(1)</script>",
    "constructor",
    "__proto__",
    "7",
    'quo"te',
    "ع",
)


@pytest.fixture(scope="module")
def page_of(tmp_path_factory):
    """Writes the page of a comparison with nothing but its panel."""

    def write(candidates, *, rounds=None, price=None, currency="EUR"):
        compared = SimpleNamespace(
            asked=SimpleNamespace(metric="f1"), rounds=rounds or {}, price=price
        )
        found = Comparing(
            compared, recommend(candidates, Constraints(), currency=currency),
            command="isogloss recommend study.yaml",
        )  # fmt: skip
        made = render(Page("toy", [Section("comparison", "Comparison", [decision_panel(found)])]))
        path = tmp_path_factory.mktemp("panel") / "report.html"
        path.write_text(made, encoding="utf-8")
        return path

    return write


def draw(rng, values, missing):
    """One of a few values, so that candidates tie, or one of their own, or none."""
    if rng.random() < missing:
        return None
    return rng.choice(values) if rng.random() < 0.4 else rng.uniform(values[0], values[-1])


def random_candidates(rng):
    names = rng.sample(NAMES, rng.randint(1, len(NAMES)))
    missing = rng.choice((0, 0.1, 0.5))
    p = {}
    for one in names:
        for other in names:
            if one < other and rng.random() < 0.9:
                p[one, other] = p[other, one] = rng.choice((0.001, 0.012, 0.05, 0.3, rng.random()))
    return [
        random_candidate(rng, name, missing, {o: q for (n, o), q in p.items() if n == name})
        for name in names
    ]


def random_candidate(rng, name, missing, p):
    quality = draw(rng, (0.0, 0.5, 0.8125, 0.9, 1.0), 0)
    half = rng.choice((None, 0.0, rng.uniform(0, 0.2), rng.uniform(0, 0.003)))
    return Candidate(
        name=name, encoder=name, form="torch", metric="f1", quality=quality,
        quality_low=None if half is None else max(0.0, quality - half),
        quality_high=None if half is None else min(1.0, quality + half),
        n_languages=rng.randint(1, 3), worst_language="deu-Latn",
        fairness=draw(rng, (0.0, 0.25, 0.5), missing),
        cost=draw(rng, (0.0, 0.01, 0.0625, 0.125, 4.0), missing),
        latency_ms=draw(rng, (0.5, 10.0, 99.995, 1234.5, 100000.0), missing),
        memory_mb=draw(rng, (100.0, 1000.0, 2500.0), missing),
        expansion=draw(rng, (0.0, 0.125, 0.7), missing), p=p,
    )  # fmt: skip


def random_constraints(rng, candidates):
    """Limits near what is measured, or at it, or none; now and then one that makes no sense."""
    found = {}
    for name, field in (
        ("max_latency_ms", "latency_ms"),
        ("max_memory_mb", "memory_mb"),
        ("min_f1", "quality"),
    ):
        known = [v for one in candidates if (v := getattr(one, field)) is not None] or [1.0]
        value = rng.choice(
            (None, None, rng.choice(known), rng.choice(known) * rng.uniform(0.5, 1.5))
        )
        found[name] = rng.choice((0.0, -2.5, 1e-7, 1e17)) if rng.random() < 0.02 else value
    return found


def random_weights(rng):
    if rng.random() < 0.35:
        return None
    wanted = rng.sample(("quality", "cost", "fairness", "expansion"), rng.randint(1, 4))
    return {name: float(rng.choice((0, 1, 7, 25, 50, 100, rng.randint(0, 100)))) for name in wanted}


def python_says(candidates, constraints, weights, currency):
    try:
        found = recommend(candidates, Constraints(**constraints), weights, currency=currency)
    except InputError as error:
        return {"error": str(error)}
    told = found.to_json()
    return {
        "choice": told["choice"], "lines": told["lines"], "ties": told["ties"],
        "front": told["pareto_front"], "respects": told["pareto_respects"],
        "excluded": told["excluded"], "weighed": [one["name"] for one in told["weighed"]],
        "scores": [one["score"] for one in told["weighed"]],
    }  # fmt: skip


SAYS = """cases => JSON.parse(cases).map(({data, constraints, weights}) => {
  const { recommend, Refused } = window.isogloss.panel;
  try {
    const { weighed, ...found } = recommend(data, constraints, weights);
    const of = (field) => weighed.map((one) => one[field]);
    return { ...found, weighed: of("name"), scores: of("score") };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { error: error.message };
  }
})"""


def test_the_page_recommends_what_python_recommends(opened, page_of):
    rng = random.Random(20)
    cases, want = [], []
    for _ in range(CASES):
        candidates = random_candidates(rng)
        constraints, weights = random_constraints(rng, candidates), random_weights(rng)
        currency = rng.choice(("", "EUR"))
        data = rules(candidates, currency)
        cases.append({"data": data, "constraints": constraints, "weights": weights})
        want.append(python_says(candidates, constraints, weights, currency))
    page = opened(page_of([Candidate("a", "a", "torch", "f1", 0.9)]))
    got = page.evaluate(SAYS, json.dumps(cases))  # as a page has them: __proto__ is a name
    for case, python, script in zip(cases, want, got, strict=True):
        scores, found = python.pop("scores", None), script.pop("scores", None)
        assert script == python, case
        assert found == (None if scores is None else pytest.approx(scores, rel=1e-14)), case
    kinds = [next(iter(one)) for one in want]
    assert kinds.count("error") > CASES / 20, "too few refusals to say anything of their words"
    assert kinds.count("choice") > CASES / 2


def test_numbers_are_written_as_python_writes_them(opened, page_of):
    rng = random.Random(3)
    exact = [n / 2**k for n in range(1, 200, 7) for k in range(12)]
    powers = [float(f"{m}e{e}") for e in range(-9, 18) for m in (1, 9.9999995, 9.995, 3.55)]
    values = [*exact, *powers, *(rng.lognormvariate(0, 6) for _ in range(1500)), 0.0]
    bounds = [(v, v - rng.random() * v, v + rng.random() * v) for v in values]
    page = opened(page_of([Candidate("a", "a", "torch", "f1", 0.9)]))
    got = page.evaluate(
        """([values, bounds, small]) => {
          const n = window.isogloss.numbers;
          return {
            plain: values.map((v) => n.plain(v)), negative: values.map((v) => n.plain(-v)),
            text: values.filter((v) => v).map((v) => n.textOf(v)),
            g6: values.map((v) => n.general(v, 6)), g2: values.map((v) => n.general(v, 2)),
            percent: values.map((v) => n.percent(v)), repr: values.map((v) => n.repr(v)),
            decimals: values.map((v) => n.decimals(v)),
            tens: values.map((v) => n.written(v, -1)),
            number: bounds.map((b) => n.number(...b)),
            starred: bounds.map((b) => n.number(...b, [true, true])),
            grouped: values.map((v) => n.grouped(n.plain(v))),
            interval: bounds.filter(([v]) => v).map((b) => n.intervalText(...b, small)),
            cut: bounds.filter(([v]) => v).map((b) => n.intervalText(...b, small, true)),
          };
        }""",
        [values, bounds, 0.1],
    )
    assert got == {
        "plain": [plain(v) for v in values],
        "negative": [plain(-v) for v in values],
        "text": [text_of(v) for v in values if v],
        "g6": [f"{v:g}" for v in values],
        "g2": [f"{v:.2g}" for v in values],
        "percent": [f"{v:.0%}" for v in values],
        "repr": [repr(v) for v in values],
        "decimals": [decimals(v) for v in values],
        "tens": [written(v, -1) for v in values],
        "number": [number(*b) for b in bounds],
        "starred": [number(*b, cut=(True, True)) for b in bounds],
        "grouped": [grouped(plain(v)) for v in values],
        "interval": [interval_text(*b) for b in bounds if b[0]],
        "cut": [interval_text(*b, cut=True) for b in bounds if b[0]],
    }


@pytest.fixture(scope="module")
def toy_page(tmp_path_factory):
    """The whole comparison of two toy encoders in two forms each, measured, at 1.8 EUR an hour."""
    found = comparing()
    made = render(Page("toy", [comparison(evidence(comparing=found))]))
    path = tmp_path_factory.mktemp("comparison") / "report.html"
    path.write_text(made, encoding="utf-8")
    return path, found


def slide(page, name, value):
    page.locator(f"[data-weight={name}]").fill(str(value))


def ranking(page):
    return page.locator("#decision tbody th").all_inner_texts()


def lines(page):
    return tuple(page.locator(f"[data-line='{at}']").inner_text() for at in range(3))


def test_a_slider_ranks_the_candidates_again(opened, toy_page):
    path, found = toy_page
    page = opened(path)
    assert lines(page) == found.recommendation.lines
    assert ranking(page)[0] == "big (onnx)"
    slide(page, "quality", 20)
    slide(page, "cost", 80)
    want = recommend(
        found.candidates, Constraints(), {"quality": 20.0, "cost": 80.0}, currency="EUR"
    )
    assert want.choice != "big (onnx)"
    assert lines(page) == want.lines
    assert ranking(page) == [one.name for one in want.weighed]
    scores = page.locator("#decision tbody td:nth-child(3)")
    got = [float(one) for one in scores.evaluate_all("all => all.map((td) => td.dataset.value)")]
    assert got == pytest.approx([one.score for one in want.weighed])
    assert page.locator("[data-weight=cost] + output").inner_text() == "80 %"
    assert page.locator("[data-command]").inner_text() == (
        "isogloss recommend toy.yaml --weights quality=20,cost=80"
    )


def test_a_limit_excludes_and_says_why(opened, toy_page):
    path, found = toy_page
    page = opened(path)
    page.locator("[data-limit=max_latency_ms]").fill("6")
    want = recommend(found.candidates, Constraints(max_latency_ms=6.0), currency="EUR")
    assert lines(page) == want.lines
    out = page.locator("#decision tr.out")
    assert out.count() == 2
    assert "excluded: latency 20.00, limit 6" in out.first.inner_text()
    assert page.locator("[data-command]").inner_text().endswith("toy.yaml --max-latency-ms 6")


def test_large_numbers_have_commas_as_those_of_tables_have(opened, page_of):
    heavy = Candidate("heavy", "heavy", "torch", "f1", 0.9, memory_mb=12345.0, latency_ms=9.0)
    light = Candidate("light", "light", "torch", "f1", 0.8, memory_mb=1030.0, latency_ms=2.0)
    page = opened(page_of([heavy, light]))
    hint = page.locator("#decision-max_memory_mb-is")
    assert hint.inner_text() == "measured: 1,030 to 12,345"
    assert "12,345" in page.locator("#decision tbody tr").first.inner_text()
    page.locator("[data-limit=max_memory_mb]").fill("2000")
    out = page.locator("#decision tr.out").inner_text()
    assert "excluded: memory 12,345, limit 2,000" in out


def test_a_limit_that_nobody_keeps_names_the_closest_as_the_command_does(opened, toy_page):
    path, found = toy_page
    page = opened(path)
    page.locator("[data-limit=max_latency_ms]").fill("1")
    page.locator("[data-limit=min_f1]").fill("0.97")
    with pytest.raises(InputError) as error:
        recommend(found.candidates, Constraints(max_latency_ms=1.0, min_f1=0.97))
    assert lines(page) == (str(error.value), "", "")
    assert page.locator("#decision .refused").count() == 1
    page.locator("[data-limit=min_f1]").fill("90")
    assert "90 % is written 0.9" in lines(page)[0]


def test_another_price_costs_what_the_command_makes_of_it(opened, toy_page):
    path, found = toy_page
    page = opened(path)
    page.locator("[data-price]").fill("0.45")
    rounds = with_cost(found.comparison.rounds, Price(0.45, "EUR"))
    rows = page.locator("#decision tbody tr").evaluate_all(
        "rows => rows.map((row) => [row.cells[0].innerText, row.cells[row.cells.length - 1]])"
        ".map(([name, cell]) => [name, cell.dataset.value, cell.innerText])"
    )
    keys = {one.name: (one.encoder, one.form) for one in found.candidates}
    assert len(rows) == 4
    for name, value, text in rows:
        want = interval_over(rounds[keys[name]]["cost_per_million (EUR)"])
        assert float(value) == pytest.approx(want.mean, rel=1e-14)
        assert text == interval_text(want.mean, want.low, want.high)
    page.locator("[data-price]").fill("-1")
    assert lines(page)[0] == "A price of -1.0 per hour is none; give 0 or more."


def test_reset_brings_back_the_verdict_of_the_study(opened, toy_page):
    path, found = toy_page
    page = opened(path)
    slide(page, "cost", 100)
    page.locator("[data-limit=min_f1]").fill("0.2")
    page.locator("[data-price]").fill("7")
    page.locator("[data-reset]").click()
    assert lines(page) == found.recommendation.lines
    assert page.locator("[data-command]").inner_text() == "isogloss recommend toy.yaml"
    assert page.locator("[data-weight=cost]").input_value() == "0"


def test_the_choice_is_said_aloud_and_every_control_has_a_name(opened, toy_page):
    page = opened(toy_page[0])
    told = page.locator("#decision [role=status][aria-live=polite]").inner_text()
    assert told == "Choice: big (onnx)."
    for control in page.locator("#decision input").all():
        label = control.evaluate("(input) => input.labels[0]?.textContent.trim()")
        assert label
    slide(page, "quality", 50)
    page.locator("[data-weight=quality]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-weight=quality]").input_value() == "51"


def test_the_cost_that_is_chosen_is_drawn(opened, toy_page):
    page = opened(toy_page[0])
    page.locator("#fronts").scroll_into_view_if_needed()
    page.wait_for_selector("#fronts [data-drawn]", state="attached")
    assert "cost of a million sentences (EUR), ← less is better" in page.text_content("#fronts svg")
    page.locator("#fronts select").select_option("2")
    page.wait_for_function(
        "document.querySelector('#fronts svg').textContent.includes('more is better')"
    )
    assert page.locator("#fronts svg text", has_text="sentences per second, offline").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_no_part_is_wider_than_the_page(opened, toy_page, width):
    page = opened(toy_page[0], viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width

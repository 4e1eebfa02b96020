"""Figures say what they show, hold their data, and are drawn without a network."""

import json
import re
import struct

import pytest

from isogloss.report.charts.curves import curves_chart
from isogloss.report.charts.labels import THREE, labels_chart
from isogloss.report.figures import figures, png, slug, svg
from isogloss.report.frame import Frame
from isogloss.report.understand import understand

FRAME = Frame("toy_study", "macro_f1")


def drawn(rows, frame=FRAME):
    return {figure.name: figure for figure in figures(understand(rows), frame)}


def without_chance(rows):
    """Rows that do not count the gold, so nobody knows what chance scores."""
    return [row for row in rows if not row["metric"].startswith("support/")]


@pytest.fixture(scope="module")
def small(toy):
    return drawn(toy.study(3))


def words_of(figure):
    """The text of an SVG, however its lines are cut."""
    return " ".join(re.findall(r">([^<]+)<", svg(figure.spec)))


def test_a_study_with_all_regimes_has_four_figures(small):
    assert set(small) == {
        "curves-tiny-test-joint", "transfer-tiny-test-2000", "regimes-tiny-test-2000",
        "joint-minus-single-tiny-test-2000",
    }  # fmt: skip


def test_every_figure_says_study_metric_encoder_and_seeds(small):
    for figure in small.values():
        words = words_of(figure)
        for fact in ("toy_study", "macro F1 on test", "encoder tiny", "3 seeds"):
            assert fact in words
        assert "sample data" not in words


def test_sample_data_are_called_so_in_every_title(toy):
    for figure in drawn(toy.study(3), Frame("toy", "macro_f1", sample=True)).values():
        assert "(sample data)" in figure.spec["title"]["text"]


def test_every_language_is_written_in_full_in_every_figure(toy):
    names = ("English", "French", "Arabic", "Japanese", "Hindi", "Malay", "German", "Italian",
             "Spanish", "Portuguese")  # fmt: skip
    for figure in drawn(toy.study(10, seeds=(0, 1))).values():
        words = words_of(figure)
        assert [name for name in names if name not in words] == []
        assert "…" not in words


def test_the_matrix_prints_each_score_in_its_cell_with_its_two_margins(toy):
    rows = toy.study(3, seeds=(0,))
    figure = drawn(rows)["transfer-tiny-test-2000"]
    words = words_of(figure)
    for record in understand(rows)["transfer"]:
        assert f"{record['value']:.2f}" in words
    for record in understand(rows)["donors"]:
        assert f"{record['donor']:.2f}" in words
        assert f"{record['recipient']:.2f}" in words


def test_a_cell_that_was_not_run_is_empty_and_the_rest_is_drawn(toy):
    rows = [
        row
        for row in toy.study(3)
        if row["source_languages"] != ["fra-Latn"] or row["target_language"] != "eng-Latn"
    ]
    spec = drawn(rows)["transfer-tiny-test-2000"].spec
    values = spec["datasets"] if "datasets" in spec else spec["data"]["values"]
    (cell,) = [v for v in values if (v["row"], v["column"]) == ("French", "English")]
    assert (cell["value"], cell["text"]) == (None, "")
    assert "NaN" not in svg(spec)


def test_bands_are_drawn_for_several_seeds_only(toy):
    several = drawn(toy.study(3))["curves-tiny-test-joint"]
    single = drawn(toy.study(3, seeds=(0,)))["curves-tiny-test-joint"]
    assert "interval of the mean over seeds" in words_of(several)
    assert "interval" not in words_of(single)
    lows = [v["low"] for v in single.spec["layer"][0].get("data", single.spec["data"])["values"]]
    assert set(lows) == {None}


@pytest.mark.parametrize(("n", "faceted"), [(8, False), (9, True)])
def test_more_than_eight_languages_are_drawn_apart(toy, n, faceted):
    rows = toy.study(n, sizes=(100, 200), seeds=(0,))
    assert ("facet" in drawn(rows)["curves-tiny-test-joint"].spec) is faceted


@pytest.mark.parametrize("n", [2, 8])
def test_colors_are_never_shared_by_two_languages(toy, n):
    spec = json.dumps(
        drawn(toy.study(n, sizes=(100, 200), seeds=(0,)))["curves-tiny-test-joint"].spec
    )
    scales = re.findall(r'"domain": (\[[^]]*\]), "range": (\["#[^]]*\])', spec)
    assert scales
    for domain, colors in scales:
        assert len(set(json.loads(colors))) == len(json.loads(domain)) == n


def test_languages_without_a_size_do_not_take_the_colors_of_those_that_have_one(toy):
    """Of ten languages three are left at the sizes that were tried: they are drawn together."""
    point = {"encoder": "tiny", "split": "test", "regime": "joint", "setting": "in-language",
             "value": 0.5, "value_low": None, "value_high": None, "n_seeds": 1,
             "n_scored": 9}  # fmt: skip
    points = [{**point, "language": code, "n_per_language": None} for code in toy.codes]
    points += [{**point, "language": code, "n_per_language": size}
               for code in toy.codes[-3:] for size in (100, 200)]  # fmt: skip
    spec = json.dumps(curves_chart(points, FRAME))
    (domain, colors), *_ = re.findall(r'"domain": (\[[^]]*\]), "range": (\["#[^]]*\])', spec)
    assert len(set(json.loads(colors))) == len(json.loads(domain)) == 3


def test_a_study_of_one_size_has_no_curve_and_of_joint_only_no_matrix(toy):
    rows = [row for row in toy.study(3, sizes=(100,)) if row["regime"] == "joint"]
    assert drawn(rows) == {}


def test_each_encoder_has_figures_of_its_own(toy):
    rows = [*toy.study(3, seeds=(0,)), *toy.study(3, seeds=(0,), encoder="org/Other")]
    assert {"curves-tiny-test-joint", "curves-org-other-test-joint"} <= set(drawn(rows))


def test_a_picture_is_a_png_of_twice_the_size(small):
    figure = small["regimes-tiny-test-2000"]
    picture = png(figure.spec)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    drawing = re.search(r'width="(\d+)" height="(\d+)"', svg(figure.spec))
    assert (width, height) == pytest.approx([2 * int(n) for n in drawing.groups()], abs=3)


def test_no_figure_asks_for_anything_from_a_network(small):
    for figure in small.values():
        assert '"url"' not in json.dumps(figure.spec)
        links = set(re.findall(r"https?://[^\"'\s<)]+", svg(figure.spec)))
        assert links <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_a_chart_that_points_to_a_network_is_refused(small):
    spec = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "point",
            "encoding": {"x": {"field": "a", "type": "quantitative"}}}  # fmt: skip
    with pytest.raises(ValueError, match=r"(?i)denied|allowed|not permitted"):
        svg(spec)


def test_the_label_chart_shows_shares_and_rows_of_each_split():
    def split(a, b, rows):
        return {"rows": rows, "labels": {"bad": {"count": 0, "share": a},
                                         "good": {"count": 0, "share": b}}}  # fmt: skip

    audit = {"labels": ["bad", "good"], "languages": {
        "deu-Latn": {"splits": {"train": split(0.25, 0.75, 1200), "test": split(0.5, 0.5, 80)}},
        "hin-Deva": {"splits": {"train": split(0.4, 0.6, 33)}},
    }}  # fmt: skip
    text = svg(labels_chart(audit, FRAME))
    for word in ("German", "Hindi", "train", "test", "25%", "75%", "40%", "1,200", "80", "33"):
        assert f">{word}<" in text


@pytest.mark.parametrize("name", ["a/b", "A b:c", "../x", "ü–ß"])
def test_a_slug_is_a_safe_name_of_a_file(name):
    assert re.fullmatch(r"\w[\w.-]*", slug("t", name))


def axis_of(spec, channel):
    """Domain and format of a score's axis, wherever the specification holds them."""
    found = {}
    for layer in spec.get("layer", [spec]):
        encoding = layer.get("encoding", {}).get(channel, {})
        if encoding.get("title") == "macro F1":
            found |= {"domain": encoding.get("scale", {}).get("domain"),
                      "format": (encoding.get("axis") or {}).get("format")}  # fmt: skip
            if found["domain"]:
                return found
    return found


@pytest.mark.parametrize("spread", [0.0, 0.0004])
def test_scores_that_are_all_the_same_stand_on_an_axis_with_their_number(toy, spread):
    rows = [
        row
        for n, size in enumerate((100, 200, 400))
        for code in toy.codes[:3]
        for row in toy.cell(0.1667 + n * spread, target=code, n=size)
    ]
    spec = drawn(without_chance(rows))["curves-tiny-test-joint"].spec
    axis = axis_of(spec, "y")
    assert axis["format"] == ".3f"
    low, high = axis["domain"]
    assert 0 <= low < 0.1667 < high
    assert high - low == pytest.approx(0.02)
    ticks = re.findall(r">(0\.\d{3})<", svg(spec))
    assert len(ticks) == len(set(ticks)) >= 3


def test_scores_that_differ_choose_their_own_axis(small):
    axis = axis_of(small["curves-tiny-test-joint"].spec, "y")
    assert axis == {"domain": None, "format": None}


def test_regimes_and_a_matrix_of_equal_scores_have_axes_too(toy):
    rows = [
        row
        for source in toy.codes[:2]
        for target in toy.codes[:2]
        for row in toy.cell(0.5, target=target, regime="single", sources=[source])
    ]
    found = drawn(without_chance(rows))
    assert axis_of(found["regimes-tiny-test-100"].spec, "x")["domain"] == [0.49, 0.51]
    assert '"domain": [0.5, 0.52]' in json.dumps(found["transfer-tiny-test-100"].spec)


def test_two_languages_of_one_name_are_told_apart_in_every_figure(toy):
    codes = ("pnb-Arab", "lah-Arab")  # both are called Western Panjabi
    rows = [
        row
        for n in (100, 200)
        for a, source in enumerate(codes)
        for b, target in enumerate(codes)
        for row in (
            *toy.cell(0.4 + a / 10 + b / 20, target=target, regime="single", sources=[source], n=n),
            *(toy.cell(0.6 + b / 20, target=target, sources=codes, n=n) if a == 0 else ()),
        )
    ]
    found = drawn(rows)
    assert len(found) == 8
    for figure in found.values():
        words = words_of(figure)
        assert [code for code in codes if f"Western Panjabi ({code})" not in words] == []


def test_the_middle_label_of_the_study_is_the_gray_one():
    shares = {"good": {"count": 5, "share": 0.5}, "so-so": {"count": 0, "share": 0.0},
              "bad": {"count": 5, "share": 0.5}}  # fmt: skip
    audit = {"labels": ["good", "so-so", "bad"], "languages": {
        "deu-Latn": {"splits": {"train": {"rows": 10, "labels": dict(sorted(shares.items()))}}},
    }}  # fmt: skip
    spec = json.dumps(labels_chart(audit, FRAME))
    scale = {"domain": audit["labels"], "range": list(THREE)}
    assert json.dumps(scale) in spec


def test_encoders_whose_names_share_their_letters_have_files_of_their_own(toy):
    rows = toy.study(3)
    names = ("Tiny", "tiny", "t+iny", "t-iny")
    rows = [{**row, "encoder": name} for name in names for row in rows]
    made = list(figures(understand(rows), FRAME))
    assert len({figure.name for figure in made}) == len(made) == 16
    curves = [figure for figure in made if figure.table == "curves"]
    assert [figure.name for figure in curves] == [
        "curves-tiny-test-joint", "curves-tiny-test-joint-2",
        "curves-t-iny-test-joint", "curves-t-iny-test-joint-2",
    ]  # fmt: skip
    for figure, name in zip(curves, names, strict=True):
        assert f"encoder {name}" in words_of(figure)


def test_a_long_name_is_a_file_that_can_be_written(tmp_path):
    long, longer = slug("curves", "ü" * 300, "a"), slug("curves", "ü" * 300, "b")
    assert long != longer
    (tmp_path / f".draft-1234567-{long}.png").write_text("")


def test_what_chance_scores_is_a_line_in_curves_and_regimes(toy):
    for name, chart in (("curves-tiny-test-joint", "rule"), ("regimes-tiny-test-2000", "tick")):
        spec = json.dumps(drawn(toy.study(3))[name].spec)
        assert f'"type": "{chart}"' in spec
        assert "chance, the better of" in spec
        assert "0.333333" in spec
        bare = json.dumps(drawn(without_chance(toy.study(3)))[name].spec)
        assert "chance, the better of" not in bare
        assert "0.333333" not in bare


def test_the_best_of_several_sources_is_said_to_be_chosen_on_these_scores(toy):
    words = words_of(drawn(toy.study(3))["regimes-tiny-test-2000"])
    assert "chosen on these same scores, so optimistic" in words

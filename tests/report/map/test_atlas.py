"""The atlas: every language on it or named, neighbors by layer, sliders that split."""

import pytest

from isogloss.report.map.atlas import atlas_of
from isogloss.report.map.layers import Layer, Mark

EUROPE = ("deu-Latn", "fra-Latn", "spa-Latn", "pol-Latn", "ell-Grek", "fin-Latn")


def marks(codes, start=0.3, step=0.1):
    return {c: Mark(start + step * at, None, None, 100, 0, 1) for at, c in enumerate(codes)}


def layer(codes, way="joint", kind="score", measure="F1", **more):
    return Layer("tiny", way, measure, marks(codes, **more), kind=kind)


def test_a_language_without_a_place_is_named():
    atlas = atlas_of([layer([*EUROPE, "epo-Latn"])])
    assert atlas.nowhere == ["Esperanto"]
    assert set(atlas.places) == set(EUROPE)
    assert "epo-Latn" in atlas.names


def test_nothing_to_show_is_no_atlas():
    assert atlas_of([]) is None
    assert atlas_of([layer([])]) is None
    assert atlas_of([layer(["epo-Latn"])]) is None


def test_one_language_has_a_map_without_a_line():
    atlas = atlas_of([layer(["deu-Latn"])])
    assert atlas.lines == ()
    assert atlas.views[0].count(list(atlas.places.values())) == 1


def test_layers_with_the_same_languages_share_their_edges():
    atlas = atlas_of([layer(EUROPE), layer(EUROPE, "single"), layer(EUROPE[:3], "few")])
    assert atlas.sets == (0, 0, 1)
    few = {(line.first, line.second) for line in atlas.lines if line.set == 1}
    assert few
    assert {code for pair in few for code in pair} <= set(EUROPE[:3])


def test_two_scripts_of_one_language_have_an_edge_between_them():
    atlas = atlas_of([layer(["srp-Cyrl", "srp-Latn", "deu-Latn"])])
    assert atlas.places["srp-Cyrl"] != atlas.places["srp-Latn"]
    assert ("srp-Cyrl", "srp-Latn") in {(line.first, line.second) for line in atlas.lines}
    assert atlas.names["srp-Latn"] == "Serbian (Latin)"


@pytest.mark.parametrize("low", [0.0, 0.3, 0.613, 0.99])
@pytest.mark.parametrize("spread", [0.001, 0.01, 0.123, 0.5])
def test_the_slider_starts_between_the_worst_and_the_best_and_reaches_past_both(low, spread):
    one = layer(EUROPE, start=low, step=spread)
    atlas = atlas_of([one])
    found = atlas.slider(one)
    values = [mark.value for mark in one.marks.values()]
    assert min(values) < found.start <= max(values)
    assert found.least <= min(values)
    assert found.most > max(values)
    steps = (found.most - found.least) / found.step
    assert steps == pytest.approx(round(steps), abs=1e-6)
    assert (found.start - found.least) / found.step == pytest.approx(
        round((found.start - found.least) / found.step), abs=1e-6
    )


def test_scores_that_are_all_the_same_have_a_slider_and_colors():
    one = layer(EUROPE, step=0.0)
    atlas = atlas_of([one])
    assert atlas.slider(one).least < atlas.slider(one).most
    assert atlas.colors(one)[0] < 0.3 < atlas.colors(one)[1]


def test_layers_of_one_measure_share_colors_and_a_slider():
    one, other = layer(EUROPE), layer(EUROPE, "single", start=0.1, step=0.05)
    third = layer(EUROPE, "probe", measure="MRR", start=0.01, step=0.01)
    atlas = atlas_of([one, other, third])
    assert atlas.colors(one) == atlas.colors(other) == pytest.approx((0.1, 0.8))
    assert atlas.slider(one)[1:] == atlas.slider(other)[1:]
    assert atlas.colors(third) == pytest.approx((0.01, 0.06))


def test_a_difference_has_colors_around_0_and_starts_there():
    one = layer(EUROPE, kind="difference", start=-0.1, step=0.07)
    atlas = atlas_of([one])
    assert atlas.colors(one) == pytest.approx((-0.25, 0.25))
    assert atlas.slider(one).start == 0
    assert atlas.axis(one)[0] < 0 < atlas.axis(one)[1]

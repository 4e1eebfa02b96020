"""One sample a round, whatever the number of passes; a peak for each device and precision."""

import pytest

from isogloss.efficiency.figures import figures_of, rounds_of

PEAKS = {"cpu": {"fp32": 100.0}, "cuda": {"fp32": 1000.0, "bf16": 5000.0}}


def a_pass(forward_s, encode_s=0.25):
    """Samples of 12 tokens; the small budget always takes a second more."""
    lap = {"n_batches": 1, "padded_tokens": 12, "decode_s": 0.25}
    laps = [{**lap, "budget": 64, "forward_s": forward_s + 1}]
    laps += [{**lap, "budget": 256, "forward_s": forward_s}]
    return {"n_samples": 6, "n_tokens": 12, "encode_s": encode_s, "laps": laps}


def a_round(*forward):
    return {"passes": [a_pass(seconds) for seconds in forward]}


ROUNDS = [a_round(1.0, 9.0, 1.5), a_round(2.0), a_round(3.0, 2.0, 2.0, 8.0)]


def of(precision="fp32", device="cpu"):
    """What a candidate of 240 FLOPs came to."""
    counts = {
        "parameters": 3, "embedding_parameters": 1, "body_parameters": 2,
        "disk_mb": 1.0, "flops": 240, "n_tokens": 12,
    }  # fmt: skip
    load = {"precision": precision, "device": device}
    found = figures_of({"load": load, "offline": ROUNDS, "counts": counts}, PEAKS)
    return {one.name: one for one in found.measured}, found.missing


def test_a_round_is_the_median_of_its_passes_with_the_best_budget():
    assert [one.forward_s for one in rounds_of(ROUNDS)] == [1.5, 2.0, 2.5]
    assert [one.total_s for one in rounds_of(ROUNDS)] == [2.0, 2.5, 3.0]


def test_every_offline_figure_has_a_sample_a_round_however_many_passes_there_were():
    measured, _ = of()
    assert measured["offline_samples_per_second"].samples == (3.0, 2.4, 2.0)
    assert measured["offline_tokens_per_second"].samples == (6.0, 4.8, 4.0)
    assert measured["offline_forward_samples_per_second"].samples == (4.0, 3.0, 2.4)
    assert measured["peak_share"].samples == pytest.approx((1.6, 1.2, 0.96))


@pytest.mark.parametrize(
    ("device", "precision", "peak"),
    [("cpu", "fp32", 100.0), ("cuda:0", "fp32", 1000.0), ("cuda:1", "bf16", 5000.0)],
)
def test_the_peak_is_that_of_the_candidates_own_device_and_precision(device, precision, peak):
    measured, missing = of(precision, device)
    assert measured["peak_share"].typical == pytest.approx(240 / 2.0 / peak)
    assert "peak_share" not in missing


@pytest.mark.parametrize(
    ("device", "precision"), [("cpu", "int8"), ("cpu", "bf16"), ("mps", "fp32")]
)
def test_a_peak_that_is_not_known_is_missing_and_no_other_stands_in_for_it(device, precision):
    measured, missing = of(precision, device)
    assert "peak_share" not in measured
    assert missing["peak_share"] == f"the machine's peak on {device} in {precision} is not known"


def streamed(*rounds):
    answers = [{"total_ms": list(one), "forward_ms": list(one)} for one in rounds]
    found = figures_of({"single_stream": answers}, PEAKS)
    return {one.name: one.samples for one in found.measured}


def test_what_the_machine_adds_in_some_rounds_is_in_no_percentile():
    calm, hit = (1.0, 2.0, 3.0, 4.0), (1.5, 90.0, 3.5, 4.5)
    measured = streamed(calm, *[hit] * 9, calm, hit)
    assert measured["single_stream_p50_ms"] == (2.0, 2.0)
    assert measured["single_stream_p99_ms"] == (4.0, 4.0)


def test_the_tail_is_made_by_the_queries_that_take_longest():
    takes = tuple(float(at) for at in range(1, 101))
    measured = streamed(*[tuple(one + noise for one in takes) for noise in (3.0, 0.0, 7.0, 1.0)])
    assert measured["single_stream_p90_ms"] == (90.0,)
    assert measured["single_stream_p99_ms"] == (99.0,)


@pytest.mark.parametrize(
    ("n", "blocks"), [(1, 1), (3, 1), (6, 1), (11, 1), (12, 2), (17, 2), (18, 3)]
)
def test_rounds_are_cut_into_blocks_of_six_and_none_is_left_out(n, blocks):
    measured = streamed(*[(float(at),) for at in range(n)])
    samples = measured["single_stream_p50_ms"]
    assert len(samples) == blocks
    assert samples == tuple(float(6 * block) for block in range(blocks))


def server(*rounds):
    run = {"n_queries": 9, "n_answered": 9, "n_batches": 3, "p50_ms": 1.0, "p99_ms": 2.0}
    answers = [{"runs": [{**run, "rate": rate, "holds": h} for rate, h in one]} for one in rounds]
    return figures_of({"server": answers}, PEAKS)


def test_the_servers_rate_is_the_geometric_mean_of_the_staircase():
    found = server([(10.0, True), (20.0, False)], [(9.0, True), (16.0, False)], [(12.0, True)])
    assert found.measured[0].samples == pytest.approx((12.0,))


def test_a_third_of_the_rounds_is_left_for_the_staircase_to_settle():
    rounds = [[(float(2**rate), True)] for rate in range(1, 19)]
    found = server([(1.0, True), (2.0, False)], *rounds)
    assert found.measured[0].samples == pytest.approx((2**9.5, 2**15.5))


def test_a_server_that_holds_no_rate_has_the_rate_0():
    found = server([(10.0, False), (5.0, False)], [], [])
    assert found.measured[0].samples == (0.0,)


def test_a_server_without_a_limit_has_no_rate_and_says_why():
    steady = [(10.0, True), (20.0, True)]
    hiccup = [(10.0, False), (10.0, True), (20.0, True)]
    for search in (steady, hiccup):
        found = server(search, [(20.0, True)])
        assert found.measured == ()
        assert "every rate held, up to 20" in found.missing["server_max_rate_per_second"]

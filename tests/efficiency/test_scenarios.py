"""Offline and single-stream with a model that takes a known time for each piece of work."""

from contextlib import nullcontext

import numpy as np
import pytest

from isogloss.efficiency.answering import Pieces, answer
from isogloss.efficiency.energy import MISSING, estimate_energy
from isogloss.efficiency.offline import MOST_PASSES, Lap, Pass, best_budget, offline, offline_for
from isogloss.efficiency.single_stream import draw, single_stream

ENCODE, BATCH, TOKEN, DECODE = 0.002, 0.010, 0.001, 0.003


class FakeModel:
    """Costs `ENCODE` a text, `BATCH` a batch and `TOKEN` a padded token, `DECODE` a call."""

    def __init__(self, clock):
        self.clock = clock

    def running(self):
        return nullcontext()

    def encode(self, samples):
        self.clock.pass_by(ENCODE * len(samples))
        lengths = [len(text.split()) for text in samples]
        return Pieces(np.zeros(sum(lengths), np.int32), np.cumsum([0, *lengths]))

    def forward(self, pieces, part):
        self.clock.pass_by(BATCH + TOKEN * len(part) * pieces.lengths[part].max())
        return pieces.lengths[part]

    def decode(self, pieces, parts, said):
        self.clock.pass_by(DECODE)
        answers = np.empty(len(pieces.lengths), np.int64)
        for part, one in zip(parts, said, strict=True):
            answers[part] = one
        return answers.tolist()


TEXTS = ["a b c", "a", "a b c d", "a b"]


def test_offline_times_each_part_of_the_work_apart(clock):
    one = offline(FakeModel(clock), TEXTS, [4, 100], clock=clock)
    assert (one.n_samples, one.n_tokens) == (4, 10)
    assert one.encode_s == pytest.approx(4 * ENCODE)
    small, large = one.laps
    # sorted: 4 | 3 | 2 1 within 4 tokens; all together within 100
    assert (small.n_batches, small.padded_tokens) == (3, 4 + 3 + 2 * 2)
    assert (large.n_batches, large.padded_tokens) == (1, 4 * 4)
    for lap in one.laps:
        assert lap.forward_s == pytest.approx(BATCH * lap.n_batches + TOKEN * lap.padded_tokens)
        assert lap.decode_s == pytest.approx(DECODE)


def test_a_turn_repeats_passes_until_its_time_is_over(clock):
    model = FakeModel(clock)
    seconds = 4 * ENCODE + BATCH + TOKEN * 16 + DECODE
    for asked, n in ((0.0, 1), (seconds / 2, 1), (2.5 * seconds, 3), (1e9, MOST_PASSES)):
        assert len(offline_for(model, TEXTS, [100], seconds=asked, clock=clock)) == n


def test_the_best_budget_is_the_one_with_the_least_median():
    def one(*seconds):
        laps = tuple(Lap(10**at, 1, 1, taken, 0.0) for at, taken in enumerate(seconds))
        return Pass(1, 1, 0.0, laps)

    passes = [one(2.0, 3.0, 9.0), one(2.0, 1.0, 9.0), one(2.0, 1.0, 0.1)]
    assert best_budget(passes) == 10
    assert best_budget([one(1.0, 1.0)]) == 1  # the smallest of equals


def test_single_stream_times_each_query_and_its_forward_part(clock):
    streamed = single_stream(FakeModel(clock), TEXTS, np.array([2, 1, 2]), clock=clock)
    forward = [BATCH + TOKEN * n for n in (4, 1, 4)]
    assert streamed.forward_ms == pytest.approx([1000 * one for one in forward])
    assert streamed.total_ms == pytest.approx([1000 * (one + ENCODE + DECODE) for one in forward])


def test_queries_ask_each_sample_once_before_any_comes_again():
    drawn = draw(5, 12, seed=3)
    assert sorted(drawn[:5]) == sorted(drawn[5:10]) == list(range(5))
    assert len(drawn) == 12
    np.testing.assert_array_equal(drawn, draw(5, 12, seed=3))


def test_answers_come_in_the_order_of_the_samples(clock):
    assert answer(FakeModel(clock), TEXTS) == [3, 1, 4, 2]


class FakeTracker:
    """Uses 36 kW: 0.01 kWh a second."""

    def __init__(self, clock, **settings):
        self.clock, self.settings = clock, settings

    def start(self):
        self.began = self.clock()

    def stop(self):
        self.final_emissions_data = self
        self.energy_consumed = 0.01 * (self.clock() - self.began)


def test_energy_is_that_of_a_million_samples(clock):
    class Module:
        @staticmethod
        def OfflineEmissionsTracker(**settings):
            return FakeTracker(clock, **settings)

    def work():
        clock.pass_by(3.0)
        return 50

    energy = estimate_energy(work, seconds=10.0, clock=clock, find=lambda name: Module)
    assert energy.wh_per_million == pytest.approx(0.01 * 12 * 1000 / 200 * 1e6)  # four rounds
    assert energy.reason is None


def test_without_codecarbon_there_is_a_reason_instead_of_a_number(clock):
    def find(name):
        raise ImportError(name)

    assert estimate_energy(lambda: 1, seconds=1.0, clock=clock, find=find) == (None, MISSING)

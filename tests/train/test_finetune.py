"""Fine-tuning: the same as a plain loop, and the same again after any interruption."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from finishing import finish
from isogloss.base.errors import InputError, RunError
from isogloss.data.encoded import Encoded
from isogloss.model.precision import Precision
from isogloss.train import between as room
from isogloss.train import finetune as finetune_room
from isogloss.train import training as training_room
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TextLesson
from isogloss.train.loop import Diverged
from isogloss.train.parts import Cutting, cut_and_pad, step_indices
from isogloss.train.training import Training
from learned import learned, weights

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
PLAIN = {"precision": "fp32", "save_seconds": None}


def begun(model, encoded, recipe, folder, **more):
    arguments = {"pad_id": 0, "max_tokens": 8192, **more}
    return finetune(model, TextLesson(encoded), recipe, folder=folder, **arguments)


def run(model, encoded, recipe, folder, **more):
    """Exhaust a training; return what it returns and how far each step said it was."""
    seen, trained = finish(begun(model, encoded, recipe, folder, **more))
    return trained, seen


def run_until(k, model, encoded, recipe, folder, **more):
    """Take `k` steps and vanish."""
    steps = begun(model, encoded, recipe, folder, **more)
    for _ in range(k):
        next(steps)
    steps.close()


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in other)


def reference(model, encoded, recipe, pad_id):
    """The plain loop: every batch whole and padded to the longest allowed, stock AdamW."""
    names = {n for n, p in model.named_parameters() if p.dim() > 1}
    groups = [
        {"params": [p for n, p in model.named_parameters() if n in names]},
        {"params": [p for n, p in model.named_parameters() if n not in names], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        lr=recipe.learning_rate,
        eps=recipe.adam_epsilon,
        weight_decay=recipe.weight_decay,
        fused=False,
        foreach=False,
    )
    total = recipe.total_steps(len(encoded))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1 - done / total)
    losses, batches = [], step_indices(len(encoded), recipe, first_step=0)
    model.train()
    for _ in range(total):
        chosen = next(batches)
        ids = torch.full((len(chosen), 24), pad_id)
        mask = torch.zeros_like(ids)
        for row, index in enumerate(chosen):
            tokens = torch.from_numpy(encoded.select([index]).ids.astype(np.int64))
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        logits = model(input_ids=ids, attention_mask=mask).logits
        loss = functional.cross_entropy(logits, torch.from_numpy(encoded.labels[chosen]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("attention", ["eager", "sdpa", "unpadded"])
def test_training_equals_a_plain_loop_that_pads_to_the_longest(
    family, attention, toys, tmp_path, monkeypatch
):
    """Adam's epsilon is raised, since it blows up the rounding of gradients that should be zero."""
    if attention != "unpadded":
        monkeypatch.setattr(finetune_room, "reads_unpadded", lambda model: False)
    unpadded, attention = attention == "unpadded", attention.replace("unpadded", "eager")
    encoded = toys.split(76, family=family)
    recipe = toys.recipe(num_train_epochs=3, logging_steps=1, adam_epsilon=1e-6, **PLAIN)
    pad_id = toys.tokenizer(family).pad_token_id
    want_model = toys.model(family, attention=attention)
    want = reference(want_model, encoded, recipe, pad_id)
    model = toys.model(family, attention=attention)
    trained, _ = run(model, encoded, recipe, tmp_path, pad_id=pad_id)
    assert trained.n_steps == 9
    assert [point["loss"] for point in trained.curve] == pytest.approx(want, abs=1e-5)
    assert trained.train_loss == pytest.approx(np.mean(want), abs=1e-5)
    expected = weights(want_model)
    assert all(torch.allclose(p, expected[n], atol=1e-5) for n, p in weights(model).items())
    assert trained.attention == attention
    assert (trained.padding_share < 0.06) is unpadded
    assert trained.padding_share < 1 - trained.real_tokens / (76 * 3 * 24)


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("max_tokens", [24, 60, 10_000])
def test_memory_changes_the_cut_and_not_the_training(
    max_tokens, padded, toys, tmp_path, monkeypatch
):
    if padded:
        monkeypatch.setattr(finetune_room, "reads_unpadded", lambda model: False)
    encoded, recipe = toys.split(40), toys.recipe(num_train_epochs=2, adam_epsilon=1e-6, **PLAIN)
    model, other = toys.model(), toys.model()
    run(model, encoded, recipe, tmp_path, max_tokens=max_tokens)
    run(other, encoded, recipe, tmp_path, max_tokens=500)
    want = weights(other)
    assert all(torch.allclose(p, want[n], atol=1e-5) for n, p in weights(model).items())


def test_accumulation_multiplies_the_examples_of_a_step(toys, tmp_path):
    encoded = toys.split(40)
    model, other = toys.model(), toys.model()
    recipe = toys.recipe(per_device_train_batch_size=4, gradient_accumulation_steps=4, **PLAIN)
    trained, seen = run(model, encoded, recipe, tmp_path)
    run(other, encoded, toys.recipe(per_device_train_batch_size=16, **PLAIN), tmp_path)
    assert trained.n_steps == len(seen) == 15  # 5 epochs of 16 + 16 + 8
    assert same(weights(model), weights(other))


@pytest.mark.parametrize("first_position", [None, 0])
def test_each_step_has_as_many_examples_and_each_epoch_all_of_them(first_position, toys):
    encoded, recipe = toys.split(70), toys.recipe(per_device_train_batch_size=32)
    cutting = Cutting(200, 20.0, 0, first_position)
    steps = step_indices(70, recipe, first_step=0)
    sizes, labels = [], []
    for _ in range(3):
        parts = cut_and_pad(encoded, next(steps), cutting=cutting, device=torch.device("cpu"))
        sizes.append(sum(map(len, parts)))
        assert len(parts) > 1 or sizes[-1] == 6
        labels += [int(label) for part in parts for label in part.labels]
    assert sizes == [32, 32, 6]
    assert sorted(labels) == sorted(encoded.labels.tolist())


@pytest.mark.parametrize("first", [0, 1, 3, 7])
def test_steps_may_begin_anywhere(first, toys):
    recipe = toys.recipe(per_device_train_batch_size=4)
    whole, late = (step_indices(10, recipe, first_step=at) for at in (0, first))
    skipped = [next(whole).tolist() for _ in range(first + 5)][first:]
    assert [next(late).tolist() for _ in range(5)] == skipped


@pytest.mark.parametrize(
    ("changes", "n", "steps"),
    [
        ({}, 64, 10),
        ({}, 65, 15),
        ({"num_train_epochs": 0.5}, 320, 5),
        ({"num_train_epochs": 1.5}, 65, 5),
        ({"max_steps": 7}, 64, 7),
        ({"gradient_accumulation_steps": 2}, 65, 10),
    ],
)
def test_the_horizon_is_counted_as_in_the_trainer(changes, n, steps, toys):
    assert toys.recipe(**changes).total_steps(n) == steps


def test_a_recipe_without_a_horizon_is_refused(toys):
    with pytest.raises(InputError, match="num_train_epochs or max_steps"):
        toys.recipe(num_train_epochs=None).total_steps(8)


@pytest.mark.parametrize(("family", "k"), [("bert", 1), ("bert", 9), ("modernbert", 5)])
def test_a_killed_training_ends_with_the_same_weights_bit_for_bit(family, k, toys, tmp_path):
    encoded = toys.split(50, family=family)
    recipe = toys.recipe(
        learning_rate=1e-3, per_device_train_batch_size=16, num_train_epochs=3, logging_steps=5,
        save_seconds=0, precision="fp32", warmup_steps=0.2,
    )  # fmt: skip
    whole = toys.model(family, dropout=0.3)
    want, _ = run(whole, encoded, recipe, tmp_path / "whole")
    run_until(k, toys.model(family, dropout=0.3), encoded, recipe, tmp_path / "cut")
    torch.manual_seed(999)
    model = toys.model(family, dropout=0.3, seed=5)
    got, seen = run(model, encoded, recipe, tmp_path / "cut")
    assert same(learned(model, encoded), learned(whole, encoded))
    assert (got.curve, got.train_loss) == (want.curve, want.train_loss)
    assert (got.real_tokens, got.padding_share) == (want.real_tokens, want.padding_share)
    assert (got.n_steps, got.n_resumed) == (12, 1)
    assert [step.done for step in seen] == list(range(k + 1, 13))
    assert want.n_resumed == 0


def test_a_training_killed_many_times_ends_the_same(toys, tmp_path):
    encoded = toys.split(40)
    recipe = toys.recipe(per_device_train_batch_size=8, num_train_epochs=2, save_seconds=0)
    whole = toys.model(dropout=0.2)
    run(whole, encoded, recipe, tmp_path / "whole")
    for _ in range(4):
        run_until(2, toys.model(dropout=0.2), encoded, recipe, tmp_path / "cut")
    model = toys.model(dropout=0.2)
    got, _ = run(model, encoded, recipe, tmp_path / "cut")
    assert same(weights(model), weights(whole))
    assert got.n_resumed == 4


def test_steps_after_the_last_checkpoint_are_taken_again(toys, tmp_path, monkeypatch):
    encoded, recipe = toys.split(40), toys.recipe(per_device_train_batch_size=8, save_seconds=10)
    whole = toys.model(dropout=0.2)
    run(whole, encoded, recipe, tmp_path / "whole")
    clock = iter(range(0, 10_000, 4))  # a checkpoint at every third look
    with monkeypatch.context() as patch:
        patch.setattr(room.time, "monotonic", lambda: float(next(clock)))
        patch.setattr(Training, "save_on_leave", lambda training: None)  # as a kill does
        run_until(8, toys.model(dropout=0.2), encoded, recipe, tmp_path / "cut")
    model = toys.model(dropout=0.2)
    _, seen = run(model, encoded, recipe, tmp_path / "cut")
    assert 1 < seen[0].done <= 8
    assert same(weights(model), weights(whole))


def test_a_training_that_is_closed_leaves_a_checkpoint_where_it_stands(toys, tmp_path):
    encoded, recipe = toys.split(40), toys.recipe(per_device_train_batch_size=8, save_seconds=1000)
    whole = toys.model(dropout=0.2)
    want, _ = run(whole, encoded, recipe, tmp_path / "whole")
    run_until(8, toys.model(dropout=0.2), encoded, recipe, tmp_path / "cut")
    model = toys.model(dropout=0.2)
    got, seen = run(model, encoded, recipe, tmp_path / "cut")
    assert (seen[0].done, got.n_resumed) == (9, 1)
    assert same(weights(model), weights(whole))
    assert got.curve == want.curve


def test_a_training_that_is_closed_leaves_none_if_none_is_wanted(toys, tmp_path):
    encoded, recipe = toys.split(40), toys.recipe(per_device_train_batch_size=8, save_seconds=None)
    run_until(3, toys.model(), encoded, recipe, tmp_path / "cut")
    assert not list(tmp_path.glob("cut/*"))


def test_a_disk_that_refuses_does_not_keep_a_training_from_being_closed(toys, tmp_path, caplog):
    (tmp_path / "cut").write_text("in the way")
    encoded, recipe = toys.split(40), toys.recipe(per_device_train_batch_size=8, save_seconds=1000)
    with pytest.raises(FileExistsError):
        (tmp_path / "cut").mkdir()
    run_until(3, toys.model(), encoded, recipe, tmp_path / "cut")
    assert "Cannot write a checkpoint" in caplog.text


def test_who_looks_on_sees_the_mean_loss_since_the_last_point_and_changes_nothing(
    toys, tmp_path, monkeypatch
):
    encoded = toys.split(40)
    recipe = toys.recipe(per_device_train_batch_size=8, num_train_epochs=2, logging_steps=4)
    each_step = toys.recipe(per_device_train_batch_size=8, num_train_epochs=2, logging_steps=1)
    single, _ = run(toys.model(), encoded, each_step, tmp_path / "single")
    losses = [point["loss"] for point in single.curve]
    monkeypatch.setattr(training_room, "LOOK_SECONDS", math.inf)
    want, once = run(toys.model(), encoded, recipe, tmp_path / "once")
    monkeypatch.setattr(training_room, "LOOK_SECONDS", 0)
    got, seen = run(toys.model(), encoded, recipe, tmp_path / "always")
    since = [losses[(done - 1) // 4 * 4 : done] for done in range(1, 11)]
    assert [step.loss for step in seen] == pytest.approx([sum(x) / len(x) for x in since])
    assert {step.loss for step in once} == {seen[0].loss}
    assert (got.curve, got.train_loss) == (want.curve, want.train_loss)


def test_a_training_that_had_ended_is_not_trained_again(toys, tmp_path):
    encoded, recipe = toys.split(20), toys.recipe(num_train_epochs=2, save_seconds=0)
    first, again = toys.model(), toys.model(seed=3)
    want, _ = run(first, encoded, recipe, tmp_path)
    got, seen = run(again, encoded, recipe, tmp_path)
    assert seen == []
    assert same(learned(again, encoded), learned(first, encoded))
    assert got.train_loss == want.train_loss


SCORES = [0.5, 0.7, 0.6, 0.65, 0.9, 0.1, 0.1]


def scripted(scores=SCORES, encoded=None):
    """A dev score that reads from a list, draws random numbers and changes the model's mode."""

    def score(model):
        model.eval()
        torch.rand(3)
        score.models.append(model if encoded is None else learned(model, encoded))
        return scores[len(score.models) - 1 + score.skip]

    score.models, score.skip = [], 0
    return score


STOPPING = {
    "per_device_train_batch_size": 8,
    "num_train_epochs": 6,
    "eval_strategy": "epoch",
    "early_stopping_patience": 2,
    "learning_rate": 1e-3,
    "precision": "fp32",
}


def test_training_stops_when_the_dev_score_no_longer_rises_and_keeps_the_best(toys, tmp_path):
    encoded, model = toys.split(20), toys.model(dropout=0.2)
    score = scripted(encoded=encoded)
    recipe = toys.recipe(**STOPPING, save_seconds=None)
    trained, seen = run(model, encoded, recipe, tmp_path, dev_score=score)
    assert trained.stopped_early
    assert [row["score"] for row in trained.dev_scores] == SCORES[:4]
    assert [row["step"] for row in trained.dev_scores] == [3, 6, 9, 12]
    assert (trained.best_step, trained.best_score) == (6, 0.7)
    assert (trained.n_steps, trained.epochs) == (12, 4.0)
    assert seen[-1][:2] == (12, 18)
    assert same(learned(model, encoded), score.models[1])


@pytest.mark.parametrize("k", [2, 6, 7, 11, 12])
def test_a_killed_training_stops_at_the_same_step_with_the_same_weights(k, toys, tmp_path):
    encoded, recipe = toys.split(20), toys.recipe(**STOPPING, save_seconds=0)
    whole = toys.model(dropout=0.2)
    want, _ = run(whole, encoded, recipe, tmp_path / "whole", dev_score=scripted())
    score = scripted()
    run_until(k, toys.model(dropout=0.2), encoded, recipe, tmp_path / "cut", dev_score=score)
    again = scripted()
    again.skip = len(score.models)
    model = toys.model(dropout=0.2)
    got, _ = run(model, encoded, recipe, tmp_path / "cut", dev_score=again)
    assert same(weights(model), weights(whole))
    assert (got.dev_scores, got.stopped_early) == (want.dev_scores, True)
    assert (got.n_steps, got.best_step) == (want.n_steps, want.best_step)


def test_a_dev_score_between_steps_changes_nothing(toys, tmp_path):
    encoded = toys.split(40)
    common = {"per_device_train_batch_size": 8, "num_train_epochs": 2, **PLAIN}
    plain, judged = toys.model(dropout=0.3), toys.model(dropout=0.3)
    run(plain, encoded, toys.recipe(**common), tmp_path)
    recipe = toys.recipe(**common, eval_strategy="steps", eval_steps=3)
    trained, _ = run(judged, encoded, recipe, tmp_path, dev_score=scripted())
    assert same(weights(plain), weights(judged))
    assert [row["step"] for row in trained.dev_scores] == [3, 6, 9, 10]
    assert not trained.stopped_early


@pytest.mark.parametrize(
    ("threshold", "scores", "n_scores"),
    [
        (0.0, [0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 6),
        (0.15, [0.5, 0.6, 0.7], 3),
        (0.15, [0.5, 0.6, 0.8, 0.8, 0.8], 5),
        (0.0, [0.5, 0.4, 0.5], 3),
    ],
)
def test_only_a_clear_rise_counts_against_stopping(threshold, scores, n_scores, toys, tmp_path):
    recipe = toys.recipe(**STOPPING, early_stopping_threshold=threshold, save_seconds=None)
    trained, _ = run(toys.model(), toys.split(20), recipe, tmp_path, dev_score=scripted(scores))
    assert len(trained.dev_scores) == n_scores
    assert trained.best_score == max(scores)


def test_the_curve_is_the_mean_since_the_last_point(toys, tmp_path):
    encoded = toys.split(40)
    fine, coarse = (
        run(toys.model(), encoded, toys.recipe(max_steps=7, logging_steps=k, **PLAIN), tmp_path)[0]
        for k in (1, 3)
    )
    losses = [point["loss"] for point in fine.curve]
    assert [point["step"] for point in coarse.curve] == [3, 6, 7]
    means = [np.mean(losses[:3]), np.mean(losses[3:6]), losses[6]]
    assert [point["loss"] for point in coarse.curve] == pytest.approx(means)
    assert coarse.train_loss == pytest.approx(np.mean(losses))
    assert [p["learning_rate"] for p in fine.curve] == pytest.approx(
        [2e-5 * (1 - k / 7) for k in range(7)]
    )


def test_a_tracker_sees_every_point_and_dev_score(toys, tmp_path):
    seen = []
    recipe = toys.recipe(max_steps=4, logging_steps=2, eval_strategy="steps", eval_steps=2, **PLAIN)
    trained, _ = run(
        toys.model(), toys.split(40), recipe, tmp_path,
        dev_score=scripted(), tracker=lambda step, values: seen.append((step, values)),
    )  # fmt: skip
    assert [(step, sorted(values)[0]) for step, values in seen] == [
        (2, "dev_score"), (2, "epoch"), (4, "dev_score"), (4, "epoch"),
    ]  # fmt: skip
    assert [values["loss"] for _, values in seen if "loss" in values] == [
        point["loss"] for point in trained.curve
    ]


def test_training_learns_what_can_be_learned(toys, tmp_path):
    encoded, model = toys.split(96), toys.model(dropout=0.1)
    recipe = toys.recipe(
        learning_rate=3e-3, per_device_train_batch_size=8, num_train_epochs=24, **PLAIN
    )
    trained, _ = run(model, encoded, recipe, tmp_path)
    assert trained.curve[0]["loss"] > 0.8
    assert trained.curve[-1]["loss"] < 0.3


def test_rates_and_times_belong_together(toys, tmp_path):
    trained, _ = run(
        toys.model(), toys.split(40), toys.recipe(num_train_epochs=2, **PLAIN), tmp_path
    )
    assert trained.train_runtime > 0
    assert trained.train_samples_per_second * trained.train_runtime == pytest.approx(80)
    assert trained.train_steps_per_second * trained.train_runtime == pytest.approx(4)
    assert trained.threads == torch.get_num_threads()
    assert trained.precision == "fp32"
    assert trained.precision_reason


def test_time_spent_by_the_reader_is_not_training_time(toys, tmp_path, monkeypatch):
    ticks = {"now": 0.0}
    monkeypatch.setattr(room.time, "perf_counter", lambda: ticks["now"])
    steps = begun(toys.model(), toys.split(20), toys.recipe(max_steps=3, **PLAIN), tmp_path)
    trained = None
    while trained is None:
        try:
            next(steps)
            ticks["now"] += 100.0
        except StopIteration as stop:
            trained = stop.value
    assert trained.train_runtime == 0.0


def test_times_add_up_over_interruptions(toys, tmp_path, monkeypatch):
    ticks = iter(range(10_000))
    monkeypatch.setattr(room.time, "perf_counter", lambda: float(next(ticks)))
    encoded, recipe = toys.split(20), toys.recipe(max_steps=4, save_seconds=0)
    run_until(2, toys.model(), encoded, recipe, tmp_path)
    late, _ = run(toys.model(), encoded, recipe, tmp_path)
    alone, _ = run(toys.model(), encoded, toys.recipe(max_steps=2, save_seconds=0), tmp_path / "b")
    assert late.train_runtime > alone.train_runtime


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eval_strategy": "epoch"}, "needs a dev split"),
        ({"early_stopping_patience": 1}, "need eval_strategy"),
        ({"load_best_model_at_end": True}, "need eval_strategy"),
        ({"precision": "bf61"}, "bf16"),
        ({"lr_scheduler_type": "liner"}, "linear"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(change, message, toys, tmp_path):
    recipe = toys.recipe(**{**PLAIN, **change})
    with pytest.raises(InputError, match=message):
        run(toys.model(), toys.split(8), recipe, tmp_path)


def test_eval_steps_must_be_given_with_their_strategy(toys, tmp_path):
    with pytest.raises(InputError, match="needs eval_steps"):
        run(
            toys.model(), toys.split(8), toys.recipe(eval_strategy="steps"), tmp_path,
            dev_score=scripted(),
        )  # fmt: skip


def test_an_empty_split_is_refused(toys, tmp_path):
    with pytest.raises(InputError, match="empty"):
        run(toys.model(), toys.split(8).select([]), toys.recipe(), tmp_path)


def test_a_dev_score_that_is_no_number_is_an_error(toys, tmp_path):
    with pytest.raises(RunError, match="not a number"):
        run(
            toys.model(), toys.split(8), toys.recipe(eval_strategy="epoch", **PLAIN), tmp_path,
            dev_score=lambda model: math.nan,
        )  # fmt: skip


def test_weights_that_blow_up_end_the_training_with_advice(toys, tmp_path):
    model = toys.model()
    with torch.no_grad():
        model.classifier.weight.fill_(float("nan"))
    with pytest.raises(Diverged, match="step 1"):
        run(model, toys.split(8), toys.recipe(**PLAIN), tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"learning_rate": 1e-3}, {"seed": 1}, {"num_train_epochs": 9.0}, {"weight_decay": 0.5}],
)
def test_the_checkpoint_of_another_recipe_is_refused(change, toys, tmp_path):
    encoded = toys.split(40)
    run_until(1, toys.model(), encoded, toys.recipe(save_seconds=0), tmp_path)
    with pytest.raises(RunError, match="another training"):
        run(toys.model(), encoded, toys.recipe(**{"save_seconds": 0, **change}), tmp_path)


def test_what_changes_only_cost_does_not_lose_the_checkpoint(toys, tmp_path):
    encoded = toys.split(40)
    run_until(1, toys.model(), encoded, toys.recipe(save_seconds=0), tmp_path)
    _, seen = run(
        toys.model(),
        encoded,
        toys.recipe(save_seconds=None, logging_steps=3),
        tmp_path,
        max_tokens=99,
    )
    assert seen[0].done == 2


def on(monkeypatch, precision):
    """Compute as a machine on which `auto` is this precision."""
    chosen = Precision(precision, "test")
    monkeypatch.setattr(training_room, "choose_precision", lambda asked, device: chosen)


@pytest.mark.parametrize(("there", "here"), [("fp32", "bf16"), ("bf16", "fp32")])
def test_a_checkpoint_of_a_machine_that_computes_otherwise_is_left_with_a_warning(
    there, here, toys, tmp_path, monkeypatch, caplog
):
    encoded, recipe = toys.split(40), toys.recipe(max_steps=4, save_seconds=0)
    on(monkeypatch, there)
    run_until(3, toys.model(), encoded, recipe, tmp_path / "cut")
    on(monkeypatch, here)
    model, whole = toys.model(), toys.model()
    got, seen = run(model, encoded, recipe, tmp_path / "cut")
    assert "another precision; training begins anew" in caplog.text
    want, _ = run(whole, encoded, recipe, tmp_path / "whole")
    assert [step.done for step in seen] == [1, 2, 3, 4]
    assert (got.n_resumed, got.precision) == (0, here)
    assert same(weights(model), weights(whole))
    assert got.curve == want.curve


def test_a_precision_that_is_asked_for_is_part_of_the_recipe(toys, tmp_path, monkeypatch):
    encoded = toys.split(40)
    on(monkeypatch, "fp32")
    run_until(1, toys.model(), encoded, toys.recipe(save_seconds=0, precision="fp32"), tmp_path)
    on(monkeypatch, "bf16")
    with pytest.raises(RunError, match="another training"):
        run(toys.model(), encoded, toys.recipe(save_seconds=0, precision="bf16"), tmp_path)


def test_the_names_of_unfinished_trainings_are_stable(toys):
    """If this fails, trainings that were interrupted are refused: raise VERSION on purpose."""
    none = np.zeros(2, dtype=np.int64)
    split = Encoded(
        ids=np.arange(5, dtype=np.int32), offsets=np.array([0, 2, 5]), labels=np.array([1, 0]),
        examples=("a", "b"), truncated=none > 0, unknown=none,
    )  # fmt: skip
    names = training_room._identities(TextLesson(split), toys.recipe())
    assert names == {"fp32": "e89430303fadc348", "bf16": "f3be2238044b1fd6"}

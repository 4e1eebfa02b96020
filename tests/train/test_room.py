"""When memory runs out, a step is computed in smaller parts, and learns the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from isogloss.base.errors import OutOfMemory
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TextLesson
from isogloss.train.parts import Cutting
from isogloss.train.room import Room
from learned import weights

WORDS = "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory"


class Narrow:
    """A lesson whose loss takes more memory than there is, if a part is too large."""

    def __init__(self, lesson, limit, error=None):
        self.lesson, self.limit, self.failures = lesson, limit, 0
        self.error = error or RuntimeError(WORDS)

    def __len__(self):
        return len(self.lesson)

    def __getattr__(self, name):
        return getattr(self.lesson, name)

    def loss(self, model, part):
        if part.input_ids.numel() > self.limit:
            self.failures += 1
            raise self.error
        return self.lesson.loss(model, part)


def train(toys, lesson, folder, model=None, *, until=None, **changes):
    recipe = toys.recipe(
        **{"per_device_train_batch_size": 16, "save_seconds": None, "precision": "fp32", **changes}
    )
    model = model or toys.model()
    steps = finetune(model, lesson, recipe, pad_id=0, folder=folder, max_tokens=8192)
    while True:
        try:
            if next(steps).done == until:
                steps.close()
                return model, None
        except StopIteration as end:
            return model, end.value


def close(one, other):
    return all(torch.allclose(one[name], other[name], atol=1e-6) for name in other)


@pytest.mark.parametrize("error", [None, MemoryError(), torch.OutOfMemoryError("CUDA")], ids=type)
def test_the_batch_is_cut_smaller_with_its_examples_kept_and_the_record_says_it(
    toys, tmp_path, caplog, error
):
    encoded = toys.split(48)
    whole, want = train(toys, TextLesson(encoded), tmp_path / "whole")
    narrow = Narrow(TextLesson(encoded), 60, error)
    model, got = train(toys, narrow, tmp_path / "narrow")
    assert close(weights(model), weights(whole))
    assert narrow.failures == len(got.cuts) >= 1
    assert [cut["max_tokens"] for cut in got.cuts] == sorted(
        (cut["max_tokens"] for cut in got.cuts), reverse=True
    )
    assert got.cuts[0]["step"] == 1
    assert got.cuts[-1]["max_tokens"] <= 60
    assert want.cuts == []
    told = ("n_steps", "epochs", "real_tokens")
    assert [getattr(got, name) for name in told] == [getattr(want, name) for name in told]
    assert [p["loss"] for p in got.curve] == pytest.approx([p["loss"] for p in want.curve], 1e-4)
    assert "Memory ran out at step 1" in caplog.text


def test_gradients_of_the_parts_before_do_not_count_twice(toys, tmp_path):
    """Memory runs out in the third part, when two have left their gradients."""
    encoded = toys.split(48)
    whole, _ = train(toys, TextLesson(encoded), tmp_path / "whole", max_grad_norm=0.0)
    calls = []

    class Late(Narrow):
        def loss(self, model, part):
            calls.append(part)
            if len(calls) == 3:
                raise self.error
            return self.lesson.loss(model, part)

    late = Late(TextLesson(encoded), 0)
    model = toys.model()
    recipe = toys.recipe(
        per_device_train_batch_size=16, save_seconds=None, precision="fp32", max_grad_norm=0.0
    )
    for _ in finetune(model, late, recipe, pad_id=0, folder=tmp_path / "x", max_tokens=64):
        pass
    assert len(calls) > 3
    assert close(weights(model), weights(whole))


def test_a_training_that_goes_on_does_not_run_out_of_memory_again(toys, tmp_path):
    encoded = toys.split(48)
    whole, _ = train(toys, TextLesson(encoded), tmp_path / "whole")
    train(toys, Narrow(TextLesson(encoded), 60), tmp_path / "cut", save_seconds=0, until=4)
    again = Narrow(TextLesson(encoded), 60)
    model, got = train(toys, again, tmp_path / "cut", save_seconds=0)
    assert again.failures == 0
    assert (got.n_resumed, bool(got.cuts)) == (1, True)
    assert close(weights(model), weights(whole))


def test_one_example_that_does_not_fit_is_the_end_and_says_what_to_do(toys, tmp_path):
    narrow = Narrow(TextLesson(toys.split(48)), 1)
    with pytest.raises(OutOfMemory, match=r"not even for one example.*max_length"):
        train(toys, narrow, tmp_path / "x")
    assert narrow.failures < 12


def test_other_errors_pass_through(toys, tmp_path):
    narrow = Narrow(TextLesson(toys.split(48)), 1, RuntimeError("shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        train(toys, narrow, tmp_path / "x")
    assert narrow.failures == 1


def test_memory_may_run_out_while_a_step_is_drawn(toys, tmp_path):
    """As with teachers, who read a step before it is learned from."""
    encoded = toys.split(48)
    whole, _ = train(toys, TextLesson(encoded), tmp_path / "whole")

    class Drawn(Narrow):
        def steps(self, recipe, *, first_step, cutting, device):
            for step in self.lesson.steps(
                recipe, first_step=first_step, cutting=cutting, device=device
            ):
                if cutting.max_tokens > self.limit:
                    self.failures += 1
                    raise self.error
                yield step

        def loss(self, model, part):
            return self.lesson.loss(model, part)

    model, got = train(toys, Drawn(TextLesson(encoded), 100), tmp_path / "drawn")
    assert [cut["max_tokens"] for cut in got.cuts] == [4096, 2048, 1024, 512, 256, 128, 64]
    assert close(weights(model), weights(whole))


def test_the_least_of_all_attempts_counts():
    cuts = [{"step": 3, "max_tokens": 500}, {"step": 9, "max_tokens": 250}]
    assert Room.left(Cutting(8192, 0.0, 0), cuts).max_tokens == 250
    assert Room.left(Cutting(100, 0.0, 0), cuts).max_tokens == 100
    assert Room.left(Cutting(8192, 0.0, 0), []).max_tokens == 8192


@pytest.mark.slow
def test_a_process_that_may_have_little_memory_trains_all_the_same(tmp_path):
    """Not a simulation: the system refuses the allocation."""
    script = tmp_path / "narrow.py"
    script.write_text(
        "import resource, sys, json\n"
        f"sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[1])!r}]\n"
        "from conftest import Toys as toys\n"
        "from isogloss.model.encoder import make_classifier\n"
        "from isogloss.model.scratch import Size, scratch_config\n"
        "from isogloss.train.finetune import finetune\n"
        "from isogloss.train.lesson import TextLesson\n"
        "from pathlib import Path\n"
        "size = Size(64, 2, 2, 4096, max_length=24, dropout=0.0)\n"  # the last layer is narrow
        "config = scratch_config('bert', toys.tokenizer('bert'), size)\n"
        "model = make_classifier(config, ('a', 'b', 'c'), seed=0, attention='eager')\n"
        "recipe = toys.recipe(per_device_train_batch_size=2048, max_steps=2, num_train_epochs=None,"
        " precision='fp32', save_seconds=None)\n"
        "steps = finetune(model, TextLesson(toys.split(4096)), recipe, pad_id=0,"
        " folder=Path(sys.argv[1]), max_tokens=100_000)\n"
        "held = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "limit = held + 900 * 2**20\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "while True:\n"
        "    try: next(steps)\n"
        "    except StopIteration as end: print(json.dumps(end.value.cuts)); break\n"
    )
    said = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "x")],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert '"step": 1' in said.stdout, "it was cut"

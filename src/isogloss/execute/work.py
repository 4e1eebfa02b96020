"""All kinds of steps and who makes them; importing this imports torch."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

from isogloss.execute.kinds.data import make_data
from isogloss.execute.kinds.distill import make_distilled
from isogloss.execute.kinds.evaluate import make_evaluated
from isogloss.execute.kinds.evaluate_form import make_evaluated_form
from isogloss.execute.kinds.masked import make_masked
from isogloss.execute.kinds.measure import make_measured
from isogloss.execute.kinds.pack import make_packed
from isogloss.execute.kinds.prepare import make_prepared
from isogloss.execute.kinds.pretrain import make_pretrained
from isogloss.execute.kinds.probe import make_probed
from isogloss.execute.kinds.score import make_scored
from isogloss.execute.kinds.serve import make_served
from isogloss.execute.kinds.targets import make_targets
from isogloss.execute.kinds.text import make_text
from isogloss.execute.kinds.tokenizer import make_tokenizer
from isogloss.execute.kinds.train import make_trained
from isogloss.execute.making import Makers, make_step
from isogloss.plan.plan import Step

MAKERS: Makers = {
    "data": make_data,
    "tokenizer": make_tokenizer,
    "prepare": make_prepared,
    "train": make_trained,
    "evaluate": make_evaluated,
    "serve": make_served,
    "evaluate_form": make_evaluated_form,
    "measure": make_measured,
    "text": make_text,
    "pack": make_packed,
    "pretrain": make_pretrained,
    "targets": make_targets,
    "distill": make_distilled,
    "masked": make_masked,
    "probe": make_probed,
    "score": make_scored,
}


def do(step: Step, root: Path) -> Generator[Any, None, bool]:
    """Make a step of any kind."""
    return make_step(step, root, MAKERS)

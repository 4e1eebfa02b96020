"""Which arms each task has, and what the Trainer is told in each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import torch

ISOGLOSS = "isogloss"
GRAPHS = "isogloss, cuda_graphs"
"""With passes that are recorded and replayed, where there is a GPU."""

PLAIN = "isogloss, memory not kept"
"""In a process whose memory is handled as that of every process, such as a notebook's."""

OURS = (ISOGLOSS, GRAPHS, PLAIN)
TUNED = "tuned"
KEPT = "tuned, memory kept"
"""As tuned, with what workers of Isogloss tell the C library about memory (`execute/allocator`)."""

SHUFFLED = "tuned, shuffled"
"""As tuned, but its batches are drawn at random and not of one length."""


@final
@dataclass(frozen=True)
class TrainerArm:
    """The Trainer with some of its options."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Of `TrainingArguments`; bf16 only where the processor computes it natively."""

    when_predicting: Mapping[str, Any] = field(default_factory=dict)
    """More of them."""

    attention: str = "sdpa"
    """The library's default, or `eager`."""

    padded: bool = False
    """Whether all texts are padded to one length before they come to the Trainer."""


_FAST = {"bf16": True, "optim": "adamw_torch_fused", "logging_nan_inf_filter": False}
_GROUPED = {**_FAST, "train_sampling_strategy": "group_by_length"}
_AT_ONCE = {"per_device_eval_batch_size": 256} if torch.cuda.is_available() else {}
"""About as many texts a batch as Isogloss takes; on two cores, 32 are read faster than 256."""

_CAST = {"bf16_full_eval": True, **_AT_ONCE}
"""Casts the weights once; autocast alone would cast all of them for each batch."""


def _tuned(options: Mapping[str, Any]) -> dict[str, TrainerArm]:
    return {
        TUNED: TrainerArm(options, _CAST),
        KEPT: TrainerArm(options, _CAST),
        "tuned-eager": TrainerArm(options, _CAST, attention="eager"),
        "tuned-compiled": TrainerArm({**options, "torch_compile": True}, _CAST),
    }


TRAINER_ARMS: dict[str, dict[str, TrainerArm]] = {
    "sentiment": {"notebook": TrainerArm(padded=True), **_tuned(_GROUPED)},
    "ner": {"trainer": TrainerArm(), **_tuned(_GROUPED)},
    "mlm": {"trainer": TrainerArm(), **_tuned(_FAST)},
    "parity": {
        "trainer": TrainerArm(),
        SHUFFLED: TrainerArm(_FAST, _CAST),
        TUNED: TrainerArm(_GROUPED, _CAST),
    },
}

OPTIONAL = ("tuned-compiled", KEPT, PLAIN)
"""Measured only if asked for; compiling can take longer than the whole training."""

NOT_QUICK = ("tuned-eager", *OPTIONAL)
"""Left out on a GPU as well, whose fused attention is the faster one."""


def arms_of(task: str, *, quick: bool, also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The arms of a task in their turn; the first is what the others are compared with."""
    on_gpu = torch.cuda.is_available()
    left_out = set(NOT_QUICK if quick or on_gpu else OPTIONAL) - set(also)
    ours = (ISOGLOSS, *([GRAPHS] if on_gpu and task != "mlm" else []), PLAIN)
    return tuple(arm for arm in (*TRAINER_ARMS[task], *ours) if arm not in left_out)

"""Which GPU each worker process sees: one, in turn, so that many trainings fill many GPUs.

It can only be said before a process starts: CUDA reads it once.
"""

from collections.abc import Mapping, Sequence

VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The GPUs that this process may use, as the variable names them; starts none of them.

    >>> visible_gpus({"CUDA_VISIBLE_DEVICES": "2, GPU-5f0"}), visible_gpus({VARIABLE: ""})
    (('2', 'GPU-5f0'), ())
    """
    if VARIABLE in environment:
        names = (name.strip() for name in environment[VARIABLE].split(","))
        return tuple(name for name in names if name)
    import torch  # noqa: PLC0415 seconds

    return tuple(map(str, range(torch.cuda.device_count())))


def gpu_variables(worker: int, gpus: Sequence[str]) -> dict[str, str]:
    """What to add to the environment of a worker, which are numbered from 0.

    >>> [gpu_variables(worker, ["0", "1"])[VARIABLE] for worker in range(3)]
    ['0', '1', '0']
    >>> gpu_variables(0, ["0"])
    {}
    """
    return {VARIABLE: gpus[worker % len(gpus)]} if len(gpus) > 1 else {}

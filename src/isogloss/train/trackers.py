"""Trackers that follow a training: TensorBoard, MLflow and W&B, through accelerate.

They see each point of the curve; what a study reports never depends on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from accelerate.tracking import GeneralTracker, MLflowTracker, TensorBoardTracker, WandBTracker

from isogloss.base.errors import InputError, UnknownName
from isogloss.train.ranks import make_accelerator
from isogloss.train.training import Tracker

PACKAGES = ("mlflow", "tensorboard", "wandb")


def check_trackers(report_to: Sequence[str]) -> None:
    """Refuse a tracker that is unknown or not installed.

    Raises:
        UnknownName: for a name that is none of ours.
        InputError: with the command that installs what is missing.
    """
    for name in report_to:
        if name not in PACKAGES:
            raise UnknownName("tracker", name, PACKAGES)
        if find_spec(name) is None:
            raise InputError(
                f"report_to {name} needs a package that is not installed: "
                f"pip install 'isogloss[{name}]'."
            )


@contextmanager
def open_trackers(
    report_to: Sequence[str],
    *,
    folder: Path,
    project: str,
    run: str,
    config: Mapping[str, Any],
) -> Iterator[Tracker | None]:
    """Open trackers for one training and close them at the end; None if there are none.

    Args:
        report_to: names of trackers.
        folder: where TensorBoard writes `<run>/` and W&B `wandb/`; MLflow follows its own
            settings, in `MLFLOW_TRACKING_URI`.
        project: name of the study.
        run: name of this training.
        config: values that the trackers show beside the run.

    Raises:
        InputError: if a tracker is unknown or not installed.
    """
    check_trackers(report_to)
    make_accelerator()  # accelerate's trackers ask it which process they are in
    trackers = [_open(name, folder, project, run) for name in report_to]
    for tracker in trackers:
        tracker.store_init_configuration(dict(config))

    def track(step: int, values: dict[str, float]) -> None:
        for tracker in trackers:
            tracker.log(values, step=step)

    try:
        yield track if trackers else None
    finally:
        for tracker in trackers:
            tracker.finish()


def _open(name: str, folder: Path, project: str, run: str) -> GeneralTracker:
    if name == "tensorboard":
        tracker = TensorBoardTracker(run, folder)
    elif name == "mlflow":
        tracker = MLflowTracker(experiment_name=project, run_name=run)
    else:
        folder.mkdir(parents=True, exist_ok=True)  # or W&B would take a temporary one
        tracker = WandBTracker(project, name=run, dir=str(folder))
    tracker.start()
    return tracker

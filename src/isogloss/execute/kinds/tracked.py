"""The trackers that follow the training of a step."""

from contextlib import AbstractContextManager

from isogloss.execute.bench import Bench
from isogloss.train.recipe import Recipe
from isogloss.train.trackers import open_trackers
from isogloss.train.training import Tracker


def trackers_of(bench: Bench, recipe: Recipe) -> AbstractContextManager[Tracker | None]:
    """Those that the study asks for; the run is called as the step is, with its key."""
    step = bench.step
    return open_trackers(
        step.settings["report_to"],
        folder=bench.store.root / "trackers",
        project=step.settings["study"],
        run=f"{step.title} {step.key}".replace(" ", "_").replace("/", "_"),
        config={"title": step.title, **recipe.identity},
    )

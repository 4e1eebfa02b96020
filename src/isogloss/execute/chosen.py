"""Which executor a person chose, and what they told it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from isogloss.base.errors import InputError
from isogloss.execute.executor import Executor
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.needs import Needs
from isogloss.execute.pool import PoolExecutor
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.ranks import RanksExecutor, launched
from isogloss.execute.ray_cluster import RayExecutor
from isogloss.plugins.found import find

NAMES = ("inline", "processes", "ray")
"""The house's own; others are plug-ins."""


@final
@dataclass(frozen=True)
class Chosen:
    """How steps are to be run.

    Raises:
        UnknownName: if there is no such executor.
        PluginError: if it is that of a plug-in that cannot be used.
    """

    name: str = "inline"

    jobs: int = 2
    """Worker processes of `processes`, or of a plug-in."""

    needs: Needs = field(default_factory=Needs)
    """Of each group of steps, for `ray`."""

    address: str | None = None
    """Of the cluster, for `ray`; None starts one on this machine."""

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            find("executor", self.name, NAMES).load()

    def executor(self, root: Path) -> Executor:
        """What runs the steps of a store.

        Raises:
            InputError: if a launcher has started several processes, and each would start more.
        """
        if launched():
            if self.name != "inline":
                raise InputError(
                    f"--executor {self.name} under torchrun or accelerate launch: the processes"
                    " that were launched train together, one training at a time. Leave --executor"
                    " out, or start the command without a launcher."
                )
            return RanksExecutor(root)
        if self.name == "processes":
            return ProcessesExecutor(self.jobs)
        if self.name == "ray":
            return RayExecutor(root, self.needs, self.address)
        if self.name != "inline":
            plugin = find("executor", self.name, NAMES)
            return PoolExecutor(root, plugin.load(), self.name, self.jobs)
        return InlineExecutor()

"""Energy, if codecarbon is there (`pip install 'isogloss[energy]'`): always an estimate.

On most machines nobody can read a meter, so codecarbon multiplies a processor's rated power by its
load. That orders candidates of one machine, and little more; hence `estimated` is always true. It
samples from a thread of its own, so it gets passes of its own that nothing else is timed in.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from isogloss.efficiency.warmup import Clock

MISSING = "codecarbon is not installed: pip install 'isogloss[energy]'"


class Energy(NamedTuple):
    """Watt-hours for a million samples, or why there are none."""

    wh_per_million: float | None
    reason: str | None


def estimate_energy(
    work: Callable[[], int],
    *,
    seconds: float,
    clock: Clock,
    find: Callable[[str], ModuleType] = importlib.import_module,
) -> Energy:
    """Repeat some work for a while and divide the energy by the samples.

    Args:
        work: answers some samples and returns how many.
        seconds: how long it is repeated, since meters tick slowly.
        clock: seconds.
        find: imports codecarbon by name.
    """
    try:
        codecarbon = find("codecarbon")
    except ImportError:
        return Energy(None, MISSING)
    tracker = codecarbon.OfflineEmissionsTracker(
        country_iso_code="USA",  # decides grams of carbon, which we do not report
        measure_power_secs=1,
        save_to_file=False,
        allow_multiple_runs=True,
        log_level="error",
    )
    n_samples = 0
    tracker.start()
    try:
        start = clock()
        while clock() - start < seconds or not n_samples:
            n_samples += work()
    finally:
        tracker.stop()
    kilowatt_hours = float(tracker.final_emissions_data.energy_consumed)
    if kilowatt_hours <= 0:
        return Energy(None, "codecarbon saw no energy on this machine")
    return Energy(1000 * kilowatt_hours / n_samples * 1e6, None)

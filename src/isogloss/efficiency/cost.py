"""What a million sentences cost, from a speed and the price of an hour of the machine."""

from isogloss.base.errors import InputError


def cost_per_million(samples_per_second: float, price_per_hour: float) -> float:
    """Return the price of a million samples at a constant speed, in the currency of the price.

    It is the price of a machine that is never idle: real traffic costs more.

    Raises:
        InputError: if the price is negative.
        ValueError: if the speed is not positive.

    >>> cost_per_million(100.0, 3.6)
    10.0
    """
    if price_per_hour < 0:
        raise InputError(f"A price of {price_per_hour} per hour is negative; give 0 or more.")
    if samples_per_second <= 0:
        raise ValueError(f"{samples_per_second} samples per second cost nothing that can be said")
    return 1e6 / samples_per_second / 3600 * price_per_hour

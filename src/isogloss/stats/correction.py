"""Many tests at once: what is left of each p-value.

Ten languages tested at 5 % give a false alarm in four studies out of ten. Holm's step-down method
keeps the chance of *any* false alarm at the level that is stated, whatever the tests share (the
languages share a model), and rejects all that Bonferroni's rejects and more.
"""

from collections.abc import Mapping


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values for being several; reject where the adjusted one is at most alpha.

    The i-th smallest of m is multiplied by m - i + 1, never falls below the one before, and is at
    most 1. The names keep their order; the family is what is passed in one call.

    Raises:
        ValueError: if a p-value is not between 0 and 1.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.

    >>> holm({"de": 0.25, "ru": 0.125, "sv": 0.75})
    {'de': 0.5, 'ru': 0.375, 'sv': 0.75}
    """
    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise ValueError(f"the p-value of {name!r} must be between 0 and 1: {p}")
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}

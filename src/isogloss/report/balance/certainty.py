"""How sure the answers of a balance study are: over how many seeds, and what that leaves open."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from isogloss.report.balance.design import CLAIMED
from isogloss.report.records import Records


class Certainty(NamedTuple):
    """What intervals and verdicts stand on."""

    answer: str
    """How many seeds, in a few words."""

    more: tuple[str, ...]
    """What that means for the intervals, a line each."""


def certainty_of(differences: Records) -> Certainty | None:
    """Say over how many seeds the claim was tested; None if it was not.

    Args:
        differences: records of `differences`.
    """
    seeds = sorted({record["n_seeds"] for record in differences if _is_claimed(record)})
    if not seeds:
        return None
    if seeds == [1]:
        return Certainty(
            "1 seed: of these trained models only",
            (
                "intervals and p-values are over test units alone",
                "whether another training gives the same is not known",
            ),
        )
    some = f"{seeds[0]} to {seeds[-1]} seeds" if len(seeds) > 1 else f"{seeds[0]} seeds"
    more = ["intervals and p-values are over seeds and test units together"]
    if seeds[0] == 1:
        more.append("where there is 1 seed, of these trained models only")
    if 2 in seeds:
        more.append("with 2 seeds they can be too narrow by chance")
    return Certainty(some, (*more, "of these languages; nothing is said of others"))


def _is_claimed(record: Mapping[str, Any]) -> bool:
    """Whether it is an answer to the claim that was tested."""
    asked = record["scope"] == "group" and record["group"] in CLAIMED
    return asked and record["role"] == "baseline" and bool(record["n_seeds"])

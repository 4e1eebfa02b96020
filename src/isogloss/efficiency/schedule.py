"""Who is measured when: turns interleaved, so that a slow minute of the machine hits everyone.

Candidates take turns in each round, forth in one and back in the next (A B B A A B): a drift of the
clock speed then favors none of them. The meter of energy, which grows the process, comes after its
memory was read; cold starts come last, when no other process is left.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from isogloss.efficiency.protocol import Protocol


class Turn(NamedTuple):
    """One command, or a few that belong together, to one process."""

    kind: str
    """`machine`, `load`, `offline`, `single_stream`, `server`, `energy`, `counts`, `cold_start`."""

    candidate: int | None
    """Position among the candidates; None for the machine itself."""


def schedule(n_candidates: int, protocol: Protocol) -> list[Turn]:
    """Return all turns in order.

    >>> [f"{turn.kind} {turn.candidate}" for turn in schedule(2, Protocol(("offline",), rounds=2))]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['machine None', 'load 0', 'load 1', 'offline 0', 'offline 1', 'offline 1', 'offline 0',
     'counts 0', 'counts 1']
    """
    turns = [Turn("machine", None), *(Turn("load", at) for at in range(n_candidates))]
    rounds = [kind for kind in ("offline", "single_stream") if kind in protocol.scenarios]
    turns += _interleaved(rounds, n_candidates, protocol.rounds)
    if "server" in protocol.scenarios:
        turns += _interleaved(["server"], n_candidates, 1 + protocol.rounds)
    for kind in ("counts", "energy"):
        if kind in protocol.scenarios or kind == "counts":
            turns += [Turn(kind, at) for at in range(n_candidates)]
    if "cold_start" in protocol.scenarios:
        turns += _interleaved(["cold_start"], n_candidates, protocol.cold_starts)
    return turns


def _interleaved(kinds: Sequence[str], n_candidates: int, rounds: int) -> Iterator[Turn]:
    """Forth in one round and back in the next; what belongs to a round is done in one go."""
    for number in range(rounds):
        forth = range(n_candidates)
        for at in forth if number % 2 == 0 else reversed(forth):
            yield from (Turn(kind, at) for kind in kinds)

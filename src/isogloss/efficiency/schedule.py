"""Who is measured when: turns interleaved, so that a slow minute of the machine hits everyone.

Candidates take turns in each round, forth in one and back in the next (A B B A A B): a drift of the
clock speed then favors none of them. The meter of energy, which grows the process, comes after its
memory was read; cold starts come last, when no other process is left.
"""

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
    forth = list(range(n_candidates))
    turns = [Turn("machine", None), *(Turn("load", at) for at in forth)]
    rounds = [kind for kind in ("offline", "single_stream") if kind in protocol.scenarios]
    for number in range(protocol.rounds):
        order = forth if number % 2 == 0 else forth[::-1]
        turns += [Turn(kind, at) for at in order for kind in rounds]
    for kind in ("server", "counts", "energy"):
        if kind in protocol.scenarios or kind == "counts":
            turns += [Turn(kind, at) for at in forth]
    if "cold_start" in protocol.scenarios:
        for number in range(protocol.cold_starts):
            order = forth if number % 2 == 0 else forth[::-1]
            turns += [Turn("cold_start", at) for at in order]
    return turns

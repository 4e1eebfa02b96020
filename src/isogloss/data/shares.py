"""How the examples of one optimizer step are dealt out to the processes of one training."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@final
@dataclass(frozen=True)
class Share:
    """One process's share of every step; all processes deal alike, so none has to ask."""

    rank: int = 0
    n_ranks: int = 1

    def of(self, lengths: Indices) -> Indices:
        """Positions of the examples that are this process's, ascending.

        From the longest down, to and fro, so that all get about as many tokens.

        Args:
            lengths: [n] tokens of each example of the step.

        >>> lengths = np.array([9, 2, 8, 3, 1])
        >>> [Share(rank, 2).of(lengths).tolist() for rank in range(2)]
        [[0, 1, 4], [2, 3]]
        >>> Share().of(lengths).tolist()
        [0, 1, 2, 3, 4]
        """
        turn, place = np.divmod(np.arange(len(lengths)), self.n_ranks)
        whose = np.where(turn % 2, self.n_ranks - 1 - place, place)
        mine = np.argsort(-lengths, kind="stable")[whose == self.rank]
        return np.sort(mine)


WHOLE = Share()

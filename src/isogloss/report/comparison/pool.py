"""What is pooled in the table that is looked at first, and what had to be left out of it, and why.

A score over all languages compares only if each encoder has them all. A language that somebody was
not tested on is left out for everybody, and named; it is never replaced by another scope.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from isogloss.base.languages import language_name
from isogloss.report.comparison.differences import shared_targets
from isogloss.report.comparison.results import Result, once
from isogloss.report.records import Record, Records


@final
@dataclass(frozen=True)
class Pool:
    """The targets of one setting that are pooled, and the others."""

    targets: tuple[str, ...]
    """Those that all encoders were tested on."""

    left_out: Mapping[str, tuple[str, ...]]
    """The others, with the encoders that were not tested on them."""

    @property
    def is_single(self) -> bool:
        """Whether there is one target only, and so nothing to pool."""
        return len(self.targets) + len(self.left_out) == 1

    def of(self, records: Records) -> list[Record]:
        """Those records, of the same setting, that are about the pool."""
        scope = "language" if self.is_single else "all"
        return [dict(record) for record in records if record["scope"] == scope]

    def why(self) -> Iterator[str]:
        """A line for each language that is left out."""
        for target, lacking in self.left_out.items():
            yield (
                f"{language_name(target)} is left out of what is over all languages: "
                f"{', '.join(lacking)} {'was' if len(lacking) == 1 else 'were'} not tested on it."
            )


def pool_of(results: Sequence[Result]) -> Pool:
    """The pool of the results of one setting and form."""
    shared = shared_targets(results)
    tested = {(one.encoder, one.target) for one in results}
    encoders = once(one.encoder for one in results)
    return Pool(
        shared,
        {
            target: tuple(name for name in encoders if (name, target) not in tested)
            for target in once(one.target for one in results)
            if target not in shared
        },
    )

"""What a balance study says, as a handful of named tables of flat records."""

from collections.abc import Sequence

from isogloss.base.errors import InputError
from isogloss.report.balance.averages import averages
from isogloss.report.balance.claim import difference_table
from isogloss.report.balance.costs import costs
from isogloss.report.balance.design import Design
from isogloss.report.balance.differences import RESAMPLES, differences
from isogloss.report.balance.majority import with_majority
from isogloss.report.balance.scores import read_scores
from isogloss.report.balance.side_by_side import masked_table, paper_table, probe_table
from isogloss.report.balance.trials import Trial
from isogloss.report.records import Record, Row

Tables = dict[str, list[Record]]

TITLES = {
    "balance_averages": "All averages, by arm",
    "balance_probes": "Probes by group of languages",
    "balance_probe_languages": "Probes by language",
    "balance_masked": "Masked words by language",
    "balance_tests": "All differences, tested",
    "balance_differences": "The candidate against other arms",
    "balance_costs": "What each arm cost",
}
"""The tables and their captions; the first and the fifth are for computing, the others for reading.
"""


def balance_tables(
    rows: Sequence[Row],
    design: Design,
    *,
    trials: Sequence[Trial] = (),
    resamples: int = RESAMPLES,
) -> Tables:
    """Make all tables of a balance study.

    Args:
        rows: the long table of results, any order; rows of other regimes are left alone.
        design: groups, arms in order, sizes of the text, the claim.
        trials: test units of the candidate, the baselines and the controls (see `read_trials`);
            without them nothing is tested.
        resamples: of each bootstrap and each randomization.

    Returns:
        By the names of `TITLES`; a table without rows is empty.

    Raises:
        InputError: if there is no score of any arm, rows contradict each other, or two arms are
            scored on different gold.
    """
    scores = read_scores(rows)
    if not scores:
        raise InputError("No arm or teacher is evaluated yet: nothing to report. Run the study.")
    averaged = with_majority(averages(scores, design), rows, design)
    found = with_majority(differences(trials, design, resamples=resamples), rows, design)
    return {
        "balance_averages": averaged,
        "balance_probes": paper_table(averaged, design),
        "balance_probe_languages": probe_table(averaged),
        "balance_masked": masked_table(averaged, design),
        "balance_tests": found,
        "balance_differences": difference_table(found, design),
        "balance_costs": costs(rows, design),
    }

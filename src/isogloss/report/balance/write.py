"""The report of a balance study as files: tables, figures and one page.

    folder/balance.md
    folder/tables/balance_<averages|probes|probe_languages|masked|tests|differences|costs|mixing>.<...>
    folder/figures/balance-size-<task>-...<png|svg>
    folder/figures/balance-difference-<task>-...<png|svg>
    folder/tables/balance_listening.<...>, folder/figures/balance-listening-<arm>.<png|svg>
                                        where students listen by dev losses

Each file is whole or not there; a table without rows is written too. Drawing takes some seconds.
"""

from collections.abc import Iterator

from isogloss.report.balance.claim import claim_lines
from isogloss.report.balance.design import Design
from isogloss.report.balance.figures import balance_figures
from isogloss.report.balance.listening import TABLE as LISTENING
from isogloss.report.balance.listening import listening_figures
from isogloss.report.balance.page import NOTHING_ELSE, Also, balance_page
from isogloss.report.balance.tables import TITLES, Tables
from isogloss.report.figures import figure_files
from isogloss.report.files import Artifact
from isogloss.report.frame import Frame
from isogloss.report.table_files import table_files


def balance_files(
    tables: Tables, frame: Frame, design: Design, also: Also = NOTHING_ELSE
) -> Iterator[Artifact]:
    """Give tables and figures, then `balance.md`.

    Args:
        tables: of `balance_tables`.
        frame: the study, and whether every title says that the data are sample data.
        design: groups, arms in order, sizes of the text, the claim.
        also: commands, and what is missing.
    """
    for name, title in TITLES.items():
        caption = f"{frame.study}: {title}"
        yield from table_files(name, tables[name], title=caption, names=design.arms)
    yield from table_files("balance_mixing", also.mixing, title=f"{frame.study}: mixing")
    if also.listening:
        title = f"{frame.study}: weights of teachers by update"
        yield from table_files(LISTENING, also.listening, title=title)
    drawn = [
        *balance_figures(tables, frame, design),
        *listening_figures(also.listening, frame),
    ]
    yield from figure_files(drawn)
    claim = claim_lines(tables["balance_tests"], design)
    yield Artifact(
        "balance.md",
        lambda: balance_page(tables, claim, drawn, frame=frame, design=design, also=also),
    )

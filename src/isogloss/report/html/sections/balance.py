"""Balance: what soft labels and balanced text do to each language, and what they cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from isogloss.report.balance.claim import question_words
from isogloss.report.balance.costs import LOSSES_SAID
from isogloss.report.balance.design import QUESTION
from isogloss.report.balance.figures import DIFFERENCES, balance_figures
from isogloss.report.balance.listening import listening_figures, listening_table
from isogloss.report.balance.majority import MAJORITY
from isogloss.report.balance.page import facts, halves, headlines_first, title_of
from isogloss.report.balance.reading import reading
from isogloss.report.balance.scores import MASKED, TEACHER, TEACHERS
from isogloss.report.balance.side_by_side import keep
from isogloss.report.balance.teachers import teachers_line
from isogloss.report.charts.balance import arms_shown
from isogloss.report.figures import Figure, slug
from isogloss.report.frame import Frame
from isogloss.report.html.balanced import difference_block, paper_block
from isogloss.report.html.blocks import (
    Block,
    Chart,
    Fold,
    Heading,
    Lines,
    Section,
    Words,
    also,
    table_of,
)
from isogloss.report.html.drawn import drawn, highlight
from isogloss.report.html.evidence import Balancing, Evidence
from isogloss.report.html.notes import lines_of
from isogloss.report.pivots import parts
from isogloss.report.records import Record, Records
from isogloss.study.tasks import SPAN_TASKS

SIZE = "characters are those to train on, without dev text"
"""What the sizes of texts are; the audit has those that were read."""


def balance(evidence: Evidence) -> Section | None:
    """Teachers first, then scores against the size of the text, differences, and costs.

    The answers themselves stand in the verdict.
    """
    found = evidence.balancing
    if found is None:
        return None
    masked: list[Chart] = []
    probes: list[Chart] = []
    for figure in balance_figures(found.tables, evidence.frame, found.design):
        charts = masked if figure.task == MASKED else probes
        charts.append(_chart(figure, found, evidence.frame))
    blocks = [
        *_teachers(found),
        *_masked(found, masked),
        *_probes(found, probes),
        *_folded("All differences, tested", list(_differences(found))),
        *_folded("Further metrics, and each language", list(_further(found))),
        *_costs(found),
        *_listening(found, evidence.frame),
        *_mixing(found),
        Fold("How to read this", [Lines([*_facts(found), *lines_of(reading(found.tables))])]),
    ]
    return Section("balance", "Balance", blocks)


def _teachers(found: Balancing) -> Iterator[Block]:
    if teachers := teachers_line(found.tables["balance_averages"], found.design):
        yield Words(teachers)


def _chart(figure: Figure, found: Balancing, frame: Frame) -> Chart:
    if figure.table == DIFFERENCES:
        return drawn(figure, frame)
    shown = arms_shown([r for r in found.tables["balance_averages"] if r["value"] is not None])
    controls = [highlight(shown, "arm")]
    return drawn(figure, frame, controls=controls, scales=True)


def _masked(found: Balancing, charts: Sequence[Chart]) -> Iterator[Block]:
    """The figures, and the table of the metric that is tested."""
    for key, lines in _of_masked(found)[:1]:
        yield Heading("Masked words")
        yield from charts
        yield _masked_block(key, lines, found)


def _of_masked(found: Balancing) -> list[tuple[dict[str, Any], Records]]:
    return headlines_first(found.tables["balance_masked"], found.design, ("metric", "split"))


def _masked_block(key: Mapping[str, Any], lines: Records, found: Balancing) -> Block:
    shown = [{f: v for f, v in line.items() if f not in key} for line in lines]
    split = key["split"].replace("_", " ")
    caption = f"{question_words({**key, 'task': 'mlm'})}, {split}: each language and mean; {SIZE}"
    id = slug("balance-masked", key["metric"], key["split"])
    return table_of(id, caption, shown, names=found.design.arms, full=lines)


def _probes(found: Balancing, charts: Sequence[Chart]) -> Iterator[Block]:
    """The table low / high / pivot / all of each task's own metric, as the paper prints it."""
    if found.tables["balance_probes"]:
        yield Heading("Probes")
    for key, lines in headlines_first(found.tables["balance_probes"], found.design):
        if found.design.headlines.get(key["task"]) == key["metric"]:
            yield from _paper(key, lines, found, "balance-probes")
    yield from _folded("Figures of the probes, by language", charts)


def _paper(key: Mapping[str, Any], lines: Records, found: Balancing, id: str) -> Iterator[Block]:
    """The arms of the claim, then the others."""
    for at, arms in enumerate(halves(found.design)):
        others = [arm for arm in (*found.design.arms, TEACHER) if arm not in arms]
        shown = [
            {f: v for f, v in one.items() if f not in key} for one in keep(lines, arms, others)
        ]
        which = "" if at == 0 else ", other arms"
        caption = f"{title_of(key)}{which}{_chance(key['task'], shown)}"
        place = slug(id, *filter(None, key.values()), at)
        yield paper_block(place, caption, shown, arms, full=lines)


def _chance(task: str, records: Records) -> str:
    """What the column of the majority class is; of entities, why there is none."""
    if any(MAJORITY in record and record[MAJORITY] is not None for record in records):
        return "; majority class: always answering the most frequent tag of the test text"
    return "; always answering that there is no entity scores 0" if task in SPAN_TASKS else ""


def _differences(found: Balancing) -> Iterator[Block]:
    for key, lines in parts(found.tables["balance_tests"], QUESTION):
        layer = f", {key['form']}" if key["form"] else ""
        caption = f"{found.design.candidate} minus other arms: {question_words(key)}{layer}"
        yield difference_block(slug("balance-tests", *filter(None, key.values())), caption, lines,
                               found.design)  # fmt: skip


def _further(found: Balancing) -> Iterator[Block]:
    design = found.design
    for key, lines in _of_masked(found)[1:]:
        yield _masked_block(key, lines, found)
    for key, lines in headlines_first(found.tables["balance_probes"], design):
        if design.headlines.get(key["task"]) != key["metric"]:
            yield from _paper(key, lines, found, "balance-probes")
    for key, lines in headlines_first(found.tables["balance_probe_languages"], design):
        yield from _paper(key, lines, found, "balance-probe-languages")


def _costs(found: Balancing) -> Iterator[Block]:
    records = found.tables["balance_costs"]
    arms = [record for record in records if not record["arm"].startswith(TEACHERS)]
    teachers = [record for record in records if record["arm"].startswith(TEACHERS)]
    names = [field for record in records[:1] for field in record if " / " in field]
    if records:
        yield Heading("Costs")
    if arms:
        caption = "What each arm cost, teachers counted; means over seeds"
        made = table_of("balance-costs", caption, arms, names=names)
        yield replace(made, common=also(made.common, LOSSES_SAID))
    if teachers:
        left_out = ("teachers", " / ")
        kept = [f for f in records[0] if not any(word in f for word in left_out)]
        shown: list[Record] = [{f: r.get(f) for f in kept} for r in teachers]
        caption = "What each teacher cost"
        made = table_of("balance-teachers", caption, shown, full=teachers)
        yield replace(made, folded=True, common=also(made.common, LOSSES_SAID))


def _listening(found: Balancing, frame: Frame) -> Iterator[Block]:
    records = found.also.listening
    if records:
        yield Heading("How far students listened to their teachers")
        for figure in listening_figures(records, frame):
            yield drawn(figure, frame)
        caption = (
            "Weight of a language's teacher in the loss: 1 is all, 0 is the text alone;"
            " the mean is over updates"
        )
        shown = listening_table(records)
        yield table_of("balance-listening", caption, shown, full=records)


def _mixing(found: Balancing) -> Iterator[Block]:
    if found.also.mixing:
        caption = (
            "How the text is drawn: windows of each language that an arm has, the share of its"
            f" draws that they get, and how often the training goes through them; {SIZE}"
        )
        yield replace(table_of("balance-mixing", caption, list(found.also.mixing)), folded=True)
    if found.also.data:
        yield Fold("What was done to the text", [Lines(found.also.data)])


def _folded(summary: str, blocks: Sequence[Block]) -> list[Block]:
    return [Fold(summary, blocks)] if blocks else []


def _facts(found: Balancing) -> list[str]:
    return [fact for fact in facts(found.tables, found.design) if fact]

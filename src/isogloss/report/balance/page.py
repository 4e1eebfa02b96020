"""The page of a balance study: the answer first, then the tables that it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.balance.claim import SETTINGS, TASKS, difference_grid, untested_words
from isogloss.report.balance.compute import compute_line
from isogloss.report.balance.costs import LOSSES_SAID
from isogloss.report.balance.design import CONTROLS, GROUP_WORDS, QUESTION, Design, measure_words
from isogloss.report.balance.glance import glance_table
from isogloss.report.balance.listening import listening_table
from isogloss.report.balance.reading import reading
from isogloss.report.balance.scores import MASKED, TEACHER, TEACHERS
from isogloss.report.balance.side_by_side import keep
from isogloss.report.balance.teachers import teachers_line
from isogloss.report.figures import Figure, pictures
from isogloss.report.frame import Frame
from isogloss.report.pivots import parts
from isogloss.report.records import Record, Records
from isogloss.report.tables import markdown
from isogloss.report.words import capital


class Also(NamedTuple):
    """What a page says besides its tables."""

    unfinished: Sequence[str] = ()
    """What the report lacks, a line each."""

    commands: Sequence[str] = ()
    """What a reader types to get it again."""

    data: Sequence[str] = ()
    """What was done to the text (duplicates, leaks), a line each."""

    mixing: Sequence[Record] = ()
    """How often each arm draws each language: `arm, language, characters, n_windows, share` and
    `passes` over its text, and whatever else is told."""

    listening: Sequence[Record] = ()
    """How far students listened to their teachers, of `listening_records`; none if all listened
    alike throughout."""

    doubts: Sequence[str] = ()
    """What makes scores of some languages doubtful, a line each; among `data` too."""


NOTHING_ELSE = Also()


def balance_page(
    tables: Mapping[str, Records],
    claim: Sequence[str],
    drawn: Sequence[Figure],
    *,
    frame: Frame,
    design: Design,
    also: Also = NOTHING_ELSE,
) -> str:
    """Write the page in Markdown; figures are linked by relative paths.

    Args:
        tables: of `balance_tables`.
        claim: lines of `claim_lines`.
        drawn: the figures that stand in `figures/`.
        frame: the study, and whether its data are sample data.
        design: groups, arms and claim of the study.
        also: commands, and what is missing.
    """
    sample = "\n\n**Sample data**: made up for trying things out; says nothing of real languages."
    blocks = [
        f"# {frame.study}: balance" + (sample if frame.sample else ""),
        "\n".join(f"- {fact}" for fact in facts(tables, design)),
        "## The answer",
        *_answer(tables, claim, design),
        *_probes(tables, design, drawn),
        *_masked(tables, design, drawn),
        *_differences(tables, design, drawn),
        *_costs(tables),
        *_listening(also.listening),
        *_mixing(also.mixing),
        *_listed("Data", also.data),
        *_listed("Not in this report", also.unfinished),
        "## How to read this",
        reading(tables),
        "All tables as CSV, Markdown and LaTeX: [tables](tables). Figures: PNG and SVG.",
    ]
    if also.commands:
        blocks += ["## Again", "```sh\n" + "\n".join(also.commands) + "\n```"]
    return "\n\n".join(block.strip() for block in blocks if block) + "\n"


def _answer(tables: Mapping[str, Records], claim: Sequence[str], design: Design) -> Iterator[str]:
    """The answer at a glance, then in sentences, what it took, and how strong the teachers are."""
    if glance := glance_table(tables["balance_tests"], design):
        yield (
            f"{design.candidate} at a glance: its difference to each baseline with a 95 % interval;"
            " the verdicts are after Holm's correction:"
        )
        yield markdown(glance, names=list(glance[0]))
    lines = [*(claim or [untested_words(design)])]
    if compute := compute_line(tables["balance_costs"], design):
        lines.append(compute)
    if teachers := teachers_line(tables["balance_averages"], design):
        lines.append(teachers)
    yield "\n".join(f"- {line}" for line in lines)


def facts(tables: Mapping[str, Records], design: Design) -> list[str]:
    """What is reported, a line each."""
    averages = tables["balance_averages"]
    done = {record["arm"] for record in averages if record["n_seeds"]}
    missing = [arm for arm in design.arms if arm not in done]
    seeds = sorted({record["n_seeds"] for record in averages if record["n_seeds"]})
    controls = [f"{arm} ({CONTROLS[kind]})" for kind, arm in design.controls.items()]
    return [
        *(
            f"{GROUP_WORDS.get(name, name).capitalize()}: {', '.join(map(language_name, codes))}"
            for name, codes in design.groups.items()
        ),
        f"Arms: {', '.join(design.arms)}",
        f"Candidate: {design.candidate if design.candidate in design.arms else 'none'}; "
        f"baselines: {', '.join(design.baselines) or 'none'}",
        *([f"Controls: {', '.join(controls)}"] if controls else []),
        *([f"Not finished: {', '.join(missing)}"] if missing else []),
        f"Seeds: {' to '.join(map(str, dict.fromkeys((seeds[0], seeds[-1]))))}" if seeds else "",
    ]


def _probes(
    tables: Mapping[str, Records], design: Design, drawn: Sequence[Figure]
) -> Iterator[str]:
    records = tables["balance_probes"]
    if not records:
        return
    yield "## Probes"
    yield from pictures("balance_probes", drawn)
    yield "Means over languages and seeds:"
    for key, lines in headlines_first(records, design):
        yield f"**{title_of(key)}**"
        for arms in halves(design):
            others = [arm for arm in (*design.arms, TEACHER) if arm not in arms]
            yield markdown(_dropped(keep(lines, arms, others)))


def _masked(
    tables: Mapping[str, Records], design: Design, drawn: Sequence[Figure]
) -> Iterator[str]:
    records = tables["balance_masked"]
    if records:
        yield "## Masked words"
        yield from pictures("balance_masked", drawn)
    for key, lines in headlines_first(records, design, ("metric", "split")):
        yield f"**{capital(measure_words(key['metric']))}, {key['split']}**"
        yield markdown(
            [{f: v for f, v in line.items() if f not in key} for line in lines],
            names=design.arms,
        )


def _differences(
    tables: Mapping[str, Records], design: Design, drawn: Sequence[Figure]
) -> Iterator[str]:
    records = tables["balance_tests"]
    if not records:
        return
    yield "## Differences"
    yield (
        f"{design.candidate} minus each other arm, paired by seed and test unit, with the p-value "
        "after Holm; bold where it is no tie:"
    )
    yield from pictures("balance_differences", drawn)
    for key, lines in parts(records, QUESTION):
        setting = "" if key["task"] == MASKED else f", {SETTINGS[key['setting']]}"
        yield f"**{title_of(key)}{setting}**"
        grid = difference_grid(lines, design)
        yield markdown(grid, names=list(grid[0]))


def _costs(tables: Mapping[str, Records]) -> Iterator[str]:
    records = tables["balance_costs"]
    if records:
        yield "## Costs"
        yield f"Means over seeds; {LOSSES_SAID}."
        arms = [record for record in records if not record["arm"].startswith(TEACHERS)]
        teachers = [record for record in records if record["arm"].startswith(TEACHERS)]
        names = list(dict.fromkeys(field for record in records for field in record))
        if arms:
            yield markdown(arms, names=names)
        if teachers:
            yield "Teachers:"
            kept = [field for field in names if "teachers" not in field and " / " not in field]
            yield markdown([{f: r.get(f) for f in kept} for r in teachers], names=kept)


def _listening(records: Records) -> Iterator[str]:
    if records:
        yield "## How far students listened to their teachers"
        yield "The weight of a language's teacher in the loss: 1 is all, 0 is the text alone."
        yield markdown(listening_table(records))


def _mixing(records: Records) -> Iterator[str]:
    if records:
        yield "## How the text is drawn"
        yield (
            "Windows of each language that an arm has, the share of its draws that they get, and "
            "how often the training goes through them:"
        )
        yield markdown(records)


def headlines_first(
    records: Records, design: Design, fields: Sequence[str] = ("task", "metric", "split", "form")
) -> list[tuple[dict[str, Any], Records]]:
    """Tables by task and metric; of a task, the metric that is tested comes first."""
    found = list(parts(records, fields))
    tasks = list(dict.fromkeys(key.get("task", MASKED) for key, _ in found))

    def place(item: tuple[dict[str, Any], Records]) -> tuple[int, bool]:
        task = item[0].get("task", MASKED)
        return tasks.index(task), item[0]["metric"] != design.headlines.get(task)

    return sorted(found, key=place)


def halves(design: Design) -> list[list[str]]:
    """The arms of the claim, then the others: one table of all would be too wide to read."""
    own = [arm for arm in design.arms if arm in {design.candidate, *design.baselines}]
    rest = [arm for arm in design.arms if arm not in own]
    return [arms for arms in (own, rest) if arms]


def _dropped(records: Records) -> list[Record]:
    """Without what the title says."""
    said = {"task", "metric", "split", "form"}
    return [{f: v for f, v in record.items() if f not in said} for record in records]


def title_of(key: Mapping[str, Any]) -> str:
    """What a table is about: metric, task, split and layer."""
    words = [
        f"{capital(measure_words(key['metric']))} of the {TASKS.get(key['task'], key['task'])}"
    ]
    if key["task"] == MASKED:
        words = [f"{measure_words(key['metric'])} of masked words"]
    words += [str(key[field]) for field in ("split", "form") if key.get(field)]
    return ", ".join(words)


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {line}" for line in lines)] if lines else []

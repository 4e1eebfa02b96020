"""The page of names: everything that is chosen by a word, from the tables that know the words."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import yaml

from _generate.fields import description
from _generate.markdown import NOTICE, code, either, first_sentence, plain, table
from _generate.sections import ROOT, sections
from isogloss.data.readers.registry import READERS
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.ray_cluster import RayExecutor
from isogloss.report.faces import ENDINGS, USUAL
from isogloss.stats.confusion import LABEL_METRICS, METRICS
from isogloss.stats.tallies import LABEL_TALLY_METRICS, TALLY_METRICS
from isogloss.study.arms import PRESETS
from isogloss.study.schema import study_schema
from isogloss.study.tasks import LABELS, TAG_COLUMNS, TAGGING, Task
from isogloss.study.tasks import METRICS as TASK_METRICS
from isogloss.study.templates import TEMPLATES

_INTRO = """# Names

Everything that is chosen by a word. An installed package can add more:
[extending](../extending.md).
"""


def names() -> str:
    """The page, as Markdown."""
    return NOTICE + _INTRO + "".join(f"## {title}\n\n{write()}" for title, write in _PARTS.items())


def _tasks() -> str:
    rows = [
        (
            code(task),
            "one tag per word" if task in TAGGING else "one label per text",
            either([code(one) for one in LABELS.get(task, ())]) or "the study's own",
            code(TAG_COLUMNS.get(task, "label")),
            code(TASK_METRICS.get(task, "macro_f1")),
        )
        for task in _words(Task)
    ]
    heads = ("task", "what is learned", "labels by default", "column", "metric by default")
    return table(heads, rows) + "More: [token tasks](../token-tasks.md).\n\n"


def _metrics() -> str:
    parts = {
        "Of texts, from the confusion matrix:": METRICS,
        "Of each label of texts, as in `f1/positive`:": LABEL_METRICS,
        "Of entities and of words:": TALLY_METRICS,
        "Of each type or part of speech, as in `f1/PER`:": LABEL_TALLY_METRICS,
    }
    text = "".join(f"{words}\n\n{_functions('metric', known)}" for words, known in parts.items())
    return text + (
        "Of masked text and of training: [reading results](../reading-results.md). Of what is"
        " measured: [efficiency](../efficiency.md).\n\n"
    )


def _files() -> str:
    known = {ending: READERS[ending] for ending in READERS if not ending.endswith(".gz")}
    packed = [code(ending) for ending in READERS if ending.endswith(".gz")]
    return _functions("ending", known) + f"Packed: {', '.join(packed)}.\n\n"


def _arms() -> str:
    rows = [(code(name), code(_flow(settings))) for name, settings in PRESETS.items()]
    text = table(("arm", "stands for"), rows)
    return text + "What each is for: [balance](../balance.md#arms).\n\n"


def _executors() -> str:
    known = {"inline": InlineExecutor, "processes": ProcessesExecutor, "ray": RayExecutor}
    return _functions("executor", known)


def _templates() -> str:
    return table(
        ("template", "what it is"), [(code(one), plain(words)) for one, words in TEMPLATES.items()]
    )


def _formats() -> str:
    rows = [
        (code(name), code(f".{ending}"), "yes" if name in USUAL else "only if asked for")
        for name, ending in ENDINGS.items()
    ]
    return table(("format", "files", "written by default"), rows)


def _choices() -> str:
    return "Every key of a study file that takes one of some words.\n\n" + table(
        ("key", "words", "meaning"), _enumerated()
    )


def _enumerated() -> Iterator[tuple[str, str, str]]:
    found = sections(study_schema())
    declared = {name: one.schema for name, one in found.items()}
    for section in found.values():
        for key, field in section.schema["properties"].items():
            if words := _enum(field):
                place = key if section.place == ROOT else f"{section.place}.{key}"
                listed = ", ".join(code(one) for one in words)
                link = f"{{study-field}}`{place}`"
                yield link, listed, description(field, declared)


def _enum(node: Mapping[str, Any]) -> list[str]:
    """The words that a field takes, alone or in a list."""
    if "enum" in node:
        return [str(one) for one in node["enum"]]
    inside = [*node.get("anyOf", ()), *([node["items"]] if "items" in node else [])]
    words = [word for one in inside if "$ref" not in one for word in _enum(one)]
    return list(dict.fromkeys(words))


def _functions(head: str, known: Mapping[str, Any]) -> str:
    """A registry whose entries say themselves what they are; shapes of arrays are left out."""
    docstrings = {name: getattr(one, "func", one).__doc__ for name, one in known.items()}
    rows = [
        (code(name), plain(re.sub(r",? `\[[^`]*\]`", "", first_sentence(words))))
        for name, words in docstrings.items()
    ]
    return table((head, "what it is"), rows)


def _flow(settings: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(settings), default_flow_style=True, width=10_000).strip()


def _words(union: Any) -> list[str]:
    """The words of a literal type, also where it is made of others."""
    return list(get_args(union))


_PARTS: dict[str, Callable[[], str]] = {
    "Tasks": _tasks,
    "Metrics": _metrics,
    "Files of data": _files,
    "Arms of a pre-training": _arms,
    "Executors": _executors,
    "Templates": _templates,
    "Formats of reports": _formats,
    "Choices in a study file": _choices,
}

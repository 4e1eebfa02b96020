"""How to read the tables of a balance study: what is true of this one, over its own seeds."""

from collections.abc import Iterator, Mapping

from isogloss.report.balance.scores import MASKED
from isogloss.report.records import Records

PROBES = """\
- **In-language**: the probe is trained and tested on one language. **Zero-shot**: of a target
  language, the mean over all other languages that the probe was trained on; a group's zero-shot
  score is that of its languages as *targets*.
- **Majority class** is what always answering the most frequent tag of a language's test text would
  score: a probe at or below it has not shown that it learned anything. Always answering that there
  is no entity has an F1 of 0."""

GROUPS = """\
- **Scores are shares**, between 0 and 1, in every table and figure.
- **Groups are declared in the study**, and count each of their languages the same. A pivot may
  stand in the high-resource group too; *all* has each language once.
- **All arms of a line are averaged over the same languages and pairs.** What some arm lacks, or has
  no data, stands under *without*, and is in no average of that line."""

ONE_SEED = """\
- **There is one seed**: of how scores vary from training to training nothing is known, so scores
  have no interval.
- **Intervals of differences are over test units alone**, of these trained models only: would other
  test text give the same? Whether another training would, they do not say. Units are sentences of
  the probes and windows of the held-out text; neighboring windows are taken as independent. The
  languages are taken as they are: nothing here is about other languages."""

SEEDS = """\
- **Intervals of scores are 95 % intervals over seeds** (Student's t): would training again give the
  same?{alone}
- **Intervals of differences are over seeds and test units together**, paired by both: units are
  sentences of the probes and windows of the held-out text. Neighboring windows are taken as
  independent. The languages are taken as they are: nothing here is about other languages.{few}"""

ALONE = """\
 An arm of one seed has none, and a difference of one seed is of these trained models
  only."""

FEW = """\
 With
  two seeds such an interval can be narrow by chance: 86 to 97 in 100 hold the truth. Take three."""

TIES = """\
- **A tie is not told apart**: p is 0.05 or more after Holm's correction, by language over all
  languages and baselines of a task and setting, of a group over the baselines, over the controls,
  and over all other arms. *Could see* is the smallest true difference that such a study finds in
  80 % of cases."""

MASKED_WORDS = """\
- **MRR** is the mean of 1 / rank of the right token among the whole vocabulary, over every token
  of the held-out text, each masked once; it compares under one vocabulary only. Bits per character
  compare across vocabularies; fewer are better."""

COSTS = """\
- **Costs**: FLOP are operations, by formula; G, T and P are 10^9, 10^12 and 10^15. The teachers'
  training counts each teacher once for each arm that uses them. Times do not compare if runs shared
  a machine. The *own loss* of an arm or teacher is the mean over its training, against its own
  targets on its own text: it shows whether that went well, and compares with no other."""


def reading(tables: Mapping[str, Records]) -> str:
    """Say how to read the tables of a study, as Markdown, a point a thing that it has.

    Args:
        tables: of `balance_tables`.
    """
    return "\n".join(_points(tables))


def _points(tables: Mapping[str, Records]) -> Iterator[str]:
    averages = tables["balance_averages"]
    seeds = {record["n_seeds"] for record in averages if record["n_seeds"]}
    if tables["balance_probes"]:
        yield PROBES
    yield GROUPS
    if seeds == {1}:
        yield ONE_SEED
    elif seeds:
        yield SEEDS.format(alone=ALONE if 1 in seeds else "", few=FEW if 2 in seeds else "")
    if tables["balance_tests"]:
        yield TIES
    if any(record["task"] == MASKED for record in averages):
        yield MASKED_WORDS
    if tables["balance_costs"]:
        yield COSTS

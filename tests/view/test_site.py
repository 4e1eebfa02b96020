"""The pages of the site, asked in this process: what they show, and what nothing can do to them."""

import csv
import html
import io
import json
import re
import shutil
import threading
import time

import pytest

from command import fresh
from isogloss.desk.opened import open_study
from isogloss.store.live import Live
from isogloss.store.store import Store
from isogloss.view import reports as room
from isogloss.view.guard import POLICY
from isogloss.view.site import ASSETS

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "';alert(1)//",
    "{{ 7*7 }}{% raw %}",
    "nul\x00 bidi\u202egnp.exe \ud800 lone",
    "</title></progress></script><svg onload=alert(1)>",
    "w" * 100_000,
]


def wait_for_report(ask, name):
    for _ in range(300):
        answer = ask(f"/study/{name}/report")
        if answer.status != 202:
            return answer
        time.sleep(0.2)
    raise AssertionError("no report")


def rows_of(text, id):
    """The cells of a table of a page: text and raw value of each."""
    body = re.search(rf'id="{id}".*?<tbody>(.*?)</tbody>', text, re.DOTALL)[1]
    return [
        [
            (html.unescape(re.sub("<[^>]+>", "", cell)).strip(), value)
            for value, cell in re.findall(
                r'<t[hd][^>]*?(?:data-value="([^"]*)")?>(.*?)</t[hd]>', line, re.DOTALL
            )
        ]
        for line in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


# ---- what there is


def test_without_a_store_or_a_study_the_page_says_what_to_do(site, tmp_path):
    nowhere = site(tmp_path / "nowhere")("/")
    assert nowhere.status == 200
    assert "There is no store" in nowhere.text
    assert f"isogloss run sample.yaml --store {tmp_path / 'nowhere'}" in nowhere.text
    Store(tmp_path / "empty").check_writable()
    empty = site(tmp_path / "empty")("/")
    assert "is empty" in empty.text
    assert "isogloss init sample" in empty.text
    assert not (tmp_path / "nowhere").exists()


def test_a_store_that_comes_while_the_site_runs_is_shown(site, toy):
    hidden = toy.store.root.with_name("hidden")
    toy.store.root.rename(hidden)
    ask = site(toy.store.root)
    assert "There is no store" in ask("/").text
    hidden.rename(toy.store.root)
    assert "/study/toy" in ask("/").text
    shutil.rmtree(toy.store.root)
    assert "There is no store" in ask("/").text


def test_the_studies_of_a_store_with_their_counts(site, finished):
    rows = rows_of(site(finished / ".isogloss")("/").text, "studies")
    told = {row[0][0]: [cell[0] for cell in row[1:]] for row in rows}
    steps = {
        study["name"]: len(study["steps"]) for study in Store(finished / ".isogloss").studies()
    }
    assert set(told) == {"toy", "other"}
    for name, cells in told.items():
        assert cells[0].endswith(f"{steps[name]} of {steps[name]}")
        assert cells[1:4] == ["–", "–", "–"]
        assert cells[-1].startswith("Report")


def test_json_and_page_tell_the_same(site, toy):
    toy.store.fail(toy.plan.of_kind("train")[0].key, {"message": "out of memory", "title": "one"})
    ask = site(toy.store.root)
    told = ask("/study/toy/progress.json")
    assert told.headers["content-type"] == "application/json"
    assert (told.json["steps"], told.json["states"]["failed"]) == (len(toy.plan), 1)
    assert told.json["failures"][0]["message"] == "out of memory"
    text = ask("/study/toy").text
    assert f"0 of {len(toy.plan)} steps finished, 1 failed, 3 blocked by failed ones." in text
    assert "out of memory" in text
    assert "There is a report as soon as a cell of the results is finished." in text
    assert (told.json["cells"], told.json["cells_finished"]) == (len(toy.plan.cells), 0)


def test_the_head_of_a_page_is_that_of_the_page(site, finished):
    ask = site(finished / ".isogloss")
    for address in ("/", "/study/toy", "/compare", "/assets/page.css"):
        assert ask(address, method="HEAD").status == ask(address).status == 200
        assert ask(address).headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_every_file_that_a_page_names_is_there_and_none_else(site, tmp_path, name):
    answer = site(tmp_path)(f"/assets/{name}")
    assert answer.status == 200
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    assert answer.headers["content-type"].startswith(kind)


def test_pages_load_only_their_own_files_and_have_no_inline_code(site, finished):
    ask = site(finished / ".isogloss")
    pages = [ask(a).text for a in ("/", "/study/toy", "/compare?a=toy&b=other", "/nothing")]
    for text in pages:
        loaded = re.findall(r'(?:src|href)="(/assets/[^"]*|https?:[^"]*)"', text)
        assert {address.removeprefix("/assets/") for address in loaded} <= set(ASSETS)
        scripts = re.findall(r"<script([^>]*)>", text)
        assert all("src=" in s or 'type="application/json"' in s for s in scripts)
        assert not re.search(r"<[^>]+\s(on\w+|style)=", text)
        assert "<style" not in text


# ---- reports


def test_the_report_is_that_of_the_command_with_its_own_policy(site, finished, tmp_path):
    ask = site(finished / ".isogloss")
    answer = wait_for_report(ask, "toy")
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    own = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)"', answer.text)
    assert policy == f"{html.unescape(own[1])}; frame-ancestors 'none'"
    assert "sha256-" in policy
    assert "unsafe" not in policy
    fresh(finished, "report", "toy.yaml", "-o", str(tmp_path), check=True)
    made = (tmp_path / "report.html").read_text()
    own = re.compile(r'data-value="[^"]*"')
    assert own.findall(answer.text) == own.findall(made) != []


def test_a_report_is_written_once_for_what_is_finished(site, finished, tmp_path, monkeypatch):
    root = tmp_path / "store"
    shutil.copytree(finished / ".isogloss", root)
    monkeypatch.setattr(room, "FRESH_SECONDS", 0)
    monkeypatch.setattr(room, "FRESH_TIMES", 0)
    written, real = [], room.render_with_policy
    monkeypatch.setattr(room, "render_with_policy", lambda page: written.append(1) or real(page))
    ask = site(root)
    first = wait_for_report(ask, "toy")
    assert wait_for_report(ask, "toy").body == first.body
    assert written == [1]
    store = Store(root)
    lost = next(k for k in store.study("toy")["steps"] if store.manifest(k)["kind"] == "evaluate")
    shutil.rmtree(root / "steps" / lost)
    assert wait_for_report(ask, "toy").body != first.body
    assert written == [1, 1]


def test_many_readers_wait_for_one_report(site, finished, monkeypatch):
    written, go, real = [], threading.Event(), room.render_with_policy

    def slow(page):
        written.append(1)
        go.wait(30)
        return real(page)

    monkeypatch.setattr(room, "render_with_policy", slow)
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.05)
    ask = site(finished / ".isogloss")
    answers = [ask("/study/toy/report") for _ in range(4)]
    assert {answer.status for answer in answers} == {202}
    assert "The report is being written" in answers[0].text
    assert answers[0].headers["retry-after"] == "2"
    assert ask("/study/toy").status == 200
    go.set()
    assert wait_for_report(ask, "toy").status == 200
    assert written == [1]


def test_reports_are_written_one_at_a_time_and_none_in_the_making_is_lost(
    site, finished, monkeypatch
):
    busy, most, go, real = [], [], threading.Event(), room.render_with_policy

    def slow(page):
        busy.append(page.title)
        most.append(len(busy))
        go.wait(30)
        busy.pop()
        return real(page)

    monkeypatch.setattr(room, "render_with_policy", slow)
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(room, "MOST", 1)
    ask = site(finished / ".isogloss")
    for _ in range(3):
        assert {ask(f"/study/{name}/report").status for name in ("toy", "other")} == {202}
    go.set()
    assert wait_for_report(ask, "toy").status == wait_for_report(ask, "other").status == 200
    assert most == [1, 1]


def test_a_report_of_nothing_says_so(site, toy):
    answer = wait_for_report(site(toy.store.root), "toy")
    assert answer.status == 503
    assert "Nothing of this study is finished" in answer.text
    assert "isogloss run" in html.unescape(answer.text)


def test_a_report_needs_neither_the_study_file_nor_the_data(site, finished, tmp_path):
    shutil.copytree(finished / ".isogloss", tmp_path / "elsewhere")
    ask = site(tmp_path / "elsewhere")
    note = json.loads((tmp_path / "elsewhere" / "studies" / "toy.json").read_text())
    note["study"]["data"]["source"]["root"] = str(tmp_path / "gone")
    (tmp_path / "elsewhere" / "studies" / "toy.json").write_text(json.dumps(note))
    assert wait_for_report(ask, "toy").status == 200


# ---- comparing


def test_compared_values_are_those_of_the_results(site, finished):
    text = site(finished / ".isogloss")("/compare?a=toy&b=other&metric=eval_loss").text
    (shared, a, b) = (
        int(re.search(rf'id="{id}">(\d+)<', text)[1]) for id in ("n-shared", "n-a", "n-b")
    )
    said = {}
    for name, change in (("toy", []), ("other", ["--set", "training.learning_rate=0.05"])):
        done = fresh(finished, "results", f"{name}.yaml", "--format", "json", *change, check=True)
        said[name] = {
            (r["regime"], tuple(r["source_languages"]), r["n_per_language"], r["target_language"],
             r["seed"]): r["value"]
            for r in json.loads(done.stdout) if r["metric"] == "eval_loss"
        }  # fmt: skip
    both = said["toy"].keys() & said["other"].keys()
    assert (shared, a, b) == (20, 0, 20)
    assert len(both) == 15  # the other five are trainings, which have no such metric
    found = html.unescape(re.search(r'id="cells-csv">(.*?)</script>', text, re.DOTALL)[1])
    rows = list(csv.DictReader(io.StringIO(json.loads(found))))
    assert len(rows) == 15
    shown = rows_of(text, "cells")
    assert len(shown) == 15
    values = {round(float(v), 9) for row in shown for _, v in row if v and "." in v}
    for place in both:
        one, other = said["toy"][place], said["other"][place]
        assert {round(one, 9), round(other, 9), round(other - one, 9)} <= values
    assert "the same data, byte for byte" in text


def test_a_metric_that_is_not_shared_is_said_with_those_that_are(site, finished):
    ask = site(finished / ".isogloss")
    text = html.unescape(ask("/compare?a=toy&b=other&metric=<b>foo").text)
    (said,) = re.findall(r'<p class="words warning" id="not-shared">(.*?)</p>', text)
    assert said.startswith(
        "These studies share no metric <code><b>foo</code>: shown is <code>macro_f1</code>."
    )
    assert "<code>accuracy</code>, " in said
    assert "<code>eval_loss</code>, " in said
    assert "&lt;b&gt;foo" in ask("/compare?a=toy&b=other&metric=<b>foo").text
    for metric in ("macro_f1", "all", ""):
        assert "not-shared" not in ask(f"/compare?a=toy&b=other&metric={metric}").text


def test_a_study_compared_with_itself_differs_in_nothing(site, finished):
    text = site(finished / ".isogloss")("/compare?a=toy&b=toy&metric=all").text
    assert 'id="n-shared">20<' in text
    assert 'id="n-a">0<' in text
    rows = rows_of(text, "cells")
    assert len(rows) > 100
    assert {row[-2][0] for row in rows} == {"0.000"}


def test_other_test_data_are_named(site, finished, tmp_path, monkeypatch):
    from isogloss.view import comparing

    real = comparing.data_behind
    monkeypatch.setattr(
        comparing, "data_behind", lambda plan, key: real(plan, key) | {str(len(plan))}
    )
    text = site(finished / ".isogloss")("/compare?a=toy&b=other").text
    assert "20 of 20 pairs were tested on other bytes" in text
    assert {row[-1][0] for row in rows_of(text, "cells")} == {"other"}


def test_studies_with_nothing_in_common_say_so(site, finished, tmp_path):
    root = tmp_path / "store"
    shutil.copytree(finished / ".isogloss", root)
    open_study(finished / "toy.yaml", root, ["name=none", "seeds=[9]"]).remember()
    text = site(root)("/compare?a=toy&b=none").text
    assert "no finished cell in common" in text
    assert 'id="n-shared">0<' in text
    assert 'id="n-a">20<' in text
    assert 'id="n-b">0<' in text


@pytest.mark.parametrize("query", ["a=toy&b=nothing", "a=..%2fx&b=toy", "a=%00&b=%00"])
def test_a_study_to_compare_that_is_not_there_is_said(site, finished, query):
    answer = site(finished / ".isogloss")(f"/compare?{query}")
    assert answer.status == 404
    assert "has no study" in answer.text


@pytest.mark.parametrize("query", ["", "?a=toy", "?b=toy", "?a=&b=", "?a=toy&b=other&metric=<x>"])
def test_half_a_question_is_a_choice(site, finished, query):
    answer = site(finished / ".isogloss")(f"/compare{query}")
    assert answer.status == 200
    assert answer.text.count("<select") >= 2
    assert "<x>" not in answer.text


# ---- bad stores


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_of_a_store_is_shown_as_text(site, toy, text):
    """Names, sources, titles, errors and tracebacks: whatever a file may hold."""
    failed, running = toy.plan.of_kind("train")[:2]
    toy.store.fail(failed.key, {"message": text, "title": text, "traceback": text})
    note = dict(toy.store.study("toy"))
    path = toy.store.root / "studies" / "toy.json"
    path.write_text(json.dumps({**note, "name": text, "source": text}))
    with toy.store.claim(running.key):
        word = json.dumps({"title": text, "kind": text, "done": 1, "total": 2, "loss": 0.5})
        Live(toy.store.root).tell(running.key, {})
        (toy.store.root / "progress" / f"{running.key}.json").write_text(word)
        ask = site(toy.store.root)
        pages = [ask("/"), ask("/study/toy"), ask("/compare"), ask("/study/toy/progress.json")]
    assert [page.status for page in pages] == [200] * 4
    shown = re.sub(r"[\x00\u202e\ud800]", "\ufffd", text)
    for page in pages[:2]:
        assert shown in html.unescape(page.text)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "<svg" not in page.text
    assert pages[3].json["failures"][0]["message"] == text


def test_a_damaged_store_is_told_of_and_the_site_goes_on(site, finished, tmp_path):
    root = tmp_path / "store"
    shutil.copytree(finished / ".isogloss", root)
    ask = site(root)
    (root / "studies" / "bad.json").write_text("{")
    text = ask("/").text
    assert "Cannot be read." in text
    assert "/study/toy" in text
    assert ask("/study/bad").status == 503
    key = Store(root).study("toy")["steps"][-1]
    (root / "steps" / key / "manifest.json").write_text("{")
    assert ask("/study/toy").status == 200
    assert wait_for_report(ask, "toy").status == 503
    damaged = ask("/compare?a=toy&b=other")
    assert damaged.status == 503
    assert "--verify" in damaged.text
    (root / "format.json").write_text('{"format": 99}')
    for address in ("/", "/study/toy", "/compare"):
        assert ask(address).status == 503
        assert "Upgrade Isogloss" in ask(address).text
    (root / "format.json").write_text('{"format": 1}')
    assert ask("/").status == 200
    shutil.rmtree(root)
    root.write_text("a file")
    assert ask("/").status in {200, 503}
    assert ask("/study/toy").status in {404, 503}


def test_a_step_that_is_damaged_or_gone_is_no_reason_to_stop(site, finished, tmp_path):
    root = tmp_path / "store"
    shutil.copytree(finished / ".isogloss", root)
    ask = site(root)
    keys = Store(root).study("toy")["steps"]
    assert ask("/study/toy/progress.json").json["states"]["finished"] == len(keys)
    shutil.rmtree(root / "steps" / keys[3])
    assert ask("/study/toy/progress.json").json["states"]["finished"] == len(keys) - 1
    (root / "failures").mkdir(exist_ok=True)
    (root / "failures" / f"{keys[3]}.json").write_text("[")
    told = ask("/study/toy/progress.json").json
    assert "damaged" in told["failures"][0]["message"]


def test_links_that_lead_out_of_the_store_are_not_followed(site, finished, tmp_path):
    root = tmp_path / "store"
    shutil.copytree(finished / ".isogloss", root)
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"name": "SECRET", "source": "SECRET", "steps": []}))
    (root / "studies" / "link.json").symlink_to(secret)
    key = Store(root).study("toy")["steps"][-1]
    (root / "steps" / key).rename(tmp_path / "moved")
    (root / "steps" / key).symlink_to(tmp_path / "moved")
    ask = site(root)
    for address in ("/", "/study/link", "/study/link/progress.json", "/compare?a=link&b=toy"):
        answer = ask(address)
        assert "SECRET" not in answer.text
    assert "leads out of the store" in ask("/").text
    assert "leads out of the store" in ask("/compare?a=toy&b=other").text


def test_a_mistake_of_ours_is_a_page_and_the_next_answer_comes(site, finished, monkeypatch):
    from isogloss.view import site as place

    ask = site(finished / ".isogloss")
    monkeypatch.setattr(place, "all_noted", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # it goes on to the terminal, after the answer
        ask("/")
    monkeypatch.undo()
    assert ask("/").status == 200


@pytest.mark.parametrize(
    "address",
    ["/study/", "/study/nope", "/study/../toy", "/study/toy/../../x", "/study/toy/", "/study/a/b",
     "/assets/", "/assets/../page.js", "/assets/site.html.j2", "/assets//etc/passwd",
     "//etc/passwd", "/study/toy\x00", "/study/\x00", "/etc/passwd", "/.isogloss/format.json",
     "/steps"],
)  # fmt: skip
def test_no_other_address_leads_anywhere(site, finished, address):
    answer = site(finished / ".isogloss")(address)
    assert answer.status in {307, 404}
    assert "root:" not in answer.text

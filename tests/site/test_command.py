"""`twixt publish`: a site by one command, nothing when nothing changed, one line for what cannot be."""

import json
import re

import pytest

from tests.alerts import scene
from tests.cli.conftest import Place, complaint, run_at
from tests.jobs.small_home import NOW


@pytest.fixture
def place(tmp_path) -> Place:
    home = scene.open_home(tmp_path / "home")
    scene.publish(home, NOW, truce=0.31)
    home.store.close()
    return Place(tmp_path / "home")


def test_a_site_is_written_and_written_again_only_where_something_changed(place, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TWIXT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "site"
    first = run_at(place, "publish", str(folder), "--url", "https://board.example.org", "--json", now=NOW)
    assert first.exit_code == 0, first.stderr
    found = json.loads(first.stdout)
    assert (found["files"], found["removed"]) == (len(found["written"]), [])
    assert "31 %" in (folder / "small" / "index.html").read_text()
    assert 'href="https://board.example.org/small/changes.atom"' in (folder / "small" / "changes.atom").read_text()
    again = run_at(place, "publish", str(folder), "--url", "https://board.example.org/", now=NOW)
    assert again.stdout == f"{folder}: nothing has changed\n"
    elsewhere = json.loads(run_at(place, "publish", str(folder), "--json", now=NOW).stdout)
    assert elsewhere["written"] == ["site.json", "small/changes.atom", "small/deadlines.ics"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("{}", "--url", "board.example.org"), "--url: 'board.example.org': an address like"),
        (("{}", "--url", "javascript:alert(1)"), "an address like"),
        (("{}", "--board", "other"), "'other' is unknown"),
        (("{}/full",), "holds 'letter.txt' and no site of twixt"),
        (("{}/full/letter.txt",), "is a file; a folder is needed"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(place, tmp_path, arguments, line) -> None:
    folder = tmp_path / "target"
    (folder / "full").mkdir(parents=True)
    (folder / "full" / "letter.txt").write_text("x")
    before = sorted(folder.rglob("*"))
    found = run_at(place, "publish", *(a.format(folder) for a in arguments), now=NOW)
    assert found.exit_code == 2
    assert re.search(re.escape(line), complaint(found))
    assert sorted(folder.rglob("*")) == before

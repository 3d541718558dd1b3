"""The page Diagnostics: gates, fits with their chains, a broken fit named first, the receipt, the job."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app import charts_of_draws, diagnosis_data, look
from app.pages import diagnostics
from forecasts import catalogue, diagnosis, draws_file, replay
from forecasts.draws_file import DrawsFile, Variable
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.jobs import small_home

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "draws" / "durability-resumption.nc"


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Give an empty cache of its own, and no process that fills it."""
    monkeypatch.setenv("TWIXT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(diagnosis_data, "start", lambda _snapshot: None)
    diagnosis_data._jobs.clear()
    yield diagnosis.folder(tmp_path / "cache")
    diagnosis_data._jobs.clear()


def rates_of(home: small_home.Home) -> tuple[str, DrawsFile]:
    """Return the draws behind the small board's class rates: their hash, and as four chains."""
    recipe = catalogue.recipes(moment(home))[catalogue.RATES]
    kept = home.artefacts.bound(recipe.input_hash)
    assert kept is not None
    file = draws_file.from_bytes(home.artefacts.get(kept))
    size = len(file.coords["question"])
    values = file.variables["rate"].values.reshape(4, -1, size)[:, :300]
    return kept, DrawsFile(
        file.model, file.input_hash, file.coords, {"rate": Variable(("question",), values, "events per year")}, {}
    )


def moment(home: small_home.Home) -> replay.Moment:
    return replay.read_moment(
        home.store, home.artefacts, home.board.id, as_of=small_home.NOW, mode="live", now=small_home.NOW
    )


def test_gates_and_fits_stand_before_anything_is_read(page, small, cache):
    test = page("diagnostics", small.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    text = html(test)
    assert "effective futures" in text
    assert "at least 1,000" in text
    assert "not read yet" in text
    assert "Download the receipt (JSON)" in [b.proto.label for b in test.get("download_button")]


def test_a_healthy_fit_passes_in_every_line(page, small, cache):
    kept, file = rates_of(small)
    diagnosis.keep(cache, kept, diagnosis.make(file, catalogue.recipes(moment(small))[catalogue.RATES]))
    test = page("diagnostics", small.artefacts.root.parent, at=SMALL_VIEWED, fit="class rates").run()
    assert not test.exception
    text = html(test)
    lines = len(file.coords["question"])
    assert f"✓ passed</span>, all {lines}" in text
    assert "✗ constant" not in text
    assert "Spread left" in text
    assert [s.value for s in test.selectbox if s.key == "diagnostics_fit"] == ["class rates"]
    assert len(test.get("vega_lite_chart")) == 3, "trace, ranks, prior and posterior"


def test_a_stuck_chain_is_failed_by_sign_and_word_and_comes_first(page, small, cache):
    kept, file = rates_of(small)
    values = file.variables["rate"].values.copy()
    values[1, :, -1] = 0.125
    broken = DrawsFile(
        file.model, file.input_hash, file.coords, {"rate": Variable(("question",), values, "events per year")}, {}
    )
    broken = draws_file.from_bytes(draws_file.to_bytes(broken, bits=draws_file.MOST_BITS))
    diagnosis.keep(cache, kept, diagnosis.make(broken, None))
    test = page("diagnostics", small.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    text = html(test)
    assert f"✗ failed</span>: 1 of {len(file.coords['question'])}" in text
    assert "✗ constant in 1 of 4 chains" in text
    worst = f"rate[{file.coords['question'][-1]}]"
    chosen = next(s for s in test.selectbox if s.key.startswith("diagnostics_quantity"))
    assert chosen.value == worst
    assert diagnosis.NO_RECIPE.removeprefix("the model") in text, "why nothing is said of the prior"


def test_a_quantity_of_the_address_is_shown(page, small, cache):
    kept, file = rates_of(small)
    diagnosis.keep(cache, kept, diagnosis.make(file, None))
    last = f"rate[{file.coords['question'][-1]}]"
    root = small.artefacts.root.parent
    test = page("diagnostics", root, at=SMALL_VIEWED, fit="class rates", quantity=last).run()
    assert next(s for s in test.selectbox if s.key.startswith("diagnostics_quantity")).value == last
    odd = page("diagnostics", root, at=SMALL_VIEWED, fit="<b>", quantity="<b>", snapshot="<b>").run()
    assert not odd.exception
    assert "<b>&" not in html(odd)


@pytest.mark.parametrize("passed", [None, "true", 1, float("nan")])
def test_only_a_plain_true_passes_a_fit(passed):
    fit = {"fit": {"model": "senate", "gate": [{"name": "chains", "value": 4, "bound": "x", "ok": passed}]}}
    assert "failed" in diagnostics.fit_cells("x", fit, None)[2]
    assert "failed" in diagnostics.gate_line(fit["fit"]["gate"][0])[0]


def test_a_fit_without_gate_lines_has_not_passed():
    assert "failed" in diagnostics.fit_cells("x", {"fit": {}}, None)[2]


def test_names_and_flags_stay_words():
    cells = diagnostics.flag_cells(
        [{"kind": "cliff", "question": "q", "deadline": "2027-01-01"}], {"q": "<i>Will?</i>"}
    )
    assert cells == [["&lt;i&gt;Will?&lt;/i&gt;", "evidence ends at a deadline: the pace breaks there (2027-01-01)"]]
    line = {"name": "<b>", "median": 1.0, "low": 0.0, "high": None, "rhat": None, "ess_bulk": 1.0, "ess_tail": 1.0}
    assert diagnostics.quantity_cells(line | {"wrong": []}, None)[0] == '<code class="tx-whole">&lt;b&gt;</code>'
    assert diagnostics.quantity_cells(line | {"wrong": []}, None)[3] == "no number"


@pytest.fixture(scope="module")
def document():
    """Give the diagnosis of shipped draws, without a model."""
    return diagnosis.make(draws_file.from_bytes(SHIPPED.read_bytes()), None)


@pytest.mark.parametrize("colours", [look.LIGHT, look.DARK])
def test_charts_draw_every_point(document, colours):
    name = "log_hr[settlement]"
    traced, ranked = document["traces"][name], document["ranks"][name]
    spec = charts_of_draws.trace(traced, title=name, colours=colours)
    assert len(spec["layer"][0]["data"]["values"]) == 4 * len(traced["x"])
    spec = charts_of_draws.ranks(ranked, colours=colours)
    assert len(spec["layer"][1]["data"]["values"]) == 4 * len(ranked["x"])
    low, high = spec["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert low <= min(map(min, ranked["chains"]))
    assert max(map(max, ranked["chains"])) <= high


def test_every_chart_is_told_in_numbers(document):
    name = "log_hr[settlement]"
    line = next(line for line in document["quantities"] if line["name"] == name)
    assert f"R-hat {line['rhat']:.4f}" in diagnostics.spoken_trace(name, line, document["chains"])
    spoken = diagnostics.spoken_ranks(name, document["ranks"][name])
    assert f"p = {document['ranks'][name]['p']:.3f}" in spoken
    cells = diagnostics.chain_cells(document["traces"][name], document["ranks"][name])
    assert [row[0] for row in cells] == ["chain 1", "chain 2", "chain 3", "chain 4"]
    assert all(row[3].replace("−", "-") in spoken.replace("−", "-") for row in cells)
    assert diagnostics.chain_cells(document["traces"][name], None)[0][3] == "–"


def test_a_logarithmic_prior_has_a_logarithmic_axis():
    found = {"scale": "log", "x": [0.1, 1.0, 10.0], "prior": [1.0, 2.0, 1.0], "posterior": [0.0, 9.0, 0.0]}
    spec = charts_of_draws.prior_and_posterior(found, title="rate", colours=look.LIGHT)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    assert [part["mark"]["text"] for part in spec["layer"] if part["mark"]["type"] == "text"] == ["prior", "posterior"]


def test_a_diagnosis_is_kept_whole_or_made_anew(document, tmp_path):
    kept = diagnosis.folder(tmp_path)
    assert diagnosis.read(kept, "a" * 64) is None
    diagnosis.keep(kept, "a" * 64, document)
    assert diagnosis.read(kept, "a" * 64) == json.loads(json.dumps(document))
    for path in (p for p in tmp_path.rglob("*") if p.is_file() and "keys" not in p.parts):
        path.write_bytes(b"{}")
    assert diagnosis.read(kept, "a" * 64) is None


def test_failing_quantities_are_named():
    values = np.random.default_rng(1).normal(size=(4, 500, 2)).astype(np.float32)
    values[0, :, 1] += 5
    file = DrawsFile("toy", "0" * 64, {"k": ("x", "y")}, {"a": Variable(("k",), values, "1")}, {})
    assert diagnosis.failing(diagnosis.make(file, None)) == ["a[y]"]


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Let the process be one that does what the test says."""
    monkeypatch.setenv("TWIXT_HOME", str(tmp_path / "home"))
    diagnosis_data._jobs.clear()

    def use(script: str) -> None:
        monkeypatch.setattr(diagnosis_data, "arguments", lambda _snapshot: [sys.executable, "-c", script])

    yield use
    diagnosis_data._jobs.clear()


class Named:
    """As much of a snapshot as the job asks for."""

    def __init__(self, name: str) -> None:
        self.id, self.board = name, "river"


def wait(job) -> None:
    end = time.monotonic() + 20
    while job.running and time.monotonic() < end:
        time.sleep(0.02)
    assert not job.running


def test_one_process_at_a_time_and_once_for_each_snapshot(command):
    command("import sys, time; print('fit: senate 1/2', file=sys.stderr); time.sleep(.5)")
    diagnosis_data.start(Named("one"))
    diagnosis_data.start(Named("two"))
    (job,) = diagnosis_data._jobs().values()
    wait(job)
    assert diagnosis_data.complaint(job) == "fit: senate 1/2"
    diagnosis_data.start(Named("one"))
    assert list(diagnosis_data._jobs().values()) == [job], "what has failed is not tried again by itself"
    diagnosis_data.start(Named("two"))
    assert len(diagnosis_data._jobs()) == 2
    wait(list(diagnosis_data._jobs().values())[1])


def test_a_process_that_fails_says_why(page, small, cache, monkeypatch):
    test = page("diagnostics", small.artefacts.root.parent, at=SMALL_VIEWED)
    folder = small.artefacts.root.parent
    errors = folder / "log"
    errors.write_text("artefact abc: missing; restore it <b>\n")

    class Ended:
        running = False
        output = errors
        process = None

        def last_line(self) -> str:
            return errors.read_text().strip()

    monkeypatch.setattr(diagnosis_data, "_job_key", lambda _s: "x")
    diagnosis_data._jobs()["x"] = Ended()
    test.run()
    assert not test.exception
    assert "artefact abc: missing; restore it &lt;b&gt;" in html(test)
    test.button(key="diagnose_again").click().run()
    assert "x" not in diagnosis_data._jobs()


def test_the_process_of_a_page_is_the_command_line():
    assert diagnosis_data.arguments(Named("abc")) == [
        sys.executable, "-m", "app.cli", "diagnose", "--board", "river", "--snapshot", "abc", "--json", "--progress",
    ]  # fmt: skip

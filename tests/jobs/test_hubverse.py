"""The hub of a board is one that a hub's checks accept, and says what the snapshot says."""

import copy
import io
import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import ledger, outcomes, scenarios, snapshots, weighted_futures
from forecasts.exchange import hubverse, parquet_files
from forecasts.exchange.hubverse_targets import short_id
from models.world import NEVER
from tests.exchange import hub_rules
from tests.jobs.small_home import NOW, evidence, occurrence, small

COUNT = 2_000
ERRORS = 5.0


@pytest.fixture(scope="module")
def one(published):
    home, _ = published
    snapshot = snapshots.latest(home.store, "small", mode="live")
    futures = weighted_futures.of_snapshot(home.store, home.artefacts, snapshot, threads=1)
    return hubverse.Round(futures.board, snapshot, futures, weighted_futures.resampled(futures, COUNT, seed=1), 1)


@pytest.fixture(scope="module")
def table(one):
    return hubverse.model_output(one)


def written(folder, rounds, decided=None):
    for name, content in hubverse.files(rounds, decided or {}):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_the_hub_keeps_the_rules(one, tmp_path):
    hub = written(tmp_path, [one])
    assert hub_rules.problems(hub) == []
    assert [p.name for p in (hub / "model-output/twixt-small").iterdir()] == ["2026-04-10-twixt-small.parquet"]


def test_rounds_of_other_days_and_without_samples_keep_the_rules_too(one, tmp_path):
    earlier = replace(one.snapshot, as_of=one.snapshot.as_of - timedelta(days=7))
    hub = written(tmp_path, [hubverse.Round(one.board, earlier), one])
    assert hub_rules.problems(hub) == []
    tasks = json.loads((hub / "hub-config/tasks.json").read_text())
    kinds = [{k for t in r["model_tasks"] for k in t["output_type"]} for r in tasks["rounds"]]
    assert kinds == [{"pmf", "cdf", "mean", "quantile"}, {"pmf", "cdf", "mean", "quantile", "sample"}]


def test_the_last_snapshot_of_a_day_is_its_round(one):
    later = replace(one.snapshot, as_of=one.snapshot.as_of + timedelta(hours=1), id="f" * 64)
    found = hubverse.last_of_each_day([one, hubverse.Round(one.board, later)])
    assert [r.snapshot.id for r in found] == ["f" * 64]


def broken(tasks, path, value):
    """Return a copy of tasks.json with one part replaced, or taken out where the value is None."""
    found = copy.deepcopy(tasks)
    place = found
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return found


FIRST = ("rounds", 0, "model_tasks", 0)
LAST = ("rounds", 0, "model_tasks", -1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), "v6"),
        (("rounds", 0, "round_id"), None),
        (("rounds", 0, "own"), "words"),
        (("rounds", 0, "submissions_due", "end"), "soon"),
        ((*FIRST, "task_ids", "origin_date", "required"), ["2026-02-30"]),
        ((*FIRST, "task_ids", "origin_date", "required"), ["2026-04-11"]),
        ((*FIRST, "task_ids", "target", "optional"), None),
        ((*FIRST, "task_ids", "target", "optional"), ["truce"]),
        ((*FIRST, "task_ids", "value"), {"required": None, "optional": None}),
        ((*FIRST, "output_type", "pmf", "value", "maximum"), 100),
        ((*FIRST, "output_type", "pmf", "output_type_id", "optional"), ["maybe"]),
        ((*FIRST, "output_type", "pmf", "is_required"), None),
        ((*FIRST, "target_metadata", 0, "target_id"), "x" * 31),
        ((*FIRST, "target_metadata", 0, "target_keys"), {"question": "truce"}),
        ((*FIRST, "target_metadata", 0, "target_keys"), {"target": "another"}),
        ((*FIRST, "target_metadata", 0, "target_type"), "boolean"),
        ((*FIRST, "target_metadata", 0, "is_step_ahead"), True),
        ((*LAST, "output_type", "sample", "output_type_id_params", "min_samples_per_task"), COUNT + 1),
        ((*LAST, "output_type", "sample", "output_type_id_params", "compound_taskid_set"), ["location"]),
        ((*LAST, "output_type", "sample", "output_type_id_params", "type"), "character"),
    ],
)
def test_each_rule_sees_a_breach_of_it(one, path, value):
    tasks = json.loads(json.dumps(hubverse.tasks([one])))
    assert list(hub_rules.config_problems(tasks)) == []
    assert list(hub_rules.config_problems(broken(tasks, path, value))), "the rule would accept anything"


def test_two_model_tasks_of_the_same_combinations_are_seen(one):
    tasks = hubverse.tasks([one])
    tasks["rounds"][0]["model_tasks"].append(copy.deepcopy(tasks["rounds"][0]["model_tasks"][0]))
    assert any("share combinations" in p for p in hub_rules.config_problems(tasks))
    tasks = hubverse.tasks([one, one])
    assert any("not unique" in p for p in hub_rules.config_problems(tasks))


KIND, INDEX = pl.col("output_type"), pl.col("output_type_id")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.rename({"output_type_id": "id"}), "columns"),
        (lambda t: t.with_columns(pl.col("value").cast(pl.Float32)), "columns"),
        (lambda t: pl.concat([t, t.head(1)]), "stands twice"),
        (lambda t: t.with_columns(pl.when(KIND == "mean").then(pl.col("value"))), "missing or not finite"),
        (lambda t: t.tail(-1), "rows missing"),
        (lambda t: t.filter(pl.col("target") != "days to truce"), "samples missing"),
        (lambda t: t.with_columns(pl.when(KIND == "pmf").then(0.6).otherwise("value").alias("value")), "sum to 1"),
        (lambda t: t.with_columns(pl.when(KIND == "cdf").then(1 - pl.col("value")).otherwise("value").alias("value")),
         "cdf falls"),
        (lambda t: t.with_columns(pl.when(KIND == "quantile").then(-INDEX.cast(pl.Float64, strict=False))
                                  .otherwise("value").alias("value")), "quantile falls"),
        (lambda t: t.filter(~((KIND == "sample") & (INDEX == "7") & (pl.col("target") == "days to truce"))),
         "cover different tasks"),
        (lambda t: t.filter((KIND != "sample") | (INDEX != "7")), "too few"),
    ],
)  # fmt: skip
def test_each_rule_of_the_rows_sees_a_breach_of_it(one, table, change, said):
    each = one.config()
    assert list(hub_rules.table_problems(table, each)) == []
    assert any(said in p for p in hub_rules.table_problems(change(table), each))


def edit(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda hub: edit(hub / "hub-config/admin.json", timezone="UTC"), "timezone"),
        (lambda hub: edit(hub / "hub-config/admin.json", file_format=["xlsx"]), "file_format"),
        (lambda hub: edit(hub / "hub-config/admin.json", contact={"email": 3}), "email"),
        (lambda hub: (hub / "model-metadata/twixt-small.yml").unlink(), "nothing is told of the model"),
        (lambda hub: output(hub).rename(output(hub).with_name("2026-04-10-twixt.small.parquet")), "no <round>"),
        (lambda hub: output(hub).rename(output(hub).with_name("2026-04-11-twixt-small.parquet")), "no <round>"),
        (lambda hub: output(hub).unlink(), "no model output for ['2026-04-10']"),
    ],
)
def test_each_rule_of_the_folder_sees_a_breach_of_it(one, tmp_path, change, said):
    hub = written(tmp_path, [hubverse.Round(one.board, one.snapshot)])
    assert hub_rules.problems(hub) == []
    change(hub)
    assert any(said in p for p in hub_rules.problems(hub))


def output(hub):
    (path,) = (hub / "model-output/twixt-small").iterdir()
    return path


def test_an_index_that_is_no_joint_sample_is_seen(one, table):
    """The rule for which all samples stand in one model task: no index may reach into a second one."""
    each = one.config()
    split = copy.deepcopy(each["model_tasks"][-1])
    names = split["task_ids"]["target"]["required"]
    for task, own in ((each["model_tasks"][-1], names[:3]), (split, names[3:])):
        task["task_ids"]["target"]["required"] = own
        task["target_metadata"] = [m for m in task["target_metadata"] if m["target_keys"]["target"] in own]
    each["model_tasks"].append(split)
    assert any("spans model tasks" in p for p in hub_rules.table_problems(table, each))
    each = one.config()
    drawn = each["model_tasks"][-1]["output_type"]["sample"]["output_type_id_params"]
    drawn["compound_taskid_set"] = ["origin_date", "target"]
    assert any("more than one compound task" in p for p in hub_rules.table_problems(table, each))
    named = table.with_columns(pl.when(KIND == "sample").then("s" + INDEX).otherwise(INDEX).alias("output_type_id"))
    assert any("no whole number" in p for p in hub_rules.table_problems(named, one.config()))


def test_every_published_number_is_in_the_hub(one, table):
    rows = one.snapshot.rows
    happened = table.filter((KIND == "pmf") & (INDEX == "yes") & pl.col("target_end_date").is_not_null())
    questions = rows.filter(pl.col("group") == "question")
    assert dict(zip(questions.select("subject", "deadline").rows(), questions["value"], strict=True)) == dict(
        zip(happened.select("target", "target_end_date").rows(), happened["value"], strict=True)
    )
    by = {(t.removeprefix("day of "), date.fromisoformat(i)): v for t, i, v in of(table, "cdf")}
    assert by == dict(zip(questions.select("subject", "deadline").rows(), questions["value"], strict=True))
    partition = dict(rows.filter(pl.col("group") == "partition").select("subject", "value").iter_rows())
    held = {i: v for t, i, v in of(table, "pmf") if t == "which scenario"}
    assert held.pop("(none)") == pytest.approx(0, abs=1e-12)
    assert held == partition
    overlays = {
        t.removeprefix("scenario "): v for t, i, v in of(table, "pmf") if t.startswith("scenario ") and i == "yes"
    }
    assert overlays == dict(rows.filter(pl.col("group") == "overlay").select("subject", "value").iter_rows())


def of(table, kind):
    return table.filter(pl.col("output_type") == kind).select("target", "output_type_id", "value").iter_rows()


def test_quantiles_and_means_are_those_of_the_series(one, table):
    rows = one.snapshot.rows.filter(pl.col("group") == "series")
    first = rows.filter(pl.col("measure") == "quantile").row(0, named=True)
    own = table.filter((pl.col("target") == "level of spending") & (pl.col("target_end_date") == first["deadline"]))
    quantiles = {i: v for _, i, v in of(own, "quantile")}
    wanted = {"0.05": "low90", "0.25": "low50", "0.5": "value", "0.75": "high50", "0.95": "high90"}
    assert quantiles == {level: first[column] for level, column in wanted.items()}
    mean = rows.filter((pl.col("measure") == "mean") & (pl.col("deadline") == first["deadline"]))["value"].item()
    assert [v for _, _, v in of(own, "mean")] == [mean]


def histories(one, table) -> pl.DataFrame:
    """Return the exported samples as a reader of the hub would: a row for each index, a column for each target."""
    samples = table.filter(KIND == "sample")
    return samples.pivot("target", index="output_type_id", values="value")


def test_scenarios_read_off_the_samples_are_those_of_the_snapshot(one, table):
    """From the Parquet columns alone: days to dates, dates to scenarios by the board's own definitions."""
    read = histories(one, table)
    assert read.height == COUNT
    never = one.config()["additional_metadata"]["sample_value_of_never"]
    days = {
        q.id: pl.when(pl.col(f"days to {q.id}") < never)
        .then(pl.lit(one.origin) + pl.duration(days=pl.col(f"days to {q.id}").cast(pl.Int64)))
        .cast(pl.Date)
        for q in one.board.questions
    }
    marks = scenarios.evaluate(one.board, read.select(**days))
    for number, scenario in enumerate(one.board.scenarios):
        value = one.snapshot.rows.filter(pl.col("subject") == scenario.id)["value"].item()
        found = marks.indicators[:, number].mean()
        bound = 1 / COUNT if scenario.group == "partition" else ERRORS * np.sqrt(value * (1 - value) / COUNT)
        assert found == pytest.approx(value, abs=bound), scenario.id


def test_quantiles_read_off_the_samples_are_those_of_the_snapshot(one, table):
    """At the published 25 and 75 % points of each year the samples reach those levels within their error."""
    read = histories(one, table)
    quantiles = one.snapshot.rows.filter(pl.col("measure") == "quantile")
    assert not quantiles.is_empty()
    for row in quantiles.iter_rows(named=True):
        values = read[f"{row['subject']} in {row['deadline'].year}"].to_numpy()
        for level, column in ((0.25, "low50"), (0.5, "value"), (0.75, "high50")):
            below, upto = (values < row[column]).mean(), (values <= row[column]).mean()
            assert below - 0.05 <= level <= upto + 0.05


def test_the_same_snapshot_gives_the_same_bytes(one):
    first, again = (dict(hubverse.files([one], {})) for _ in range(2))
    assert first == again


def test_the_oracle_knows_what_was_decided(new_home):
    home = new_home()
    home.add(evidence("E1"), occurrence("O1", "truce", date(2026, 3, 5)))
    view = home_view(home)
    found = hubverse.oracle(outcomes.decided(home.board, view))
    rows = set(found.iter_rows())
    assert ("truce", date(2026, 12, 31), "pmf", "yes", 1.0) in rows
    assert ("truce", date(2026, 12, 31), "pmf", "no", 0.0) in rows
    assert ("day of truce", None, "cdf", "2026-12-31", 1.0) in rows
    assert not [r for r in rows if "pact" in r[0]]
    assert found.write_csv().splitlines()[0] == "target,target_end_date,output_type,output_type_id,oracle_value"


def home_view(home):
    return ledger.read(home.store, "small", as_of=NOW + timedelta(days=1), mode="live")


def test_names_that_a_hub_refuses_are_written_in_others(one):
    assert hubverse.model_id("indivisible-security", "live") == "twixt-indivisible_security"
    assert hubverse.model_id("a.b:c", "retrospective") == "twixt-a_b_c_retrospective"
    assert short_id("day of truce") == "day of truce"
    long, other = short_id("day of " + "a" * 40), short_id("day of " + "a" * 41)
    assert len(long) == 30
    assert long != other


def test_its_texts_are_json_and_yaml_for_any_title(one):
    odd = replace(one, board=replace(one.board, title="Frost\u2028 'below' 0 °C: #1"))
    texts = {n: c for n, c in hubverse.files([odd], {}) if n.endswith((".json", ".yml"))}
    assert len(texts) == 3
    assert all(c.isascii() and json.loads(c) for c in texts.values())
    assert json.loads(texts["hub-config/admin.json"])["name"] == odd.board.title


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), never=st.floats(0, 1))
def test_any_samples_come_back_as_the_futures_they_are(one, seed, count, never):
    """From the file alone: each index gives the days and values of its future, whatever they are."""
    luck, stored = np.random.default_rng(seed), one.futures.stored
    days = luck.integers(-400, (one.board.horizon - one.board.opens).days + 1, (50, stored.day.shape[1]))
    days[luck.random(days.shape) < never] = NEVER
    share = luck.normal(2, 1, (50, *stored.share.shape[1:])).astype(np.float32)
    parts = replace(stored, day=days.astype(np.int16), share=share)
    rows = luck.integers(0, 50, count)
    made = replace(one, futures=replace(one.futures, stored=parts, weight=np.full(50, 0.02)), rows=rows)
    (content,) = (c for n, c in hubverse.files([made], {}) if n.endswith(".parquet"))
    table = pl.read_parquet(io.BytesIO(content))
    assert list(hub_rules.table_problems(table, made.config())) == []
    read = histories(made, table).sort(INDEX.cast(pl.Int64))
    since = (one.origin - one.board.opens).days
    for q, name in enumerate(stored.questions):
        ahead = read[f"days to {name}"].to_numpy()
        assert (np.where(ahead == made.never, NEVER, ahead + since) == days[rows, q]).all()
    for s, y, name, year in made.futures.coming:
        assert (read[f"{name} in {year}"].to_numpy() == share[rows, s, y]).all()


@pytest.mark.slow
def test_a_board_without_scenarios_is_a_hub_too(new_home, tmp_path):
    home = new_home("bare", small(scenarios=()))
    home.refit()
    snapshot = snapshots.latest(home.store, "small", mode="live")
    futures = weighted_futures.of_snapshot(home.store, home.artefacts, snapshot, threads=1)
    one = hubverse.Round(futures.board, snapshot, futures, weighted_futures.resampled(futures, 100, seed=1), 1)
    assert hub_rules.problems(written(tmp_path / "hub", [one])) == []
    assert "which scenario" not in hubverse.model_output(one)["target"]
    assert parquet_files.table(futures)["scenario"].is_null().all()

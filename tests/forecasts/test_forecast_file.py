"""Files of forecasts from elsewhere: what is read, counted and refused; and published files as they are."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts import forecast_file, score_summary, scored_arrays
from forecasts.forecast_columns import ForecastFileError
from forecasts.score_summary import Summary


@pytest.fixture
def read(tmp_path):
    def of(text: str, *, raw: bytes | None = None) -> forecast_file.ForecastFile:
        path = tmp_path / "f.csv"
        path.write_bytes(raw if raw is not None else text.encode())
        return forecast_file.read(path)

    return of


def score(found: forecast_file.ForecastFile) -> tuple[Summary, dict[str, int]]:
    kept, dropped = score_summary.keep(found.rows)
    return score_summary.summarise(scored_arrays.arrays(kept), anonymous=found.anonymous), dropped


def test_the_smallest_file(read):
    # (.8 - 1)^2 = .04, (.3 - 0)^2 = .09; mean .065. -ln .8 = .22314, -ln .7 = .35667; mean .28991
    found, dropped = score(read("question,probability,outcome\na,0.8,1\nb,.3,0\n"))
    assert found.losses.brier == pytest.approx(0.065)
    assert found.losses.log == pytest.approx(0.289909, abs=1e-6)
    assert (found.questions, found.forecasts, found.averaged) == (2, 2, None)
    assert sum(dropped.values()) == 0


HEAD = "question,forecaster,at,probability,outcome,opened_at,closes_at,resolved_at"


def test_a_full_file_by_hand(read):
    # q, 100 days from 1 Jan, resolved YES after 50 (20 Feb). A .5 from the start, .8 from 26 Jan; B .2 from 26 Jan
    # time-averaged: A (25 * .25 + 25 * .04) / 100 = .0725; B stands 75 of 100, loses .64 for 25: 16 / 75 = .21333
    # peer over 100 days: while both stand, 25 days: A 100 ln(.8/.2) * .25 = 34.657, B the negative
    # baseline: A (0 * 25 + 67.807 * 25) / 100 = 16.952; B 100 (1 + log2 .2) * .25 = -33.048
    text = (
        f"{HEAD}\n"
        "q,A,2026-01-01,0.5,1,2026-01-01,2026-04-11,2026-02-20\n"
        "q,A,2026-01-26T00:00:00Z,0.8,1,2026-01-01,2026-04-11,2026-02-20\n"
        "q,B,2026-01-26 01:00:00+01:00,0.2,1,2026-01-01,2026-04-11,2026-02-20\n"
        "q,B,2026-03-01,0.9,1,2026-01-01,2026-04-11,2026-02-20\n"
    )
    file = read(text)
    found, dropped = score(file)
    assert dropped["after resolution"] == 1
    assert file.notes == ("Times without a zone were read as UTC: at, opened_at, closes_at, resolved_at.",)
    a, b = found.forecasters.to_dicts()
    assert found.averaged is not None
    assert found.averaged.brier == pytest.approx((0.0725 + 16 / 75) / 2)
    assert found.averaged.coverage == pytest.approx((1 + 0.75) / 2)
    assert (a["baseline"], b["baseline"]) == pytest.approx((16.952, -33.048), abs=1e-3)
    assert (a["peer"], b["peer"]) == pytest.approx((34.657, -34.657), abs=1e-3)
    assert (a["spot_peer"], b["spot_peer"]) == pytest.approx((138.629, -138.629), abs=1e-3)
    # brier of A over its own question: mean of .25 and .04; last forecasts .8 and .2: median and mean .5, odds cancel
    assert a["brier"] == pytest.approx(0.145)
    assert [found.pools[name].brier for name in ("median", "mean", "geo_odds")] == pytest.approx([0.25] * 3)


def test_withdrawal_is_an_empty_probability(read):
    file = read(f"{HEAD}\nq,A,2026-01-01,0.5,0,2026-01-01,2026-04-11,\nq,A,2026-01-31,,0,2026-01-01,2026-04-11,\n")
    found, _ = score(file)
    assert found.averaged is not None
    assert (found.forecasts, found.averaged.coverage, found.averaged.brier) == (1, pytest.approx(0.3), 0.25)


COUNTED = [
    ("a,0.5,1\nb,1.5,0\nc,-0.1,0\n", {"out of range": 2}, 1),
    ("a,0.5,1\nb,1.2,0\n", {"out of range": 1}, 1),
    ("a,0.5,1\nb,35,0\n", {"out of range": 1}, 1),
    ("a,0.5,1\nb,inf,0\nc,nan,0\n", {"out of range": 1, "no probability": 1}, 1),
    ("a,0.5,1\nb,0.5,\nc,0.5,open\n", {"unresolved": 2}, 1),
    ("a,0.5,1\nb,0.5,annulled\nc,0.5,MKT\n", {"annulled": 2}, 1),
    ("a,0.5,yes\nb,0.5,FALSE\nc,0.5,1.0\n", {}, 3),
    ("a,0.5,1\nb,0.5,2\n", {"out of range": 1}, 1),
    ("a,0.5,1\nb,0.5,0.37\n", {"unresolved": 1}, 1),
    ("a,0.5,1\nb,,1\n", {"no probability": 1}, 1),
    ("a,0.5,1\n,0.5,1\n", {"no question": 1}, 1),
    ("a,0.5,1\na,0.5,1\n", {}, 2),
    ("a,0,0\nb,1,1\n", {}, 2),
]


@pytest.mark.parametrize(("body", "gone", "left"), COUNTED)
def test_what_cannot_be_scored_is_counted(read, body, gone, left):
    file = read(f"question,probability,outcome\n{body}")
    found, dropped = score(file)
    assert found.forecasts == left
    assert {k: v for k, v in {**dropped, **file.dropped}.items() if v} == gone
    assert left + sum(gone.values()) == body.count("\n"), "nothing is lost without a word"


def test_a_price_for_an_outcome_is_said(read):
    assert (
        "Outcomes between 0 and 1 are prices, counted as unresolved: 1 rows"
        in read("question,probability,outcome\na,.5,1\nb,.5,.3\n").notes[0]
    )


def test_exact_duplicates_of_a_forecaster_count_once(read):
    file = read("question,forecaster,probability,outcome\na,X,0.5,1\na,X,0.5,1\na,Y,0.5,1\n")
    assert file.dropped == {"duplicate": 1}
    assert score(file)[0].forecasts == 2


def test_forecasts_at_0_and_1_are_scored_as_issued_and_clipped_for_the_log_score(read):
    found, _ = score(read("question,probability,outcome\na,1,0\nb,0,0\n"))
    assert found.losses.brier == 0.5
    assert found.losses.log == pytest.approx((-np.log(0.001) - np.log(0.999)) / 2)
    assert found.clipped == 2


REFUSED = [
    ("", "the file is empty"),
    ("question,probability,outcome\n", "no rows below the header"),
    ("question,prob,result\na,.5,1\n", "column 'probability' and 'outcome' missing; found: question, prob, result"),
    ("question,probability,probability,outcome\na,.5,.5,1\n", "'probability' stands there 2 times"),
    (
        "question,probability,outcome\na,35,1\nb,70,0\n",
        "2 of 2 values lie above 1 (highest 70): these look like percent",
    ),
    ("question,probability,outcome\na,0.5,1\nb,35%,0\n", "row 3: probability: '35%': a number from 0 to 1 is needed"),
    ("question,probability,outcome\na,high,1\n", "row 2: probability: 'high'"),
    ("question,probability,outcome\na,.5,maybe\n", "row 2: outcome: 'maybe': 0, 1, empty (unresolved)"),
    (
        "question,probability,outcome\na,.5,1\na,.6,0\n",
        "outcome: question 'a' has both 0 and 1; a question has one outcome",
    ),
    ("question,probability,outcome,at\na,.5,1,9/1/11\n", "row 2: at: '9/1/11': a time like 2026-07-01T09:30:00Z"),
    ("question,probability,outcome,at\na,.5,1,2026-02-30\n", "row 2: at: '2026-02-30'"),
    ("question,probability,outcome\na,.5,1,extra,more\n", "row 2: 5 fields; the header names 3"),
    ("question,probability,outcome,mode\na,.5,1,live\nb,.5,1,retrospective\n", "1 live and 1 retrospective rows"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_would_be_a_guess_is_refused_with_its_place(read, text, message):
    with pytest.raises(ForecastFileError) as caught:
        read(text)
    assert str(caught.value).startswith("f.csv: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"\xff\xfeq\x00", b"question,probability,outcome\na\xe9,.5,1\n"])
def test_what_is_not_utf8_is_refused(read, raw):
    with pytest.raises(ForecastFileError, match=r"UTF-8|utf-?8"):
        read("", raw=raw)


def test_a_broken_parquet_file_is_refused(read):
    with pytest.raises(ForecastFileError, match="not a readable Parquet file"):
        read("", raw=b"PAR1 and nothing else")


def test_a_column_of_lists_is_refused(tmp_path):
    path = tmp_path / "l.parquet"
    pl.DataFrame({"question": ["a"], "probability": [[0.5]], "outcome": [1]}).write_parquet(path)
    with pytest.raises(ForecastFileError, match=r"l\.parquet: "):
        forecast_file.read(path)


CELLS = {
    "question": ["a", "b", "c", " ", ""],
    "forecaster": ["X", "Y", ""],
    "at": ["2026-01-01", "2026-02-01T00:00:00Z", "2026-06-01 12:00", ""],
    "probability": ["0", "0.25", "0.9", "1", "1.5", "-1", "", "nan", "12", "x"],
    "outcome": ["0", "0", "0", "1", "", "annulled", "0.4", "7", "no"],
    "closes_at": ["2026-03-01", "2026-03-01", ""],
    "resolved_at": ["2026-02-15", "2026-02-15", ""],
}


@given(st.data())
def test_every_row_is_scored_or_counted_or_the_file_refused(tmp_path_factory, data):
    more = data.draw(st.sets(st.sampled_from(sorted(set(CELLS) - {"question", "probability", "outcome"}))))
    names = ["question", "probability", "outcome", *sorted(more)]
    row = st.tuples(*(st.sampled_from(CELLS[name]) for name in names))
    body = data.draw(st.lists(row, min_size=1, max_size=12))
    path = tmp_path_factory.mktemp("fuzz") / "f.csv"
    path.write_text("\n".join(",".join(cells) for cells in [names, *body]) + "\n", encoding="utf-8")
    try:
        file = forecast_file.read(path)
    except ForecastFileError:
        return
    kept, dropped = score_summary.keep(file.rows)
    assert kept.height + sum(dropped.values()) + sum(file.dropped.values()) == len(body)
    if kept["probability"].count():
        found = score_summary.summarise(scored_arrays.arrays(kept), anonymous=file.anonymous, lead_days=10)
        fields = score_summary.document(found, dropped=dropped)
        json.dumps(fields, allow_nan=False)
        assert fields["brier"] == pytest.approx(fields["mcb"] - fields["dsc"] + fields["unc"], abs=1e-12)


def test_more_columns_than_needed_are_named_and_not_read(read):
    header = ",".join(f"x{i}" for i in range(10))
    file = read(f"Question, Probability ,OUTCOME,{header}\na,.5,1{',z' * 10}\n")
    assert file.notes == ("Columns not read (10): x0, x1, x2, x3, x4, x5, x6, x7 and others.",)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark(read, separator):
    text = separator.join(["question", "probability", "outcome"]) + "\n" + separator.join(["a", "0.5", "1"]) + "\n"
    assert score(read("", raw=b"\xef\xbb\xbf" + text.encode()))[0].forecasts == 1


def test_a_column_named_mode_with_other_words_is_somebody_elses(read):
    assert read("question,probability,outcome,mode\na,.5,1,app\n").rows["mode"].to_list() == ["live"]


SAME_TIME = [
    "2026-01-01T12:00:00Z",
    "2026-01-01 12:00:00",
    "2026-01-01T12:00",
    "2026-01-01T12:00:00.000",
    "2026-01-01 13:00:00+01:00",
    "2026-01-01T07:00-0500",
    "2026-01-01 12:00:00 UTC",
    " 2026-01-01T12:00:00.000000+00:00 ",
]


@pytest.mark.parametrize("text", SAME_TIME)
def test_the_forms_of_a_time(read, text):
    file = read(f"question,probability,outcome,at\na,.5,1,{text}\n")
    assert file.rows["at"][0].isoformat() == "2026-01-01T12:00:00+00:00"
    assert bool(file.notes and "without a zone" in file.notes[0]) == (
        text[-1] != "Z" and "+" not in text and text[-5] != "-" and "UTC" not in text
    )


def test_a_mistake_among_repeated_times_is_named_by_its_own_row(read):
    body = "".join(f"q{i},.5,1,2026-01-01\n" for i in range(50))
    with pytest.raises(ForecastFileError, match="row 52: at: 'soon'"):
        read(f"question,probability,outcome,at\n{body}z,.5,1,soon\n")


def test_lives_that_cannot_be_told_are_said(read):
    text = f"{HEAD}\nq,A,2026-01-05,0.5,0,,2026-01-02,\nr,A,2026-01-01,0.5,0,,,\ns,A,2026-01-01,.5,0,,2026-02-01,\n"
    file = read(text)
    assert any("have no scheduled close (closes_at): 1 of 3" in n for n in file.notes)
    assert any("opened with their first forecast" in n for n in file.notes)
    assert any("close no later than they open: 1 of 3" in n for n in file.notes)
    found, _ = score(file)
    assert (found.questions, found.averaged and found.averaged.questions) == (3, 1)


def test_an_early_yes_waits_for_its_scheduled_close(read):
    text = (
        f"{HEAD}\nq,A,2026-01-01,0.5,1,2026-01-01,2026-12-31,2026-02-01\nr,A,2026-01-01,0.5,0,2026-01-01,2026-01-31,\n"
    )
    kept, _ = score_summary.keep(read(text).rows)
    before = score_summary.summarise(
        scored_arrays.arrays(kept, as_of=pl.Series(["2026-06-01"]).str.to_datetime().dt.epoch("s")[0])
    )
    after = score_summary.summarise(
        scored_arrays.arrays(kept, as_of=pl.Series(["2027-06-01"]).str.to_datetime().dt.epoch("s")[0])
    )
    assert before.calibration is not None
    assert after.calibration is not None
    assert (before.waiting, before.calibration[0].unc) == (1, 0.0)
    assert (after.waiting, after.calibration[0].unc) == (0, 0.25)


def test_csv_and_parquet_say_the_same(tmp_path):
    rng = np.random.default_rng(1)
    n = 500
    q = rng.integers(0, 60, n)
    table = pl.DataFrame(
        {
            "question": [f"q{i}" for i in q],
            "forecaster": [f"f{i}" for i in rng.integers(0, 9, n)],
            "at": pl.Series(rng.integers(0, 10**6, n) * 10**6).cast(pl.Datetime("us")),
            "probability": rng.random(n).round(3),
            "outcome": (q % 3 == 0).astype(int),
            "closes_at": pl.Series(np.full(n, 2 * 10**12)).cast(pl.Datetime("us")),
        }
    )
    table.write_csv(tmp_path / "f.csv")
    table.write_parquet(tmp_path / "f.parquet")
    first, second = (document(tmp_path / name) for name in ("f.csv", "f.parquet"))
    assert first == second
    assert first["time_averaged"]["coverage"] > 0.5


def document(path: Path) -> dict:
    file = forecast_file.read(path)
    found, dropped = score(file)
    return json.loads(json.dumps(score_summary.document(found, dropped=dropped, notes=file.notes), allow_nan=False))


KEYS = {
    "n_questions",
    "n_forecasts",
    "dropped",
    "brier",
    "log",
    "mcb",
    "dsc",
    "unc",
    "mcb_null95",
    "forecasters",
    "pools",
}


def renamed(path: Path, out: Path, **names: str) -> Path:
    """Write a published file under the names that `twixt score` reads; it stays in the test's folder."""
    pl.read_parquet(path).rename({old: new for new, old in names.items()}).write_parquet(out)
    return out


def test_the_published_precipitation_example(testdata, tmp_path):
    path = testdata("scoring_refs/precip_Niamey_2016.parquet")
    expected = json.loads(testdata("scoring_refs/corp_expected_measured.json").read_text())
    for name, want in expected.items():
        file = renamed(path, tmp_path / f"{name}.parquet", question="date", probability=name, outcome="obs")
        found = document(file)
        assert set(found) >= KEYS
        values = [found[key] for key in ("brier", "mcb", "dsc", "unc")]
        assert values == pytest.approx([want["BS"], want["MCB"], want["DSC"], want["UNC"]], abs=1e-12)
        assert found["n_questions"] == want["n"] == found["n_forecasts"]
    emos = document(tmp_path / "EMOS.parquet")
    printed = [f"{emos['brier']:.3f}", f"{emos['mcb']:.4f}", f"{emos['dsc']:.4f}", f"{emos['unc']:.3f}"]
    assert printed == ["0.232", "0.0183", "0.0305", "0.244"]


def test_the_binary_example_of_scoringutils(testdata, tmp_path):
    # 1,031 rows, 144 of them without a forecast; what was observed differs by model there, so each model has its own
    # questions
    table = pl.read_parquet(testdata("scoring_refs/example_binary.parquet"))
    key = pl.concat_str(
        ["location", "target_end_date", "target_type", "horizon", "model"], separator="|", ignore_nulls=True
    )
    table.select(
        question=key, forecaster="model", probability="predicted", outcome=pl.col("observed").cast(pl.String)
    ).write_csv(tmp_path / "b.csv")
    file = forecast_file.read(tmp_path / "b.csv")
    found, _ = score(file)
    scored = table.drop_nulls("predicted")
    y = scored["observed"].cast(pl.String).cast(pl.Float64)
    assert file.dropped == {"no probability": 144}
    assert found.forecasts == scored.height == 887
    assert found.losses.brier == pytest.approx(float(((scored["predicted"] - y) ** 2).mean()))
    assert found.clipped == scored.filter(~pl.col("predicted").is_between(0.001, 0.999)).height > 0
    assert found.forecasters["forecaster"].to_list() == sorted(scored["model"].unique())


def test_market_rows_that_hold_a_price_are_unresolved(testdata, tmp_path):
    path = testdata("forecasts/forecastbench_market_crowd_to_2025-12.parquet")
    table = pl.read_parquet(path)
    prices = table.filter(~pl.col("y").is_in([0.0, 1.0])).height
    file = tmp_path / "m.csv"
    table.select(
        question="id", forecaster="source", at="freeze_datetime", probability="crowd_p", outcome="y", closes_at="close"
    ).write_csv(file)
    found = document(file)
    assert found["dropped"]["unresolved"] == prices > 0
    assert (
        found["n_forecasts"] + sum(found["dropped"].values()) + forecast_file.read(file).dropped.get("duplicate", 0)
        == table.height
    )


def test_late_forecasts_of_predictionbook_are_dropped_and_counted(testdata, tmp_path):
    path = testdata("forecasts/predictionbook_sample_10pct.parquet")
    names = {
        "question": "question_id",
        "forecaster": "user_id",
        "at": "t",
        "resolved_at": "resolve_time",
        "closes_at": "close_time",
    }
    file = renamed(path, tmp_path / "p.parquet", **names)
    table = pl.read_parquet(path)
    late = table.unique().filter(pl.col("t") > pl.col("resolve_time")).height
    found = document(file)
    assert found["dropped"]["after resolution"] == late > 0
    assert found["mcb"] > found["mcb_null95"], "overconfident at the top, as published"
    assert found["pools"]["recalibrated"]["log"] < found["pools"]["median"]["log"]


def test_many_forecasters_on_few_questions(testdata, tmp_path):
    path = testdata("forecasts/survey_mini_yr1_binary.parquet")
    names = {"question": "ifp_id", "forecaster": "user_id", "at": "timestamp", "probability": "value", "outcome": "y"}
    found = document(renamed(path, tmp_path / "s.parquet", **names))
    assert found["n_questions"] == 14
    assert any("no scheduled close" in note for note in found["notes"])
    # a crowd's pool beats the mean of its members' own losses (Jensen)
    assert found["pools"]["mean"]["brier"] < found["brier"]

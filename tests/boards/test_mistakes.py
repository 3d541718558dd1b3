"""Every mistake a person can make in a board's files: one row each, with the file, the place and the message."""

import pytest

from forecasts import board

# file, text that is replaced, what stands there then, place, part of the message
MISTAKES = [
    # --- files
    ("board.toml", 'id = "river-levy"', 'id = "river-levy', "line 4", "not valid TOML"),
    ("board.toml", 'title = "The river levy"', 'titel = "The river levy"', "line 5, titel", "did you mean 'title'?"),
    ("board.toml", 'title = "The river levy"', 'titel = "The river levy"', "title", "is missing"),
    ("board.toml", 'id = "river-levy"', 'id = "river"', "line 4, id", "the directory's name 'river-levy' is needed"),
    (
        "edges.csv",
        "parents,child,kind",
        "parent,child,kind",
        "line 1",
        "unknown column 'parent' (did you mean 'parents'?)",
    ),
    ("edges.csv", "parents,child,kind", "parent,child,kind", "line 1", "column 'parents' is missing"),
    ("edges.csv", "parents,child,kind", "child,child,kind", "line 1", "'child' stands more than once"),
    ("edges.csv", "flood,alarm,with,", "flood,alarm,with,,", "line 7", "11 cells; the header has 10"),
    ("edges.csv", "Fields under water.", '"Fields', "line 8", "not valid CSV"),
    # --- types
    ("board.toml", "opens = 2030-03-01", 'opens = "2030-03-01"', "line 7, opens", "write the day without quotes"),
    ("board.toml", "opens = 2030-03-01", "opens = 2030-03-01T00:00:00Z", "line 7, opens", "a day as YYYY-MM-DD"),
    ("board.toml", "draws = 400", "draws = 400.0", "line 12, settings, draws", "400.0: a whole number from 200"),
    ("board.toml", "draws = 400", "draws = true", "line 12, settings, draws", "true: a whole number from 200"),
    ("board.toml", "draws = 400", "draws = 12", "line 12, settings, draws", "12: a whole number from 200"),
    ("board.toml", "seed = 7", "sead = 7", "line 16, settings, sead", "did you mean 'seed'?"),
    ("board.toml", "[settings]", "[[settings]]", "settings", "a list: a table is needed"),
    ("board.toml", "deadlines = [2031-06-30", 'deadlines = ["2031-06-30"', "deadlines", "write the day without quotes"),
    ("questions.toml", 'kind = "vote"', "kind = 3", "line 3, question levy_law, kind", "3: text in quotes is needed"),
    (
        "questions.toml",
        'kind = "vote"',
        'kind = "votes"',
        "question levy_law, kind",
        "(did you mean 'vote'?): allowed are",
    ),
    (
        "questions.toml",
        'title = "Will the House vote on the levy?"',
        "title = ['x']",
        "question levy_vote, title",
        "a list",
    ),
    ("questions.toml", 'id = "flood"', 'id = "Flood"', "line 28", "an id of small letters, digits and _ is needed"),
    ("questions.toml", 'id = "flood"', 'id = "not"', "line 28", "no SQL word"),
    (
        "questions.toml",
        'short = "Flood"',
        'short = "Fl\\u0000ood"',
        "question flood, short",
        "control character U+0000",
    ),
    ("questions.toml", 'short = "Flood"', 'short = "Fl\\u202eood"', "question flood, short", "U+202E"),
    ("questions.toml", 'short = "Flood"', f'short = "{"x" * 29}"', "question flood, short", "at most 28 are allowed"),
    (
        "questions.toml",
        "The gauge at the bridge",
        "x" * 300_000,
        "question flood, criteria",
        "at most 6000 are allowed",
    ),
    ("questions.toml", 'short = "Flood"', 'short = "Flood"\ntag = ["river"]', "flood, tag", "did you mean 'tags'?"),
    (
        "questions.toml",
        'short = "Flood"',
        'short = "Flood"\ntags = "The River"',
        "flood, tags",
        "an id of small letters",
    ),
    ("questions.toml", 'short = "Flood"', 'short = "Flood"\ntags = ["a", "a"]', "flood, tags", "more than once"),
    ("questions.toml", 'short = "Flood"', 'short = "Flood"\ntags = [1]', "flood, tags", "a list of ids is needed"),
    (
        "questions.toml",
        'short = "Flood"',
        'short = "Flood"\ntags = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]',
        "flood, tags",
        "9 tags; at most 8 are allowed",
    ),
    ("questions.toml", "high = 0.9,", "high = inf,", "question levy_vote, hazard_check, high", "inf: a number"),
    ("questions.toml", "high = 0.9,", "high = nan,", "question levy_vote, hazard_check, high", "nan: a number"),
    ("questions.toml", "high = 0.9,", "hihg = 0.9,", "question levy_vote, hazard_check, hihg", "did you mean 'high'?"),
    (
        "questions.toml",
        "median = 0.3, low",
        "median = 0.05, low",
        "hazard_check",
        "0.05 lies outside its range 0.1 to 0.9",
    ),
    (
        "edges.csv",
        "hazard_ratio,3,1.5,6",
        "hazard_ratio,three,1.5,6",
        "line 4, edge flood levy_vote, median",
        "'three'",
    ),
    ("edges.csv", "hazard_ratio,3,1.5,6", "hazard_ratio,0,0,6", "line 4, edge flood levy_vote, median", "0.01 to 100"),
    (
        "edges.csv",
        "hazard_ratio,3,1.5,6",
        "hazard_ratio,3,4,6",
        "line 4, edge flood levy_vote",
        "3 lies outside its range",
    ),
    ("edges.csv", "hazard_ratio,3,1.5,6", "hazard_ratio,,1.5,6", "line 4, edge flood levy_vote, median", "is missing"),
    ("edges.csv", "with,0.95,0.8,0.99", "with,0.95,0.8,1.2", "line 7, edge flood alarm, high", "'1.2': a number from"),
    ("cases.csv", "2020-01-01,2024-12-31,5,2,1.0", "2020-01-01,2024-12-31,5,2,1.5", "comparability", "above 0 up to 1"),
    ("cases.csv", "2020-01-01,2024-12-31,5,2,1.0", "2020-01-01,2024-12-31,5,2,0", "comparability", "above 0 up to 1"),
    ("cases.csv", "2020-01-01,2024-12-31,5,2,1.0", "2020-01-01,2024-12-31,0,2,1.0", "exposure_years", "above 0"),
    ("cases.csv", "2020-01-01,2024-12-31,5,2,1.0", "2020-01-01,2024-12-31,5,-1,1.0", "events", "from 0"),
    ("cases.csv", "Journal,verified", "Journal,checked", "verification", "allowed are verified, recalled, unverified"),
    # --- days
    (
        "questions.toml",
        "headline_deadline = 2031-06-30\nclock",
        "headline_deadline = 2031-07-01\nclock",
        "question flood",
        "2031-07-01 is not listed",
    ),
    ("questions.toml", "2030-12-31, 2033-12-31", "2033-12-31, 2030-12-31", "question drought, deadlines", "must rise"),
    (
        "questions.toml",
        "deadlines = [2030-12-31",
        "deadlines = [2030-03-01",
        "drought, deadlines",
        "not after the opening",
    ),
    ("questions.toml", "2033-12-31, 2035-12-31]", "2033-12-31, 2034-12-31]", "drought", "is not the board's horizon"),
    (
        "questions.toml",
        'short = "Drought"',
        'short = "Drought"\nopens = 2030-01-01',
        "drought, opens",
        "before the board",
    ),
    (
        "questions.toml",
        'short = "Drought"',
        'short = "Drought"\nclosed_on = 2030-01-01',
        "drought, closed_on",
        "before the",
    ),
    (
        "board.toml",
        "2033-12-31, 2035-12-31]",
        "2033-12-31]",
        "line 9, deadlines",
        "is not the board's horizon 2035-12-31",
    ),
    ("board.toml", "[2031-06-30, ", "[2030-03-01, ", "line 9, deadlines", "not after the opening day 2030-03-01"),
    (
        "board.toml",
        "horizon = 2035-12-31",
        "horizon = 2030-03-01",
        "line 8, horizon",
        "1 to 32000 days after 2030-03-01",
    ),
    (
        "board.toml",
        "horizon = 2035-12-31",
        "horizon = 2135-12-31",
        "line 8, horizon",
        "1 to 32000 days after 2030-03-01",
    ),
    ("board.toml", "on = 2031-05-15", "on = 2029-05-15", "scheduled election, on", "lies outside 2030-03-01"),
    (
        "cases.csv",
        "2020-01-01,2024-12-31",
        "2020-01-01,2031-12-31",
        "case levy_vote Bills of the 7th House, end",
        "history",
    ),
    ("cases.csv", "2020-01-01,2024-12-31", "2025-01-01,2024-12-31", "end", "lies before the start 2025-01-01"),
    ("cases.csv", "1950-05,2029-12", "1950-13,2029-12", "start", "'1950-13': a day as YYYY-MM-DD, YYYY-MM or YYYY"),
    (
        "series.toml",
        "published_on = 2030-02-10",
        "published_on = 2030-03-10",
        "series bread_index, state",
        "after the opening",
    ),
    (
        "series.toml",
        "publication = [2, 10]",
        "publication = [2, 29]",
        "series bread_index, publication",
        "ordinary year",
    ),
    (
        "votes.toml",
        "periods = [2031-06-01]",
        "periods = [2030-01-01]",
        "vote levy_law, periods",
        "not after the opening day",
    ),
    # --- references
    ("edges.csv", "flood,levy_vote,hazard", "floods,levy_vote,hazard", "parents", "'floods' (did you mean 'flood'?)"),
    (
        "edges.csv",
        "levy_law,flood,ends",
        "levy_law,floud,ends",
        "line 6, edge levy_law floud, child",
        "did you mean 'flood'",
    ),
    ("edges.csv", "6,drought,analyst", "6,droughts,analyst", "until", "unknown question 'droughts'"),
    ("edges.csv", "6,drought,analyst", "6,flood,analyst", "until", "'flood' is the edge's own end"),
    ("cases.csv", "flood,Floods of the century", "tide,Floods of the century", "question", "unknown question 'tide'"),
    ("cases.csv", "flood,Floods of the century", "bread_120,Floods", "question", "of kind event is needed here"),
    ("adjustments.csv", "alarm,1,0.5", "alarms,1,0.5", "question", "unknown question 'alarms' (did you mean 'alarm'?)"),
    ("adjustments.csv", "alarm,1,0.5", "drought,1,0.5", "adjustment drought, question", "has an adjustment already"),
    (
        "adjustments.csv",
        "1.6,flood,1",
        "1.6,drought,1",
        "divided_edges",
        "'drought' has no hazard_ratio edge into 'levy_vote'",
    ),
    ("adjustments.csv", "1.6,flood,1", "1.6,flood,", "divided_share", "both or neither"),
    ("adjustments.csv", "1.6,flood,1", "1.6,flood,1.5", "divided_share", "above 0 up to 1"),
    (
        "votes.toml",
        'trigger = "levy_vote"',
        'trigger = "bread_120"',
        "vote levy_law, trigger",
        "kind event is needed here",
    ),
    (
        "votes.toml",
        'terms = ["flood"]\npres',
        'terms = ["floods"]\npres',
        "vote levy_law",
        "no [[vote.gate]] for terms",
    ),
    ("votes.toml", 'terms = ["flood"]\nmedian', "terms = []\nmedian", "vote levy_law, gate 2, terms", "more than once"),
    (
        "votes.toml",
        "median = [0.4, 0.5]",
        "median = [0.4]",
        "vote levy_law, gate 1, median",
        "the vote's periods need 2",
    ),
    ("votes.toml", "median = [0.4, 0.5]", "median = [0.4, 1.5]", "vote levy_law, gate 1, median", "1.5: a number from"),
    (
        "votes.toml",
        "median = [0.4, 0.5]",
        "median = [0.1, 0.5]",
        "vote levy_law, gate 1, median",
        "outside its range 0.2",
    ),
    ("votes.toml", "copartisan_probability = [1.0]", "copartisan_probability = [1.0, 0.5]", "copartisan", "needs 1"),
    ("votes.toml", "quality_gate = 0.0", "quality_gate = -1.0", "vote levy_law, quality_gate", "-1.0: a number from 0"),
    ("votes.toml", 'question = "levy_law"', 'question = "flood"', "vote flood, question", "kind vote is needed here"),
    ("series.toml", "value = 150.0", "value = 110.0", "series bread_index, level", "value must rise: 120.0, 110.0"),
    ("series.toml", "value = 150.0", "value = 150.04", "series bread_index, level", "never printed with 1 decimals"),
    ("board.toml", "flood = 0.5", "floud = 0.5", "frailty weather, loadings", "unknown question 'floud'"),
    (
        "questions.toml",
        'section = "house"\ntitle = "If',
        'section = "hose"\ntitle = "If',
        "levy_law, section",
        "unknown section 'hose' (did you mean 'house'?)",
    ),
    ("board.toml", 'id = "house"', 'id = "home"', "line 23, section home, id", "section 'home' has no question"),
    # --- structure
    ("questions.toml", 'id = "alarm"', 'id = "flood"', "question flood, id", "another question has this id"),
    (
        "questions.toml",
        'short = "Alarm"',
        'short = "Flood"',
        "question alarm, short",
        "another question has this label",
    ),
    (
        "edges.csv",
        "bread_120,levy_vote,hazard_ratio,0.8,0.4,1.6",
        "flood,levy_vote,hazard_ratio,0.8,0.4,1.6",
        "line 8",
        "this edge stands already",
    ),
    ("edges.csv", "levy_law,flood,ends", "flood,flood,ends", "edge flood flood, child", "'flood' is its own parent"),
    (
        "edges.csv",
        "levy_law,flood,ends",
        "levy_law,levy_vote,requires",
        "parents",
        "a cycle: levy_law -> levy_vote -> levy_law",
    ),
    (
        "edges.csv",
        "flood,alarm,with,0.95,0.8,0.99",
        "dam_failure,flood,requires,,,",
        "parents",
        "a cycle: flood -> dam_failure -> flood (each needs",
    ),
    ("edges.csv", "levy_law,flood,ends", "levy_law,bread_120,ends", "child", "only hazard_ratio may lead to it"),
    ("edges.csv", "levy_law,flood,ends", "flood,levy_law,ends", "child", "only requires may lead to it"),
    ("edges.csv", "levy_law,flood,ends,", "levy_law,flood,ends,2", "median", "an edge of kind ends has no number"),
    ("edges.csv", "levy_law,flood,ends", "levy_law;alarm,flood,ends", "parents", "only requires takes several parents"),
    ("edges.csv", "levy_law,flood,ends", ",flood,ends", "parents", "is empty"),
    ("edges.csv", "levy_law,flood,ends,,,,", "levy_law,flood,ends,,,,alarm", "until", "only a hazard_ratio can end"),
    (
        "edges.csv",
        "bread_120,levy_vote,hazard_ratio",
        "flood,bread_150,hazard_ratio",
        "child",
        "through 'bread_120' already",
    ),
    ("edges.csv", "flood;drought,dam_failure,requires", "flood;drought,drought,requires", "child", "its own parent"),
    ("questions.toml", 'clock = "since_enabled"', 'clock = "calendar"', "dam_failure, shape", "belongs to the clock"),
    (
        "questions.toml",
        'short = "Bread 120"',
        'short = "Bread 120"\nclock = "calendar"',
        "bread_120, clock",
        "has none",
    ),
    (
        "cases.csv",
        "alarm,Alarms without flood",
        "flood,Alarms without flood",
        "questions.toml: line 68, question alarm",
        "needs a reference class",
    ),
    (
        "adjustments.csv",
        "alarm,1,0.5,2,,,As the class.\n",
        "",
        "questions.toml: line 68, question alarm",
        "needs an inside view",
    ),
    (
        "series.toml",
        '\n[[series.level]]\nquestion = "bread_150"\nvalue = 150.0\n',
        "",
        "questions.toml: line 106, question bread_150",
        "it must stand in one [[series.level]]",
    ),
    (
        "votes.toml",
        'terms = ["flood"]\npres',
        'terms = ["a", "b", "c", "d", "e"]\npres',
        "terms",
        "at most 4 are allowed",
    ),
    (
        "votes.toml",
        'terms = ["flood"]\npres',
        'terms = ["flood", "flood"]\npres',
        "terms",
        "an id stands more than once",
    ),
    ("votes.toml", 'terms = ["flood"]\npres', 'terms = ["flood", 3]\npres', "terms", "a list: a list of ids is needed"),
    (
        "series.toml",
        "[[series.state]]\npublished_on = 2030-02-10\nyear = 2029\nlevel",
        "[series.state]\nlevel",
        "series bread_index, state",
        "tables as [[state]] are needed",
    ),
    # --- scenarios
    (
        "scenarios.toml",
        "levy_law < flood)",
        "levy_law < floods)",
        "scenario dike, definition",
        "(did you mean 'flood'?) at",
    ),
    ("scenarios.toml", "levy_law < flood)", "levy_law < flood", "scenario dike, definition", "')' is needed"),
    (
        "scenarios.toml",
        'definition = "TRUE"',
        "definition = \"drought <= DATE '2033-12-31'\"",
        "scenario dry",
        "must be TRUE",
    ),
    (
        "scenarios.toml",
        "definition = \"flood <= DATE '2033-12-31'\"",
        'definition = "TRUE"',
        "scenario wet",
        "can never hold",
    ),
    (
        "scenarios.toml",
        "definition = \"flood <= DATE '2033-12-31'\"",
        "definition = \"levy_law <= DATE '2033-12-31' AND levy_vote > DATE '2034-01-01'\"",
        "scenario wet",
        "never be reached",
    ),
    (
        "scenarios.toml",
        "definition = \"bread_120 <= DATE '2033-12-31'\"",
        'definition = "bread_150 < bread_120"',
        "scenario dear_bread",
        "never be reached",
    ),
    ("scenarios.toml", 'id = "dry"', 'id = "wet"', "scenario wet, id", "another scenario has this id"),
]


def _stands(wanted, found):
    file, _, place = wanted.partition(": ")
    return found.startswith(file) and place in found


def _lines(problems):
    return "\n".join(map(str, problems))


def spoil(directory, file, old, new):
    path = directory / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} does not stand in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(("file", "old", "new", "place", "message"), MISTAKES)
def test_a_mistake_is_reported_with_its_place(*, small_copy, file, old, new, place, message):
    spoil(small_copy, file, old, new)
    loaded, problems = board.load(small_copy)
    assert loaded is None
    wanted = place if place.startswith("questions.toml: ") else f"{file}: {place}"
    assert [p for p in problems if _stands(wanted, f"{p.file}: {p.place}") and message in p.message], _lines(problems)
    assert all("\n" not in str(p) and len(str(p)) < 1500 for p in problems)


def test_a_longer_cycle_is_named_in_the_order_of_need(small_copy):
    # alarm needs flood, drought needs alarm, flood needs drought
    edges = small_copy / "edges.csv"
    rows = ["flood,alarm,requires", "alarm,drought,requires", "drought,flood,requires"]
    kept = [line for line in edges.read_text(encoding="utf-8").splitlines() if "flood,alarm" not in line]
    edges.write_text("\n".join([*kept, *(f"{row},,,,,analyst,,x" for row in rows)]) + "\n", encoding="utf-8")
    found = [p.message for p in board.load(small_copy)[1] if "a cycle" in p.message]
    assert len(found) == 1
    assert found[0].removeprefix("a cycle: ").partition(" (")[0] in " -> ".join(["flood", "alarm", "drought"] * 2)


def test_all_mistakes_are_reported_at_once(small_copy):
    chosen = [
        ("board.toml", "draws = 400", "draws = 12", "draws"),
        ("questions.toml", 'kind = "vote"', 'kind = "votes"', "levy_law, kind"),
        ("questions.toml", 'short = "Drought"', 'shrot = "Drought"', "drought, shrot"),
        ("questions.toml", "high = 0.9,", "high = nan,", "hazard_check, high"),
        ("series.toml", "value = 150.0", "value = 110.0", "bread_index, level"),
        ("edges.csv", "hazard_ratio,3,1.5,6", "hazard_ratio,3,4,6", "flood levy_vote, median"),
        ("edges.csv", "levy_law,flood,ends", "levy_law,floud,ends", "floud, child"),
        ("cases.csv", "alarm,Alarms", "alarms,Alarms", "case alarms"),
        ("scenarios.toml", 'definition = "TRUE"', 'definition = "drop table"', "scenario dry"),
    ]
    for file, old, new, _ in chosen:
        spoil(small_copy, file, old, new)
    (small_copy / "edge.csv").write_text("x\n", encoding="utf-8")
    loaded, problems = board.load(small_copy)
    assert loaded is None
    for file, _, _, place in [*chosen, ("edge.csv", "", "", "")]:
        assert [p for p in problems if p.file == file and place in p.place], f"{file} {place} in\n{_lines(problems)}"
    known = [p.file for p in problems if p.file != "edge.csv"]
    assert known == sorted(known, key=list(dict.fromkeys(known)).index), "mistakes stand in the order of files"


def test_a_vote_cannot_set_its_own_terms(small_copy):
    votes = small_copy / "votes.toml"
    votes.write_text(votes.read_text(encoding="utf-8").replace('["flood"]', '["levy_law"]'), encoding="utf-8")
    assert [str(p) for p in board.load(small_copy)[1]] == [
        "votes.toml: line 8, vote levy_law, terms: 'levy_law' cannot set its own terms"
    ]


def test_a_partition_of_one_divides_nothing(small_copy):
    text = (small_copy / "scenarios.toml").read_text(encoding="utf-8")
    parts = [part for part in text.split("[[scenario]]") if "dike" not in part and '"wet"' not in part]
    (small_copy / "scenarios.toml").write_text("[[scenario]]".join(parts), encoding="utf-8")
    assert [p.message for p in board.load(small_copy)[1]] == [
        "a partition of one scenario divides nothing; two or more are needed"
    ]


def test_a_series_needs_a_state_and_a_board_a_question(small_copy):
    series = small_copy / "series.toml"
    text = series.read_text(encoding="utf-8")
    start = text.index("[[series.state]]")
    series.write_text(text[:start] + text[text.index("[[series.level]]") :], encoding="utf-8")
    assert [p.message for p in board.load(small_copy)[1]] == [
        "at least one [[series.state]] (or a [series.panel]) and one [[series.level]] are needed"
    ]
    (small_copy / "questions.toml").write_text("", encoding="utf-8")
    assert "the board has no question" in str(board.load(small_copy)[1][0])


def test_a_mistake_in_the_boards_deadlines_is_reported_once(small_copy):
    spoil(small_copy, "board.toml", "2033-12-31, 2035-12-31]", "2033-12-31]")
    assert [p.place for p in board.load(small_copy)[1] if "horizon" in p.message] == ["line 9, deadlines"]


def test_a_question_with_a_mistake_is_no_unknown_question_elsewhere(small_copy):
    spoil(
        small_copy,
        "questions.toml",
        'kind = "event"\nsection = "river"\ntitle = "Will the river flood',
        'kind = 1\nsection = "river"\ntitle = "Will the river flood',
    )
    problems = board.load(small_copy)[1]
    assert [p.place for p in problems] == ["line 29, question flood, kind"]


def test_one_mistake_in_a_table_is_one_message(small_copy):
    # the edge's parent is also divided out of an adjustment, the case is the only one of its question
    spoil(small_copy, "edges.csv", "hazard_ratio,3,1.5,6", "hazard_ratio,3,4,6")
    spoil(small_copy, "cases.csv", "drought,Closures,1950-05,2029-12,79.6", "drought,Closures,1950-05,2029-12,-79.6")
    spoil(small_copy, "series.toml", "decimals = 1", "decimals = 1.0")
    assert [p.place for p in board.load(small_copy)[1]] == [
        "line 6, series bread_index, decimals",
        "line 4, edge flood levy_vote, median",
        "line 5, case drought Closures, exposure_years",
    ]


@pytest.mark.parametrize("file", ["board.toml", "questions.toml"])
def test_a_file_that_all_others_refer_to_is_named_alone(small_copy, file):
    (small_copy / file).write_text("x = [", encoding="utf-8")
    assert [(p.file, p.message[:14]) for p in board.load(small_copy)[1]] == [(file, "not valid TOML")]


def test_a_misspelled_file_is_not_silently_ignored(small_copy):
    (small_copy / "edges.csv").rename(small_copy / "edge.csv")
    loaded, problems = board.load(small_copy)
    assert loaded is None
    assert "edge.csv: unknown file (did you mean 'edges.csv'?)" in str(problems[0])


def test_files_that_cannot_be_read_are_named(small_copy, tmp_path):
    (small_copy / "edges.csv").write_bytes(b"\xff\xfe")
    (small_copy / "votes.toml").write_bytes(b"#" * 4_000_001)
    (small_copy / "series.toml").write_text("a = " + "[" * 50_000, encoding="utf-8")
    found = {p.file: p.message for p in board.load(small_copy)[1] if p.file != "board.toml"}
    assert "not UTF-8 text" in found["edges.csv"]
    assert "larger than 4000000 bytes" in found["votes.toml"]
    assert "nested too deeply" in found["series.toml"] or "not valid TOML" in found["series.toml"]
    (small_copy / "questions.toml").unlink()
    assert ("questions.toml", "this file is missing") in [(p.file, p.message) for p in board.load(small_copy)[1]]
    assert board.load(tmp_path / "nowhere")[1][0].message == "no such board directory"


def test_warnings_do_not_stop_a_board(small_copy):
    spoil(small_copy, "scenarios.toml", "(flood IS NULL OR levy_law < flood)", "NOT (flood <= levy_law)")
    loaded, problems = board.load(small_copy)
    assert loaded is not None
    assert [(p.severity, p.place) for p in problems] == [("warning", "line 6, scenario dike, definition")]
    assert "NOT before a comparison is false where the event never happens" in str(problems[0])


def test_boards_are_found_by_their_directories(tmp_path, small_copy):
    own = tmp_path / "own"
    (own / "river-levy").mkdir(parents=True)
    (own / "river-levy" / "board.toml").write_text("", encoding="utf-8")
    (own / "no-board").mkdir()
    assert board.find([small_copy.parent, tmp_path / "absent"]) == {"river-levy": small_copy}
    assert board.find([small_copy.parent, own]) == {"river-levy": own / "river-levy"}


def test_a_tag_that_looks_like_a_slip_is_pointed_out_and_a_rare_one_is_not(small_copy):
    for question, tags in (("Flood", '["river"]'), ("Drought", '["river"]'), ("Alarm", '["rivr", "sound"]')):
        spoil(small_copy, "questions.toml", f'short = "{question}"', f'short = "{question}"\ntags = {tags}')
    loaded, problems = board.load(small_copy)
    assert loaded is not None, "a warning is only shown"
    assert {q.short: q.tags for q in loaded.questions if q.tags} == {
        "Flood": ("river",),
        "Drought": ("river",),
        "Alarm": ("rivr", "sound"),
    }
    (warning,) = problems
    assert warning.severity == "warning"
    assert "'rivr' stands on this question only (did you mean 'river'?)" in str(warning)

"""Named what-ifs: kept in the record, answered at every snapshot, and never in the way of one."""

import hashlib
import json
import re
from datetime import date, timedelta

import pytest

from forecasts import dump, kept_answers, ledger, named_what_ifs, replay, runs, status, what_if_entry
from forecasts.artefacts import Artefacts
from forecasts.backfill import backfill
from forecasts.domain import NamedWhatIf
from forecasts.forms import canonical
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store
from forecasts.what_if import what_if
from tests.jobs.small_home import NOW, evidence, open_home, retraction

LATER = NOW + timedelta(days=2)
DAY = NOW.date()


def kept(entry="W001", *conditions, mode="see", name="Peace first"):
    return NamedWhatIf(entry, name, mode, conditions or ("truce by 2028-12-31",), "", DAY)


def answers(home, record):
    return kept_answers.answers(home.store, home.artefacts, home.board.id, record)


def moment(home, now=NOW):
    return replay.read_moment(
        home.store,
        home.artefacts,
        home.board.id,
        as_of=replay.latest_instant(home.store, home.board.id, now=now),
        mode="live",
        now=now,
    )


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Give a home with three what-ifs and two live snapshots, the second after news; nobody may write to it."""
    home = open_home(tmp_path_factory.mktemp("asked") / "home")
    home.add(evidence("E1"))
    home.add(kept(), kept("W002", "never truce", mode="do", name="No truce"))
    home.add(kept("W003", "four by 2026-04-20", name="Out of reach"))
    first = home.refit()
    home.add(evidence("E2", "pact", lr=4.0), at=LATER)
    second = home.refit(now=LATER)
    yield home, first, second
    home.store.close()


def test_each_snapshot_answers_as_a_what_if_asked_of_it_does(asked):
    home, first, second = asked
    assert first.kind == second.kind == "published"
    for record in (kept(), kept("W002", "never truce", mode="do")):
        found = answers(home, record)
        assert found.facts["snapshot"].to_list() == [first.snapshot.id, second.snapshot.id]
        for outcome in (first, second):
            direct = what_if(
                home.store,
                home.artefacts,
                "small",
                conditions=record.conditions,
                mode=record.mode,
                as_of=outcome.snapshot.as_of,
                threads=1,
            )
            rows = found.numbers.filter(found.numbers["snapshot"] == outcome.snapshot.id).to_dicts()
            told = {(r["subject"], r["deadline"]): r for r in rows}
            assert len(told) == len(direct["results"]) + len(direct["scenarios"])
            for r in direct["results"]:
                for name in ("before", "after", "low", "high"):
                    assert told[r["question"], r["deadline"]][name] == pytest.approx(r[name], abs=1e-6)
            for s in direct["scenarios"]:
                assert told[s["scenario"], ""]["after"] == pytest.approx(s["after"], abs=1e-6)
            fact = found.facts.filter(found.facts["snapshot"] == outcome.snapshot.id).to_dicts()[0]
            assert fact["ess"] == direct["ess"]
            assert fact["reason"] is None


def test_the_line_of_a_question_runs_through_the_snapshots_and_news_moves_it(asked):
    home, first, second = asked
    line = answers(home, kept()).line("pact", "2030-12-31")
    assert line["as_of"].to_list() == [first.snapshot.as_of, second.snapshot.as_of]
    assert line["after"][1] > line["after"][0]
    assert (line["after"] > line["before"]).all(), "a truce comes before most pacts"
    published = [o.snapshot.rows for o in (first, second)]
    wanted = [r.filter((r["subject"] == "pact") & (r["deadline"] == date(2030, 12, 31)))["value"][0] for r in published]
    assert line["before"].to_list() == pytest.approx(wanted, abs=1e-6)


def test_a_refused_one_is_told_and_blocks_nothing(asked):
    home, first, second = asked
    for outcome in (first, second):
        assert (
            outcome.message.count("not answered: what-if W003 “Out of reach”: four by 2026-04-20: probability 0") == 1
        )
        assert "W001" not in outcome.message
    assert runs.read(home.store, "small", limit=1)[0].message == second.message
    facts = answers(home, kept("W003", "four by 2026-04-20")).facts
    assert facts["reason"].str.contains("are needed to show numbers").all()
    assert facts.height == 2
    assert answers(home, kept("W003", "four by 2026-04-20")).numbers.is_empty()


def test_numbers_are_what_they_are_without_any(asked, new_home):
    _, first, _ = asked
    plain = new_home()
    plain.add(evidence("E1"))
    assert plain.refit().snapshot.rows.equals(first.snapshot.rows)


def test_none_kept_computes_nothing(new_home, monkeypatch):
    home = new_home()
    outcome = home.refit()

    def never(*_args, **_more):
        raise AssertionError("nothing is asked, so nothing is computed")

    monkeypatch.setattr(named_what_ifs, "answer", never)
    monkeypatch.setattr(named_what_ifs, "asked_of", never)
    assert named_what_ifs.fill(home.store, home.artefacts, outcome.snapshot, now=NOW) == ()
    assert home.refit().kind == "unchanged"


def test_one_that_breaks_is_told_and_tried_again(new_home, monkeypatch):
    home = new_home()
    home.add(kept())
    real = named_what_ifs.answer

    def broken(*_args):
        raise MemoryError("no room")

    monkeypatch.setattr(named_what_ifs, "answer", broken)
    outcome = home.refit()
    assert outcome.kind == "published"
    assert outcome.message.endswith("not answered: what-if W001 “Peace first”: MemoryError: no room")
    assert answers(home, kept()).facts.is_empty()
    monkeypatch.setattr(named_what_ifs, "answer", real)
    again = home.refit()
    assert again.kind == "unchanged"
    assert answers(home, kept()).facts["snapshot"].to_list() == [outcome.snapshot.id]


def test_a_later_version_asks_anew_and_one_taken_back_is_asked_no_more(new_home):
    home = new_home()
    home.add(kept())
    home.refit()
    changed = kept("W001", "truce by 2026-12-31")
    home.add(changed, at=LATER, versions={"W001": 1})
    second = home.refit(now=LATER)
    assert answers(home, changed).facts["snapshot"].to_list() == [second.snapshot.id]
    home.add(retraction("X1", "W001"), at=LATER + timedelta(days=1))
    third = home.refit(now=LATER + timedelta(days=1))
    assert third.kind == "published"
    assert answers(home, changed).facts.height == 1, "what was answered stays"
    assert what_if_entry.in_force(moment(home, LATER + timedelta(days=1))) == ()
    assert [e.version for e in ledger.history(home.store, "small", entry="W001")] == [1, 2]


def test_a_backfill_answers_new_dates_and_those_published_before(new_home):
    home = new_home(rows=24_000)
    dates = {"start": date(2026, 2, 1), "every_days": 40, "now": NOW, "workers": 1}
    assert len(backfill(home.store, home.artefacts, "small", until=date(2026, 2, 1), **dates).published) == 1
    home.add(kept())
    report = backfill(home.store, home.artefacts, "small", until=date(2026, 3, 20), **dates)
    assert (len(report.published), len(report.unchanged)) == (1, 1)
    found = answers(home, kept())
    assert found.facts["mode"].to_list() == ["retrospective"] * 2
    assert [d.date() for d in found.facts["as_of"]] == sorted(d.date() for d in found.facts["as_of"])
    assert found.line("truce", "2028-12-31")["after"].to_list() == [1.0, 1.0]


def test_a_condition_whose_day_has_passed_is_a_gap_with_its_reason(new_home):
    home = new_home()
    home.add(kept("W001", "truce by 2026-03-31"))
    outcome = home.refit()
    assert outcome.kind == "published"
    (reason,) = answers(home, kept("W001", "truce by 2026-03-31")).facts["reason"]
    assert reason.startswith("2026-03-31: a day after 2026-03-31 (known through)")


def test_a_damaged_answer_is_made_anew(new_home):
    home = new_home()
    home.add(kept())
    outcome = home.refit()
    name = home.artefacts.bound(kept_answers.key(outcome.snapshot.id, kept()))
    (home.artefacts.root / name[:2] / name).write_bytes(b"{}")
    assert answers(home, kept()).facts.is_empty()
    assert [t.reason for t in named_what_ifs.fill(home.store, home.artefacts, outcome.snapshot, now=NOW)] == [None]
    assert answers(home, kept()).facts.height == 1


def test_a_snapshot_of_another_model_is_left_alone(new_home, monkeypatch):
    home = new_home()
    outcome = home.refit()
    home.add(kept())
    monkeypatch.setattr(named_what_ifs, "model_version", lambda: "another")
    (told,) = named_what_ifs.fill(home.store, home.artefacts, outcome.snapshot, now=NOW)
    assert told.reason == "the snapshot was made by another version of the model"


def test_keeping_one_leaves_the_board_up_to_date(new_home):
    home = new_home()
    home.refit()
    home.add(kept(), at=LATER)
    assert status.status(home.store, "small")["stale"] is False
    home.add(retraction("X1", "W001"), at=LATER)
    assert status.status(home.store, "small")["stale"] is False
    home.add(evidence("E9"), at=LATER)
    assert status.status(home.store, "small")["stale_reason"].startswith("1 ledger row entered since")


# ---- entry

GOOD = {"name": " Peace first ", "note": "asked every week"}


def entry(home, conditions=("truce by 2028-12-31",), mode="see", as_entry="new", **fields):
    read = GOOD | fields
    return what_if_entry.from_fields(read, conditions, mode, entry=as_entry, moment=moment(home), today=DAY)


def test_what_is_kept_is_written_back_in_one_form(home):
    record, problems = entry(home, ["  NOT  truce BY 2028-12-31 "])
    assert problems == []
    assert record == NamedWhatIf("new", "Peace first", "see", ("not truce by 2028-12-31",), "asked every week", DAY)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"name": "  "}, "name", "is empty; some text is needed"),
        ({"name": "x" * 81}, "name", "81 characters; at most 80"),
        ({"name": "a\u202eb"}, "name", "control character U+202E"),
        ({"note": "x" * 501}, "note", "at most 500"),
        ({"name": "PEACE second"}, "name", "is taken by W001; another name is needed"),
        ({"conditions": []}, "conditions", "no condition was given"),
        ({"conditions": ["nobody by 2028-12-31"]}, "conditions", "'nobody' is no question of this board"),
        ({"conditions": ["never truce"]}, "conditions", "what is seen is written"),
        ({"mode": "do", "conditions": ["scenario settled"]}, "conditions", "cannot be made to hold"),
        ({"conditions": ["truce by 2028-12-31", "truce  by 2028-12-31"]}, "conditions", "stands there twice"),
        ({"conditions": ["pact by 2028-12-31"]}, "conditions", "the same question is kept already, as W001"),
    ],
)
def test_what_cannot_be_kept_says_why(home, change, field, said):
    home.add(kept("W001", "pact by 2028-12-31", name="Peace second"))
    record, problems = entry(home, **change)
    assert record is None
    assert [p.field for p in problems] == [field]
    assert said in problems[0].message


def test_a_correction_may_keep_its_name_and_there_is_room_for_so_many(home):
    many = [
        kept(f"W{i:03d}", f"truce by {date(2027, 1, 1) + timedelta(days=i)}", name=f"n{i}")
        for i in range(1, what_if_entry.MOST_NAMED + 1)
    ]
    home.add(*many)
    assert entry(home, as_entry="W001", name="N1")[1] == []
    assert "at most 24" in entry(home)[1][0].message
    assert what_if_entry.named(moment(home), "n7").id == what_if_entry.named(moment(home), "w007").id == "W007"
    with pytest.raises(LookupError, match="'nobody' is no what-if kept on small; there are: W001 'n1'"):
        what_if_entry.named(moment(home), "nobody")


# ---- with the record into another store


def test_answers_go_with_the_record_and_come_back(asked, tmp_path):
    home, *_ = asked
    lines = list(dump.dump(home.store, home.artefacts, "small"))
    assert sum('{"answer":' in line for line in lines) == 6, "three what-ifs at two snapshots"
    with open_store(f"sqlite:///{tmp_path / 'other.sqlite'}") as store:
        artefacts = Artefacts(tmp_path / "artefacts")
        dump.load(lines, store, artefacts, actor=LOCAL_OWNER, now=LATER)
        for record in (kept(), kept("W002", "never truce", mode="do"), kept("W003", "four by 2026-04-20")):
            there = kept_answers.answers(store, artefacts, "small", record)
            assert there.numbers.equals(answers(home, record).numbers)
            assert there.facts.equals(answers(home, record).facts)
        assert list(dump.dump(store, artefacts, "small")) == lines


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v | {"key": "parameters"}, "key 'parameters': it begins with 'what-if '"),
        (lambda v: v | {"key": "what-if ../../x"}, "64 hexadecimal digits are needed"),
        (lambda v: v | {"hash": "0" * 64}, "is missing: a definition, a snapshot or an answer needs it"),
        (lambda v: v | {"more": 1}, "an answer has a key and a hash"),
        (lambda v: [v], "an answer has a key and a hash"),
    ],
)
def test_a_changed_answer_is_refused(asked, change, said):
    home, *_ = asked
    values = [json.loads(line) for line in dump.dump(home.store, home.artefacts, "small")][:-1]
    place = next(i for i, v in enumerate(values) if "answer" in v)
    values[place] = {"answer": change(values[place]["answer"])}
    lines = [canonical(v) for v in values]
    total = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    lines.append(canonical({"end": {"lines": len(lines), "sha256": total}}))
    with pytest.raises(dump.DumpError, match=re.escape(said)):
        dump.read(lines, now=LATER)

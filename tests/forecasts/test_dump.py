"""The whole record goes out as JSON Lines and comes back equal; what is not such a dump changes nothing."""

import base64
import hashlib
import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from forecasts import dump, ledger, people, reading_list, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.domain import BoardVersion, Forecast, Retraction
from forecasts.errors import CorruptArtefactError, DumpError, ForbiddenError, StoreError
from forecasts.forms import canonical
from forecasts.people import JOBS, LOCAL_OWNER, Actor
from forecasts.runs import Run
from forecasts.store import open_store
from tests.forecasts.record_strategies import records
from tests.forecasts.records import evidence, rows, snapshot

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UNUSED = itertools.count()


@pytest.fixture
def artefacts(tmp_path):
    return Artefacts(tmp_path / "artefacts")


def fill(store, artefacts) -> str:
    """Fill a store with everything that a record can hold; returns the id of its person."""
    definitions = [artefacts.put(f"title = 'Ünïcode \u2028 {i}'\r\n".encode()) for i in range(2)]
    details = [artefacts.put(b'{"timing":{}}'), artefacts.put(b"\xff\x00binary")]
    ada = people.add(store, "Ada", actor=LOCAL_OWNER, now=NOW, email="ada@example.org").id
    people.add(store, "Somebody who wrote nothing", actor=LOCAL_OWNER, now=NOW)
    gone = people.add(store, "Gone", actor=LOCAL_OWNER, now=NOW).id
    steps = [
        (
            [
                BoardVersion("board", definitions[0], "owner", "first", date(2026, 1, 1)),
                evidence("E1"),
                evidence("E2", forecaster=ada),
            ],
            {},
        ),
        ([evidence("E1", lr=1.1), evidence("E3", forecaster=gone)], {"E1": 1}),
        ([Retraction("R1", "E2", "withdrawn\nby the agency", date(2026, 7, 1))], {}),
        ([BoardVersion("board", definitions[1], ada, "second", date(2026, 7, 1))], {"board": 1}),
        ([BoardVersion("board", definitions[0], ada, "back to the first", date(2026, 7, 1))], {"board": 2}),
    ]
    for written, expected in steps:
        ledger.append(store, written, board="b", actor=LOCAL_OWNER, now=NOW, expected_version=expected)
    people.erase(store, gone, actor=LOCAL_OWNER, now=NOW)
    for i, detail in enumerate(details):
        one = snapshot(as_of=NOW - i * DAY, detail_hash=detail, rows=rows(shift=i / 1000), futures_hash="f" * 64)
        snapshots.write(store, one, actor=JOBS)
    runs.append(store, Run("b", "live", NOW, NOW, NOW, "published", "ok", {}, "a" * 64), actor=JOBS)
    runs.append(store, Run("b", "live", NOW, NOW, NOW, "refused", "R-hat 1.02 > 1.01", {"r": 1.02}), actor=JOBS)
    wanted = [
        reading_list.Pasted("https://example.org/новости?id=1", "nöte"),
        reading_list.Pasted("https://b.example", ""),
    ]
    first, _ = reading_list.add(store, wanted, board="b", actor=LOCAL_OWNER, now=NOW).new
    reading_list.change(store, first, state="done", evidence="E1", actor=LOCAL_OWNER, now=NOW)
    return ada


def lines_of(store, artefacts, **options) -> list[str]:
    return list(dump.dump(store, artefacts, "b", **options))


@pytest.fixture
def empty(tmp_path):
    """Another store, on SQLite, with nothing in it."""
    with open_store(f"sqlite:///{tmp_path / 'other' / 'twixt.sqlite'}") as opened:
        yield opened, Artefacts(tmp_path / "other" / "artefacts")


def load(lines, target, **changes):
    store, artefacts = target
    return dump.load(lines, store, artefacts, **{"actor": LOCAL_OWNER, "now": NOW + DAY, "with_roles": True} | changes)


def is_untouched(target) -> bool:
    store, artefacts = target
    known = people.everyone(store) or ledger.known_boards(store) or runs.read(store, "b")
    return not known and snapshots.index(store, "b").is_empty() and not artefacts.hashes()


def test_a_record_comes_back_equal_and_from_either_database_into_the_other(store, artefacts, empty):
    fill(store, artefacts)
    lines = lines_of(store, artefacts, with_people=True)
    load(lines, empty)
    other, kept = empty
    assert ledger.history(other, "b") == ledger.history(store, "b")
    assert ledger.verify(other, "b") == ledger.verify(store, "b")
    for one, two in zip(snapshots.every(store, "b"), snapshots.every(other, "b"), strict=True):
        assert_frame_equal(one.rows, two.rows, check_exact=True)
        assert (one.id, one.receipt, one.as_of, one.published_at) == (two.id, two.receipt, two.as_of, two.published_at)
        assert kept.get(one.detail_hash) == artefacts.get(one.detail_hash)
    assert [(r.outcome, r.receipt) for r in runs.read(other, "b")] == [
        (r.outcome, r.receipt) for r in runs.read(store, "b")
    ]
    assert reading_list.read(other, "b") == reading_list.read(store, "b")
    assert [k.state for k in reading_list.read(other, "b")] == ["done", "open"]
    assert lines_of(other, kept, with_people=True) == lines


def resealed(lines: list[str]) -> list[str]:
    """Return changed lines with the end that fits them."""
    body = lines[:-1]
    digest = hashlib.sha256("".join(f"{line}\n" for line in body).encode()).hexdigest()
    return [*body, canonical({"end": {"lines": len(body), "sha256": digest}})]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"board": "other"}, "a link of board other"),
        ({"url": "https://example.org/elsewhere"}, "is not that of"),
        ({"url": "javascript:alert(1)"}, "begins with http"),
        ({"state": "read"}, "open"),
        ({"version": 0}, "version"),
        ({"added_at": "2099-01-01T00:00:00.000000Z"}, "lies after now"),
    ],
)
def test_a_link_that_cannot_be_is_refused(artefacts, empty, tmp_path, change, message):
    with open_store(f"sqlite:///{tmp_path / 'full.sqlite'}") as store:
        fill(store, artefacts)
        lines = lines_of(store, artefacts)
    place = next(i for i, line in enumerate(lines) if line.startswith('{"link"'))
    lines[place] = canonical({"link": json.loads(lines[place])["link"] | change})
    with pytest.raises(DumpError, match=message):
        load(resealed(lines), empty)
    assert is_untouched(empty)


def test_a_record_loads_into_an_empty_store_of_each_kind(store, artefacts, empty, tmp_path):
    fill(*empty)
    lines = lines_of(*empty, with_people=True)
    load(lines, (store, artefacts))
    assert lines_of(store, artefacts, with_people=True) == lines
    ledger.append(store, [evidence("E9")], board="b", actor=LOCAL_OWNER, now=NOW)
    assert ledger.verify(store, "b").position == 9
    assert snapshots.write(store, snapshot(as_of=NOW + DAY), actor=JOBS)


def test_a_dump_survives_a_file(store, artefacts, empty, tmp_path):
    fill(store, artefacts)
    path = tmp_path / "record.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines_of(store, artefacts)), encoding="utf-8", newline="\n")
    with path.open(encoding="utf-8", newline="\n") as file:
        load(file, empty)
    assert ledger.history(empty[0], "b") == ledger.history(store, "b")


def test_every_line_is_canonical_and_says_what_it_is(store, artefacts):
    fill(store, artefacts)
    lines = lines_of(store, artefacts)
    assert [next(iter(json.loads(line))) for line in lines] == [
        "twixt",
        "artefact",
        *["entry"] * 6,
        "artefact",
        "entry",
        "entry",
        *["artefact", "snapshot"] * 2,
        *["run"] * 2,
        *["link"] * 2,
        "end",
    ]
    assert all(canonical(json.loads(line)) == line for line in lines)


def test_names_leave_the_store_only_when_asked_for(store, artefacts):
    ada = fill(store, artefacts)
    assert not any("example.org" in line and "ada@" in line for line in lines_of(store, artefacts))
    with_people = [
        json.loads(line)["person"] for line in lines_of(store, artefacts, with_people=True) if "person" in line[:12]
    ]
    assert {p["id"]: p["name"] for p in with_people}[ada] == "Ada"
    assert {p["name"] for p in with_people} == {"Ada", "(erased)"}


def test_nobody_brings_a_role_along_unless_the_file_is_ones_own(store, artefacts, empty):
    ada = fill(store, artefacts)
    people.correct(store, replace(people.find(store, ada), role="admin"), actor=LOCAL_OWNER)
    lines = lines_of(store, artefacts, with_people=True)
    load(lines, empty, with_roles=False)
    assert people.find(empty[0], ada).role == "viewer"
    assert people.by_email(empty[0], "ada@example.org").role == "viewer"
    assert not people.admins(empty[0])


def test_a_person_who_is_known_already_stays_as_they_stand(store, artefacts, empty):
    ada = fill(store, artefacts)
    lines = lines_of(store, artefacts, with_people=True)
    other, _ = empty
    with other.writing() as connection:
        people.insert_missing(connection, [people.Person(ada, "Ada, renamed", None, "viewer", NOW, None)])
    load(lines, empty)
    assert people.find(other, ada).name == "Ada, renamed"


def test_two_boards_of_one_store_are_dumped_and_loaded_apart(store, artefacts, empty):
    fill(store, artefacts)
    ledger.append(store, [evidence("E1")], board="c", actor=LOCAL_OWNER, now=NOW)
    load(lines_of(store, artefacts), empty)
    load(list(dump.dump(store, artefacts, "c")), empty)
    assert ledger.known_boards(empty[0]) == ("b", "c")


def test_an_unknown_board_is_named(store, artefacts):
    ledger.append(store, [evidence("E1")], board="c", actor=LOCAL_OWNER, now=NOW)
    with pytest.raises(StoreError, match="b: nothing is recorded; known boards: c"):
        lines_of(store, artefacts)


def test_a_definition_that_is_missing_is_named(store, tmp_path):
    fill(store, Artefacts(tmp_path / "artefacts"))
    with pytest.raises(CorruptArtefactError, match="missing"):
        lines_of(store, Artefacts(tmp_path / "elsewhere"))


def test_a_board_that_has_a_record_is_not_loaded_over(store, artefacts, empty):
    fill(store, artefacts)
    lines = lines_of(store, artefacts)
    load(lines, empty)
    before = lines_of(*empty)
    with pytest.raises(DumpError, match="b: this store has a record of the board already"):
        load(lines, empty)
    assert lines_of(*empty) == before


def test_who_may_not_load_changes_nothing(store, artefacts, empty):
    fill(store, artefacts)
    with pytest.raises(ForbiddenError):
        load(lines_of(store, artefacts), empty, actor=Actor("p1", "forecaster"))
    assert is_untouched(empty)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(records, min_size=1, max_size=5, unique_by=lambda r: r.id))
def test_any_ledger_comes_back_equal(written, store, artefacts, empty):
    board = f"b{next(UNUSED)}"
    definition = artefacts.put(b"a definition")
    kept = [replace(r, content_hash=definition) if isinstance(r, BoardVersion) else r for r in written]
    kept = [r for r in kept if not isinstance(r, Retraction)] or [evidence("E1")]
    kept = ledger.append(store, kept, board=board, actor=LOCAL_OWNER, now=NOW)
    if kept[0].entry != "board" and not isinstance(kept[0].record, Forecast):
        taken_back = Retraction("taken-back", kept[0].entry, "why", date(2026, 7, 1))
        kept += ledger.append(store, [taken_back], board=board, actor=LOCAL_OWNER, now=NOW)
    lines = list(dump.dump(store, artefacts, board))
    load(lines, empty)
    assert ledger.history(empty[0], board) == kept
    assert list(dump.dump(*empty, board)) == lines


# --- corrupt, truncated and hostile input: one line, nothing loaded ---


def sealed(lines: list[str]) -> list[str]:
    """Give lines the end that belongs to them, as a forger would."""
    total = hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    return [*lines, canonical({"end": {"lines": len(lines), "sha256": total.hexdigest()}})]


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> list[str]:
    """The lines of a full record, without the end."""
    home = tmp_path_factory.mktemp("good")
    with open_store(f"sqlite:///{home / 'twixt.sqlite'}") as store:
        fill(store, Artefacts(home))
        return lines_of(store, Artefacts(home), with_people=True)


def refuse(lines, target) -> str:
    with pytest.raises(DumpError) as caught:
        load(lines, target)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert is_untouched(target)
    return str(caught.value)


def test_a_dump_cut_off_after_any_line_is_refused(good, empty):
    for length in range(len(good)):
        assert "cut off" in refuse(good[:length], empty)


def test_a_dump_cut_off_within_any_line_is_refused(good, empty):
    for number, line in enumerate(good):
        refuse([*good[:number], line[: len(line) // 2]], empty)


def test_a_dump_with_a_line_lost_repeated_or_swapped_is_refused(good, empty):
    for i in range(1, len(good) - 1):
        refuse([*good[:i], *good[i + 1 :]], empty)
        refuse([*good[: i + 1], *good[i:]], empty)
        refuse([*good[: i - 1], good[i], good[i - 1], *good[i + 1 :]], empty)


def test_a_character_changed_anywhere_is_noticed(good, empty):
    for number, line in enumerate(good):
        middle = len(line) // 2
        changed = line[:middle] + ("x" if line[middle] != "x" else "y") + line[middle + 1 :]
        refuse([*good[:number], changed, *good[number + 1 :]], empty)


def with_change(good, kind, change) -> list[str]:
    """Change the first line of a kind and seal the dump again."""
    lines = good[:-1]
    number = next(i for i, line in enumerate(lines) if line.startswith(f'{{"{kind}"'))
    value = json.loads(lines[number])[kind]
    lines[number] = json.dumps({kind: change(value)}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sealed(lines)


FORGED = {
    "format": ("twixt", lambda v: v | {"format": 99}, "line 1: format 99 is unknown; this program reads 1"),
    "format is true": ("twixt", lambda v: v | {"format": True}, "format True is unknown"),
    "board": ("twixt", lambda v: v | {"board": "../../b"}, "an id of 1 to 100"),
    "no head": ("twixt", lambda _: [], "this is not a dump of twixt"),
    "other board": ("entry", lambda v: v | {"board": "c"}, "a row of board c in a dump of b"),
    "gap": ("entry", lambda v: v | {"position": 5}, "ledger position 5 holds a row that should stand at position 1"),
    "version": ("entry", lambda v: v | {"version": 2}, "version 2 of board after version 0"),
    "author": ("entry", lambda v: v | {"recorded_by": "p9"}, "a digest that does not match"),
    "future": ("entry", lambda v: v | {"recorded_at": "9999-01-01T00:00:00.000000Z"}, "lies after now"),
    "no zone": ("entry", lambda v: v | {"recorded_at": "2026-07-01T12:00:00.000000"}, "recorded_at"),
    "not an entry": ("entry", lambda _: "x", "is not an object"),
    "extra field": ("entry", lambda v: v | {"note": 1}, "unknown field 'note'"),
    "record": ("entry", lambda v: v | {"record": {"type": "script"}}, "record type 'script' is unknown"),
    "content": ("artefact", lambda v: v | {"text": "other"}, "its content has another hash"),
    "no content": ("artefact", lambda v: {"hash": v["hash"]}, "either text or base64"),
    "path": ("artefact", lambda v: v | {"hash": "../../x"}, "64 hexadecimal digits"),
    "bad base64": ("artefact", lambda v: {"hash": v["hash"], "base64": "%%%"}, "artefact"),
    "surrogate": ("artefact", lambda v: v | {"text": 5}, "text of an artefact is needed"),
    "role": ("person", lambda v: v | {"role": "owner"}, "role: 'owner': allowed: viewer, forecaster, admin"),
    "name": ("person", lambda v: v | {"name": "a\x00b"}, "control character"),
    "erased but named": ("person", lambda v: v | {"erased_at": v["added_at"], "name": "Ada"}, "was erased, but a name"),
    "snapshot board": ("snapshot", lambda v: v | {"board": "c"}, "a snapshot of board c"),
    "snapshot nan": ("snapshot", lambda v: v | {"receipt": {"x": float("nan")}}, "NaN is not a number"),
    "probability": (
        "snapshot",
        lambda v: v | {"rows": v["rows"] | {"value": [2.0] * 4}},
        "a probability is a number from 0 to 1",
    ),
    "uneven rows": ("snapshot", lambda v: v | {"rows": v["rows"] | {"value": [0.5]}}, "rows"),
    "rows of text": ("snapshot", lambda v: v | {"rows": v["rows"] | {"value": ["x"] * 4}}, "rows"),
    "rows deadline": ("snapshot", lambda v: v | {"rows": v["rows"] | {"deadline": ["2026-13-01"] * 4}}, "rows"),
    "no rows": ("snapshot", lambda v: v | {"rows": {}}, "columns subject"),
    "lost detail": ("snapshot", lambda v: v | {"detail_hash": "0" * 64}, "artefact 000000000000 is missing"),
    "run board": ("run", lambda v: v | {"board": "c"}, "a run of board c"),
    "hash is a number": ("snapshot", lambda v: v | {"detail_hash": 5}, "detail_hash: 5: 5: 64 hexadecimal digits"),
    "as_of is a number": ("snapshot", lambda v: v | {"as_of": 5}, "as_of: 5: an instant like"),
    "outcome": ("run", lambda v: v | {"outcome": "done"}, "outcome: 'done': allowed: published"),
    "receipt": ("run", lambda v: v | {"receipt": []}, "receipt"),
}


@pytest.mark.parametrize(("kind", "change", "said"), FORGED.values(), ids=FORGED)
def test_a_forged_line_is_refused_even_under_a_right_seal(good, empty, kind, change, said):
    assert said in refuse(with_change(good, kind, change), empty)


HOSTILE = {
    "nothing": [],
    "empty line": [""],
    "a number": ["1"],
    "a list": ["[]"],
    "two keys": ['{"twixt":{"board":"b","format":1},"entry":{}}'],
    "repeated key": ['{"twixt":1,"twixt":{"board":"b","format":1}}'],
    "deep": ["[" * 200_000],
    "deep object": ['{"a":' * 100_000],
    "long number": ["9" * 10_000],
    "infinite": ['{"twixt":{"board":"b","format":1e999}}'],
    "unknown kind": ['{"twixt":{"board":"b","format":1}}', '{"script":{}}'],
    "head twice": ['{"twixt":{"board":"b","format":1}}'] * 2,
    "nothing but an end": [f'{{"end":{{"lines":0,"sha256":"{hashlib.sha256().hexdigest()}"}}}}'],
    "after the end": [*sealed(['{"twixt":{"board":"b","format":1}}']), "{}"],
    "only a head": ['{"twixt":{"board":"b","format":1}}'],
    "binary": ["\x00\x01\x02"],
    "html": ["<html><body>Not found</body></html>"],
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_dump_is_refused(lines, empty):
    refuse(lines, empty)


def test_a_line_beyond_reason_is_refused(monkeypatch, good, empty):
    monkeypatch.setattr(dump, "LONGEST_LINE", 50)
    assert "at most 50 are read" in refuse(good, empty)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(max_size=30)
        | st.recursive(
            st.none() | st.floats() | st.text(max_size=5),
            lambda c: st.dictionaries(
                st.sampled_from(["twixt", "entry", "person", "artefact", "snapshot", "run", "end", "board"]),
                c,
                max_size=2,
            ),
        ).map(json.dumps),
        max_size=4,
    )
)
def test_any_text_is_refused_in_one_line(lines):
    with pytest.raises(DumpError) as caught:
        dump.read(lines, now=NOW)
    assert "\n" not in str(caught.value)


def test_a_load_that_the_database_refuses_loads_nothing(store, artefacts, empty):
    fill(store, artefacts)
    lines = lines_of(store, artefacts, with_people=True)
    other, _ = empty
    taken = next(iter(snapshots.every(store, "b"))).id
    snapshots.write(other, snapshot(as_of=NOW, identifier=taken, board="c"), actor=JOBS)
    with pytest.raises(DumpError, match="is in the store already"):
        load(lines, empty)
    assert ledger.known_boards(other) == ()
    assert people.everyone(other) == ()
    assert runs.read(other, "b") == ()


def test_bytes_that_are_no_text_come_back(store, artefacts, empty):
    content = bytes(range(256))
    one = snapshot(as_of=NOW, detail_hash=artefacts.put(content))
    ledger.append(store, [evidence("E1")], board="b", actor=LOCAL_OWNER, now=NOW)
    snapshots.write(store, one, actor=JOBS)
    lines = lines_of(store, artefacts)
    assert any(base64.b64encode(content).decode() in line for line in lines)
    load(lines, empty)
    assert empty[1].get(one.detail_hash) == content

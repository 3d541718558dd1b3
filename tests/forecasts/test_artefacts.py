"""Content-addressed files appear whole or not at all, and damage is noticed when they are read."""

import hashlib
import os
import resource
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecasts.artefacts import Artefacts
from forecasts.errors import CorruptArtefactError, StoreError

OLD, NOW = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7))


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "home" / "artefacts")


def files(artefacts: Artefacts) -> list[Path]:
    return sorted(p for p in artefacts.root.rglob("*") if p.is_file())


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000))
def test_bytes_come_back_under_their_hash(artefacts, content):
    name = artefacts.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert artefacts.get(name) == content
    assert artefacts.has(name)
    assert name in artefacts.hashes()


def test_a_file_can_be_read_by_whom_the_umask_lets(artefacts):
    before = os.umask(0o027)
    try:
        artefacts.put(b"draws")
    finally:
        os.umask(before)
    assert files(artefacts)[0].stat().st_mode & 0o777 == 0o640


def test_the_same_bytes_are_kept_once_and_nothing_else_is_left(artefacts):
    names = {artefacts.put(b"draws") for _ in range(3)}
    assert artefacts.hashes() == names
    assert len(files(artefacts)) == 1


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "/" * 64])
def test_what_is_no_hash_reaches_no_file(artefacts, name):
    for ask in (artefacts.get, artefacts.has):
        with pytest.raises(ValueError, match="64 hexadecimal digits are needed"):
            ask(name)


def test_a_missing_file_is_named(artefacts):
    with pytest.raises(CorruptArtefactError, match=r"artefacts/00/0{64}: this file of the record is missing"):
        artefacts.get("0" * 64)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:5] + b"\0" + b[6:], lambda b: b + b"x"]
)
def test_damaged_bytes_are_never_given_out_and_can_be_put_anew(artefacts, damage):
    content = b"twenty thousand draws"
    name = artefacts.put(content)
    (path,) = files(artefacts)
    path.write_bytes(damage(content))
    with pytest.raises(CorruptArtefactError, match=rf"{name}: damaged: \d+ bytes with the hash"):
        artefacts.get(name)
    assert artefacts.put(content) == name
    assert artefacts.get(name) == content


def test_a_directory_in_place_of_a_file_is_named(artefacts):
    (artefacts.root / "00" / ("0" * 64)).mkdir(parents=True)
    with pytest.raises(CorruptArtefactError, match="cannot be read"):
        artefacts.get("0" * 64)


def test_a_write_that_fails_leaves_nothing(artefacts, monkeypatch):
    artefacts.put(b"before")
    before = files(artefacts)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StoreError, match=r"cannot be written \(File too large\); nothing was kept") as caught:
            artefacts.put(os.urandom(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert files(artefacts) == before
    assert "\n" not in str(caught.value)


def test_a_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StoreError, match=r"home/artefacts/.*cannot be written"):
        Artefacts(tmp_path / "home" / "artefacts").put(b"x")


def test_a_key_leads_to_the_newest_artefact_bound_to_it(artefacts):
    one, two = artefacts.put(b"one"), artefacts.put(b"two")
    assert artefacts.bound("draws/é ../..") is None
    artefacts.bind("draws/é ../..", one)
    artefacts.bind("other", one)
    assert artefacts.bound("draws/é ../..") == one
    artefacts.bind("draws/é ../..", two)
    assert (artefacts.bound("draws/é ../.."), artefacts.bound("other")) == (two, one)
    assert artefacts.hashes() == {one, two}


def test_a_key_leads_nowhere_when_its_artefact_is_gone(artefacts):
    name = artefacts.put(b"one")
    artefacts.bind("key", name)
    files(artefacts)[0].unlink()
    assert artefacts.bound("key") is None
    with pytest.raises(CorruptArtefactError, match="'key' cannot lead to 000000000000: there is no such artefact"):
        artefacts.bind("key", "0" * 64)


@pytest.mark.parametrize(
    "content", [b"", b"../../../etc/passwd\nkey\n", b"\xff\xfe", b"0" * 64 + b"\nother key\n", b"0" * 64]
)
def test_a_damaged_key_is_named(artefacts, content):
    artefacts.bind("key", artefacts.put(b"one"))
    (path,) = (p for p in files(artefacts) if "keys" in p.parts)
    path.write_bytes(content)
    with pytest.raises(CorruptArtefactError, match=r"keys/.*damaged"):
        artefacts.bound("key")


def test_sweeping_removes_what_killed_writes_left_and_nothing_else(artefacts):
    kept, bound = artefacts.put(b"kept"), artefacts.put(b"bound")
    artefacts.bind("key", bound)
    (key,) = (p for p in files(artefacts) if "keys" in p.parts)
    torn = [p / ".writing-torn" for p in (artefacts.root / kept[:2], key.parent)]
    going_on = artefacts.root / kept[:2] / ".writing-now"
    for path in (*torn, going_on):
        path.write_bytes(b"12")
    for path in files(artefacts):
        then = NOW if path == going_on else OLD
        os.utime(path, (then.timestamp(), then.timestamp()))
    assert artefacts.sweep(before=datetime(2026, 3, 1, tzinfo=UTC)) == 2 + 2
    assert not any(path.exists() for path in torn)
    assert going_on.exists()
    assert artefacts.hashes() == {kept, bound}
    assert artefacts.bound("key") == bound
    assert artefacts.get(kept) == b"kept"


def test_an_empty_home_has_nothing_to_sweep(artefacts):
    assert artefacts.hashes() == set()
    assert artefacts.sweep(before=NOW) == 0


def test_a_removed_file_is_gone_and_removing_it_again_changes_nothing(artefacts):
    name, other = artefacts.put(b"futures"), artefacts.put(b"other")
    artefacts.remove(name)
    artefacts.remove(name)
    assert not artefacts.has(name)
    assert artefacts.hashes() == {other}

"""Files that several machines share at an fsspec URL keep the same promises as those of a directory."""

import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ftplib import error_perm
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from forecasts.artefacts import Artefacts
from forecasts.errors import CorruptArtefactError, StoreError
from forecasts.settings import Home, SettingsError
from forecasts.shared_files import SharedFiles, without_login

NONE = "0" * 64


@pytest.fixture(params=["memory", "directory behind a prefix"])
def artefacts(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "memory":
        yield Artefacts(f"memory://{tmp_path.name}/artefacts")
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
    else:
        yield Artefacts(f"dir::file://{tmp_path}")


def names(artefacts: Artefacts) -> list[str]:
    return sorted(SharedFiles(artefacts.root).names())


def system(artefacts: Artefacts) -> tuple[fsspec.AbstractFileSystem, str]:
    return fsspec.core.url_to_fs(artefacts.root)


def test_bytes_come_back_under_their_hash_and_are_kept_once(artefacts):
    assert artefacts.hashes() == set()
    kept = {artefacts.put(content) for content in (b"draws", b"", b"draws", bytes(range(256)) * 1000)}
    assert kept == artefacts.hashes() == {hashlib.sha256(artefacts.get(name)).hexdigest() for name in kept}
    assert len(names(artefacts)) == len(kept) == 3


def test_a_key_leads_to_the_newest_artefact_bound_to_it(artefacts):
    one, two = artefacts.put(b"one"), artefacts.put(b"two")
    assert artefacts.bound("draws/é ../..") is None
    for name in (one, two):
        artefacts.bind("draws/é ../..", name)
        assert artefacts.bound("draws/é ../..") == name
    artefacts.remove(two)
    artefacts.remove(two)
    assert artefacts.bound("draws/é ../..") is None
    assert artefacts.hashes() == {one}
    with pytest.raises(CorruptArtefactError, match="there is no such artefact"):
        artefacts.bind("key", NONE)


def test_missing_and_damaged_files_are_named_and_can_be_put_anew(artefacts):
    with pytest.raises(CorruptArtefactError, match=r"/00/0{64}: this file of the record is missing"):
        artefacts.get(NONE)
    name = artefacts.put(b"twenty thousand draws")
    files, root = system(artefacts)
    files.pipe_file(f"{root}/{name[:2]}/{name}", b"twenty")
    with pytest.raises(CorruptArtefactError, match=rf"{name}: damaged: 6 bytes with the hash"):
        artefacts.get(name)
    assert artefacts.put(b"twenty thousand draws") == name
    assert artefacts.get(name) == b"twenty thousand draws"


def test_what_another_machine_wrote_a_moment_ago_is_seen(tmp_path):
    artefacts = Artefacts(f"dir::file://{tmp_path}")
    name = hashlib.sha256(b"from elsewhere").hexdigest()
    assert not artefacts.has(name)
    code = f"from forecasts.artefacts import Artefacts; Artefacts({artefacts.root!r}).put(b'from elsewhere')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert artefacts.has(name)
    assert artefacts.get(name) == b"from elsewhere"


class Refusing(MemoryFileSystem):
    """A service that can be told at which step to fail."""

    protocol = "refusing"
    fails: str = ""
    keeps: int | None = None

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        self._step("pipe_file")
        return super().pipe_file(path, value[: self.keeps], mode=mode, **kwargs)

    def mv(self, path1, path2, **kwargs):
        self._step("mv")
        if self.fails == "replacing" and super().exists(path2):
            raise FileExistsError(path2)
        return super().mv(path1, path2, **kwargs)

    def info(self, path, **kwargs):
        self._step("info")
        return super().info(path, **kwargs)

    def find(self, path, **kwargs):
        self._step("find")
        return super().find(path, **kwargs)

    def _step(self, name: str) -> None:
        if type(self).fails == name:
            raise error_perm("550 no such luck\n for refusing://somebody:secret@there/artefacts")


@pytest.fixture
def refusing():
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    yield Artefacts("refusing://there/artefacts")
    Refusing.fails, Refusing.keeps = "", None
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.mark.parametrize("step", ["pipe_file", "mv"])
def test_a_write_that_fails_leaves_nothing_and_says_why_in_one_line(refusing, step):
    refusing.put(b"before")
    before, Refusing.fails = names(refusing), step
    with pytest.raises(
        StoreError, match=r"cannot be written \(error_perm: 550 no such luck .*\); nothing was kept"
    ) as e:
        refusing.put(b"after")
    assert "\n" not in str(e.value)
    Refusing.fails = ""
    assert names(refusing) == before


def test_a_service_that_keeps_less_than_it_was_given_is_found_out(refusing):
    Refusing.keeps = 3
    with pytest.raises(StoreError, match="3 bytes were kept of 12"):
        refusing.put(b"twelve bytes")


def test_a_service_that_does_not_answer_is_an_error_and_never_a_no(refusing):
    name = refusing.put(b"kept")
    Refusing.fails = "info"
    with pytest.raises(StoreError, match="cannot be reached"):
        refusing.has(name)
    Refusing.fails = "find"
    with pytest.raises(StoreError, match="cannot be reached"):
        refusing.hashes()


def test_where_a_system_refuses_to_replace_what_stands_there_goes_first(refusing):
    one, two = refusing.put(b"one"), refusing.put(b"two")
    Refusing.fails = "replacing"
    refusing.bind("key", one)
    refusing.bind("key", two)
    assert refusing.bound("key") == two


def test_sweeping_removes_what_killed_writes_left_and_nothing_else(artefacts):
    name = artefacts.put(b"kept")
    files, root = system(artefacts)
    files.pipe_file(f"{root}/.writing/torn", b"12")
    now = datetime.now(UTC)
    assert artefacts.sweep(before=now - timedelta(hours=1)) == 0
    assert artefacts.sweep(before=now + timedelta(hours=1)) == 2
    assert artefacts.sweep(before=now + timedelta(hours=1)) == 0
    assert artefacts.hashes() == {name}


def test_many_writers_of_the_same_bytes_leave_one_whole_file(tmp_path):
    artefacts, content = Artefacts(f"dir::file://{tmp_path}"), b"x" * 300_000
    together = threading.Barrier(8)

    def write(_number: int) -> str:
        together.wait()
        return artefacts.put(content)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(write, range(8)))
    assert found == artefacts.hashes()
    assert artefacts.get(found.pop()) == content
    assert len(names(artefacts)) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://somebody:secret@127.0.0.1:9/x", r"ftp://127\.0\.0\.1:9/x: cannot be reached \(.*refused"),
        ("nowhere://somebody:secret@h/x", r"nowhere://h/x: cannot be reached \(Protocol not known: nowhere\)"),
    ],
)
def test_a_place_that_cannot_be_reached_is_one_line_without_the_password(url, said):
    for ask in (lambda a: a.put(b"x"), lambda a: a.has(NONE), lambda a: a.get(NONE), lambda a: a.bound("key")):
        with pytest.raises(StoreError, match=said) as caught:
            ask(Artefacts(url))
        assert "secret" not in str(caught.value)


def test_a_login_is_taken_out_of_a_chain_of_urls_and_an_at_sign_of_a_path_stays():
    assert without_login("simplecache::ftp://u:p@h:21/a@b") == "simplecache::ftp://h:21/a@b"
    assert without_login("s3://bucket/a@b") == "s3://bucket/a@b"


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("", Path("/h/artefacts")),
        ("/mnt/files", Path("/mnt/files")),
        ("file:///mnt/my%20files", Path("/mnt/my files")),
        ("s3://bucket/twixt", "s3://bucket/twixt"),
        ("simplecache::gs://bucket/twixt", "simplecache::gs://bucket/twixt"),
    ],
)
def test_the_environment_names_where_the_files_are(value, place):
    assert Home.from_environment({"TWIXT_HOME": "/h", "TWIXT_ARTEFACTS": value}).artefacts == place


@pytest.mark.parametrize(
    "value",
    [
        "https://h/x",
        "file://host/x",
        "s3:/bucket",
        "s3://b/x?y",
        "ftp://me:secret@h/a",
        "sftp://me:secret@h/a b",
        "s3://b\n",
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused_by_name(value):
    with pytest.raises(SettingsError, match=r"^TWIXT_ARTEFACTS: .*: allowed are a directory, file:///DIR") as caught:
        Home.from_environment({"TWIXT_ARTEFACTS": value})
    assert "secret" not in str(caught.value)

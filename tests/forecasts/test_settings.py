"""Home, database and cache are a pure function of the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecasts.settings import Home, SettingsError, kernel_version, open_workspace, prepare_caches


def test_everything_follows_from_the_three_variables(tmp_path: Path) -> None:
    home = Home.from_environment(
        {"TWIXT_HOME": str(tmp_path), "TWIXT_DB": "postgresql://u@h/d", "TWIXT_CACHE": "/c", "HOME": "/elsewhere"}
    )
    assert home == Home(root=tmp_path, database="postgresql://u@h/d", cache=Path("/c"))
    assert home.artefacts == tmp_path / "artefacts"
    assert home.boards[1] == tmp_path / "boards"


def test_the_database_is_in_the_home_by_default(tmp_path: Path) -> None:
    home = Home.from_environment({"TWIXT_HOME": str(tmp_path), "TWIXT_DB": ""})
    assert home.database == f"sqlite:///{tmp_path}/twixt.sqlite"


def test_unset_variables_take_the_platforms_places() -> None:
    import platformdirs

    home = Home.from_environment({})
    assert home.root == platformdirs.user_data_path("twixt", appauthor=False)
    assert home.cache == platformdirs.user_cache_path("twixt", appauthor=False)


def test_the_shipped_board_is_in_the_first_board_directory() -> None:
    assert (Home.from_environment({}).boards[0] / "indivisible-security").is_dir()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TWIXT_HOME", "/a?b", "TWIXT_HOME: '/a?b'"),
        ("TWIXT_HOME", __file__, "is a file; a directory is needed"),
        ("TWIXT_CACHE", 'x"y', "TWIXT_CACHE"),
        ("TWIXT_DB", "mysql://u:secret@h/d", "TWIXT_DB: 'mysql://...': allowed are sqlite:///FILE and postgresql://"),
        ("TWIXT_DB", "nonsense", "TWIXT_DB: 'nonsense'"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_allowed(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Home.from_environment({name: value})
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_relative_home_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Home.from_environment({"TWIXT_HOME": "mine"}).root == tmp_path / "mine"


def test_caches_are_set_once_and_a_choice_already_made_stays(tmp_path: Path) -> None:
    home = Home.from_environment({"TWIXT_CACHE": str(tmp_path)})
    environment: dict[str, str] = {"PYTENSOR_FLAGS": "floatX=float64"}
    prepare_caches(home, environment)
    assert environment["NUMBA_CACHE_DIR"] == str(tmp_path / "numba" / kernel_version())
    assert environment["PYTENSOR_FLAGS"] == f'floatX=float64,base_compiledir="{tmp_path}/pytensor"'
    before = dict(environment)
    prepare_caches(Home.from_environment({"TWIXT_CACHE": "/other"}), environment)
    assert environment == before


def test_a_changed_kernel_leaves_the_old_machine_code_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecasts.settings.MODELS", tmp_path)
    (tmp_path / "callee.py").write_text("one = 1")
    before = kernel_version()
    (tmp_path / "callee.py").write_text("one = 2")
    assert kernel_version() != before


def test_a_cache_that_cannot_be_written_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    environment: dict[str, str] = {}
    prepare_caches(Home(tmp_path, "sqlite:///x", blocked / "cache"), environment)
    chosen = Path(environment["NUMBA_CACHE_DIR"]).parents[1]
    assert chosen.is_dir()
    assert chosen.stat().st_mode & 0o777 == 0o700


def test_pytensor_reads_a_path_with_spaces_and_commas(tmp_path: Path) -> None:
    cache = tmp_path / "a b,c"
    code = (
        "import os; from forecasts.settings import Home, prepare_caches;"
        "prepare_caches(Home.from_environment(os.environ), os.environ);"
        "from pytensor.configparser import parse_config_string;"
        "print(parse_config_string(os.environ['PYTENSOR_FLAGS'])['base_compiledir'])"
    )
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTENSOR_FLAGS", "NUMBA_CACHE_DIR"}}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**environment, "TWIXT_CACHE": str(cache)},
        check=True,
    )
    assert run.stdout.strip() == str(cache / "pytensor")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mysql://user:secret@host/x", "'mysql://...'"),
        ("mysql://user:a?secret@host/x", "'mysql://...'"),
        ("mysql://host/x?password=a@secret", "'mysql://...'"),
        ("mysql://host/x?password=secret", "'mysql://...'"),
        ("user:secret@host/x", "'...'"),
    ],
)
def test_no_message_repeats_a_password(url: str, shown: str) -> None:
    for name in ("TWIXT_DB", "TWIXT_ARTEFACTS"):
        given = url if name == "TWIXT_DB" else f"{url} "
        with pytest.raises(SettingsError) as caught:
            Home.from_environment({name: given})
        assert "secret" not in str(caught.value)
        assert name == "TWIXT_ARTEFACTS" or shown in str(caught.value)


def test_compiled_code_is_not_taken_from_where_others_can_put_it(tmp_path: Path) -> None:
    for mode, taken in ((0o700, True), (0o755, True), (0o775, True), (0o777, False), (0o1777, False)):
        cache = tmp_path / f"cache-{mode:o}"
        cache.mkdir()
        cache.chmod(mode)
        environment: dict[str, str] = {}
        prepare_caches(Home.from_environment({"TWIXT_CACHE": str(cache)}), environment)
        assert environment["NUMBA_CACHE_DIR"].startswith(str(cache)) is taken, oct(mode)


def test_a_new_home_is_its_owners_alone(tmp_path: Path) -> None:
    open_workspace(Home.from_environment({"TWIXT_HOME": str(tmp_path / "home")})).store.close()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0

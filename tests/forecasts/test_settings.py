"""Home, database and cache are a pure function of the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecasts.settings import Home, SettingsError, kernel_version, prepare_caches


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
        ("TWIXT_DB", "mysql://u:secret@h/d", "TWIXT_DB: 'h/d': allowed are sqlite:///FILE and postgresql://"),
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

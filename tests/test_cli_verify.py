"""``kq verify``: every byte is checked, and what is wrong is said with its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import kq, names, run_kq
from suite import INVALID, VALID, VECTORS, name

import kqformat
from kqformat import FormatError, IndexedImage, KqError, LimitError, Limits


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of 60 x 50 pixels and 16 colours in several bands."""
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (16, 3), np.uint8)
    indices = rng.integers(0, 16, (50, 60)).astype(np.uint8)
    path = tmp_path / "a.kq"
    kqformat.write(path, IndexedImage(indices, palette), band_shift=4)
    return path


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_every_valid_vector_is_ok(
    entry: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every valid file of the suite is ok, status 0."""
    path = VECTORS / entry["file"]
    assert kq("verify", path) == 0
    assert capsys.readouterr() == (f"{path}: ok\n", "")


@pytest.mark.parametrize("entry", INVALID, ids=name)
def test_every_invalid_vector_is_said_to_be_wrong(
    entry: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every invalid file of the suite is one line that has what `decode` raises, status 1."""
    path = VECTORS / entry["file"]
    assert kq("verify", path, "--max-pixels", "1000000") == 1
    out, err = capsys.readouterr()
    with pytest.raises(KqError) as caught:
        kqformat.decode(path.read_bytes(), limits=Limits(pixels=1_000_000))
    assert isinstance(caught.value, FormatError | LimitError)
    is_pixels = isinstance(caught.value, LimitError) and caught.value.quantity == "pixels"
    advice = "; --max-pixels raises it" if is_pixels else ""
    assert (out, err) == ("", f"kq: {path}: {caught.value}{advice}\n")


def test_any_changed_byte_is_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bit that changed anywhere is found, and the place said."""
    whole = file.read_bytes()
    for at in [*range(70), *range(70, len(whole), 37), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        file.write_bytes(damaged)
        assert kq("verify", file) == 1, at
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(rf"kq: {re.escape(str(file))}: [^\n]+\n", err)
        assert " at byte " in err or "signature" in err or "version" in err or "pixels" in err


@pytest.mark.parametrize("part", [0, 0.01, 0.5, 0.99])
def test_file_that_ends_early_is_found(
    part: float, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file cut anywhere ends too early."""
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * part)])
    assert kq("verify", file) == 1
    assert "ends too early" in capsys.readouterr().err


def test_bytes_after_the_end_are_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes after the last band are wrong."""
    file.write_bytes(file.read_bytes() + b"\0")
    assert kq("verify", file) == 1
    assert "bytes after the last band" in capsys.readouterr().err


def test_others_are_checked_after_an_error(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The files after a bad one are checked too, and the status is 1."""
    missing = tmp_path / "missing.kq"
    assert kq("verify", missing, tmp_path, file) == 1
    out, err = capsys.readouterr()
    assert out == f"{file}: ok\n"
    assert err.splitlines() == [
        f"kq: {missing}: No such file or directory",
        f"kq: {tmp_path}: Is a directory",
    ]


def test_quiet_prints_errors_only(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With -q only what is wrong is printed."""
    assert kq("verify", "-q", file) == 0
    assert capsys.readouterr() == ("", "")
    assert kq("verify", "-q", tmp_path / "missing.kq", file) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_limit_of_pixels(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--max-pixels is the most that is decoded."""
    assert kq("verify", file, "--max-pixels", "2999") == 1
    assert "3,000 pixels are more than the limit of 2,999" in capsys.readouterr().err
    assert kq("verify", file, "--max-pixels", "3000") == 0


def test_nothing_is_written(file: Path) -> None:
    """Verifying leaves the folder as it is."""
    before = file.read_bytes()
    assert kq("verify", file) == 0
    assert names(file.parent) == ["a.kq"]
    assert file.read_bytes() == before


@pytest.mark.parametrize(("cut", "status"), [(0, 0), (1, 1)])
def test_standard_input_is_checked(cut: int, status: int, file: Path) -> None:
    """`-` is standard input, and called so."""
    data = file.read_bytes()
    done = run_kq("verify", "-", data=data[: len(data) - cut])
    assert done.returncode == status
    said = done.stderr if status else done.stdout
    assert said.startswith(b"kq: standard input: " if status else b"standard input: ok")


@pytest.mark.parametrize("arguments", [[], ["--max-pixels", "0", "a"], ["--fast", "a"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """No file or a wrong option is status 2."""
    assert kq("verify", *arguments) == 2
    assert "kq" in capsys.readouterr().err

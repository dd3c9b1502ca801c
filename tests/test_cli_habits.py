"""Habits of `encode` and `decode`: summaries, dry runs, what is skipped, and a bar meanwhile."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from command import kq, names, run_kq, run_on_terminal
from PIL import Image

from kqformat.cli import progress as progress_module
from kqformat.cli.progress import Bar, progress

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two pictures, one of which is smaller as PNG than packed; it is the current."""
    monkeypatch.chdir(tmp_path)
    with Image.open(data_folder / "chelsea.png") as image:
        image.convert("RGB").crop((100, 50, 228, 146)).save("photo.png")
    Image.fromarray(np.indices((64, 64))[0].astype(np.uint8)).save("ramp.png", optimize=True)
    return tmp_path


def test_summary_counts_what_is_on_disk(folder: Path, capsys: Capture) -> None:
    """After several files: how many, bytes before and after as the file system has them, factor."""
    assert kq("encode", "photo.png", "ramp.png", "-k", "8") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    before = sum((folder / name).stat().st_size for name in ("photo.png", "ramp.png"))
    after = sum((folder / name).stat().st_size for name in ("photo.kq", "ramp.kq"))
    start = f"2 files: {before:,} -> {after:,} bytes ({before / after:.2f}:1), "
    assert re.fullmatch(re.escape(start) + r"\d+\.\d s", last)
    assert kq("decode", "photo.kq", "ramp.kq", "-d", "back") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"2 files: {after:,} -> ")


def test_summary_counts_failures(folder: Path, capsys: Capture) -> None:
    """What failed is counted, and its bytes are not."""
    (folder / "bad.png").write_bytes(b"no image")
    assert kq("encode", "photo.png", "bad.png", "missing.png") == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1].startswith("1 file: ")
    assert captured.out.splitlines()[-1].endswith(" s, 2 failed")
    assert captured.err.count("\n") == 2


@pytest.mark.parametrize("arguments", [["photo.png"], ["photo.png", "ramp.png", "-q"]])
def test_one_file_or_quiet_has_no_summary(
    arguments: list[str], folder: Path, capsys: Capture
) -> None:
    """A single file has its own line only; with -q there is none at all."""
    assert kq("encode", *arguments) == 0
    assert "files: " not in capsys.readouterr().out
    assert (folder / "photo.kq").exists()


def test_json_has_no_summary(folder: Path, capsys: Capture) -> None:
    """With --json every line is an object, one a file; what is skipped says why."""
    (folder / "ramp.kq").write_bytes(b"old")
    assert kq("encode", "photo.png", "ramp.png", "--json", "--skip-existing") == 0
    done, skipped = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert done["file_bytes"] == (folder / "photo.kq").stat().st_size
    assert skipped == {"input": "ramp.png", "output": "ramp.kq", "skipped": "its target exists"}


@pytest.mark.parametrize("at_once", ["1", "2"])
def test_dry_run_writes_nothing(at_once: str, folder: Path, capsys: Capture) -> None:
    """It says what the run would say, to the byte, and leaves no file or folder."""
    before = names(folder)
    arguments = ["encode", "photo.png", "ramp.png", "-d", "out", "-j", at_once]
    assert kq(*arguments, "--dry-run") == 0
    said = capsys.readouterr().out.splitlines()
    assert names(folder) == before
    assert not (folder / "out").exists()
    assert all(line.endswith(", not written") for line in said)
    assert kq(*arguments) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [
        line.removesuffix(", not written") for line in said[:-1]
    ]


def test_dry_run_fails_where_the_run_would(folder: Path, capsys: Capture) -> None:
    """An existing target and a bad source are reported as ever, and the status is 1."""
    (folder / "photo.kq").write_bytes(b"old")
    (folder / "bad.kq").write_bytes(b"no kq")
    assert kq("encode", "photo.png", "--dry-run") == 1
    assert "exists already; -f overwrites it" in capsys.readouterr().err
    assert kq("decode", "bad.kq", "--dry-run") == 1
    assert kq("encode", "photo.png", "--dry-run", "-f") == 0
    assert (folder / "photo.kq").read_bytes() == b"old"


def test_dry_run_leaves_standard_output_to_its_report(folder: Path) -> None:
    """No picture is written there; the report is on standard error, as in the real run."""
    done = run_kq("encode", "photo.png", "-o", "-", "--dry-run", cwd=folder)
    assert done.stdout == b""
    assert done.stderr.startswith(b"photo.png -> standard output: ")
    assert done.stderr.endswith(b"dB, not written\n")


@pytest.mark.parametrize("at_once", ["1", "2"])
def test_existing_files_are_skipped(at_once: str, folder: Path, capsys: Capture) -> None:
    """They are untouched and named, and the status is 0; others are written."""
    (folder / "photo.kq").write_bytes(b"old")
    assert kq("encode", "photo.png", "ramp.png", "--skip-existing", "-j", at_once) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "photo.png -> photo.kq: skipped, its target exists"
    assert lines[-1].startswith("1 file: ")
    assert lines[-1].endswith(", 1 skipped")
    assert (folder / "photo.kq").read_bytes() == b"old"
    assert (folder / "ramp.kq").exists()
    assert kq("decode", "ramp.kq", "photo.kq", "-d", ".", "--skip-existing") == 0


def test_skipped_source_is_not_even_read(folder: Path) -> None:
    """What is done already needs no readable source, so that a run can be taken up again."""
    (folder / "bad.kq").write_bytes(b"old")
    (folder / "bad.png").write_bytes(b"no image")
    assert kq("encode", "bad.png", "--skip-existing") == 0


def test_larger_files_are_skipped(folder: Path, capsys: Capture) -> None:
    """What would be larger than its source is not written, which is said, with both sizes."""
    assert kq("encode", "photo.png", "ramp.png", "-k", "64", "--skip-if-larger") == 0
    lines = capsys.readouterr().out.splitlines()
    assert (folder / "photo.kq").exists()
    assert not (folder / "ramp.kq").exists()
    size = (folder / "ramp.png").stat().st_size
    assert re.fullmatch(
        rf"ramp\.png -> ramp\.kq: skipped, [\d,]+ bytes would be more than the {size:,} of the "
        "source",
        lines[1],
    )
    assert lines[-1].endswith(", 1 skipped")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["encode", "photo.png", "--skip-existing", "-f"], "not allowed with argument"),
        (["encode", "photo.png", "--skip-if-larger", "-o", "-"], "would leave standard output"),
        (["decode", "photo.kq", "--skip-if-larger"], "unrecognized arguments: --skip-if-larger"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    arguments: list[str], complaint: str, folder: Path, capsys: Capture
) -> None:
    """The status is 2, and nothing is written."""
    before = names(folder)
    assert kq(*arguments) == 2
    assert complaint in capsys.readouterr().err
    assert names(folder) == before


def test_help_has_the_options(capsys: Capture) -> None:
    """They are documented where they are."""
    for command, options in {
        "encode": ("--dry-run", "--skip-existing", "--skip-if-larger"),
        "decode": ("--dry-run", "--skip-existing"),
    }.items():
        assert kq(command, "--help") == 0
        shown = capsys.readouterr().out
        assert all(f"\n  {option}  " in shown for option in options)


SLOW = ["--target-psnr", "38", "--small", "-k", "1024"]
"""Work of more than a second on a photograph."""


def test_long_job_has_a_bar_on_a_terminal(data_folder: Path, tmp_path: Path) -> None:
    """What takes longer than half a second has a bar, and -q has none."""
    source = data_folder / "coffee.png"
    status, shown = run_on_terminal("encode", source, "-o", tmp_path / "a.kq", *SLOW)
    assert status == 0
    assert "left" in shown
    assert "\x1b[?25h" in shown  # the cursor is back
    status, shown = run_on_terminal("encode", source, "-o", tmp_path / "b.kq", "-q", *SLOW)
    assert (status, shown) == (0, "")


def test_short_job_has_no_bar(folder: Path) -> None:
    """What is done at once is a line, with no escape code."""
    status, shown = run_on_terminal("encode", folder / "photo.png", "-k", "4")
    assert status == 0
    assert "\x1b" not in shown
    assert shown.count("\n") == 1


def test_bar_needs_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `rich` there is no bar and no error."""
    monkeypatch.setattr("sys.stderr", mock.Mock(isatty=lambda: True))
    with mock.patch.dict(sys.modules, {"rich.console": None}):
        assert progress_module._new_display() is None
        with progress(3, quiet=False) as bar:
            bar._appear()
            bar.begin("a")
            bar.finish()


def test_bar_goes_on_below_what_is_printed(capsys: Capture) -> None:
    """Lines are printed while the display is away, and it comes back."""
    bar = Bar(2, is_shown=False)
    display = mock.Mock(task_ids=[0])
    with mock.patch.object(progress_module, "_new_display", return_value=display):
        bar._appear()
    bar.begin("x\x1b[2J.png")
    bar.reach(1, 4)
    assert display.update.call_args.kwargs == {"description": r"x\x1b[2J.png", "completed": 0.25}
    display.stop.side_effect = lambda: print("stop")
    display.start.side_effect = lambda: print("start")
    bar.say("line")
    bar.finish()
    assert display.update.call_args.kwargs["completed"] == 1
    bar.close()
    assert capsys.readouterr().out.split() == ["stop", "line", "start", "stop"]


def test_bar_that_comes_too_late_stays_away() -> None:
    """When the work is done, no display appears any more."""
    bar = Bar(1, is_shown=False)
    bar.close()
    display = mock.Mock(task_ids=[0])
    with mock.patch.object(progress_module, "_new_display", return_value=display):
        bar._appear()
    display.start.assert_not_called()

"""The manifest: what is done is left out, anything that changed is not, a torn line is no harm."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from batches import contents, draw, pairs_of
from command import kq

import kqformat
from kqformat.batch import encode_many
from kqformat.batch.summary import Summary

Capture = pytest.CaptureFixture[str]


class Run:
    """The same batch, any number of times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = draw(folder / "in", 6)
        self.out, self.manifest = folder / "out", folder / "done.jsonl"

    def __call__(self, **options: Any) -> Summary:
        pairs = pairs_of(self.paths, self.out)
        return encode_many(pairs, manifest=self.manifest, **{"colors": 4} | options)

    def counts(self, **options: Any) -> tuple[int, int, int]:
        """Return how many files were written, left out and wrong."""
        summary = self(**options)
        return summary.files, summary.recorded, summary.failed


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A batch of six that has not been run."""
    return Run(tmp_path)


def test_what_is_done_is_left_out(run: Run) -> None:
    """A second run writes nothing and appends nothing; each line has what there is to know."""
    assert run.counts() == (6, 0, 0)
    lines = run.manifest.read_text().splitlines()
    before = contents(run.out)
    times = [path.stat().st_mtime_ns for path in run.out.iterdir()]
    assert run.counts() == (0, 6, 0)
    assert run.manifest.read_text().splitlines() == lines
    assert contents(run.out) == before
    assert [path.stat().st_mtime_ns for path in run.out.iterdir()] == times
    record, size = json.loads(lines[0]), run.paths[0].stat().st_size
    assert record["source"] == str(run.paths[0])
    assert (record["size"], record["bytes"]) == (size, len(before["000.kq"]))
    assert record["ratio"] == round(size / record["bytes"], 4)
    assert record["mtime_ns"] == run.paths[0].stat().st_mtime_ns


def test_source_that_changed_is_done_again(run: Run) -> None:
    """Another size or another time is enough, and the old output is replaced without a word."""
    run()
    draw(run.folder / "in", 1, size=20)
    os.utime(run.paths[4], ns=(1, 1))
    assert run.counts() == (2, 4, 0)
    assert kqformat.read(run.out / "000.kq").shape == (20, 20, 3)


@pytest.mark.parametrize("spoil", ["remove", "shorten"])
def test_output_that_is_not_as_it_was_written_is_no_output(spoil: str, run: Run) -> None:
    """One that is gone is made again; one of another size is somebody's, and refused."""
    run()
    target = run.out / "002.kq"
    if spoil == "remove":
        target.unlink()
        assert run.counts() == (1, 5, 0)
    else:
        target.write_bytes(b"mine")
        assert run.counts() == (0, 5, 1)
        assert target.read_bytes() == b"mine"


def test_other_options_are_another_run(run: Run) -> None:
    """With other options all is done again, over what the manifest knows to be its own."""
    run()
    assert run.counts(colors=8) == (6, 0, 0)
    assert run.counts(colors=8) == (0, 6, 0)
    assert run.counts(colors=8, keep=()) == (6, 0, 0)


def test_failure_is_recorded_and_tried_again(run: Run) -> None:
    """An error has its line, and is no reason to leave the file out the next time."""
    good = run.paths[1].read_bytes()
    run.paths[1].write_bytes(b"no picture")
    assert run.counts() == (5, 0, 1)
    assert "not an image" in json.loads(run.manifest.read_text().splitlines()[1])["error"]
    run.paths[1].write_bytes(good)
    assert run.counts() == (1, 5, 0)


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_torn_last_line_is_ignored_with_a_note(cut: int, run: Run, capsys: Capture) -> None:
    """Of a run that was killed the last line may be torn: its file is done again, once."""
    arguments: list[str | Path] = ["encode", "-r", run.folder / "in", "-d", run.out]
    arguments += ["--manifest", run.manifest]
    assert kq(*arguments, "-q") == 0
    run.manifest.write_bytes(run.manifest.read_bytes()[:-cut])
    capsys.readouterr()
    assert kq(*arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == (
        f"kq: {run.manifest}: a line is not whole, as a run that was killed leaves it\n"
    )
    assert captured.out.splitlines()[-1].startswith("1 file: ")
    assert captured.out.splitlines()[-1].endswith(", 5 done before")
    assert kq(*arguments) == 0
    assert capsys.readouterr().out.endswith(", 6 done before\n")


def test_torn_first_line_is_no_other_file(run: Run) -> None:
    """A run that was killed at its first line can be taken up, twice."""
    run()
    run.manifest.write_bytes(run.manifest.read_bytes()[:30])
    assert run.counts() == (6, 0, 0)
    assert run.counts() == (0, 6, 0)


def test_output_that_was_written_and_not_recorded_is_no_error(run: Run) -> None:
    """Killed between file and line: the same bytes are as good as written; others stay."""
    run()
    run.manifest.unlink()
    (run.out / "003.kq").write_bytes(b"mine")
    summary = run()
    assert (summary.files, summary.failed) == (5, 1)
    assert "exists already" in str(summary.failures[0].error)
    assert (run.out / "003.kq").read_bytes() == b"mine"


@pytest.mark.parametrize("text", ["a text\n", "a text", '{"a": 1}\n', "[]\n"])
def test_another_kind_of_file_is_refused_and_kept(text: str, run: Run, capsys: Capture) -> None:
    """A file that is no manifest is one line, status 1, and is not appended to."""
    run.manifest.write_text(text)
    assert kq("encode", run.paths[0], "-d", run.out, "--manifest", run.manifest) == 1
    assert capsys.readouterr().err.startswith(f"kq: {run.manifest}: is no manifest")
    assert run.manifest.read_text() == text
    assert not run.out.exists()


def test_manifest_that_cannot_be_opened_is_one_line(run: Run, capsys: Capture) -> None:
    """A folder in its place is one line and status 1."""
    assert kq("encode", run.paths[0], "-d", run.out, "--manifest", run.folder) == 1
    assert capsys.readouterr().err == f"kq: {run.folder}: Is a directory\n"


def test_dry_run_records_nothing(run: Run) -> None:
    """With --dry-run nothing is done, so nothing is recorded as done."""
    record = ("--manifest", run.manifest)
    assert kq("encode", *run.paths, "-d", run.out, *record, "--dry-run", "-q") == 0
    assert run.manifest.read_text() == ""


def test_shared_palette_is_taken_up(run: Run, capsys: Capture) -> None:
    """With --shared-palette a restarted run finds the same palette, and all done."""
    arguments: list[str | Path] = ["encode", "-r", run.folder / "in", "-d", run.out]
    arguments += ["--manifest", run.manifest]
    for done in (0, 6):
        assert kq(*arguments, "--shared-palette", "-k", "7") == 0
        assert (", 6 done before" in capsys.readouterr().out) == (done == 6)


def test_output_of_a_run_is_known_after_an_error(run: Run) -> None:
    """A source that was damaged, and is a picture again, replaces what the first run made of it."""
    assert run.counts() == (6, 0, 0)
    whole = run.paths[1].read_bytes()
    run.paths[0].write_bytes(whole[:20])
    assert run.counts() == (0, 5, 1)
    run.paths[0].write_bytes(whole)
    assert run.counts() == (1, 5, 0)
    assert contents(run.out)["000.kq"] == contents(run.out)["001.kq"]


def test_skip_existing_leaves_no_stale_output(run: Run) -> None:
    """What the manifest knows as its own is made anew where its source changed, other files not."""
    assert run.counts() == (6, 0, 0)
    run.paths[0].write_bytes(run.paths[1].read_bytes())
    assert run.counts(skip_existing=True) == (1, 5, 0)
    assert contents(run.out)["000.kq"] == contents(run.out)["001.kq"]

"""What `encode` and `decode` share: folders, names, overwriting, -j, pipes, interrupts."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import COMMAND, kq, names, run_kq, running
from PIL import Image

import kqformat
from kqformat.cli import jobs, plan
from kqformat.cli.places import Places

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")
Capture = pytest.CaptureFixture[str]


def picture(path: Path, seed: int = 0, size: int = 12) -> Path:
    """Write an RGB PNG (or what the name says) of random colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    Image.fromarray(pixels).save(path, "PNG")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a tree of pictures and a text in `in`."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("b.png", "a.PNG", "x/c.png", "x/y/d.png", "x/y/e.png")):
        picture(tmp_path / "in" / name, seed)
    (tmp_path / "in" / "x" / "notes.txt").write_text("no picture")
    (tmp_path / "in" / "old.kq").write_bytes(b"not looked at")
    return tmp_path


TREE = ["a.kq", "b.kq", "x/c.kq", "x/y/d.kq", "x/y/e.kq"]


@pytest.mark.parametrize("at_once", ["1", "2", "4"])
def test_folder_is_mirrored(at_once: str, folder: Path, capsys: Capture) -> None:
    """-r takes the pictures of a tree, and -d has the same tree; lines come in order."""
    assert kq("encode", "-r", "in", "-d", "out", "-j", at_once) == 0
    assert names(folder / "out") == TREE
    out, err = capsys.readouterr()
    found = [line.split(" -> ")[0] for line in out.splitlines()]
    assert found.pop() == "5 files: 2,560"
    assert found == ["in/a.PNG", "in/b.png", "in/x/c.png", "in/x/y/d.png", "in/x/y/e.png"]
    assert err == ""
    for name in TREE:
        (source,) = (folder / "in").glob(name.replace(".kq", ".[pP][nN][gG]"))
        np.testing.assert_array_equal(
            kqformat.read(folder / "out" / name), np.asarray(Image.open(source))
        )
    assert kq("decode", "-r", "out", "-d", "back", "-j", at_once) == 0
    assert names(folder / "back") == [name.replace(".kq", ".png") for name in TREE]


def test_folder_in_place(folder: Path) -> None:
    """Without -d the files of a tree are written beside their sources."""
    assert kq("encode", "-r", "in") == 0
    assert [name for name in names(folder / "in") if name.endswith(".kq")] == sorted(
        [*TREE, "old.kq"]
    )
    assert (folder / "in" / "old.kq").read_bytes() == b"not looked at"


def test_files_go_into_a_folder(folder: Path) -> None:
    """-d takes files by their names alone, and is made where it is missing."""
    assert kq("encode", "in/b.png", "in/x/c.png", "-d", "out/deep") == 0
    assert names(folder / "out") == ["deep/b.kq", "deep/c.kq"]


@pytest.mark.parametrize("at_once", ["1", "3"])
def test_others_are_done_after_an_error(at_once: str, folder: Path, capsys: Capture) -> None:
    """A file that fails is one line and status 1; the others, before and after, are done."""
    (folder / "in" / "x" / "bad.png").write_bytes(b"no picture")
    sources = ["in/missing.png", "in/a.PNG", "in/x/bad.png", "in/b.png"]
    assert kq("encode", *sources, "-d", "out", "-j", at_once) == 1
    out, err = capsys.readouterr()
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "in/a.PNG -> out/a.kq",
        "in/b.png -> out/b.kq",
        "2 files",
    ]
    assert err.splitlines() == [
        "kq: in/missing.png: No such file or directory",
        "kq: in/x/bad.png: not an image that can be read (of no known format)",
    ]
    assert names(folder / "out") == ["a.kq", "b.kq"]


@pytest.mark.parametrize("command", ["encode", "decode"])
def test_folder_without_pictures_says_so(command: str, folder: Path, capsys: Capture) -> None:
    """A folder with nothing to do is well, and said; -q says nothing."""
    (folder / "empty").mkdir()
    assert kq(command, "-r", "empty") == 0
    assert capsys.readouterr() == ("", f"kq: empty: has no files to {command}\n")
    assert kq(command, "-r", "-q", "empty") == 0
    assert capsys.readouterr() == ("", "")


def test_unreadable_folder_in_a_tree_is_an_error(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder below that cannot be listed is one line and status 1; the others are done."""
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("y"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert kq("encode", "-r", "in", "-d", "out") == 1
    assert names(folder / "out") == ["a.kq", "b.kq", "x/c.kq"]
    assert re.fullmatch(r"kq: in/x/y: .+\n", capsys.readouterr().err)


@posix
def test_places_are_one_for_each_file(folder: Path) -> None:
    """Links to folders and to files, `..` and `.` come to one name; links' own names do not."""
    (folder / "way").symlink_to("in")
    (folder / "in" / "link.png").symlink_to("b.png")
    places = Places()
    real = os.path.realpath("in/b.png")
    names = ["in/b.png", "./in/b.png", "way/b.png", "way/link.png", "in/x/../b.png", real]
    assert {places.of(name) for name in names} == {real}
    assert places.of("way/missing.png") == os.path.join(os.path.dirname(real), "missing.png")
    assert places.of("way/x/..") == os.path.dirname(real)
    assert places.of("way/x/.") == places.of("in/x/") == os.path.join(os.path.dirname(real), "x")
    assert (places.of("-"), places.of("memory://a/../b")) == ("-", "memory://a/../b")


@posix
@pytest.mark.parametrize("name", ["in", "in/", "./in", "in/x/.."])
def test_a_tree_is_written_below_whatever_the_folder_is_called(folder: Path, name: str) -> None:
    """Names below a folder do not depend on how that is spelt."""
    assert kq("encode", "-r", "-q", name, "-d", "out") == 0
    assert names(folder / "out") == TREE


@posix
def test_links_to_folders_are_not_followed(folder: Path) -> None:
    """A tree that contains itself by a link is gone through once."""
    (folder / "in" / "x" / "loop").symlink_to("..")
    assert kq("encode", "-r", "in", "-d", "out") == 0
    assert names(folder / "out") == TREE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["in"], "in is a folder; -r takes folders whole"),
        (["in/b.png", "-o", "in"], "in is a folder; -d writes into one"),
        (["in/b.png", "-d", "in/b.png"], "in/b.png is not a folder"),
        (["in/b.png", "-o", "a.kq", "-d", "out"], "-o and -d cannot be given together"),
        (["in/b.png", "in/a.PNG", "-o", "a.kq"], "-o takes one input, found 2"),
        (["-r", "in", "-o", "a.kq"], "-o takes one input, found 5"),
        (["in/b.png", "-o", "b.png"], "-o b.png has the ending of another format than .kq"),
        (["in/b.png", "-o", "b.JPG", "-f"], "-o b.JPG has the ending of another format than .kq"),
        (["-", "-"], "more than one file would be written to standard output"),
        (["-", "-d", "out"], "standard input has no name to write under"),
        ([""], "a file name is empty"),
        (["in/b.png", "-d", ""], "a file name is empty"),
    ],
)
def test_what_does_not_fit_is_status_2(
    arguments: list[str], words: str, folder: Path, capsys: Capture
) -> None:
    """Names that do not fit together are wrong usage, in one line, before anything is done."""
    before = names(folder)
    assert kq("encode", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kq: ")
    assert words in err
    assert err.count("\n") == 1
    assert names(folder) == before


def test_names_that_meet_keep_their_endings(folder: Path, capsys: Capture) -> None:
    """Where two pictures would have one output, each output has its source's whole name."""
    for name in ("a.jpg", "x/c.GIF", "x/y/c.png"):
        picture(folder / "in" / name)
    assert kq("encode", "-r", "in", "-d", "out") == 0
    expected = ["a.PNG.kq", "a.jpg.kq", "b.kq", "x/c.GIF.kq", "x/c.png.kq"]
    assert names(folder / "out") == [*expected, "x/y/c.kq", "x/y/d.kq", "x/y/e.kq"]
    assert kq("encode", "in/a.PNG", "in/a.jpg") == 0
    assert {"a.PNG.kq", "a.jpg.kq", "old.kq"} <= set(names(folder / "in"))
    assert capsys.readouterr().err == ""


def test_only_endings_of_pictures_are_replaced(folder: Path) -> None:
    """A dot in a name is no ending: v1.2 and v1.3 have outputs of their own."""
    data = (folder / "in" / "b.png").read_bytes()
    for name in ("v1.2", "v1.3", "v1.3.png"):
        (folder / name).write_bytes(data)
    assert kq("encode", "v1.2", "v1.3", "-d", "out") == 0
    assert kq("encode", "v1.3.png", "-d", "other") == 0
    assert names(folder / "out") == ["v1.2.kq", "v1.3.kq"]
    assert names(folder / "other") == ["v1.3.kq"]
    assert kq("decode", "out/v1.2.kq") == 0
    assert "v1.2.png" in names(folder / "out")


def test_outputs_that_still_meet_fail_and_others_are_done(folder: Path, capsys: Capture) -> None:
    """A file given twice, and files of one name, are a line each; the others are done."""
    picture(folder / "in" / "c.png")
    twice = ["in/b.png", "in/../in/b.png"]
    assert kq("encode", *twice, "in/x/c.png", "in/c.png", "in/a.PNG", "-d", "out") == 1
    out, err = capsys.readouterr()
    assert out.startswith("in/a.PNG -> ")
    assert out.splitlines()[1].startswith("1 file: ")
    assert out.count("\n") == 2
    assert err.splitlines() == [
        "kq: in/b.png: is given more than once",
        "kq: in/../in/b.png: is given more than once",
        "kq: in/x/c.png: would be written to out/c.png.kq, as would in/c.png; "
        "-o gives another name",
        "kq: in/c.png: would be written to out/c.png.kq, as would in/x/c.png; "
        "-o gives another name",
    ]
    assert names(folder / "out") == ["a.kq"]


@posix
@pytest.mark.parametrize("options", [[], ["-f"], ["-o", "link.kq", "-f"], ["-d", ".", "-f"]])
def test_source_is_not_written_over(options: list[str], folder: Path, capsys: Capture) -> None:
    """An output that is the source itself, by whatever name, is refused, with -f too."""
    assert kq("encode", "in/b.png", "-o", "b.kq", "-q") == 0
    (folder / "link.kq").symlink_to("b.kq")
    before = (folder / "b.kq").read_bytes()
    assert kq("encode", "b.kq", "-k", "2", *options) == 1
    assert capsys.readouterr().err.startswith("kq: b.kq: would be overwritten with its own result")
    assert (folder / "b.kq").read_bytes() == before


@pytest.mark.parametrize("target", ["missing/b.kq", "missing/deep/b.kq"])
def test_folder_of_a_single_output_is_not_made(target: str, folder: Path, capsys: Capture) -> None:
    """-o into a folder that is missing, perhaps a slip, is an error before any work."""
    (folder / "bad.png").write_bytes(b"no picture")
    assert kq("encode", "bad.png", "-o", target) == 1
    said = f"kq: bad.png: {os.path.dirname(target)}: No such file or directory\n"
    assert capsys.readouterr().err == said
    assert not (folder / "missing").exists()


@pytest.mark.parametrize("at_once", ["1", "2"])
@pytest.mark.parametrize("options", [[], ["-v"]])
def test_mistake_of_the_program_stops_no_other_file(
    options: list[str], at_once: str, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody expected is a line and status 1, with -v a traceback besides."""
    read = jobs.Job.read

    def fail(job: jobs.Job, **options: Any) -> bytes:
        if job.source == "in/b.png":
            raise ZeroDivisionError("by nothing")
        return read(job, **options)

    monkeypatch.setattr(jobs.Job, "read", fail)
    assert kq("encode", "-r", "in", "-d", "out", "-j", at_once, *options) == 1
    first, *others = capsys.readouterr().err.splitlines()
    assert first == "kq: in/b.png: unexpected ZeroDivisionError: by nothing"
    assert bool(others) == bool(options)
    assert names(folder / "out") == [name for name in TREE if name != "b.kq"]


@pytest.mark.parametrize("arguments", [[], ["nope"], ["encode"], ["decode", "-r"], ["--nope"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: Capture) -> None:
    """No command, an unknown one, or no file is status 2, with the usage on standard error."""
    assert kq(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: kq")


def test_help_and_version_are_well(capsys: Capture) -> None:
    """--help names every command and the statuses, --version the version; status 0."""
    assert kq("--help") == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("encode", "decode", "info", "verify", "exit status: 0"))
    assert kq("--version") == 0
    assert capsys.readouterr().out == f"kq {kqformat.__version__}\n"


@pytest.mark.parametrize("command", ["encode", "decode"])
def test_existing_file_is_kept_without_force(command: str, folder: Path, capsys: Capture) -> None:
    """An existing output is refused in one line, with status 1; -f overwrites it."""
    source, target = "in/b.png", folder / "out.kq"
    if command == "decode":
        assert kq("encode", source, "-o", "source.kq", "-q") == 0
        source, target = "source.kq", folder / "out.png"
    target.write_bytes(b"mine")
    assert kq(command, source, "-o", target) == 1
    assert capsys.readouterr() == (
        "",
        f"kq: {source}: {target}: exists already; -f overwrites it\n",
    )
    assert target.read_bytes() == b"mine"
    assert kq(command, source, "-o", target, "-f") == 0
    assert target.stat().st_size > 100
    assert not [name for name in names(folder) if name.endswith(".tmp")]


def test_existing_file_is_refused_before_the_work(folder: Path, capsys: Capture) -> None:
    """An existing output is refused without the source being read."""
    (folder / "bad.png").write_bytes(b"no picture")
    (folder / "bad.kq").write_bytes(b"mine")
    assert kq("encode", "bad.png") == 1
    assert "exists already" in capsys.readouterr().err


@posix
def test_permissions_and_links(folder: Path) -> None:
    """With -f an existing output keeps its permissions, and a link to it stays a link."""
    target = folder / "real.kq"
    target.write_bytes(b"mine")
    target.chmod(0o640)
    (folder / "link.kq").symlink_to("real.kq")
    assert kq("encode", "in/b.png", "-o", "link.kq", "-f") == 0
    assert (folder / "link.kq").is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert kqformat.read(target).shape == (12, 12, 3)


@pytest.mark.parametrize("old", [b"mine", None])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_error_while_writing_leaves_what_was_there(
    old: bytes | None,
    error: BaseException,
    folder: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk, or an interrupt, leaves the old file or none, and no temporary one."""
    if old is not None:
        (folder / "out.kq").write_bytes(old)
    before = names(folder)

    def fail(_: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    status = 1 if isinstance(error, OSError) else 130
    assert kq("encode", "in/b.png", "-o", "out.kq", "-f") == status
    out, err = capsys.readouterr()
    said = "in/b.png: No space left on device" if status == 1 else "interrupted"
    assert (out, err) == ("", f"kq: {said}\n")
    assert names(folder) == before
    if old is not None:
        assert (folder / "out.kq").read_bytes() == old


def test_lack_of_memory_is_one_line(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture for which memory lacks is one line; the others are done."""
    read = jobs.Job.read

    def fail(job: jobs.Job, **options: Any) -> bytes:
        if job.source == "in/b.png":
            raise MemoryError
        return read(job, **options)

    monkeypatch.setattr(jobs.Job, "read", fail)
    assert kq("encode", "in/b.png", "in/a.PNG", "-d", "out") == 1
    assert capsys.readouterr().err == "kq: in/b.png: not enough memory\n"
    assert names(folder / "out") == ["a.kq"]


def test_folder_that_cannot_be_made_is_one_line(folder: Path, capsys: Capture) -> None:
    """An output below a file is one line that names it, status 1."""
    assert kq("encode", "in/b.png", "-o", "in/a.PNG/b.kq") == 1
    err = capsys.readouterr().err
    assert err.startswith("kq: in/b.png: in/a.PNG")
    assert err.count("\n") == 1


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may do anything")
def test_what_is_not_allowed_is_one_line(folder: Path, capsys: Capture) -> None:
    """A source that may not be read, and a folder that may not be written, are one line each."""
    (folder / "in" / "b.png").chmod(0)
    assert kq("encode", "in/b.png", "-o", "out.kq") == 1
    assert capsys.readouterr().err == "kq: in/b.png: Permission denied\n"
    (folder / "closed").mkdir(mode=0o500)
    assert kq("encode", "in/a.PNG", "-o", "closed/a.kq") == 1
    assert capsys.readouterr().err == "kq: in/a.PNG: closed/a.kq: Permission denied\n"


@posix
def test_null_device_is_left_alone(folder: Path) -> None:
    """Writing to the null device, without -f, leaves it a device."""
    assert kq("encode", "in/b.png", "-o", os.devnull) == 0
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@posix
def test_named_pipe_takes_the_file(folder: Path) -> None:
    """A named pipe as the output gets the whole file and stays a pipe."""
    os.mkfifo(folder / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((folder / "pipe").read_bytes()))
    reader.start()
    assert kq("encode", "in/b.png", "-o", "pipe") == 0
    reader.join(20)
    np.testing.assert_array_equal(kqformat.decode(received[0]), np.asarray(Image.open("in/b.png")))
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


@posix
def test_named_pipe_gives_the_file(folder: Path) -> None:
    """A named pipe as the input is read like a file."""
    os.mkfifo(folder / "pipe.png")
    data = (folder / "in" / "b.png").read_bytes()
    writer = threading.Thread(target=lambda: (folder / "pipe.png").write_bytes(data))
    writer.start()
    assert kq("encode", "pipe.png", "-o", "out.kq") == 0
    writer.join(20)
    assert kqformat.read(folder / "out.kq").shape == (12, 12, 3)


@posix
@pytest.mark.parametrize(
    "raw", [b"a b.png", b"-x.png", b"\x1b[31m\n.png", b"\xff\xfe.png", b".png"]
)
def test_odd_names(raw: bytes, folder: Path) -> None:
    """Names with spaces, dashes, control characters and bytes that are no text are names."""
    data = (folder / "in" / "b.png").read_bytes()
    try:
        with open(os.path.join(os.fsencode(folder), raw), "wb") as stream:
            stream.write(data)
    except OSError:
        pytest.skip("the file system takes no such name")
    done = run_kq("encode", "--json", "--", raw, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    facts = json.loads(done.stdout)
    target = os.fsencode(facts["output"])
    assert os.fsencode(facts["input"]) == raw
    assert target == (raw if raw == b".png" else raw[:-4]) + b".kq"
    assert os.path.isfile(os.path.join(os.fsencode(folder), target))
    again = run_kq("encode", "--", raw, cwd=folder)
    assert again.returncode == 1
    assert re.fullmatch(rb"[^\x00-\x09\x0b-\x1f\x7f-\xff]+\n", again.stderr)
    assert again.stderr.count(b"\n") == 1


@posix
def test_reader_that_goes_away_is_no_traceback(folder: Path) -> None:
    """Where the reader of the lines is gone, `kq` ends silently with status 1."""
    command = [*COMMAND, "encode", "in/b.png", "in/a.PNG", "-d", "out"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
    assert not [name for name in names(folder) if name.endswith(".tmp")]


@posix
def test_reader_of_the_file_that_goes_away_is_no_traceback(folder: Path) -> None:
    """Where the reader of the file itself is gone, `kq` ends silently with status 1."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "encode", "in/b.png", "-o", "-"], stdout=writer, stderr=subprocess.PIPE,
        check=False, timeout=60,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no /dev/full")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["encode", "in/b.png"], b"kq: standard output: No space left on device\n"),
        (
            ["encode", "in/b.png", "-o", "-"],
            b"kq: in/b.png: standard output: No space left on device\n",
        ),
        (["verify", "in/b.kq"], b"kq: standard output: No space left on device\n"),
        (["info", "in/b.kq"], b"kq: standard output: No space left on device\n"),
    ],
)
def test_full_standard_output_is_one_line(arguments: list[str], said: bytes, folder: Path) -> None:
    """A disk that is full under standard output is one line and status 1."""
    if arguments[0] != "encode":
        assert kq("encode", "in/b.png", "-q") == 0
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, said)


@posix
@pytest.mark.parametrize(
    ("redirection", "status", "said"),
    [
        ("encode in/b.png >&-", 0, b""),
        ("encode in/b.png -o - >&-", 1, b"kq: in/b.png: standard output is closed\n"),
        ("encode - -o c.kq <&-", 1, b"kq: standard input: standard input is closed\n"),
    ],
)
def test_closed_streams(redirection: str, status: int, said: bytes, folder: Path) -> None:
    """Standard streams that the shell has closed are no traceback."""
    script = f'exec "$0" -m kqformat {redirection}'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable], stdin=subprocess.DEVNULL, capture_output=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", said)


def test_file_is_not_thrown_at_a_terminal(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that would go to a terminal is wrong usage; lines go there all the same."""
    monkeypatch.setattr(plan, "_is_terminal", lambda: True)
    assert kq("encode", "in/b.png", "-o", "-") == 2
    assert "standard output is a terminal" in capsys.readouterr().err
    assert kq("encode", "in/b.png", "-o", "out.kq") == 0


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came to be")


def stopped(process: subprocess.Popen[bytes], stop: int) -> bytes:
    """Send a signal to a process until it ends, and return what it wrote to standard error.

    Python only notes a signal that comes just before a call that blocks, and the call then blocks
    all the same: a person presses Ctrl-C again. So it is sent again, after a time in which a
    process that has seen it is long gone.
    """
    for _ in range(6):
        process.send_signal(stop)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)[1]
    pytest.fail("the process does not end")


STOPS = [(signal.SIGINT, 130, b"kq: interrupted\n"), (signal.SIGTERM, 143, b"kq: terminated\n")]


@posix
@pytest.mark.parametrize(("stop", "status", "said"), STOPS)
@pytest.mark.parametrize("at_once", ["1", "2"])
def test_interrupt_is_a_line_and_a_status(
    at_once: str, stop: int, status: int, said: bytes, folder: Path
) -> None:
    """Ctrl-C or SIGTERM at work is one line and 130 or 143; whole files stay, nothing else."""
    for seed in range(60):
        picture(folder / "many" / f"{seed:02}.png", seed, size=220)
    command = [*COMMAND, "encode", "-r", "many", "-d", "out", "-k", "2000", "-j", at_once, "-q"]
    with running(command) as process:
        wait_for(lambda: len(list((folder / "out").glob("*.kq"))) >= 2)
        err = stopped(process, stop)
    assert (process.returncode, err) == (status, said)
    done = names(folder / "out")
    assert 2 <= len(done) < 60
    for name in done:
        assert name.endswith(".kq")
        kqformat.read(folder / "out" / name)


@posix
def test_interrupt_while_waiting_for_input_is_status_130(folder: Path) -> None:
    """An interrupt while standard input is awaited is one line and status 130."""
    os.mkfifo(folder / "pipe")
    command = [*COMMAND, "encode", "pipe", "-o", "a.kq"]
    with running(command) as process:
        writer = os.open(folder / "pipe", os.O_WRONLY)  # returns once `kq` has opened it
        err = stopped(process, signal.SIGINT)
        os.close(writer)
    assert (process.returncode, err) == (130, b"kq: interrupted\n")
    assert not (folder / "a.kq").exists()


@posix
@pytest.mark.parametrize(("stop", "status", "said"), STOPS)
def test_interrupt_waits_for_no_work(stop: int, status: int, said: bytes, folder: Path) -> None:
    """With -j an interrupt does not wait for files at work, here two that never come."""
    pipes = ["p.png", "q.png"]
    for pipe in pipes:
        os.mkfifo(folder / pipe)
    with running([*COMMAND, "encode", *pipes, "-d", "out", "-j", "2"]) as process:
        writers = [os.open(folder / pipe, os.O_WRONLY) for pipe in pipes]
        err = stopped(process, stop)
        for writer in writers:
            os.close(writer)
    assert (process.returncode, err) == (status, said)
    assert not (folder / "out").exists()


@posix
def test_ignored_termination_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who starts `kq` with SIGTERM ignored has it ignored; else the handler is put back."""
    for before in (signal.SIG_IGN, signal.SIG_DFL):
        kept = signal.signal(signal.SIGTERM, before)
        seen: list[object] = []
        monkeypatch.setattr(
            "kqformat.cli.main._run", lambda _, seen=seen: seen.append(signal.getsignal(15)) or 0
        )
        try:
            assert kq("info") == 0
            assert signal.getsignal(signal.SIGTERM) == before
        finally:
            signal.signal(signal.SIGTERM, kept)
        assert (seen == [before]) == (before == signal.SIG_IGN)


def test_interrupt_while_loading_is_status_130(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt while the parser is made, modules being imported, is no traceback either."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kqformat.cli.main.build_parser", interrupt)
    assert kq("info", "a.kq") == 130
    assert capsys.readouterr() == ("", "kq: interrupted\n")

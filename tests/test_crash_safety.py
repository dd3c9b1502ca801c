"""Whatever ends a writer, a file has all of its old content or all of the new."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from command import COMMAND, names, run_kq
from PIL import Image

import kqformat
import kqformat.pillow_plugin
from kqformat import leftovers, nameless
from kqformat.codec.stream import encode_indexed
from kqformat.files import write_file
from kqformat.model import IndexedImage

if os.name != "posix":
    pytest.skip("signals, modes and pipes of POSIX", allow_module_level=True)

NOBODY = 65_534


def picture(seed: int, side: int = 300) -> IndexedImage:
    random_numbers = np.random.default_rng(seed)
    palette = random_numbers.integers(0, 256, (256, 3), np.uint8)
    return IndexedImage(random_numbers.integers(0, 256, (side, side), np.uint8), palette)


OLD, NEW = encode_indexed(picture(1)), encode_indexed(picture(2))

WRITER = """
import sys
from pathlib import Path
from unittest import mock
from kqformat.files import write_file
contents = [Path(name).read_bytes() for name in sys.argv[2:]]
print(flush=True)
while True:
    for content in contents:
        write_file(sys.argv[1], content)
"""


def test_killed_at_any_moment_leaves_old_or_new(tmp_path: Path) -> None:
    """kill -9 while a file is overwritten, at a dozen moments, leaves it whole."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "old").write_bytes(OLD)
    (tmp_path / "new").write_bytes(NEW)
    path = folder / "a.kq"
    path.write_bytes(OLD)
    moments = random.Random(5)
    for _ in range(12):
        contents = [str(tmp_path / name) for name in ("old", "new")]
        writer = [sys.executable, "-c", WRITER, str(path), *contents]
        with subprocess.Popen(writer, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(moments.uniform(0, 0.02))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert path.read_bytes() in (OLD, NEW)
        write_file(path, OLD)  # which removes what was killed between two system calls
        assert names(folder) == ["a.kq"]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_command_that_is_stopped_leaves_old_or_new(stop: signal.Signals, tmp_path: Path) -> None:
    """A `kq encode -f` that is stopped leaves the old file or the new one, and nothing else."""
    source = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(7).integers(0, 256, (300, 300, 3), np.uint8)).save(source)
    path = tmp_path / "a.kq"
    path.write_bytes(OLD)
    with subprocess.Popen([*COMMAND, "encode", "-f", "-q", str(source)]) as process:
        time.sleep(0.6)
        process.send_signal(stop)
    assert names(tmp_path) == ["a.kq", "a.png"]
    data = path.read_bytes()
    assert data == OLD or kqformat.decode(data).shape == (300, 300, 3)


@pytest.fixture
def full_disk() -> Iterator[Path]:
    """A file system of its own with room for the old file and half of the new."""
    folder = Path(tempfile.mkdtemp())
    mount = ["mount", "-t", "tmpfs", "-o", f"size={len(OLD) * 3 // 2 // 4096 * 4}k", "none"]
    if (
        not shutil.which("mount")
        or subprocess.run([*mount, folder], capture_output=True, check=False).returncode
    ):
        folder.rmdir()
        pytest.skip("a file system of its own may not be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_full_disk_leaves_the_old_file(full_disk: Path) -> None:
    """Where the disk is full, the old file stays, nothing else is left, and the error says so."""
    path = full_disk / "a.kq"
    path.write_bytes(OLD)
    with pytest.raises(OSError, match="No space left") as caught:
        write_file(path, NEW)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == OLD
    assert names(full_disk) == ["a.kq"]
    assert shutil.disk_usage(full_disk).free > len(NEW) // 3  # what had been written is free again


def test_command_on_a_full_disk_is_one_line(full_disk: Path, tmp_path: Path) -> None:
    """`kq encode` to a full disk says so in a line, with status 1, and the old file stays."""
    path = full_disk / "a.kq"
    path.write_bytes(OLD)
    (tmp_path / "b.kq").write_bytes(NEW)
    result = run_kq("encode", "-f", tmp_path / "b.kq", "-o", path)
    assert result.returncode == 1
    assert result.stderr.decode() == f"kq: {tmp_path / 'b.kq'}: No space left on device\n"
    assert path.read_bytes() == OLD
    assert names(full_disk) == ["a.kq"]


def test_limit_of_file_size_leaves_the_old_file(tmp_path: Path) -> None:
    """Where a file may not become so large, the old file stays and nothing else is left."""
    path = tmp_path / "a.kq"
    path.write_bytes(OLD)
    code = """
import resource, signal, sys
from kqformat.files import write_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
write_file(sys.argv[1], bytes(90_000))
"""
    result = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "OSError: [Errno 27] File too large" in result.stderr
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["a.kq"]


WRITE_AS_ANOTHER = f"""
import os, sys
from kqformat.files import write_file
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
try:
    write_file(sys.argv[1], b"new")
except OSError as error:
    print(type(error).__name__, error.filename)
"""
"""Writes as somebody whom modes concern, which root is not."""


def test_read_only_folder_leaves_the_old_file() -> None:
    """In a folder that may not be written, a file that may be is not; the error names it."""
    with tempfile.TemporaryDirectory() as place:  # whose parents all may pass, unlike `tmp_path`'s
        os.chmod(place, 0o755)
        folder = Path(place) / "folder"
        folder.mkdir()
        path = folder / "a.kq"
        path.write_bytes(OLD)
        path.chmod(0o666)
        folder.chmod(0o555)
        result = subprocess.run(
            [sys.executable, "-c", WRITE_AS_ANOTHER, path],
            capture_output=True,
            text=True,
            check=False,
        )
        folder.chmod(0o755)
        assert (result.stdout, result.stderr) == (f"PermissionError {path}\n", "")
        assert path.read_bytes() == OLD
        assert names(folder) == ["a.kq"]


def test_two_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    """Many processes and threads that write one file leave the content of one, and no other."""
    path = tmp_path / "a.kq"
    contents = [bytes([number]) * 200_000 for number in range(8)]
    seen: set[bytes] = set()
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            if path.exists():
                seen.add(path.read_bytes())

    reader = threading.Thread(target=read)

    def write(data: bytes) -> None:
        for _ in range(20):
            write_file(path, data)

    writers = [threading.Thread(target=write, args=(data,)) for data in contents]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    is_done.set()
    reader.join()
    assert seen | {path.read_bytes()} <= set(contents)
    assert names(tmp_path) == ["a.kq"]


def test_one_of_two_first_writers_wins(tmp_path: Path) -> None:
    """Of many that write a new file and may not overwrite, one does; the others are told so."""
    path = tmp_path / "a.kq"
    start = threading.Barrier(8)
    outcomes: list[int | None] = []

    def write(number: int) -> None:
        start.wait()
        try:
            write_file(path, bytes([number]) * 100_000, overwrite=False)
            outcomes.append(number)
        except FileExistsError:
            outcomes.append(None)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    (winner,) = (number for number in outcomes if number is not None)
    assert path.read_bytes() == bytes([winner]) * 100_000
    assert names(tmp_path) == ["a.kq"]


def test_links_are_as_with_cp(tmp_path: Path) -> None:
    """A link to a link stays, and so does one that leads nowhere; what it names is written."""
    real, link, second = tmp_path / "real.kq", tmp_path / "link.kq", tmp_path / "second.kq"
    link.symlink_to("real.kq")
    second.symlink_to("link.kq")
    kqformat.write(second, picture(1))
    assert real.read_bytes() == OLD
    kqformat.write(link, picture(2))
    assert [path.is_symlink() for path in (real, link, second)] == [False, True, True]
    assert real.read_bytes() == NEW


def test_loop_of_links_is_an_error(tmp_path: Path) -> None:
    """Links that lead to each other are an error, and stay."""
    (tmp_path / "a.kq").symlink_to("b.kq")
    (tmp_path / "b.kq").symlink_to("a.kq")
    with pytest.raises(OSError, match="symbolic links"):
        write_file(tmp_path / "a.kq", b"new")
    assert sorted(os.listdir(tmp_path)) == ["a.kq", "b.kq"]


def test_other_hard_link_keeps_the_old_file(tmp_path: Path) -> None:
    """A second name of a replaced file still has the old bytes, whole."""
    path, other = tmp_path / "a.kq", tmp_path / "b.kq"
    path.write_bytes(OLD)
    os.link(path, other)
    write_file(path, NEW)
    assert (path.read_bytes(), other.read_bytes()) == (NEW, OLD)


def feed(path: Path, data: bytes) -> threading.Thread:
    """Write to a named pipe a byte at a time."""

    def write() -> None:
        with open(path, "wb", buffering=0) as stream:
            for byte in data:
                stream.write(bytes([byte]))

    thread = threading.Thread(target=write)
    thread.start()
    return thread


SMALL = picture(3, 20)


@pytest.mark.parametrize("reader", ["read", "read_indexed", "open", "pillow"])
def test_pipe_is_read_a_byte_at_a_time(reader: str, tmp_path: Path) -> None:
    """From a named pipe that gives a byte at a time, every reader has the whole picture."""
    pipe = tmp_path / "pipe.kq"
    os.mkfifo(pipe)
    thread = feed(pipe, encode_indexed(SMALL))
    if reader == "read":
        assert np.array_equal(kqformat.read(pipe), SMALL.to_rgb())
    elif reader == "read_indexed":
        assert kqformat.read_indexed(pipe) == SMALL
    elif reader == "open":
        with kqformat.open(pipe) as file:
            assert file.region(0, 0, 20, 20) == SMALL
    else:
        with open(pipe, "rb") as stream:
            image = Image.open(stream)
            assert np.array_equal(np.asarray(image), SMALL.indices)
    thread.join(20)


@pytest.mark.parametrize("command", ["info", "verify", "decode"])
@pytest.mark.parametrize("way", ["name", "standard input"])
def test_command_reads_a_pipe_a_byte_at_a_time(way: str, command: str, tmp_path: Path) -> None:
    """So do the commands, by the pipe's name and from standard input."""
    data = encode_indexed(SMALL)
    output = ["-o", str(tmp_path / "a.png")] if command == "decode" else []
    if way == "name":
        os.mkfifo(tmp_path / "pipe.kq")
        thread = feed(tmp_path / "pipe.kq", data)
        result = run_kq(command, tmp_path / "pipe.kq", *output)
        thread.join(20)
        assert result.returncode == 0, result.stderr
        return
    with subprocess.Popen([*COMMAND, command, "-", *output], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for byte in data:
            process.stdin.write(bytes([byte]))
            process.stdin.flush()
        process.stdin.close()
        assert process.wait(60) == 0


def left_name(folder: Path) -> Path:
    """Return the second name that a file `a.kq` of the folder has while it is replaced."""
    with mock.patch.object(os, "replace", side_effect=lambda *names: seen.extend(names)):
        seen: list[Path] = []
        write_file(folder / "a.kq", NEW)
    return Path(seen[0])


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without names are Linux's")
@pytest.mark.parametrize("is_in_use", [False, True])
def test_name_that_was_left_is_removed(is_in_use: bool, tmp_path: Path) -> None:
    """What a killed process left is removed by the next that writes; what is in use stays."""
    path = tmp_path / "a.kq"
    path.write_bytes(OLD)
    name = left_name(tmp_path)
    assert name.read_bytes() == NEW
    with open(name, "rb") as other:
        if is_in_use:
            fcntl.flock(other, fcntl.LOCK_EX)
        write_file(path, OLD)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == sorted(["a.kq", *([name.name] if is_in_use else [])])


@pytest.mark.parametrize("is_nameless", [True, False])
def test_what_a_dead_writer_left_is_removed_by_the_next(
    is_nameless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary name whose writer is gone is taken away; one that is in use stays, and works."""
    if not is_nameless:
        monkeypatch.setattr(nameless, "_NAMELESS", 0)
    target = tmp_path / "a.kq"
    target.write_bytes(b"old")
    left, descriptor = leftovers.make_temporary(
        target, lambda path: leftovers.open_locked(path, 0o600)
    )
    write_file(target, b"first")  # while that writer lives
    assert names(tmp_path) == sorted([left.name, "a.kq"])
    os.close(descriptor)  # as the system does where a process ends
    write_file(target, b"second")
    assert names(tmp_path) == ["a.kq"]
    assert target.read_bytes() == b"second"


def test_more_writers_than_names(tmp_path: Path) -> None:
    """However many write one file at once, each has a name of its own, and none takes another's."""
    target = tmp_path / "a.kq"
    made = [
        leftovers.make_temporary(target, lambda path: leftovers.open_locked(path, 0o600))
        for _ in range(20)
    ]
    assert len({path for path, _ in made}) == 20
    assert all(path.exists() for path, _ in made)
    for _, descriptor in made:
        os.close(descriptor)

"""Files appear whole or not at all, where they are asked for, with the right permissions."""

from __future__ import annotations

import errno
import mmap
import os
import re
import stat
import threading
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import pytest
from command import names

from kqformat import nameless
from kqformat.errors import LimitError, TruncatedError
from kqformat.file_view import FileView
from kqformat.files import new_file, open_file, read_file, read_stream, write_file

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and devices of POSIX")


@pytest.fixture
def names_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have temporary files named from the start, as on systems other than Linux."""
    monkeypatch.setattr(nameless, "_NAMELESS", 0)


@pytest.fixture
def umask() -> Iterator[None]:
    """Put the process's mask back."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write_and_raise(path: Path, error: type[BaseException]) -> NoReturn:
    with new_file(path) as stream:
        stream.write(b"x" * 100_000)
        raise error


def write_too_late(path: Path) -> None:
    with new_file(path, overwrite=False) as stream:
        stream.write(b"mine")
        path.write_bytes(b"another's")


def refuse(number: int) -> object:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


def test_nothing_has_the_name_before_the_end(tmp_path: Path) -> None:
    """While a new file is written its name does not exist; then it has all of the bytes."""
    path = tmp_path / "a.kq"
    with new_file(path) as stream:
        stream.write(b"half")
        stream.flush()
        assert not path.exists()
        stream.write(b"whole")
    assert path.read_bytes() == b"halfwhole"
    assert names(tmp_path) == ["a.kq"]


def test_old_file_stays_whole_until_the_end(tmp_path: Path) -> None:
    """While a file is replaced, its readers have all of the old one."""
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    with new_file(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [b"old", None])
def test_error_leaves_what_was_there(
    error: type[BaseException], old: bytes | None, tmp_path: Path
) -> None:
    """An error or interrupt while writing leaves the old file, or none, and no temporary one."""
    path = tmp_path / "a.kq"
    if old is not None:
        path.write_bytes(old)
    with pytest.raises(error):
        write_and_raise(path, error)
    assert names(tmp_path) == (["a.kq"] if old is not None else [])
    assert old is None or path.read_bytes() == old


@pytest.mark.parametrize("name", [nameless._NAMELESS, 0])
@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_failing_disk_leaves_what_was_there(
    step: str, name: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of any step after the last byte leaves the old file and no temporary one."""
    monkeypatch.setattr(nameless, "_NAMELESS", name)
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, refuse(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        write_file(path, b"new")
    assert names(tmp_path) == ["a.kq"]
    assert path.read_bytes() == b"old"


def test_bytes_are_on_the_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is flushed to the disk before it takes the name."""
    calls: list[str] = []
    for step in ("fsync", "link", "replace"):
        original = getattr(os, step)

        def note(
            *given: object, step: str = step, original: object = original, **options: object
        ) -> object:
            calls.append(step)
            assert callable(original)
            return original(*given, **options)

        monkeypatch.setattr(os, step, note)
    write_file(tmp_path / "a.kq", b"new")
    assert calls[0] == "fsync"
    assert set(calls[1:]) & {"link", "replace"}


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o027, 0o077])
@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.usefixtures("umask")
def test_new_file_obeys_the_mask(mask: int, overwrite: bool, tmp_path: Path) -> None:
    """A new file has the permissions that any program would give it."""
    os.umask(mask)
    write_file(tmp_path / "a.kq", b"new", overwrite=overwrite)
    assert mode_of(tmp_path / "a.kq") == 0o666 & ~mask


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666, 0o755])
@pytest.mark.usefixtures("umask")
def test_existing_permissions_are_kept(mode: int, tmp_path: Path) -> None:
    """A replaced file keeps its permissions, whatever the mask."""
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    path.chmod(mode)
    os.umask(0o077)
    write_file(path, b"new")
    assert (mode_of(path), path.read_bytes()) == (mode, b"new")


@posix
@pytest.mark.usefixtures("umask", "names_at_once")
def test_private_file_is_private_all_along(tmp_path: Path) -> None:
    """While a private file is replaced, nobody else can read the temporary file either."""
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    path.chmod(0o600)
    os.umask(0)
    with new_file(path):
        (temporary,) = (other for other in tmp_path.iterdir() if other != path)
        assert mode_of(temporary) == 0o600


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", [nameless._NAMELESS, 0])
def test_owner_is_kept(name: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that root replaces is still its owner's."""
    monkeypatch.setattr(nameless, "_NAMELESS", name)
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    path.chmod(0o600)
    os.chown(path, 12345, 54321)
    write_file(path, b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, mode_of(path)) == (12345, 54321, 0o600)


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_symbolic_link_is_followed(exists: bool, tmp_path: Path) -> None:
    """Writing to a link writes the file that it names, there already or not; the link stays."""
    (tmp_path / "real").mkdir()
    (tmp_path / "links").mkdir()
    real = tmp_path / "real" / "a.kq"
    if exists:
        real.write_bytes(b"old")
    link = tmp_path / "links" / "b.kq"
    link.symlink_to("../real/a.kq")
    write_file(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert not real.is_symlink()
    assert sorted(os.listdir(link.parent)) == ["b.kq"]


@posix
def test_null_device_is_left_alone() -> None:
    """Writing to the null device leaves it a device."""
    before = os.stat(os.devnull)
    write_file(os.devnull, b"anything")
    write_file(os.devnull, b"anything", overwrite=False)
    after = os.stat(os.devnull)
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


@posix
def test_pipe_is_written_directly(tmp_path: Path) -> None:
    """Writing to a named pipe, which exists, reaches its reader, and leaves it a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"through", overwrite=False)
    reader.join(20)
    assert received == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="has no /dev/fd")
def test_open_pipe_is_written_by_its_name() -> None:
    """A pipe that has only a number, as the shell's >(...) makes it, can be written to."""
    reader, writer = os.pipe()
    write_file(f"/dev/fd/{writer}", b"through")
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        assert stream.read() == b"through"


def test_existing_file_is_refused(tmp_path: Path) -> None:
    """Without `overwrite` an existing file is an error before the block is entered."""
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError) as caught, new_file(path, overwrite=False):
        pytest.fail("the block was entered")
    assert caught.value.filename == str(path)
    assert names(tmp_path) == ["a.kq"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("has", ["files without names", "links", "neither"])
def test_file_made_meanwhile_is_refused(
    has: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `overwrite`, a file that came to exist meanwhile is kept."""
    if has != "files without names":
        monkeypatch.setattr(nameless, "_NAMELESS", 0)
    if has == "neither":
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    path = tmp_path / "a.kq"
    with pytest.raises(FileExistsError):
        write_too_late(path)
    assert names(tmp_path) == ["a.kq"]
    assert path.read_bytes() == b"another's"


@pytest.mark.usefixtures("names_at_once")
def test_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `overwrite` a new file can be written where there are no hard links."""
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    write_file(tmp_path / "a.kq", b"new", overwrite=False)
    assert names(tmp_path) == ["a.kq"]
    assert (tmp_path / "a.kq").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127, "-o", " ", "a\nb"])
def test_any_name_will_do(name: str, tmp_path: Path) -> None:
    """The longest names that a folder takes can be written, and the strangest."""
    write_file(tmp_path / name, b"new")
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == b"new"


def test_folder_is_no_file(tmp_path: Path) -> None:
    """Writing to the name of a folder is an error and leaves the folder."""
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path, b"new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["missing/a.kq", "file/a.kq", "a" * 256])
def test_error_names_the_file_that_was_asked_for(name: str, tmp_path: Path) -> None:
    """Where no file can be made, the error has its name and not that of a temporary one."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=re.escape(str(tmp_path / name))) as caught:
        write_file(tmp_path / name, b"new")
    assert os.fspath(caught.value.filename) == str(tmp_path / name)
    assert names(tmp_path) == ["file"]


@posix
def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder allows no new file, the old one stays and the error names it."""
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "open", refuse(errno.EACCES))
    with pytest.raises(PermissionError) as caught:
        write_file(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_stream_within_the_limit_is_read(size: int) -> None:
    """A stream of up to the limit is returned whole."""
    assert read_stream(BytesIO(b"x" * size), 1000) == b"x" * size


@pytest.mark.parametrize("size", [1001, 3_000_000])
def test_stream_beyond_the_limit_is_refused(size: int) -> None:
    """A stream of one byte more than the limit is refused, and not read to its end."""
    stream = BytesIO(b"x" * size)
    with pytest.raises(LimitError, match="more than the limit of 1,000"):
        read_stream(stream, 1000)
    assert stream.tell() <= 1 << 20


def test_stream_that_gives_little_at_a_time_is_read_whole() -> None:
    """A stream that returns less than asked, as a pipe does, is read to its end."""

    class Trickle(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(3, size or 3))

    assert read_stream(Trickle(b"0123456789")) == b"0123456789"


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_file_is_read(size: int, tmp_path: Path) -> None:
    """A file is read whole, if it is not over the limit."""
    path = tmp_path / "a"
    path.write_bytes(b"x" * size)
    assert read_file(path) == b"x" * size
    assert read_file(path, size) == b"x" * size
    if size:
        with pytest.raises(LimitError):
            read_file(path, size - 1)


def test_stream_is_read_with_memory_for_it_once() -> None:
    """What is returned is no copy of what was read."""
    size = 20_000_000
    stream = BytesIO(b"x" * size)
    tracemalloc.start()
    assert len(read_stream(stream)) == size
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * size


@posix
def test_file_is_read_in_parts(tmp_path: Path) -> None:
    """A file with bytes is read where a slice is taken, and stays what it was if replaced."""
    path = tmp_path / "a"
    path.write_bytes(b"0123")
    view = open_file(path)
    assert isinstance(view, FileView)
    write_file(path, b"new")
    assert (len(view), bytes(view[1:3]), bytes(view[2:9])) == (4, b"12", b"23")
    view.close()


@posix
def test_part_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Bytes that were there when the file was opened, and are no more, are an error."""
    path = tmp_path / "a"
    path.write_bytes(b"0123")
    view = open_file(path)
    os.truncate(path, 2)
    assert bytes(view[:2]) == b"01"
    with pytest.raises(TruncatedError, match="became shorter while it was read: at byte 1"):
        view[1:4]
    assert isinstance(view, FileView)
    view.close()


def test_file_is_mapped_where_it_cannot_be_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `pread`, as on Windows, a file is a memory map."""
    monkeypatch.delattr(os, "pread", raising=False)
    path = tmp_path / "a"
    path.write_bytes(b"0123")
    mapped = open_file(path)
    assert isinstance(mapped, mmap.mmap)
    assert mapped[:] == b"0123"
    mapped.close()


def test_empty_file_is_read(tmp_path: Path) -> None:
    """An empty file, which cannot be mapped, is no bytes."""
    (tmp_path / "a").write_bytes(b"")
    assert open_file(tmp_path / "a") == b""


@posix
def test_pipe_is_read(tmp_path: Path) -> None:
    """A pipe, which cannot be mapped, is read."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"through"))
    writer.start()
    assert open_file(pipe) == b"through"
    writer.join(20)

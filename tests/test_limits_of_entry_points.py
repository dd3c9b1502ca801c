"""Every way into the package keeps the limits, and takes no memory before it has looked (§9)."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import kq, run_kq
from PIL import Image
from vectors import writer

import kqformat
import kqformat.pillow_plugin
from kqformat.errors import KqError, LimitError
from kqformat.files import read_stream
from kqformat.kqfile import KqFile
from kqformat.limits import Limits
from kqformat.rasters import may_be_image

BLACK = (0, 0, 0)
MANY_PIXELS = writer.Head(2**15, 2**14, (BLACK,)).encode() + writer.section("B")
"""Of 2^29 pixels, all of them there, as they take no bits."""

OVER = {
    "pixels": (Limits(pixels=5), writer.Head(3, 2, (BLACK,)).encode() + writer.section("B")),
    "bands": (
        Limits(bands=1),
        writer.Head(3, 2, (BLACK,), band_shift=0).encode() + 2 * writer.section("B"),
    ),
    "palette entries": (
        Limits(palette_entries=1),
        writer.Head(1, 1, (BLACK, BLACK)).encode() + writer.section("B", b"\0"),
    ),
    "metadata bytes": (
        Limits(metadata_bytes=4),
        writer.Head(1, 1, (BLACK,)).encode() + writer.section("x", b"12345") + writer.section("B"),
    ),
    "metadata sections": (
        Limits(metadata_sections=1),
        writer.Head(1, 1, (BLACK,)).encode() + 2 * writer.section("z") + writer.section("B"),
    ),
}


def open_and_close(path: Path, *, limits: Limits) -> None:
    kqformat.open(path, limits=limits).close()


def decode(path: Path, *, limits: Limits) -> None:
    kqformat.decode(path.read_bytes(), limits=limits)


def decode_indexed(path: Path, *, limits: Limits) -> None:
    kqformat.decode_indexed(path.read_bytes(), limits=limits)


def kq_file(path: Path, *, limits: Limits) -> None:
    KqFile(path.read_bytes(), limits)


READERS: list[Callable[..., object]] = [
    kqformat.read,
    kqformat.read_indexed,
    open_and_close,
    decode,
    decode_indexed,
    kq_file,
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("quantity", OVER)
def test_reader_keeps_the_limits_it_is_given(
    quantity: str, read: Callable[..., object], tmp_path: Path
) -> None:
    """Each function that reads refuses what is over each of its limits, and nothing else."""
    limits, data = OVER[quantity]
    path = tmp_path / "a.kq"
    path.write_bytes(data)
    read(path, limits=Limits())
    with pytest.raises(LimitError) as caught:
        read(path, limits=limits)
    assert caught.value.quantity == quantity


@pytest.mark.parametrize("command", ["decode", "verify", "encode", "show"])
def test_command_keeps_the_limit_of_pixels(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command that looks at pixels refuses too many in a line, by default and if told."""
    (tmp_path / "a.kq").write_bytes(MANY_PIXELS)
    (tmp_path / "b.kq").write_bytes(OVER["pixels"][1])
    endings = {"decode": "png", "encode": "kq"}
    more = ["-o", str(tmp_path / f"c.{endings[command]}")] if command in endings else []
    if command == "show":
        more = ["--force-color"]
    assert kq(command, tmp_path / "a.kq", *more) == 1
    assert capsys.readouterr().err == (
        f"kq: {tmp_path / 'a.kq'}: 536,870,912 pixels are more than the limit of "
        "268,435,456; --max-pixels raises it\n"
    )
    assert kq(command, tmp_path / "b.kq", *more, "--max-pixels", "5") == 1
    assert (
        "6 pixels are more than the limit of 5; --max-pixels raises it\n" in capsys.readouterr().err
    )
    assert sorted(os.listdir(tmp_path)) == ["a.kq", "b.kq"]


@pytest.mark.parametrize("quantity", ["bands", "metadata bytes", "metadata sections"])
@pytest.mark.parametrize("command", ["info", "decode", "verify", "encode", "palette"])
def test_command_keeps_the_other_limits(
    command: str, quantity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default limits of bands and metadata are kept by each command, `info` too."""
    head = writer.Head(1, 1, (BLACK,)).encode()
    data = {
        "bands": writer.Head(1, 2**16 + 1, (BLACK,), band_shift=0).encode()
        + (2**16 + 1) * writer.section("B"),
        "metadata bytes": head + writer.section("x", bytes(2**24 + 1)) + writer.section("B"),
        "metadata sections": head + 65 * writer.section("z") + writer.section("B"),
    }[quantity]
    (tmp_path / "a.kq").write_bytes(data)
    endings = {"decode": "png", "encode": "kq", "palette": "gpl"}
    more = ["-o", str(tmp_path / f"b.{endings[command]}")] if command in endings else []
    assert kq(command, tmp_path / "a.kq", *more) == 1
    shown = capsys.readouterr().err
    assert f" {quantity} are more than the limit of " in shown
    assert shown.count("\n") == 1


def test_pillow_has_its_own_limit_of_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's own check of pixels is made when a file is opened, before pixels take memory."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(MANY_PIXELS))


@pytest.mark.parametrize("quantity", ["bands", "metadata bytes", "metadata sections"])
def test_pillow_keeps_the_other_limits(quantity: str) -> None:
    """What is over the default limits of bands and metadata is no image for Pillow."""
    head = writer.Head(1, 1, (BLACK,)).encode()
    data = {
        "bands": writer.Head(1, 2**16 + 1, (BLACK,), band_shift=0).encode()
        + (2**16 + 1) * writer.section("B"),
        "metadata bytes": head + writer.section("x", bytes(2**24 + 1)) + writer.section("B"),
        "metadata sections": head + 65 * writer.section("z") + writer.section("B"),
    }[quantity]
    with pytest.raises(OSError, match=r"cannot identify|are more than the limit of"):
        Image.open(io.BytesIO(data)).load()


def test_pillow_reads_no_more_than_the_picture_can_have() -> None:
    """Of a file of 6 pixels, Pillow's plugin does not read hundreds of megabytes that follow."""

    class Endless(io.BytesIO):
        """A file after whose end there are zeros, as long as anybody reads."""

        given = 0

        def read(self, size: int | None = -1) -> bytes:
            if size is None or size < 0:
                pytest.fail("the whole of an endless file was asked for")
            data = super().read(size)
            data += bytes(size - len(data))
            self.given += len(data)
            return data

    stream = Endless(OVER["pixels"][1])
    with (
        Image.open(stream, formats=["KQ"]) as image,
        pytest.raises(OSError, match="bytes are more"),
    ):
        image.load()
    assert stream.given < 2**26


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="has no /dev/zero")
@pytest.mark.parametrize("command", ["info", "verify", "decode"])
def test_endless_input_that_is_no_kq_file_is_noticed_at_once(command: str) -> None:
    """Of what has no signature, no more than the first part is read, however long it is."""
    more = ["-o", "-"] if command == "decode" else []
    result = run_kq(command, "/dev/zero", *more)
    assert result.returncode == 1
    assert result.stderr.startswith(b"kq: /dev/zero: not a .kq file")
    with pytest.raises(KqError, match=r"^not a .kq file"):
        kqformat.open("/dev/zero")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="has no /dev/zero")
@pytest.mark.parametrize(
    "arguments",
    [
        ["encode", "/dev/zero", "-o", "-"],
        ["encode", "-o", "-", "chelsea.png", "--palette", "/dev/zero"],
        ["encode", "-o", "-", "chelsea.png", "--importance", "/dev/zero"],
        ["palette", "/dev/zero", "-o", "-"],
        ["compare", "/dev/zero"],
        ["show", "/dev/zero", "--force-color"],
        ["plot", "k-grid", "/dev/zero", "-o", "a.png"],
        ["report", "/dev/zero", "-o", "a.html"],
    ],
    ids=" ".join,
)
def test_endless_input_that_is_no_picture_is_noticed_at_once(
    arguments: list[str], data_folder: Path, tmp_path: Path
) -> None:
    """Of what no reader of pictures knows, no more than the first part is read."""
    places = {
        "chelsea.png": str(data_folder / "chelsea.png"),
        "a.png": str(tmp_path / "a.png"),
        "a.html": str(tmp_path / "a.html"),
    }
    given = [places.get(argument, argument) for argument in arguments]
    code = (
        "import resource, sys; from kqformat.cli.main import main;"
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *given]
    result = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert result.returncode == 1
    assert b": /dev/zero is not an im" in result.stderr or result.stderr.startswith(
        b"kq: /dev/zero: "
    )
    assert b"of no known format" in result.stderr or b"of a known kind" in result.stderr
    assert result.stderr.count(b"\n") == 1
    assert not os.listdir(tmp_path)


def test_files_that_begin_like_pictures_are_read_to_their_end() -> None:
    """A picture is known from its first part, be it in one of the formats without a signature."""
    for image_format in ("PNG", "TIFF", "TGA", "SPIDER", "PPM", "BMP", "WEBP", "GIF"):
        stream = io.BytesIO()
        mode = "F" if image_format == "SPIDER" else "RGB"
        Image.new(mode, (9, 9)).save(stream, image_format)
        assert may_be_image(stream.getvalue()), image_format
        assert may_be_image(stream.getvalue()[:-1].ljust(5000, b"\0")), image_format
    assert not may_be_image(bytes(5000))


def test_asked_how_long_a_file_may_be() -> None:
    """`most_bytes` is asked once, for what is longer than a mebibyte, and its answer is kept."""
    asked: list[int] = []

    def most_bytes(beginning: bytes) -> int:
        asked.append(len(beginning))
        return 2**20 + 5 if beginning[0] else 0

    def read(size: int, first: int) -> bytes:
        return read_stream(io.BytesIO(bytes([first]) + bytes(size - 1)), most_bytes=most_bytes)

    assert len(read(2**20 - 1, 0)) == 2**20 - 1
    assert asked == []
    assert len(read(2**20 + 5, 1)) == 2**20 + 5
    assert len(read(2**26, 0)) == 2**20
    with pytest.raises(LimitError, match="more than the limit of 1,048,581"):
        read(2**20 + 6, 1)
    assert asked == [2**20] * 3


CHILD = """
import io, resource, sys
import numpy as np
from PIL import Image
import kqformat, kqformat.pillow_plugin
from kqformat.cli.main import main
from kqformat.errors import KqError

path = sys.argv[1]
data = open(path, "rb").read()
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + 48 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))


def load(_):
    with Image.open(io.BytesIO(data), formats=["KQ"]) as image:
        image.load()


def opened(path):
    with kqformat.open(path) as file:
        file.region(0, 0, 1, 1)


for name, read in {
    "decode": lambda _: kqformat.decode(data),
    "decode_indexed": lambda _: kqformat.decode_indexed(data),
    "read": kqformat.read,
    "read_indexed": kqformat.read_indexed,
    "open": opened,
    "Pillow": load,
}.items():
    try:
        read(path)
    except (KqError, OSError, Image.DecompressionBombError) as error:
        continue
    sys.exit(f"{name} raised nothing")
print("none took it")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize(
    ("head", "section"),
    [
        (writer.Head(2**14, 2**14, (BLACK,) * 2), writer.section("B", length=2**25)[:5]),
        (writer.Head(2**14, 2**14, (BLACK,) * 257), writer.section("B", length=9 * 2**25)[:5]),
        (writer.Head(2**14, 2**14, (BLACK,) * 2, coding=1), writer.section("E", length=2**24)[:5]),
        (writer.Head(2**31 - 1, 2**31 - 1, (BLACK,)), writer.section("B")),
        (writer.Head(1, 1, (BLACK,)), writer.section("x", length=2**24)[:5]),
        (writer.Head(1, 1, (BLACK,)), writer.section("z", length=2**32 - 1)[:5]),
        (writer.Head(1, 2**17, (BLACK,), band_shift=0), writer.section("B")),
    ],
)
def test_false_claim_takes_no_memory(head: writer.Head, section: bytes, tmp_path: Path) -> None:
    """With 48 MB of address space left, what claims hundreds is its own error, everywhere."""
    path = tmp_path / "a.kq"
    path.write_bytes(head.encode() + section)
    result = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.stderr) == ("none took it\n", "")


@pytest.mark.parametrize("command", ["info", "verify", "decode"])
def test_memory_that_is_not_there_is_a_line(command: str, tmp_path: Path) -> None:
    """A picture within the limits for which there is no memory is a line, and status 1."""
    path = tmp_path / "a.kq"
    path.write_bytes(writer.Head(2**14, 2**14, (BLACK,)).encode() + writer.section("B"))
    code = (
        "import resource, sys; import numpy, PIL.Image; import kqformat.cli.main as m;"
        "import kqformat.codec.stream, kqformat.cli.saving;"
        "pages = int(open('/proc/self/statm').read().split()[0]);"
        "most = pages * resource.getpagesize() + 2**27;"
        "resource.setrlimit(resource.RLIMIT_AS, (most, most)); sys.exit(m.main(sys.argv[1:]))"
    )
    more = ["-o", str(tmp_path / "a.png")] if command == "decode" else []
    result = subprocess.run(
        [sys.executable, "-c", code, command, str(path), *more],
        capture_output=True,
        text=True,
        check=False,
    )
    if command == "decode":  # the others have no pixels in memory
        assert (result.returncode, result.stderr) == (1, f"kq: {path}: not enough memory\n")
    else:
        assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("read", READERS)
def test_a_million_sections_are_refused_early(read: Callable[..., object], tmp_path: Path) -> None:
    """A file of a million empty sections, or bands, is refused without going through them."""
    path = tmp_path / "a.kq"
    sections = 1_000_000 * writer.section("z") + writer.section("B")
    bands = 1_000_000 * writer.section("B")
    for head, rest, found in (
        (writer.Head(1, 1, (BLACK,)), sections, 65),  # at the first that is one too many
        (writer.Head(1, 1_000_000, (BLACK,), band_shift=0), bands, 1_000_000),  # as the head says
    ):
        path.write_bytes(head.encode() + rest)
        with pytest.raises(LimitError) as caught:
            read(path, limits=Limits())
        assert caught.value.found == found


def test_very_many_are_read_if_that_is_allowed() -> None:
    """Where limits allow as many sections or bands, they are read."""
    wide = Limits(bands=2**20, metadata_sections=2**20)
    sections = 70_000 * writer.section("z") + writer.section("B")
    image = kqformat.decode_indexed(writer.Head(1, 1, (BLACK,)).encode() + sections, limits=wide)
    assert len(image.metadata.unknown) == 70_000
    bands = 70_000 * writer.section("B")
    head = writer.Head(1, 70_000, (BLACK,), band_shift=0)
    assert kqformat.decode_indexed(head.encode() + bands, limits=wide).size == (1, 70_000)

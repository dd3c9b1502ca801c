"""URLs: memory and S3 stores read, listed and written whole, by Python and by `kq`."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import fsspec
import numpy as np
import pytest
from command import kq
from moto.server import ThreadedMotoServer
from PIL import Image

import kqformat
from kqformat import stores
from kqformat.batch import encode_many
from kqformat.errors import LimitError
from kqformat.files import new_file, read_file, write_file

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the stores' own packages

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """A server with the API of S3, on this machine; return its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["memory", "s3"])
def root(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """The URL of an empty place in a store."""
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        yield "memory://place"
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3_server"))
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    bucket = f"place-{abs(hash(request.node.name)) % 10**9}"
    store.mkdir(bucket)
    yield f"s3://{bucket}"
    fsspec.filesystem("s3").invalidate_cache()


def png(seed: int = 0) -> bytes:
    """Return a picture of random colours."""
    pixels = np.random.default_rng(seed).integers(0, 256, (10, 14, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_objects_are_read_and_written(root: str) -> None:
    """Bytes come back; an existing object is replaced only where that is allowed."""
    url = f"{root}/a/b"
    write_file(url, b"one", overwrite=False)
    with pytest.raises(FileExistsError):
        write_file(url, b"two", overwrite=False)
    assert read_file(url) == b"one"
    write_file(url, b"two")
    assert read_file(url) == b"two"
    with pytest.raises(LimitError):
        read_file(url, 2)
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_file(f"{root}/nothing")


def test_large_object_is_read_if_its_beginning_is_known(root: str) -> None:
    """Of one that begins like nothing known, no more than a mebibyte is fetched."""
    url = f"{root}/large"
    data = np.random.default_rng(1).integers(0, 256, (1 << 21) + 5, np.uint8).tobytes()
    write_file(url, data)
    assert read_file(url) == data
    assert read_file(url, signature=data[:4]) == data
    assert read_file(url, signature=b"no") == data[: 1 << 20]
    asked = Mock(side_effect=[0, len(data), len(data) - 1, 1 << 20])
    assert read_file(url, most_bytes=asked) == data[: 1 << 20]
    assert read_file(url, most_bytes=asked) == data
    for most in (len(data) - 1, 1 << 20):
        with pytest.raises(LimitError):
            read_file(url, most_bytes=asked)
        with pytest.raises(LimitError):
            read_file(url, most)
    assert [call.args for call in asked.mock_calls] == 4 * [(data[: 1 << 20],)]


def test_object_appears_whole_or_not_at_all(root: str) -> None:
    """What is written in parts is there at the end only, and not after an error."""
    url = f"{root}/c"
    with suppress(ZeroDivisionError), new_file(url) as stream:
        stream.write(b"half")
        stream.write(bytes(1 // 0))
    assert stores.status_of_object(url) is None
    with new_file(url, overwrite=False) as stream:
        stream.write(b"wh")
        assert stores.status_of_object(url) is None
        stream.write(b"ole")
    assert read_file(url) == b"whole"
    with pytest.raises(FileExistsError), new_file(url, overwrite=False):
        pass


def test_regions_are_read_out_of_a_store(root: str) -> None:
    """`write`, `open`, a region, a pixel and `read` work by URL as by name."""
    pixels = np.random.default_rng(1).integers(0, 256, (40, 30, 3), np.uint8)
    url = f"{root}/d.kq"
    kqformat.write(url, pixels, colors=16)
    whole = kqformat.read(url)
    with kqformat.open(url) as file:
        assert file.size == (30, 40)
        np.testing.assert_array_equal(file.region(3, 5, 20, 33).to_rgb(), whole[5:33, 3:20])


def test_batch_from_store_to_store(root: str) -> None:
    """`encode_many` reads and writes URLs; a second run finds the same bytes and is content."""
    names = [f"{number}" for number in range(5)]
    for seed, name in enumerate(names):
        write_file(f"{root}/in/{name}.png", png(seed))
    pairs = [(f"{root}/in/{name}.png", f"{root}/out/{name}.kq") for name in [*names, "none"]]
    for _ in range(2):
        summary = encode_many(pairs, colors=4)
        assert (summary.files, summary.failed) == (5, 1)
    expected = kqformat.encode(np.asarray(Image.open(io.BytesIO(png(2)))), colors=4)
    assert read_file(f"{root}/out/2.kq") == expected


def test_manifest_of_objects(root: str, tmp_path: Path) -> None:
    """Objects that have not changed are left out, one that has is done again."""
    pairs = []
    for seed in range(3):
        write_file(f"{root}/in/{seed}.png", png(seed))
        pairs.append((f"{root}/in/{seed}.png", f"{root}/out/{seed}.kq"))
    arguments: dict[str, Any] = {"manifest": tmp_path / "m", "colors": 4}
    assert encode_many(pairs, **arguments).files == 3
    assert encode_many(pairs, **arguments).recorded == 3
    write_file(f"{root}/in/1.png", png(9))
    summary = encode_many(pairs, **arguments)
    assert (summary.files, summary.recorded) == (1, 2)


def test_command_takes_folders_of_stores(root: str, capsys: Capture) -> None:
    """`kq encode -r URL -d URL` mirrors a tree, `decode` and `info` read it."""
    for seed, name in enumerate(("a.png", "x/b.png", "x/y/c.PNG", "x/notes.txt")):
        write_file(f"{root}/in/{name}", png(seed))
    assert kq("encode", "-r", f"{root}/in", "-d", f"{root}/out/", "-k", "3") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f"{root}/in/x/b.png -> {root}/out/x/b.kq: 3 colours")
    assert sorted(stores.objects_below(f"{root}/out")) == [
        f"{root}/out/{name}" for name in ("a.kq", "x/b.kq", "x/y/c.kq")
    ]
    assert kq("decode", f"{root}/out/a.kq", "-o", f"{root}/back.png") == 0
    assert kq("verify", f"{root}/out/a.kq", f"{root}/out/x/b.kq") == 0
    with Image.open(io.BytesIO(read_file(f"{root}/back.png"))) as image:
        assert image.size == (14, 10)


def test_other_objects_are_kept_without_force(root: str, capsys: Capture) -> None:
    """An object with other bytes is refused in one line, and overwritten with -f."""
    write_file(f"{root}/a.png", png())
    write_file(f"{root}/a.kq", b"mine")
    assert kq("encode", f"{root}/a.png") == 1
    assert capsys.readouterr().err == (
        f"kq: {root}/a.png: {root}/a.kq: exists already; -f overwrites it\n"
    )
    assert read_file(f"{root}/a.kq") == b"mine"
    assert kq("encode", f"{root}/a.png", "--skip-existing") == 0
    assert kq("encode", f"{root}/a.png", "-f") == 0
    assert kqformat.read(f"{root}/a.kq").shape == (10, 14, 3)


def test_what_no_package_reads_is_one_line(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown kind of URL, and a missing extra, are one line each, status 1."""
    assert kq("encode", "nosuch://a/b.png") == 1
    assert "nosuch" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert kq("encode", "s3://a/b.png") == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.endswith("needs the package fsspec: pip install 'kqformat[remote]'\n")


def test_manifest_is_no_object(root: str, capsys: Capture) -> None:
    """A manifest is appended to, which stores cannot: it is a file, or wrong usage."""
    write_file(f"{root}/a.png", png())
    assert kq("encode", f"{root}/a.png", "--manifest", f"{root}/m") == 2
    assert "appended" in capsys.readouterr().err

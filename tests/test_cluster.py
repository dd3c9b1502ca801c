"""Dask clusters of real worker processes: the same files as on one machine, whoever is killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from batches import contents, draw, pairs_of
from bench.workers import worker_numbers
from command import kq
from distributed import Client
from PIL import Image

import kqformat
from kqformat.batch import encode_each, encode_many, shared_palette
from kqformat.batch.cluster import ClusterExecutor, local_client
from kqformat.quantizer import shared

WORKERS = 3

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's, of its own ends

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A cluster of three processes with a thread each."""
    with local_client(WORKERS) as connected:
        yield connected


def test_executor_of_dask_gives_the_same_files(client: Client, tmp_path: Path) -> None:
    """`client.get_executor()` is an executor like any other."""
    paths = draw(tmp_path / "in", 25)
    results = encode_each(
        pairs_of(paths, tmp_path / "out"), executor=client.get_executor(), colors=6
    )
    assert [result.error for result in results] == [None] * 25
    assert contents(tmp_path / "out") == {
        f"{path.stem}.kq": kqformat.encode(np.asarray(Image.open(path)), colors=6) for path in paths
    }


def test_worker_killed_in_the_middle_costs_nothing(client: Client, tmp_path: Path) -> None:
    """With `kill -9` of a worker at work, every file is written, once counted, and whole."""
    paths = draw(tmp_path / "in", 60, size=90)
    expected = {
        f"{path.stem}.kq": kqformat.encode(np.asarray(Image.open(path)), colors=700)
        for path in paths
    }
    victim = worker_numbers(client, WORKERS)[1]
    seen: list[str] = []

    def kill_once(result: object) -> None:
        seen.append(str(result))
        if len(seen) == 5:
            os.kill(victim, signal.SIGKILL)

    summary = encode_many(
        pairs_of(paths, tmp_path / "out"),
        executor=ClusterExecutor(client),
        tasks_at_once=12,
        report=kill_once,
        colors=700,
    )
    assert (summary.files, summary.failed, len(seen)) == (60, 0, 60)
    assert contents(tmp_path / "out") == expected
    assert victim not in worker_numbers(client, WORKERS)


def test_shared_palette_survives_a_killed_worker(
    client: Client, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Histograms summed over the cluster give the one-machine palette, also if one is lost."""
    names = ("coffee.png", "chelsea.png", "chart.png", "astronaut.png")
    paths = [str(data_folder / name) for name in names] * 8
    monkeypatch.setattr("kqformat.batch.palette._TASK_FILES", 1)
    monkeypatch.setattr("kqformat.batch.cluster.FAN_IN", 3)
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    expected = shared.shared_palette(images, 50)
    victim = worker_numbers(client, WORKERS)[0]
    killer = threading.Timer(0.2, os.kill, (victim, signal.SIGKILL))
    killer.start()
    found = shared_palette(paths, 50, executor=ClusterExecutor(client))
    killer.join()
    assert found is not None
    np.testing.assert_array_equal(found, expected)
    assert victim not in worker_numbers(client, WORKERS)


def test_command_on_a_cluster(client: Client, tmp_path: Path, capsys: Capture) -> None:
    """`--cluster ADDRESS` writes what `kq` does by itself, with one palette for all, too."""
    draw(tmp_path / "in", 20)
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    address = client.scheduler_info()["address"]
    for options in ((), ("--shared-palette",)):
        out = [tmp_path / f"{where}{len(options)}" for where in ("here", "there")]
        base = ["encode", "-r", str(tmp_path / "in"), "-k", "30", *options]
        assert kq(*base, "-d", out[0], "-j", "1") == 1
        said = capsys.readouterr()
        assert kq(*base, "-d", out[1], "--cluster", address) == 1
        there = capsys.readouterr()
        assert there.err == said.err
        assert len(there.out.splitlines()) == len(said.out.splitlines()) == 21
        assert contents(out[0]) == contents(out[1])


def test_command_starts_a_cluster(tmp_path: Path, capsys: Capture) -> None:
    """`--cluster local` has one for the time of the run, and the manifest works as ever."""
    draw(tmp_path / "in", 5)
    arguments: list[str | Path] = [
        "encode",
        "-r",
        tmp_path / "in",
        "-d",
        tmp_path / "out",
        "-j",
        "2",
    ]
    for _ in range(2):
        assert kq(*arguments, "--cluster", "local", "--manifest", tmp_path / "m") == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("5 done before")
    assert len(contents(tmp_path / "out")) == 5


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("tcp://127.0.0.1:1", 1, "no Dask scheduler answers there"), ("no:such:thing", 2, "address")],
)
def test_address_where_nobody_is(
    address: str, status: int, words: str, tmp_path: Path, capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """An address without a scheduler, or that is none, is one line."""
    monkeypatch.setattr("kqformat.batch.cluster._PATIENCE", "1s")
    draw(tmp_path / "in", 1)
    command: list[str | Path] = [
        "encode",
        "-r",
        tmp_path / "in",
        "-d",
        tmp_path / "out",
        "--cluster",
        address,
    ]
    assert kq(*command) == status
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_dask_the_extra_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package is missing, one line says what brings it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    draw(tmp_path, 1)
    assert kq("encode", tmp_path / "000.png", "--cluster", "local") == 1
    assert capsys.readouterr().err == (
        "kq: a cluster needs the package distributed: pip install 'kqformat[cluster]'\n"
    )


def test_standard_streams_do_not_go_to_a_cluster(capsys: Capture) -> None:
    """What has no name cannot be worked on elsewhere: wrong usage."""
    assert kq("encode", "-", "-o", "a.kq", "--cluster", "local") == 2
    assert "needs names" in capsys.readouterr().err

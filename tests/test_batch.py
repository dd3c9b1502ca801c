"""Batches: any executor gives the same files, nothing stops the rest, lost workers cost nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batches import Copying, contents, draw, pairs_of
from command import COMMAND, kq
from PIL import Image

import kqformat
from kqformat.batch import encode_each, encode_many, shared_palette
from kqformat.batch.gate import Gate
from kqformat.batch.groups import FileGroup
from kqformat.batch.jobs import Job
from kqformat.batch.pools import processes
from kqformat.batch.running import Batch, WorkersLostError
from kqformat.batch.settings import Settings
from kqformat.batch.working import Handling
from kqformat.errors import ParameterError
from kqformat.quantizer import shared
from kqformat.quantizer.options import Options
from kqformat.threads import at_most, available

linux = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Linux only")


@contextmanager
def executor_named(name: str) -> Iterator[Executor | None]:
    pools: dict[str, Callable[[], Any]] = {
        "none": nullcontext,
        "threads": lambda: ThreadPoolExecutor(3),
        "processes": lambda: processes(2),
    }
    with pools[name]() as executor:
        yield executor


@pytest.mark.parametrize("name", ["none", "threads", "processes"])
def test_any_executor_gives_the_same_files(name: str, tmp_path: Path) -> None:
    """Each file is what `encode` makes of its picture; results come in order, with facts."""
    paths = draw(tmp_path / "in", 30)
    with executor_named(name) as executor:
        results = list(encode_each(pairs_of(paths, tmp_path / "out"), executor=executor, colors=9))
    assert [result.source for result in results] == [str(path) for path in paths]
    for path, result in zip(paths, results, strict=True):
        data = kqformat.encode(np.asarray(Image.open(path)), colors=9)
        assert Path(result.target).read_bytes() == data
        assert (result.before, result.after) == (path.stat().st_size, len(data))
        assert result.facts is not None
        assert result.facts.colors == 9
    assert len(contents(tmp_path / "out")) == 30


@pytest.mark.parametrize("name", ["none", "threads"])
def test_failures_stop_nothing(name: str, tmp_path: Path) -> None:
    """What fails is in the summary, in one line each; all others are written."""
    paths = draw(tmp_path / "in", 12)
    paths[3].write_bytes(b"no picture")
    paths[7].unlink()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "009.kq").write_bytes(b"mine")
    with executor_named(name) as executor:
        summary = encode_many(pairs_of(paths, tmp_path / "out"), executor=executor, colors=4)
    assert (summary.files, summary.failed) == (9, 3)
    assert [result.error for result in summary.failures] == [
        "not an image that can be read (of no known format)",
        "No such file or directory",
        f"{tmp_path / 'out' / '009.kq'}: exists already; -f overwrites it",
    ]
    assert (tmp_path / "out" / "009.kq").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "options", [{"colors": 0}, {"effort": "none"}, {"keep": ["all"]}, {"keep_colors": ["#12"]}]
)
def test_wrong_options_are_refused_at_once(options: dict[str, Any]) -> None:
    """An option that no picture could be encoded with raises before the first is looked at."""
    with pytest.raises(ParameterError):
        encode_each(iter(()), **options)


class Unreliable(Executor):
    """Loses tasks of several files once or twice, though it does them."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.sent: dict[str, int] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        key = args[0][0].source
        self.sent[key] = self.sent.get(key, 0) + 1
        done = fn(*args, **kwargs)
        if len(args[0]) > 1 and self.sent[key] <= self.losses:
            future.set_exception(BrokenExecutor("gone"))
        else:
            future.set_result(done)
        return future


@pytest.mark.parametrize("losses", [1, 2])
def test_task_that_was_done_and_lost_is_no_error(losses: int, tmp_path: Path) -> None:
    """Files that a lost worker had written count as written when they are made again."""
    paths = draw(tmp_path / "in", 20)
    executor = Unreliable(losses)
    summary = encode_many(pairs_of(paths, tmp_path / "out"), executor=executor, colors=4)
    assert (summary.files, summary.failed) == (20, 0)
    assert max(executor.sent.values()) == losses + 1


class Dead(Executor):
    """Does nothing."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("cannot be started"))
        return future


def test_executor_that_does_nothing_is_one_error(tmp_path: Path) -> None:
    """Where no worker ever does a file, the batch ends, rather than try each file thrice."""
    paths = draw(tmp_path / "in", 20)
    with pytest.raises(WorkersLostError, match="cannot be started"):
        encode_many(pairs_of(paths, tmp_path / "out"), executor=Dead())


@linux
def test_only_the_file_that_ends_workers_fails(tmp_path: Path) -> None:
    """A file at which worker processes die is found and named; all others are done."""
    jobs = []
    for number in range(40):
        source = tmp_path / f"{number}.txt"
        source.write_bytes(b"kill" if number == 17 else b"%d" % number)
        jobs.append(Job(str(source), str(tmp_path / "out" / source.name), makes_folder=True))
    with processes(2) as executor:
        results = list(Batch(Copying(), Handling(), executor, tasks_at_once=4).run(jobs))
    failed = [result for result in results if result.error is not None]
    assert [Path(result.source).name for result in failed] == ["17.txt"]
    assert "the worker was lost" in str(failed[0].error)
    assert len(contents(tmp_path / "out")) == 39


def test_worker_killed_at_the_end_is_not_waited_for() -> None:
    """It may hold the lock by which the others would hear that all is over."""
    program = """
import os, signal, time
from kqformat.batch.pools import processes
if __name__ == "__main__":
    for _ in range(8):
        with processes(2) as pool:
            for future in [pool.submit(time.sleep, 0.02) for _ in range(4)]:
                future.result()
            os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@linux
def test_killed_command_leaves_no_process_and_no_half_file(tmp_path: Path) -> None:
    """After `kill -9` of `kq`, its workers end by themselves; what is there is whole."""
    draw(tmp_path / "in", 60, size=150)
    command = [*COMMAND, "encode", "-r", str(tmp_path / "in"), "-d", str(tmp_path / "out")]
    process = subprocess.Popen([*command, "-k", "2000", "-j", "2", "-q"], start_new_session=True)
    wait_for(lambda: (tmp_path / "out").is_dir() and len(contents(tmp_path / "out")) > 1)
    process.kill()
    process.wait()
    wait_for(lambda: not session_has_processes(process.pid))
    for name in contents(tmp_path / "out"):
        kqformat.read(tmp_path / "out" / name)


def session_has_processes(session: int) -> bool:
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, NotADirectoryError):
            continue
        if entry.name.isdigit() and int(fields[3]) == session and fields[0] != "Z":
            return True
    return False


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(4000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came to be")


@pytest.mark.parametrize("at_once", ["1", "2", "all"])
def test_command_gives_the_same_bytes_at_any_number(at_once: str, tmp_path: Path) -> None:
    """Processes, for many files, write what one thread does."""
    paths = draw(tmp_path / "in", 20)
    arguments = ["-k", "5", "-j", at_once, "-q"]
    assert kq("encode", "-r", tmp_path / "in", "-d", tmp_path / "out", *arguments) == 0
    expected = {
        f"{path.stem}.kq": kqformat.encode(np.asarray(Image.open(path)), colors=5) for path in paths
    }
    assert contents(tmp_path / "out") == expected


@linux
def test_group_names_files_at_its_end(tmp_path: Path) -> None:
    """Until the block ends there is no file; an existing one is told of and stays."""
    failures: list[OSError] = []
    with FileGroup(force=False) as group:
        for name in ("a", "b"):
            group.add(Job("", str(tmp_path / name)), name.encode(), failures.append)
        assert contents(tmp_path) == {}
        (tmp_path / "b").write_bytes(b"mine")
    assert contents(tmp_path) == {"a": b"a", "b": b"mine"}
    assert [type(error) for error in failures] == [FileExistsError]


@linux
def test_a_group_commits_when_it_is_full(tmp_path: Path) -> None:
    """Of 101 files, each open until it has its name, 100 have theirs before the end."""
    failures: list[OSError] = []
    with FileGroup(force=False) as group:
        for number in range(101):
            group.add(Job("", str(tmp_path / f"{number}")), b"data", failures.append)
        assert len(contents(tmp_path)) == 100
    assert len(contents(tmp_path)) == 101
    assert failures == []


def test_gate_waits_for_those_inside() -> None:
    """`close` returns when the last writer is through, and nobody gets in after it."""
    gate, steps = Gate(), []
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with gate.passing():
            inside.set()
            go_on.wait(20)
            steps.append("written")

    def close() -> None:
        gate.close()
        steps.append("closed")

    def write_late() -> None:
        with gate.passing():
            steps.append("late")

    writer, closer = threading.Thread(target=write), threading.Thread(target=close)
    writer.start()
    inside.wait(20)
    closer.start()
    go_on.set()
    writer.join(20)
    closer.join(20)
    threading.Thread(target=write_late, daemon=True).start()
    assert steps == ["written", "closed"]


def test_threads_of_an_image_are_limited_where_it_is_asked_for() -> None:
    """A limit holds in its block and its thread only."""
    free = available()
    with at_most(1):
        assert available() == 1
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(available).result() == free
    assert available() == free


@pytest.mark.parametrize("name", ["none", "threads", "processes"])
@pytest.mark.parametrize("options", [{}, {"effort": "best", "outliers": "strong"}])
def test_shared_palette_is_that_of_one_machine(
    name: str, options: dict[str, Any], tmp_path: Path, data_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Counted apart and joined as a tree: the palette is the same to the byte."""
    names = ("coffee.png", "chelsea.png", "chart.png", "astronaut.png")
    paths = [str(data_folder / each) for each in names]
    monkeypatch.setattr("kqformat.batch.palette._TASK_FILES", 1)
    monkeypatch.setattr("kqformat.batch.palette.FAN_IN", 2)
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    expected = shared.shared_palette(images, 40, Options(**options))
    with executor_named(name) as executor:
        found = shared_palette([*paths, "missing.png"], 40, Options(**options), executor=executor)
    assert found is not None
    np.testing.assert_array_equal(found, expected)


def test_digest_tells_settings_apart() -> None:
    """Every setting has its part in the digest, and equal ones have the same."""
    palette = np.array([[1, 2, 3]], np.uint8)
    kinds = [
        Settings(),
        Settings(colors=16),
        Settings(palette=palette),
        Settings(palette=palette + 1),
        Settings(coding="entropy"),
        Settings(keep=frozenset()),
        Settings(options={"keep_colors": ("#123456",)}),
        Settings(options={"importance": palette}),
    ]
    assert len({each.digest for each in kinds}) == len(kinds)
    assert Settings(palette=palette.copy()).digest == Settings(palette=palette).digest


def test_interrupt_signal_is_not_for_workers(tmp_path: Path) -> None:
    """A worker goes on where the terminal interrupts all: its parent decides."""
    with processes(1) as pool:
        number = pool.submit(os.getpid).result()
        os.kill(number, signal.SIGINT)
        assert pool.submit(os.getpid).result() == number

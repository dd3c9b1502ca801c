"""Work shared among threads: order, errors, and that the number of threads changes nothing."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kqformat.errors import ParameterError
from kqformat.quantizer import color_table, opaque_kernel, swaps, tabled, tree
from kqformat.quantizer.counting import SurveyedPixels, count_colors, counted
from kqformat.quantizer.entries import Entries
from kqformat.quantizer.opaque_counts import OPAQUE_COLORS
from kqformat.quantizer.tree import ColorTree
from kqformat.threads import at_most, available, for_each, in_order, kept_threads


class _WorkError(Exception):
    pass


@given(st.lists(st.integers()), st.integers(1, 5))
def test_results_are_in_the_order_of_the_items(items: list[int], threads: int) -> None:
    """Whatever the number of threads, results come in order."""
    with at_most(threads):
        assert list(in_order(lambda item: 2 * item, iter(items))) == [2 * item for item in items]
        assert for_each(str, items, 3) == list(map(str, items))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_few_items_are_taken_ahead(threads: int) -> None:
    """Of an endless source, no more items are taken than a few for each thread."""
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    with at_most(threads):
        results = in_order(abs, endless())
        assert [next(results) for _ in range(10)] == list(range(1, 11))
        assert taken <= 10 + 2 * threads
        results.close()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_error_of_the_source_comes_in_its_place(threads: int) -> None:
    """What comes before an error in the source is still returned."""

    def failing() -> Iterator[int]:
        yield from (1, 2)
        raise OSError("gone")

    with at_most(threads):
        results = in_order(abs, failing())
        found: list[int] = []
        with pytest.raises(OSError, match="gone"):
            found.extend(results)
    assert found == [1, 2]
    assert all(not thread.name.startswith("kqformat") for thread in threading.enumerate())


def test_error_of_the_source_keeps_nothing() -> None:
    """What an error of the source knows is gone with it."""

    def failing() -> Iterator[int]:
        yield 1
        raise _WorkError("gone")

    gc.disable()
    try:
        with at_most(2), pytest.raises(_WorkError, match="gone") as caught:
            list(in_order(abs, failing()))
        alive = weakref.ref(caught.value)
        del caught
        assert alive() is None
    finally:
        gc.enable()


def test_threads_begin_no_threads() -> None:
    """Work within work is done by the thread that has it."""
    with at_most(3):
        meeting = threading.Barrier(3)

        def met(_: int) -> int:
            meeting.wait(60)  # so that each thread has one, the caller too
            return available()

        assert for_each(met, [1, 2, 3], 3) == [1, 1, 1]
        assert available() == 3


@pytest.mark.parametrize("threads", [1, 3])
def test_first_of_several_errors_is_raised(threads: int) -> None:
    """The one of the first item that fails; no more are begun, and nothing of it is kept."""
    begun: list[int] = []

    def work(item: int) -> npt.NDArray[np.uint8]:
        begun.append(item)
        if item >= 5:
            raise _WorkError(str(item))
        return np.zeros(1, np.uint8)

    gc.disable()
    try:
        with at_most(threads), pytest.raises(_WorkError, match=r"^5$") as caught:
            for_each(work, range(1000), 1000)
        alive = weakref.ref(caught.value)
        del caught
        assert alive() is None
    finally:
        gc.enable()
    assert len(begun) < 1000
    assert sorted(begun) == list(range(len(begun)))


def test_no_more_is_begun_where_a_thread_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes at once, and the threads that there are end."""
    started: list[threading.Thread] = []
    begun: list[int] = []
    start = threading.Thread.start

    def start_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("no thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    with at_most(3), pytest.raises(RuntimeError, match="no thread"):
        for_each(begun.append, range(1000), 1000)
    assert begun == []
    assert not started[0].is_alive()


def own_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "kqformat"]


def test_threads_are_kept_until_the_end_of_the_block() -> None:
    """Calls within it, and in a block within it, are served by the same ones."""
    meeting = threading.Barrier(3)
    seen: set[int] = set()

    def note(_: int) -> None:
        meeting.wait(60)  # so that each thread has one
        seen.add(threading.get_ident())

    with at_most(3):
        with kept_threads():
            for_each(note, range(3), 3)
            with kept_threads():
                for_each(note, range(6), 3)
            kept = own_threads()
            assert {threading.get_ident(), *(thread.ident for thread in kept)} == seen
        assert not any(thread.is_alive() for thread in kept)
        for_each(note, range(3), 3)
        assert own_threads() == []


def test_work_that_asks_for_threads_has_others() -> None:
    """Those that are kept are at work just then."""
    outer, inner = threading.Barrier(2), threading.Barrier(2)
    done = threading.Event()

    def nested(_: int) -> list[int]:
        outer.wait(20)  # so that each thread has one
        if threading.current_thread() is not threading.main_thread():
            assert done.wait(20)
            return []
        with at_most(2):
            found = for_each(lambda item: inner.wait(10) >= 0 and item, range(2), 2)
        done.set()
        return found

    with at_most(2), kept_threads() as crew:
        assert sorted(for_each(nested, range(2), 2)) == [[], [0, 1]]
        with kept_threads() as same:
            assert same is crew
        assert len(own_threads()) == 1


def test_interrupt_ends_the_threads_that_are_kept() -> None:
    """What was begun is waited for, and what comes later in the block has others."""
    main = threading.main_thread().ident
    assert main is not None
    meeting = threading.Barrier(2)
    ended: list[bool] = []

    def interrupt(_: int) -> None:
        meeting.wait(60)
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.05)  # while the other waits for this one
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.05)
            ended.append(True)

    with at_most(2), kept_threads():
        with pytest.raises(KeyboardInterrupt):
            for_each(interrupt, range(2), 2)
        assert ended == [True]
        assert own_threads() == []
        assert for_each(abs, range(-9, 0), 9) == list(range(9, 0, -1))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_forked_process_begins_its_own_threads() -> None:
    """It has none of those that its parent keeps."""
    code = """
import os, warnings
from kqformat.threads import at_most, for_each, kept_threads
warnings.simplefilter("ignore")
with at_most(2), kept_threads():
    for_each(abs, range(9), 9)
    child = os.fork()
    assert for_each(abs, range(9), 9) == [*range(9)]
    if child:
        assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2"])
def test_number_of_threads_that_makes_no_sense(threads: int) -> None:
    """A limit is an integer of at least 1."""
    with pytest.raises(ParameterError, match="threads is"), at_most(threads):
        pass


@settings(max_examples=8)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3, 4]),
    st.sampled_from([20, 700, 1 << 20]),
    st.sampled_from([0, 1 << 20]),
)
def test_histogram_in_parts_is_that_of_the_whole(
    seed: int, channels: int, most: int, least: int
) -> None:
    """Threads that each count a part find what one finds in the whole, cells included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabled, "_RUN_PIXELS", 500)
        patch.setattr(color_table, "_LEAST_IN_LEAVES", least)
        numbers = np.random.default_rng(seed)
        pixels = numbers.integers(0, 12, (3000, channels), np.uint8) * np.uint8(20)
        weights = numbers.integers(0, 256, 3000, np.uint8)
        found = []
        for threads in (1, 2, 3):
            with at_most(threads):
                whole = counted(pixels, most)
                histogram = whole.histogram
                assert isinstance(whole, SurveyedPixels) or len(whole.parts) == threads
                labels = np.arange(len(histogram), dtype=np.uint16)
                out = np.empty(3000, np.uint16)
                if histogram.exact:
                    whole.look_up(labels, out)
                    assert np.array_equal(histogram.counts, np.bincount(out))
                found.append(
                    (
                        *(histogram.codes, histogram.keys, histogram.counts, histogram.points),
                        whole.sum_weights(weights),
                    )
                )
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_assignment_in_branches_is_that_of_the_whole_tree(seed: int, k: int) -> None:
    """Threads that each take some branches of a tree find the same clusters."""
    numbers = np.random.default_rng(seed)
    colors = count_colors(numbers.integers(0, 256, (2000, 4), np.uint8))
    centroids = colors.points[numbers.integers(0, len(colors), k)]
    whole = ColorTree(colors).assign(centroids, labels=True)
    with pytest.MonkeyPatch.context() as patch, at_most(3):
        patch.setattr(tree, "SHARED_POINTS", 100)
        patch.setattr(tree, "_SUMMARISED_NODES", 7)
        shared = ColorTree(colors).assign(centroids, labels=True)
    assert shared.distortion == whole.distortion
    for name in ("weights", "sums", "labels"):
        np.testing.assert_array_equal(getattr(shared, name), getattr(whole, name))


@pytest.mark.parametrize("k", [2, 5, 40])
def test_cuts_planned_in_parts_are_those_of_all_clusters(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads that each plan for some clusters find the same cuts."""
    numbers = np.random.default_rng(k)
    points = ColorTree(count_colors(numbers.integers(0, 256, (2000, 3), np.uint8)))
    labels = numbers.integers(0, k, len(points.points)).astype(np.int32)
    whole, shared = (swaps.SplitPlanner(points, k) for _ in range(2))
    whole.plan(labels)
    monkeypatch.setattr(swaps, "SHARED_POINTS", 100)
    with at_most(3):
        shared.plan(labels)
    np.testing.assert_array_equal(shared.gains, whole.gains)
    assert (whole.gains > 0).all()
    np.testing.assert_array_equal(shared.halves, whole.halves)


@pytest.mark.parametrize("channels", [3, 4])
def test_entries_written_in_parts_are_those_of_all_colors(channels: int) -> None:
    """Threads that each write those of some places make the same table."""
    numbers = np.random.default_rng(channels)
    colors = count_colors(numbers.integers(0, 256, (2000, channels), np.uint8))
    labels = numbers.integers(0, 256, len(colors)).astype(np.uint8)
    order = numbers.permutation(len(colors))
    with at_most(1):
        whole = Entries.of_labels(colors.keys, labels)
    with at_most(3):
        shared = Entries.of_labels(colors.keys[order], labels[order])
    known = np.unpackbits(whole.known).astype(bool)
    assert known.any()
    np.testing.assert_array_equal(shared.opaque[known], whole.opaque[known])
    for name in ("known", "keys", "labels"):
        np.testing.assert_array_equal(getattr(shared, name), getattr(whole, name))


@pytest.mark.parametrize("threads", range(1, 6))
def test_entries_are_shared_by_whole_bytes(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No two threads write bits of the same byte, and all places are written."""
    edges: list[tuple[int, int]] = []

    def note(keys: object, labels: object, first: int, end: int, *_: object) -> None:
        edges.append((first, end))

    monkeypatch.setattr(opaque_kernel, "write_labels", note)
    with at_most(threads):
        Entries.of_labels(np.array([0x010203FF], np.uint32), np.zeros(1, np.uint8))
    edges.sort()
    assert len(edges) == min(threads, 4)
    assert all(first % 8 == 0 for first, _ in edges)
    assert (edges[0][0], edges[-1][1]) == (0, OPAQUE_COLORS)
    assert all(one[1] == next_one[0] for one, next_one in pairwise(edges))

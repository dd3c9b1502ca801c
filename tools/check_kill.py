"""Kill a writer at random moments, and look at what is left of the file that it overwrites.

`kill -9` is sent to a process that writes one file after the other under the same name, or, with
`--command`, to `kq encode -f`. After each the file has to have all bytes of the old content or of
the new. How often the killed process left a temporary name is counted as well; the next writing
has to remove it.

    python tools/check_kill.py -n 200
    python tools/check_kill.py -n 200 --command
    python tools/check_kill.py -n 200 --named

With `--named`, the writer does as where files cannot be without a name (`O_TMPFILE`), so that what
it writes has a temporary one all along.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from kqformat import nameless
from kqformat.codec.stream import encode_indexed
from kqformat.files import write_file
from kqformat.model import IndexedImage

WRITER = """
import sys
from pathlib import Path
from kqformat import nameless
from kqformat.files import write_file
if sys.argv[2] == "named":
    nameless._NAMELESS = 0
contents = [Path(name).read_bytes() for name in sys.argv[3:]]
print(flush=True)
while True:
    for content in contents:
        write_file(sys.argv[1], content)
"""


def main() -> None:
    """Kill, look, and count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=200, help="how often (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--command", action="store_true", help="kill `kq encode -f`")
    parser.add_argument("--named", action="store_true", help="as without O_TMPFILE")
    options = parser.parse_args()
    if options.named:
        nameless._NAMELESS = 0
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contents = prepare(folder)
        kill = kill_command if options.command else partial(kill_writer, named=options.named)
        outcomes: Counter[str] = Counter()
        left = 0
        for _ in range(options.n):
            outcomes[kill(folder, contents, moments)] += 1
            left += len(os.listdir(folder / "target")) - 1
            write_file(target(folder), contents[0])
            if os.listdir(folder / "target") != ["a.kq"]:
                sys.exit("a temporary file outlived the next writing")
    whole = outcomes["old"] + outcomes["new"]
    print(f"{whole} of {options.n} whole: {outcomes['old']} old, {outcomes['new']} new")
    print(f"left a second name, which the next writing removed: {left}")
    sys.exit(whole != options.n)


def prepare(folder: Path) -> list[bytes]:
    """Write a picture, and two files of it, one of which is to be overwritten."""
    random_numbers = np.random.default_rng(8)
    pixels = random_numbers.integers(0, 256, (400, 400, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "a.png")
    (folder / "target").mkdir()
    command(folder, check=True)
    new = target(folder).read_bytes()
    indices = random_numbers.integers(0, 9, (400, 400), np.uint8)
    old = encode_indexed(IndexedImage(indices, random_numbers.integers(0, 256, (9, 3), np.uint8)))
    (folder / "old").write_bytes(old)
    (folder / "new").write_bytes(new)
    return [old, new]


def target(folder: Path) -> Path:
    """Return the file that is overwritten."""
    return folder / "target" / "a.kq"


def kill_writer(folder: Path, contents: list[bytes], moments: random.Random, *, named: bool) -> str:
    """Kill a process that writes all the time."""
    how = "named" if named else "nameless"
    arguments = [str(target(folder)), how, str(folder / "new"), str(folder / "old")]
    process = subprocess.Popen([sys.executable, "-c", WRITER, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moments.uniform(0, 0.05))
    end(process)
    return found(folder, contents)


def kill_command(folder: Path, contents: list[bytes], moments: random.Random) -> str:
    """Kill `kq encode -f`, at any moment from its start to its end."""
    started = time.perf_counter()
    command(folder, check=True)
    seconds = time.perf_counter() - started
    write_file(target(folder), contents[0])
    process = command(folder, check=False)
    time.sleep(moments.uniform(0.5 * seconds, seconds))
    end(process)
    return found(folder, contents)


def command(folder: Path, *, check: bool) -> subprocess.Popen[bytes]:
    """Start `kq encode -f`; wait for it if it is to be checked."""
    arguments = ["encode", "-f", "-q", str(folder / "a.png"), "-o", str(target(folder))]
    process = subprocess.Popen([sys.executable, "-m", "kqformat", *arguments])
    if check and process.wait():
        sys.exit("kq encode failed")
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def found(folder: Path, contents: list[bytes]) -> str:
    """Return which content the file has."""
    data = target(folder).read_bytes()
    return {contents[0]: "old", contents[1]: "new"}.get(data, "damaged")


if __name__ == "__main__":
    main()

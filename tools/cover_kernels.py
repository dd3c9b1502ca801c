"""Say which lines of the codec's compiled kernels no test reaches.

The kernels are built in a folder of their own, without optimization and with gcc's counters, and
the tests of the codec are run on them, on a brief profile. gcov tells how often each line of the C
was reached, and Cython's comments in it which line of a `.py` or `.pxd` file that comes from.
`lanes.h` has two ways to do the same, so that is done twice, with SIMD and without.

    python tools/cover_kernels.py build/covered

A line of a decoding function that is not reached ends it with status 1, unless `EXCEPTIONS` says
why it cannot be; lines of the encoder are told, and those of exceptions that are reached after all.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KERNELS = ("packed", "entropy", "coded_palette", "palette_tree", "mixing")
TESTS = ["tests/codec", "tests/test_vectors.py", "tests/search/test_sparing.py"]
PLAIN_TESTS = ["tests/codec/test_golden_bytes.py", "tests/codec/test_entropy_files.py"]
LEFT_OUT = (
    "not (every_bit or flipped_bit or cut_file or in_noise or noise_costs or test_lanes or "
    "invalid_file or judge_alike or of_every_kind or reference_decoder or ascii_letter)"
)

MARK = re.compile(r'\s*/\* "kqformat/codec/(\w+\.(?:py|pxd))":(\d+)$')
"""How Cython says which line comes next."""

ENCODING = ("pack", "_pack", "_encode", "choose", "_choose", "_finish", "_put", "_write")
"""What names of functions begin with that no decoder calls."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("mixing_kernel.py", 'raise ValueError("the tables of mixing_kernel are not filled")'): (
        "whoever imports a kernel has filled them before it is called"
    ),
    (
        "mixing_kernel.py",
        'raise ImportError("kqformat was compiled for processors with SSSE3, which this one has '
        'not")',
    ): "of processors as old as that there is none to test with",
    ("packed_kernel.py", "@cython.cfunc"): (
        "of a function that Cython makes for bytes, too, and that is for wider indices only"
    ),
}
"""Why a line, as it reads in its file, is reached by nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of a source, and the function of the C code that it is in."""

    file: str
    number: int
    function: str
    text: str

    @property
    def is_encoding(self) -> bool:
        """Whether it is the encoder's only."""
        return any(f"_{name}" in self.function for name in ENCODING)


def main() -> None:
    """Build, run, and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to build")
    folder: Path = parser.parse_args().folder.resolve()
    counts: Counter[tuple[str, int]] = Counter()
    functions: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for name, flags, tests in (("simd", "", TESTS), ("plain", "-DKQ_PLAIN_LANES", PLAIN_TESTS)):
        place = folder / name
        build(place, flags)
        run(place, tests)
        count(place, counts, functions)
    sys.exit(report(counts, functions))


def build(folder: Path, flags: str) -> None:
    """Copy the sources, without what was compiled of them, and compile the codec's kernels."""
    shutil.rmtree(folder, ignore_errors=True)
    compiled = shutil.ignore_patterns("*.so", "*.c", "__pycache__")
    shutil.copytree(ROOT / "kqformat", folder / "kqformat", ignore=compiled)
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    settings = (ROOT / "pyproject.toml").read_text("utf-8").replace('"-O3", "-g0"', '"-O0"')
    (folder / "pyproject.toml").write_text(settings, "utf-8")
    subprocess.run(
        [
            *(sys.executable, "-c", "import setuptools; setuptools.setup()", "-q"),
            *("build_ext", "-i", "-j", "2"),
        ],
        cwd=folder,
        env=os.environ | {"CFLAGS": f"--coverage {flags}", "LDFLAGS": "--coverage"},
        check=True,
    )


def run(folder: Path, tests: list[str]) -> None:
    """Run tests on what was built there."""
    variables = {
        "PYTHONPATH": str(folder),
        "PYTHONSAFEPATH": "1",  # or the folder they are started in would come first
        "HYPOTHESIS_PROFILE": "mutation",
    }
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", LEFT_OUT, *tests],
        cwd=ROOT,
        env=os.environ | variables,
        check=True,
    )


def count(
    folder: Path,
    counts: Counter[tuple[str, int]],
    functions: defaultdict[tuple[str, int], set[str]],
) -> None:
    """Add how often each line was reached, and in which functions it is, by gcov."""
    wanted = {f"{name}_kernel.gcda" for name in KERNELS}
    found = [path for path in folder.rglob("*.gcda") if path.name in wanted]
    if len(found) != len(wanted):
        sys.exit(f"the kernels of {folder} were not used: {len(found)} of {len(wanted)}")
    for path in found:
        command = ["gcov", "--json-format", "--stdout", str(path)]
        told = subprocess.run(command, capture_output=True, check=True, cwd=folder)
        for file in json.loads(told.stdout)["files"]:
            name = Path(file["file"]).name
            if name == path.with_suffix(".c").name:
                sources = lines_of(folder / "kqformat" / "codec" / name)
            elif name == "lanes.h":
                sources = {
                    line["line_number"]: (name, line["line_number"]) for line in file["lines"]
                }
            else:
                continue
            for line in file["lines"]:
                place = sources.get(line["line_number"])
                if place is not None:
                    counts[place] += line["count"]
                    functions[place].add(line.get("function_name", ""))


def lines_of(generated: Path) -> dict[int, tuple[str, int]]:
    """Return the file and line that each line of generated C comes from, by its comments."""
    found: dict[int, tuple[str, int]] = {}
    place: tuple[str, int] | None = None
    for number, text in enumerate(generated.read_text("utf-8").splitlines(), 1):
        if mark := MARK.match(text):
            place = mark[1], int(mark[2])
        elif text.strip() == "/* function exit code */":
            place = None
        elif place is not None:
            found[number] = place
    return found


def report(
    counts: Counter[tuple[str, int]], functions: defaultdict[tuple[str, int], set[str]]
) -> int:
    """Print the lines that were not reached; return the status."""
    texts = {
        name: (ROOT / "kqformat" / "codec" / name).read_text("utf-8").splitlines()
        for name, _ in counts
    }
    missed = [
        Line(name, number, min(functions[name, number]), texts[name][number - 1].strip())
        for (name, number), reached in sorted(counts.items())
        if not reached
    ]
    unexpected = [
        line for line in missed if not line.is_encoding and (line.file, line.text) not in EXCEPTIONS
    ]
    for name in texts:
        lines = [number for file, number in counts if file == name]
        left = sum(line.file == name for line in missed)
        print(f"{name}: {len(lines) - left} of {len(lines)} lines reached")
    for line in missed:
        reason = EXCEPTIONS.get((line.file, line.text), "")
        kind = "encoder" if line.is_encoding else reason or "NOT REACHED"
        print(f"{line.file}:{line.number}: {line.text}  [{line.function}: {kind}]")
    for name, text in EXCEPTIONS.keys() - {(line.file, line.text) for line in missed}:
        print(f"{name}: an exception that is reached: {text}")
    return 1 if unexpected else 0


if __name__ == "__main__":
    main()

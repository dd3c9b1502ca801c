"""The runner `tools/conformance.py`: decoders that are right pass, those that are wrong do not."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from raw_files import raw_files
from suite import DECODER, ROOT

from kqformat.codec.stream import decode_indexed
from kqformat.errors import KqError

RUNNER = ROOT / "tools" / "conformance.py"
PYTHON = f"'{sys.executable}'"
REFERENCE = f"{PYTHON} '{DECODER}' {{in}} {{out}}"
PACKAGE = f"{PYTHON} -m kqformat decode {{in}} -o {{out}}"


def held(decoder: str, *options: str) -> tuple[int, str]:
    """Run the suite, or a part of it, on a decoder; return the status and what is printed."""
    command = [sys.executable, str(RUNNER), "--decoder", decoder, *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return run.returncode, run.stdout + run.stderr


def wrong_decoder(folder: Path, code: str) -> str:
    """Return the command of a decoder whose program is `code`."""
    program = folder / "decoder.py"
    program.write_text("import sys\n_, source, target = sys.argv\n" + code, "utf-8")
    return f"{PYTHON} '{program}' {{in}} {{out}}"


def test_reference_decoder_passes() -> None:
    """The reference decoder agrees with files of both codings, and in kinds of errors."""
    status, text = held(REFERENCE, "--kinds", "--only", "annotated")
    assert (status, text) == (0, "2 of 2 agree (2 good, 0 bad)\n")
    status, text = held(REFERENCE, "--kinds", "--only", "palette-format")
    assert (status, text) == (0, "3 of 3 agree (0 good, 3 bad)\n")


def test_package_passes() -> None:
    """The command line of the package agrees, with PNG files as well."""
    status, text = held(PACKAGE, "--suffix", ".png", "--only", "rgba")
    assert status == 0, text


@pytest.mark.parametrize("option", ["", "--jitless"])
def test_decoder_of_the_page_passes(option: str) -> None:
    """The decoder of the page, run by Node, agrees, and without WebAssembly (`--jitless`) too."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    decoder = f"'{node}' {option} '{ROOT / 'tools' / 'web' / 'decode.mjs'}' {{in}} {{out}}"
    for part in ("annotated", "entropy-sp"):
        status, text = held(decoder, "--kinds", "--only", part)
        assert status == 0, text


@pytest.mark.parametrize(
    ("code", "part", "told"),
    [
        ("", "annotated", "reported success, but wrote nothing"),
        ("open(target, 'wb').write(b'P6 5 2 255\\n' + bytes(30))", "annotated", "other pixels"),
        ("open(target, 'wb').write(b'P6 2 5 255\\n' + bytes(30))", "annotated", "(2, 5, 3)"),
        ("open(target, 'wb').write(b'GIF89a')", "annotated", "neither PPM"),
        ("sys.exit(1)", "annotated", "status 1, expected a picture"),
        ("open(target, 'wb')", "version-0", "reported success, expected a UnsupportedError"),
        ("open(target, 'wb'); sys.exit(1)", "version-0", "reported an error, but left a picture"),
        ("import os; os.abort()", "version-0", "crashed: status -6"),
        ("import time; time.sleep(9)", "version-0", "took longer than 1 s"),
        ("sys.exit('a FormatError')", "version-0", "named FormatError, expected UnsupportedError"),
        ("sys.exit('bad')", "version-0", "named no kind, expected UnsupportedError"),
    ],
)
def test_wrong_decoder_fails(tmp_path: Path, code: str, part: str, told: str) -> None:
    """A decoder that is wrong in any way is named with what it did, and the status is 1."""
    decoder = wrong_decoder(tmp_path, code)
    status, text = held(decoder, "--kinds", "--timeout", "1", "--only", part)
    assert status == 1
    assert told in text.splitlines()[0]
    assert "agree (" in text.splitlines()[-1]


@pytest.mark.parametrize(
    "options",
    [
        ("--decoder", "cat {in}"),
        ("--decoder", "no-such-program {in} {out}", "--only", "annotated"),
        ("--decoder", "cat {in} {out}", "--only", "no such vector"),
    ],
)
def test_wrong_call(options: tuple[str, ...]) -> None:
    """A call that cannot be right ends with status 2 and a line that says why."""
    command = [sys.executable, str(RUNNER), *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 2
    assert "conformance" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def judgement(data: bytes) -> str:
    """Return what the package makes of a file: the hash of its indices, or the kind of error."""
    try:
        image = decode_indexed(data)
    except KqError as error:
        return type(error).__name__
    return hashlib.sha256(image.indices.astype(">u2").tobytes()).hexdigest()


def test_decoder_of_the_page_judges_as_the_package(tmp_path: Path) -> None:
    """Files with broken rules behind right CRC-32s give the same error, or the same picture."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    files: list[bytes] = []

    @settings(max_examples=600, database=None)
    @given(data=raw_files())
    def gather(data: bytes) -> None:
        files.append(data)

    gather()
    listed = tmp_path / "files.txt"
    listed.write_text("".join(f"{data.hex()}\n" for data in files), "utf-8")
    judge = ROOT / "tests" / "data" / "judge.mjs"
    decoder = ROOT / "tools" / "web" / "kq.js"
    command = [node, str(judge), str(decoder), str(listed)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found = run.stdout.splitlines()
    expected = [judgement(data) for data in files]
    assert len({*expected}) > 20
    differing = [
        (data.hex(), *pair)
        for data, *pair in zip(files, found, expected, strict=True)
        if pair[0] != pair[1]
    ]
    assert differing == []

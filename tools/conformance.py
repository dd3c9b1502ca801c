"""Hold any decoder of `.kq` files to the conformance suite in `spec/vectors/`.

    python tools/conformance.py --decoder 'python spec/reference_decoder.py {in} {out}' --kinds
    python tools/conformance.py --decoder 'node tools/web/decode.mjs {in} {out}' --kinds
    python tools/conformance.py --decoder 'kq decode {in} -o {out}' --suffix .png

The decoder is a command that reads the file {in}, writes the picture to {out} as PPM (P6), PAM (P7)
or PNG, and ends with the status 0; or that ends with another status up to 127 and leaves no {out}
where the file is in error (spec §10). To be killed by a signal, or to take longer than --timeout,
is neither. With --kinds its standard error has to name the kind of error too (spec §1.1).

Nothing but the standard library is needed, for PNG Pillow. Status: 0 all agree, 1 not all, 2 usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[1] / "spec" / "vectors"
KINDS = r"\b(FormatError|TruncatedError|ChecksumError|UnsupportedError|LimitError)\b"
LARGEST_STATUS = 127  # a shell reports a signal as a status above


@dataclass(frozen=True, slots=True)
class Raster:
    """What a decoder wrote: `samples` are 8 bits each, interleaved, row by row."""

    width: int
    height: int
    channels: int
    samples: bytes


@dataclass(frozen=True, slots=True)
class Decoder:
    """A command to be tried; `words` hold {in} and {out}."""

    words: tuple[str, ...]
    suffix: str
    timeout: float
    names_kinds: bool

    def run(self, source: Path, target: Path) -> subprocess.CompletedProcess[bytes]:
        """Run it on one file."""
        command = [
            word.replace("{in}", str(source)).replace("{out}", str(target)) for word in self.words
        ]
        return subprocess.run(command, capture_output=True, check=False, timeout=self.timeout)


def read_ppm(data: bytes) -> Raster:
    """Read a P6 file."""
    match = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if match is None:
        raise ValueError("its PPM head is not 'P6 width height 255'")
    return Raster(int(match[1]), int(match[2]), 3, data[match.end() :])


def read_pam(data: bytes) -> Raster:
    """Read a P7 file."""
    head, _, samples = data.partition(b"ENDHDR\n")
    fields = dict(line.split(None, 1) for line in head.splitlines()[1:] if b" " in line)
    try:
        if int(fields[b"MAXVAL"]) != 255:
            raise ValueError("its PAM head has another MAXVAL than 255")
        width, height, depth = (int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH"))
    except KeyError as missing:
        raise ValueError(f"its PAM head lacks {missing}") from missing
    return Raster(width, height, depth, samples)


def read_png(path: Path, channels: int) -> Raster:
    """Read a PNG file as RGB, or as RGBA where four channels are expected."""
    from PIL import Image

    with Image.open(path) as image:
        pixels = image.convert("RGBA" if channels == 4 else "RGB")
        return Raster(*pixels.size, channels, pixels.tobytes())


def read_raster(path: Path, channels: int) -> Raster:
    """Read what a decoder wrote; `channels` are those expected, which a PNG may hold otherwise."""
    data = path.read_bytes()
    if data.startswith(b"P6"):
        return read_ppm(data)
    if data.startswith(b"P7\n"):
        return read_pam(data)
    if data.startswith(b"\x89PNG"):
        return read_png(path, channels)
    raise ValueError("what it wrote is neither PPM (P6), PAM (P7) nor PNG")


def fault_of_picture(entry: dict[str, Any], path: Path) -> str | None:
    """Return how the file written differs from the manifest, or None."""
    if not path.exists():
        return "reported success, but wrote nothing"
    try:
        raster = read_raster(path, entry["channels"])
    except (ValueError, OSError) as error:
        return str(error)
    found = raster.width, raster.height, raster.channels
    expected = entry["width"], entry["height"], entry["channels"]
    if found != expected:
        return f"width, height, channels {found}, expected {expected}"
    if hashlib.sha256(raster.samples).hexdigest() != entry["pixels_sha256"]:
        return "other pixels"
    return None


def fault_of_refusal(
    entry: dict[str, Any], run: subprocess.CompletedProcess[bytes], path: Path, *, kinds: bool
) -> str | None:
    """Return what is wrong with how an invalid file was taken, or None."""
    if run.returncode == 0:
        return f"reported success, expected a {entry['error']}"
    if path.exists():
        return "reported an error, but left a picture"
    if not kinds:
        return None
    match = re.search(KINDS, run.stderr.decode(errors="replace"))
    named = "no kind" if match is None else match[0]
    return None if named == entry["error"] else f"named {named}, expected {entry['error']}"


def fault(decoder: Decoder, entry: dict[str, Any]) -> str | None:
    """Run the decoder on one entry of the manifest; return what is wrong, or None."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"out{decoder.suffix}"
        try:
            run = decoder.run(VECTORS / entry["file"], target)
        except subprocess.TimeoutExpired:
            return f"took longer than {decoder.timeout:g} s"
        if not 0 <= run.returncode <= LARGEST_STATUS:
            return f"crashed: status {run.returncode}"
        if "error" in entry:
            return fault_of_refusal(entry, run, target, kinds=decoder.names_kinds)
        if run.returncode != 0:
            said = run.stderr.decode(errors="replace").strip().splitlines()[-1:]
            return f"status {run.returncode}, expected a picture: {' '.join(said)!r}"
        return fault_of_picture(entry, target)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, or exit with status 2."""
    description, _, details = str(__doc__).partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="conformance.py",
        description=description,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--decoder", required=True, metavar="COMMAND", help="with {in} and {out}")
    parser.add_argument("--suffix", default=".pam", help="how {out} ends (default: .pam)")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for a file")
    parser.add_argument("--only", metavar="TEXT", help="vectors whose names contain this")
    parser.add_argument("--kinds", action="store_true", help="hold it to the kinds of error too")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="files at once")
    options = parser.parse_args(arguments)
    if "{in}" not in options.decoder or "{out}" not in options.decoder:
        parser.error("--decoder lacks {in} or {out}")
    return options


def main(arguments: Sequence[str]) -> int:
    """Run the suite, print each disagreement and a summary."""
    options = parse(arguments)
    manifest = json.loads((VECTORS / "manifest.json").read_text("utf-8"))
    entries = [
        entry
        for entry in (*manifest["valid"], *manifest["invalid"])
        if options.only is None or options.only in entry["name"]
    ]
    if not entries:
        print(f"conformance: no vector's name contains {options.only!r}", file=sys.stderr)
        return 2
    words = tuple(shlex.split(options.decoder))
    decoder = Decoder(words, options.suffix, options.timeout, options.kinds)
    try:
        with ThreadPoolExecutor(options.jobs) as pool:
            faults = list(pool.map(lambda entry: fault(decoder, entry), entries))
    except OSError as error:
        print(f"conformance: the decoder cannot be run: {error}", file=sys.stderr)
        return 2
    for entry, found in zip(entries, faults, strict=True):
        if found is not None:
            print(f"{entry['file']}: {found}")
    agreeing = faults.count(None)
    good = sum("error" not in entry for entry in entries)
    print(f"{agreeing} of {len(entries)} agree ({good} good, {len(entries) - good} bad)")
    return 0 if agreeing == len(entries) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

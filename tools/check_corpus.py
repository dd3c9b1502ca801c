"""Encode and decode every image of some folders with `kq`, and account for every one.

    python tools/check_corpus.py FOLDER…

Each file that Pillow can load must be encoded, verified and decoded to an image of its size (turned
upright); each that Pillow refuses must give one line on standard error, exit status 1, and no
output. Exits with 1 if any file breaks that.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

from PIL import Image, ImageOps


def main() -> int:
    """Check every file and print the sum."""
    paths = [
        path
        for folder in sys.argv[1:]
        for path in sorted(Path(folder).iterdir())
        if path.is_file() and path.suffix not in (".md", ".csv", ".kq")
    ]
    if not paths:
        raise SystemExit("no files")
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(_check, paths))
    problems = [outcome for outcome in outcomes if outcome not in ("encoded", "refused")]
    print(
        f"{outcomes.count('encoded')} encoded and decoded, {outcomes.count('refused')} refused "
        f"as by Pillow, {len(problems)} wrong"
    )
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _check(path: Path) -> str:
    size = _loadable_size(path)
    with tempfile.TemporaryDirectory() as folder:
        encoded = Path(folder, "image.kq")
        encode = _kq("encode", str(path), "-o", str(encoded), "-q")
        if size is None:
            lines = encode.stderr.splitlines()
            if encode.returncode == 1 and len(lines) == 1 and not encoded.exists():
                return "refused"
            return f"{path.name}: Pillow refuses it, kq says {encode.returncode} {lines}"
        if encode.returncode:
            return f"{path.name}: {encode.stderr}"
        decoded = Path(folder, "image.png")
        for command in (("verify", str(encoded)), ("decode", str(encoded), "-o", str(decoded))):
            step = _kq(*command)
            if step.returncode:
                return f"{path.name}: {step.stderr}"
        with Image.open(decoded) as image:
            if image.size != size:
                return f"{path.name}: {image.size} after decoding, {size} before"
    return "encoded"


def _kq(*arguments: str):
    return run(
        [sys.executable, "-m", "kqformat", *arguments], capture_output=True, text=True, check=False
    )


def _loadable_size(path: Path) -> tuple[int, int] | None:
    """Return the size that an image is shown at, or None if Pillow cannot load it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                image.load()
                return _upright_size(image)
    except Exception:
        return None


def _upright_size(image: Image.Image) -> tuple[int, int]:
    try:
        return ImageOps.exif_transpose(image).size
    except (SyntaxError, ValueError, KeyError, TypeError, OSError):
        return image.size


if __name__ == "__main__":
    sys.exit(main())

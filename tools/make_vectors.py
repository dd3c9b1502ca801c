"""Write the test vectors in `spec/vectors/`, and the annotated dumps in the specification.

    python tools/make_vectors.py            write what differs, delete vectors that are no more
    python tools/make_vectors.py --check    write nothing; exit 1 if something differs

The vectors are registered in the modules of `vectors/` beside this file: one entry there adds
one. They are made by a writer of their own (`vectors/writer.py`), which knows neither the package
nor the reference decoder, so that the three can be tested against one another. But entropy-coded
bands and palettes are the package's (`vectors/coded.py`); the reference decoder, which shares no
code with it, is what holds them.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from vectors.annotation import with_dump
from vectors.invalid import Invalid
from vectors.invalid_bands import INVALID_BANDS
from vectors.invalid_entropy import INVALID_ENTROPY
from vectors.invalid_head import INVALID_HEADS
from vectors.invalid_sections import INVALID_SECTIONS
from vectors.manifest import manifest
from vectors.picture import ANNOTATED, ANNOTATED_ENTROPY
from vectors.valid import VALID_PACKED, Valid
from vectors.valid_entropy import VALID_ENTROPY

SPEC = Path(__file__).resolve().parents[1] / "spec"
SPEC_TEXT = SPEC / "kq-format.md"
VECTORS = SPEC / "vectors"

VALID: list[Valid] = [*VALID_PACKED, *VALID_ENTROPY]
INVALID: list[Invalid] = [*INVALID_HEADS, *INVALID_SECTIONS, *INVALID_BANDS, *INVALID_ENTROPY]


def require_different_names() -> None:
    for names in ([vector.name for vector in VALID], [vector.name for vector in INVALID]):
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"names used twice: {', '.join(twice)}")


def expected_files() -> dict[Path, bytes]:
    """Return the content of every file that this program writes."""
    require_different_names()
    files = {VECTORS / "manifest.json": manifest(VALID, INVALID)}
    files |= {VECTORS / "valid" / f"{entry.name}.kq": entry.picture.encode() for entry in VALID}
    files |= {VECTORS / "invalid" / f"{entry.name}.kq": entry.data for entry in INVALID}
    spec_text = SPEC_TEXT.read_bytes().decode()
    for name, picture in ("packed", ANNOTATED), ("entropy-coded", ANNOTATED_ENTROPY):
        spec_text = with_dump(spec_text, name, picture)
    files[SPEC_TEXT] = spec_text.encode()
    return files


def differing(files: dict[Path, bytes]) -> Iterator[tuple[Path, str]]:
    """Yield the files on disk that are not as expected, and in which way."""
    for path, content in sorted(files.items()):
        if not path.exists():
            yield path, "missing"
        elif path.read_bytes() != content:
            yield path, "different"
    for path in sorted(VECTORS.rglob("*")):
        if path.is_file() and path not in files and path.name != "README.md":
            yield path, "unexpected"


def put_right(path: Path, content: bytes | None) -> None:
    """Write the file, or delete it where there should be none."""
    if content is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Write the test vectors in spec/vectors/.")
    parser.add_argument("--check", action="store_true", help="only list the files that differ")
    check = parser.parse_args().check
    files = expected_files()
    differences = list(differing(files))
    for path, way in differences:
        print(f"{way}: {path.relative_to(SPEC.parent).as_posix()}")
        if not check:
            put_right(path, files.get(path))
    return 1 if check and differences else 0


if __name__ == "__main__":
    sys.exit(main())

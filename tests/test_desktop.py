"""The desktop: MIME type, `file(1)` and thumbnails, with the system's own tools.

Needs what Debian has in shared-mime-info, xdg-utils, libglib2.0-bin and file; without them these
tests are skipped, or fail where KQ_DESKTOP_TESTS is 1.
"""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kqformat
from kqformat import IndexedImage

DESKTOP = Path(__file__).parents[1] / "tools" / "desktop"
INDICES = np.arange(600, dtype=np.uint16).reshape(20, 30) % 200
PALETTE = np.random.default_rng(3).integers(0, 256, (200, 4), dtype=np.uint8)


def need(*programs: str) -> None:
    """Skip where a program is missing, or fail where these tests are asked for."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("KQ_DESKTOP_TESTS") == "1":
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user with nothing but a command `kq`, in an odd folder."""
    folder = tmp_path / 'bin of $me & "you"'
    folder.mkdir()
    script = folder / "kq"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kqformat "$@"\n', "utf-8")
    script.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return kept | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "PATH": path}


def said(home: dict[str, str], *command: str | Path) -> str:
    """Run a command that succeeds, and return what it prints."""
    done = subprocess.run(
        command, env=home, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def picture(folder: Path, name: str, coding: str = "packed") -> Path:
    path = folder / name
    kqformat.write(path, IndexedImage(INDICES, PALETTE), coding=coding)
    return path


def test_mime_type_by_name_and_by_content(tmp_path: Path, home: dict[str, str]) -> None:
    """After installing, `xdg-mime` and `gio` know a .kq file, also without its ending."""
    need("update-mime-database", "xdg-mime", "gio")
    said(home, DESKTOP / "install.sh")
    for name in ("a.kq", "without-ending", "wrong.txt.kq"):
        path = picture(tmp_path, name)
        assert said(home, "xdg-mime", "query", "filetype", path) == "image/x-kq"
        content_type = said(home, "gio", "info", "-a", "standard::content-type", path)
        assert content_type.endswith("standard::content-type: image/x-kq")
    other = tmp_path / "b"
    other.write_bytes(b"\xbbKR" + bytes(40))
    assert said(home, "xdg-mime", "query", "filetype", other) != "image/x-kq"


def test_removing_leaves_nothing(tmp_path: Path, home: dict[str, str]) -> None:
    """`--remove` takes away what was installed, and the type is unknown again."""
    need("update-mime-database", "xdg-mime")
    said(home, DESKTOP / "install.sh")
    said(home, DESKTOP / "install.sh", "--remove")
    assert said(home, "xdg-mime", "query", "filetype", picture(tmp_path, "a.kq")) != "image/x-kq"
    assert [path for path in tmp_path.rglob("*") if path.name.startswith("kqformat.")] == []
    assert not (tmp_path / ".magic").exists()


def test_file_knows_the_fields(tmp_path: Path, home: dict[str, str]) -> None:
    """`file` tells the size, colours, alpha and coding, and the MIME type; damage is no .kq."""
    need("file")
    magic = DESKTOP / "kqformat.magic"
    path = picture(tmp_path, "a")
    told = said(home, "file", "-b", "-m", magic, path)
    assert told == "KQ palette image, version 1, 30 x 20, 200 colors, with alpha, packed"
    small = picture(tmp_path, "b", "entropy")
    assert said(home, "file", "-b", "-m", magic, small).endswith("with alpha, entropy-coded")
    assert said(home, "file", "-b", "--mime-type", "-m", magic, path) == "image/x-kq"
    path.write_bytes(b"\xbbKQ\x02" + bytes(20))
    assert said(home, "file", "-b", "-m", magic, path) == "KQ palette image, unknown version 2"


def test_file_knows_after_installing(tmp_path: Path, home: dict[str, str]) -> None:
    """A user's `file` reads ~/.magic, which installing writes; one that is there is left."""
    need("file", "update-mime-database")
    said(home, DESKTOP / "install.sh")
    assert said(home, "file", "-b", picture(tmp_path, "a.kq")).startswith("KQ palette image")
    (tmp_path / ".magic").write_text("# mine\n", "utf-8")
    said(home, DESKTOP / "install.sh")
    assert (tmp_path / ".magic").read_text("utf-8") == "# mine\n"


def test_thumbnailer_runs_as_a_file_manager_runs_it(tmp_path: Path, home: dict[str, str]) -> None:
    """The installed entry's command makes a PNG of the size asked for, with another PATH."""
    need("update-mime-database")
    said(home, DESKTOP / "install.sh")
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(tmp_path / "data" / "thumbnailers" / "kqformat.thumbnailer", "utf-8")
    section = entry["Thumbnailer Entry"]
    assert section["MimeType"] == "image/x-kq;"
    made = tmp_path / "made.png"
    made.touch()  # as file managers do
    values = {"%s": "16", "%i": str(picture(tmp_path, "-a b.kq")), "%o": str(made)}
    command = section["Exec"].replace("\\\\", "\\")  # as in every string of such a file
    for field, value in values.items():
        command = command.replace(field, shlex.quote(value))
    said({**home, "PATH": os.defpath}, "/bin/sh", "-c", command)
    with Image.open(made) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (16, 11))


def test_wrong_argument_is_refused(home: dict[str, str]) -> None:
    """An argument that the script does not know changes nothing."""
    need("update-mime-database")
    command = [str(DESKTOP / "install.sh"), "--delete"]
    done = subprocess.run(command, env=home, capture_output=True, check=False)
    assert done.returncode == 2
    assert not Path(home["XDG_DATA_HOME"]).exists()

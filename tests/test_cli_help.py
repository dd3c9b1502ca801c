"""What `kq` says of itself: help by groups, suggestions, and completion in the shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from command import COMMAND, kq

from kqformat.cli.main import build_parser

Capture = pytest.CaptureFixture[str]


def completions(line: str, cwd: Path | None = None) -> list[str]:
    """Return what `kq` tells a shell that has this line, with the cursor at its end."""
    environment = os.environ | {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stderr",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line.encode())),
    }
    done = subprocess.run(
        COMMAND, env=environment, cwd=cwd, capture_output=True, check=False, timeout=60
    )
    assert done.stdout == b""
    return [word.strip() for word in done.stderr.decode().splitlines()]


def test_help_lists_every_command_once_by_groups(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command stands below one of the titles, with a line of help."""
    assert kq("--help") == 0
    shown = capsys.readouterr().out
    commands = [action.choices for action in build_parser()._actions if action.dest == "command"]
    assert commands
    assert commands[0] is not None
    for name in commands[0]:
        assert shown.count(f"\n  {name} ") == 1
    titles = ["to .kq and back:", "what is in a file:", "colours:", "the command line:"]
    places = [shown.index(title) for title in titles]
    assert places == sorted(places)


@pytest.mark.parametrize("command", ["", "encode", "decode", "compare", "show", "completion"])
def test_every_example_of_the_help_is_understood(command: str, capsys: Capture) -> None:
    """The commands in the help's examples have options that there are."""
    assert kq(*command.split(), "--help") == 0
    lines = capsys.readouterr().out.split("examples:")[1].split("\n\n")[0].splitlines()
    examples = re.findall(
        r"\bkq (\w.*?)(?:   .*| [|>] .*|\)\".*)?$", "\n".join(lines), re.MULTILINE
    )
    assert len(examples) >= 3
    assert len(examples) == sum("kq " in line for line in lines)
    for example in examples:
        assert build_parser().parse_args(example.split()).run


def test_help_of_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command has help of its own, with a description."""
    for name in build_parser().groups["to .kq and back"]:
        assert kq(name, "--help") == 0
        assert f"usage: kq {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["encod", "a.png"], "did you mean encode?"),
        (["encode", "a.png", "--colrs", "3"], "--colrs 3; did you mean --colors?"),
        (["encode", "a.png", "--color=3"], "did you mean --colors?"),
        (["decode", "a.kq", "--outptu", "b"], "did you mean --output?"),
        (["compare", "a.png", "--mardown", "--jsn"], "did you mean --markdown and --json?"),
        (["encode", "a.png", "-e", "ballanced"], "did you mean balanced?"),
        (["completion", "bsh"], "did you mean bash?"),
        (["--verison"], "did you mean --version?"),
    ],
)
def test_what_is_mistyped_has_a_suggestion(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown command, option or choice that is like a known one says which; the status is 2."""
    assert kq(*arguments) == 2
    captured = capsys.readouterr()
    assert hint in captured.err or arguments == ["--verison"]
    assert captured.out == ""


def test_what_is_like_nothing_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    """No suggestion is better than a silly one."""
    assert kq("info", "a.kq", "--xyzzy") == 2
    assert "unrecognized arguments: --xyzzy\n" in capsys.readouterr().err


def test_commands_are_completed() -> None:
    """After `kq `, there are all commands; after a letter those that begin with it."""
    assert {"encode", "decode", "compare", "show"} <= set(completions("kq "))
    assert completions("kq enc") == ["encode"]


def test_options_and_choices_are_completed() -> None:
    """Long options, and the values of those that have choices."""
    assert "--markdown" in completions("kq compare a.png --m")
    assert set(completions("kq encode --effort ")) == {"fast", "balanced", "best"}
    assert set(completions("kq completion ")) >= {"bash", "zsh", "fish"}


def test_files_are_completed(tmp_path: Path) -> None:
    """Where a file is to be named, there are those of the folder."""
    (tmp_path / "photo.png").touch()
    assert completions("kq show pho", tmp_path) == ["photo.png"]


def test_without_argcomplete_nothing_runs(tmp_path: Path) -> None:
    """A shell that asks gets silence, and not the output of the command, if it is missing."""
    code = (
        "import sys; sys.modules['argcomplete'] = None; "
        "from kqformat.cli.main import main; sys.exit(main(['encode', 'missing.png']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"_ARGCOMPLETE": "1"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_script_without_argcomplete_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """What to install is said in one line."""
    with mock.patch.dict(sys.modules, {"argcomplete": None, "argcomplete.shell_integration": None}):
        assert kq("completion", "bash") == 1
    assert capsys.readouterr().err == (
        "kq: completion needs the package argcomplete: pip install 'kqformat[completion]'\n"
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_of_their_shells(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each shell's script names kq, and a shell that is there finds no fault with it."""
    assert kq("completion", shell) == 0
    script = capsys.readouterr().out
    assert {"bash": "complete ", "zsh": "#compdef kq", "fish": "complete --command kq"}[
        shell
    ] in script
    if found := shutil.which(shell):
        done = subprocess.run(
            [found, "-n"], input=script, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_bash_completes(tmp_path: Path) -> None:
    """In a real bash, the script and the Tab key's function give the command."""
    asked = (
        'eval "$(kq completion bash)"; COMP_LINE="kq comp"; COMP_POINT=7; '
        "COMP_WORDS=(kq comp); COMP_CWORD=1; COMP_TYPE=9; COMP_KEY=9; "
        '_python_argcomplete kq comp kq; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    launcher = tmp_path / "kq"
    launcher.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m kqformat \"$@\"\n")
    launcher.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", asked],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert set(done.stdout.split()) == {"compare", "completion"}


def test_help_loads_nothing_of_weight() -> None:
    """Asking for help imports neither NumPy nor Pillow, rich, argcomplete or matplotlib."""
    code = (
        "import sys; from kqformat.cli.main import build_parser; build_parser().format_help(); "
        "print([name for name in ('numpy', 'PIL', 'rich', 'argcomplete', 'matplotlib', 'jinja2', "
        "'difflib', 'ssimulacra2') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_package_loads_nothing_of_weight() -> None:
    """`import kqformat` imports neither Pillow nor matplotlib, nor NumPy."""
    code = "import sys, kqformat; print({'numpy', 'PIL', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "set()\n"

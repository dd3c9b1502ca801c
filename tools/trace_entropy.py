"""Write the worked trace of entropy decoding in `spec/entropy.md`, made by the reference decoder.

    python tools/trace_entropy.py [--check]

With --check nothing is written; the exit status is 1 where the trace is not up to date. The package
encodes the picture, and the reference decoder, whose methods are wrapped here, tells what it does.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kqformat.codec import entropy

SPEC = Path(__file__).resolve().parents[1] / "spec"
DOCUMENT = SPEC / "entropy.md"
BEGIN = "<!-- trace: written by tools/trace_entropy.py -->"
END = "<!-- end of trace -->"

PALETTE = [(255, 255, 255), (0, 0, 0), (230, 60, 20), (90, 160, 230), (200, 200, 200)]
PICTURE = [[1, 1, 1, 1], [1, 1, 2, 4], [1, 1, 3, 0]]


def main() -> int:
    """Write or check the trace."""
    parser = argparse.ArgumentParser(description="the worked trace in spec/entropy.md")
    parser.add_argument("--check", action="store_true", help="write nothing")
    text = DOCUMENT.read_text("utf-8")
    fresh = with_trace(text)
    if parser.parse_args().check:
        return int(fresh != text)
    DOCUMENT.write_text(fresh, "utf-8")
    return 0


def with_trace(text: str) -> str:
    """Return the document with the trace as it is now between its markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the markers of the trace are missing")
    return f"{before}{begin}\n```\n{trace()}\n```\n{end}{after}"


def trace() -> str:
    """Return what the reference decoder does with the picture's payload."""
    payload = entropy.encode(np.array(PICTURE, np.uint8), np.array(PALETTE, np.uint8), 100)
    if payload is None:
        raise ValueError("the picture does not fit")
    band = _load_reference().BandDecoder(payload, PALETTE, len(PICTURE), len(PICTURE[0]))
    lines = [f"payload: {payload.hex(' ').upper()}", "", *_tree(band), ""]
    _Recorder(band, lines).wrap()
    columns = f"{'sa':>6} {'sb':>6} {'p':>6} {'bit':>4}  {'low':8}  {'high':8}  code"
    lines.append(f" x y  {'decision':13} {columns}")
    if band.decode() != [index for row in PICTURE for index in row]:
        raise ValueError("the reference decoder reads another picture")
    lines += ["", f"ranks: {'   '.join(' '.join(map(str, row)) for row in band.ranks)}"]
    return "\n".join(lines)


def _tree(band: Any) -> list[str]:
    """Return the leaves and a table of the nodes."""
    entries = " ".join(map(str, band.order))
    lines = [f"entries by rank: {entries}", ""]
    lines.append(
        "node  low middle high  direction    cut  inverse  depth  group  local  left  right"
    )
    for node in band.nodes:
        children = [f"{child:5}" if child >= 0 else " leaf" for child in node.children]
        lines.append(
            f"{node.number:4} {node.low:4} {node.middle:6} {node.high:4} {node.direction:10} "
            f"{node.cut:6} {node.inverse:8} {node.depth:6} {node.group:6} {node.local:6} "
            f"{children[0]}  {children[1]}"
        )
    return lines


class _Recorder:
    """Wraps methods of a band's decoder so that they add lines before and after they run."""

    def __init__(self, band: Any, lines: list[str]) -> None:
        self.band = band
        self.lines = lines
        self.place = ""
        self.decision = ""
        self.logits: list[int] = []
        self.is_first = True

    def wrap(self) -> None:
        band, mixer, coder = self.band, self.band.mixer, self.band.coder
        band.decode_pixel = self._pixel(band.decode_pixel)
        band.find_candidate = self._candidate(band.find_candidate)
        band.find_match = self._match(band.find_match)
        band.decide_candidate = self._named(band.decide_candidate, lambda *_: "candidate")
        band.forced_bit = self._forced(band.forced_bit)
        band.decide_node = self._named(band.decide_node, lambda node, *_: f"node {node.number}")
        mixer.decide = self._decide(mixer.decide)
        mixer.mix = self._mix(mixer.mix)
        coder.bit = self._bit(coder.bit)

    def _pixel(self, decode_pixel: Callable[[int, int], int]) -> Callable[[int, int], int]:
        def wrapped(x: int, y: int) -> int:
            self.place = f"{x:2} {y}"
            rank = decode_pixel(x, y)
            self.lines.append(f"      rank {rank}")
            return rank

        return wrapped

    def _candidate(self, find_candidate: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(around: Any, far: int, close: int) -> Any:
            c = find_candidate(around, far, close)
            place = c.pattern, c.equal, c.run_class
            gate = self.band.gates.get(place, self.band.gate_at_start(c))
            self.lines.append(
                f"{self.place}  W {around.w}  N {around.n}  h4 {around.hash_4:08X}  "
                f"h7 {around.hash_7:08X}  h11 {around.hash_11:08X}  candidate {c.rank}: "
                f"kind {c.kind}, pattern {c.pattern}, equal {c.equal}, runs {c.run_class}, "
                f"gate {gate}"
            )
            return c

        return wrapped

    def _match(self, find_match: Callable[[int], Any]) -> Callable[[int], Any]:
        def wrapped(place: int) -> Any:
            match = find_match(place)
            if match.length_class > 0:
                self.lines.append(
                    f"      match: pixel {self.band.match_at}, rank {match.rank}, "
                    f"length {match.length_class}"
                )
            return match

        return wrapped

    def _forced(self, forced_bit: Callable[..., int | None]) -> Callable[..., int | None]:
        def wrapped(node: Any, excluded: int) -> int | None:
            bit = forced_bit(node, excluded)
            if bit is not None:
                self.lines.append(f"      node {node.number:<8} {'forced':>20} {bit:4}")
            return bit

        return wrapped

    def _named(self, decide: Callable[..., int], name: Callable[..., str]) -> Callable[..., int]:
        def wrapped(*arguments: Any) -> int:
            self.decision = name(*arguments)
            self.logits = []
            return decide(*arguments)

        return wrapped

    def _decide(self, decide: Callable[..., int]) -> Callable[..., int]:
        def wrapped(slots: list[Any], *places: int) -> int:
            if self.is_first:
                opinions = " ".join(str(slot.opinion(self.band.mixer.pace)) for slot in slots)
                self.lines += [
                    f"      t: {opinions}",
                    "      weights A {}, B {}; refinements A {}, B {}".format(*places),
                ]
                self.is_first = False
            return decide(slots, *places)

        return wrapped

    def _mix(self, mix: Callable[..., int]) -> Callable[..., int]:
        def wrapped(opinions: list[int], weights: list[int]) -> int:
            self.logits.append(mix(opinions, weights))
            return self.logits[-1]

        return wrapped

    def _bit(self, decode: Callable[[int], int]) -> Callable[[int], int]:
        def wrapped(probability: int) -> int:
            bit = decode(probability)
            coder = self.band.coder
            logits = " ".join(f"{logit:6}" for logit in self.logits) or "  sure       "
            self.lines.append(
                f"      {self.decision:13} {logits} {probability:6} {bit:4}  "
                f"{coder.low:08X}  {coder.high:08X}  {coder.code:08X}"
            )
            return bit

        return wrapped


def _load_reference() -> Any:
    """Load the reference decoder by its path, as it belongs to no package."""
    path = SPEC / "reference_decoder.py"
    specification = importlib.util.spec_from_file_location("kq_reference_decoder_traced", path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up there
    specification.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())

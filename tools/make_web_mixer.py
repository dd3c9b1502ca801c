"""Write `tools/web/codec/mixer_module.js`: mixed decisions and walks as WebAssembly with SIMD.

    python tools/make_web_mixer.py            write the module; needs wat2wasm (wabt)
    python tools/make_web_mixer.py --check    write nothing; exit 1 if it would differ

Its text, here and in `web_module`, is what `plain_mixer.js` (spec §7.3) and `plain_walk.js` (spec
§7.5.5) do in plain JavaScript, eight opinions at a time. The decoder takes the plain ones where
there is no WebAssembly; tests hold both to the same pixels. What a context is made of stays in
JavaScript, in `entropy.js`: here are only the numbers of it, x[3] to x[15] at CONTEXTS.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from web_module.places import (
    CHANCES,
    CODER,
    CONTEXTS,
    DISTANCE_CLASS,
    FOLLOWER,
    GRADIENT_PLACES,
    LEARNT_PLACES,
    LINES,
    NODES,
    OPINION,
    REFINEMENTS_A,
    REFINEMENTS_B,
    SLOTS,
    SQUASH,
    WEIGHTS_A,
    WEIGHTS_B,
)
from web_module.walking import walk_source

MODULE = Path(__file__).resolve().parent / "web" / "codec" / "mixer_module.js"


def opinions(half: int) -> str:
    """Return the expression of eight opinions, lane after lane."""
    text = "(v128.const i64x2 0 0)"
    for lane in range(8):
        at = LINES + 4 * (8 * half + lane)
        line = f"(i32.load offset={at} (i32.const 0))"
        place = f"(i32.shl (i32.add {line} (local.get $local)) (i32.const 1))"
        slot = f"(i32.shl (i32.load16_u offset={SLOTS} {place}) (i32.const 1))"
        text = f"(v128.load16_lane offset={OPINION} {lane} {slot} {text})"
    return text


def weighed(weights: str, logit: str) -> Iterator[str]:
    """Yield what sets a logit to the sum of the opinions by the set at the address `weights`."""
    halves = (
        f"(i32x4.dot_i16x8_s (v128.load offset={16 * half} (local.get ${weights}))"
        f" (local.get $t{half}))"
        for half in (0, 1)
    )
    yield f"(local.set $sums (i32x4.add {' '.join(halves)}))"
    turned = (
        "(i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $sums) (local.get $sums))"
    )
    yield f"(local.set $sums (i32x4.add (local.get $sums) {turned}))"
    lanes = " ".join(f"(i32x4.extract_lane {lane} (local.get $sums))" for lane in (0, 1))
    yield f"(local.set ${logit} (i32.shr_s (i32.add {lanes}) (i32.const 13)))"
    yield clamped(logit, -3072, 3072)


def clamped(name: str, least: int, most: int) -> str:
    """Return what keeps a local within bounds."""
    value, low, high = f"(local.get ${name})", f"(i32.const {least})", f"(i32.const {most})"
    above = f"(select {value} {low} (i32.gt_s {value} {low}))"
    below = f"(select {value} {high} (i32.lt_s {value} {high}))"
    return f"(local.set ${name} {above}) (local.set ${name} {below})"


def squashed(logit: str) -> str:
    """Return the expression of a logit's probability."""
    place = f"(i32.shl (i32.add (local.get ${logit}) (i32.const 3072)) (i32.const 2))"
    return f"(i32.load offset={SQUASH} {place})"


def learned(weights: str, squashed: str) -> Iterator[str]:
    """Yield what moves one set of weights by its error."""
    error = f"(i32.shr_s (i32.sub (local.get $one) (local.get ${squashed})) (i32.const 1))"
    yield f"(local.set $error (i16x8.splat {error}))"
    for half in (0, 1):
        parts = (
            "(i32x4.shr_s (i32x4.add (i32x4.shr_s"
            f" (i32x4.extmul_{part}_i16x8_s (local.get $t{half}) (local.get $error))"
            " (i32.const 15)) (local.get $shifts)) (local.get $shift))"
            for part in ("low", "high")
        )
        yield (
            f"(v128.store offset={16 * half} (local.get ${weights}) (i16x8.add_sat_s"
            f" (v128.load offset={16 * half} (local.get ${weights}))"
            f" (i16x8.narrow_i32x4_s {' '.join(parts)})))"
        )


def slots_learn() -> Iterator[str]:
    """Yield what gives every slot its follower."""
    for i in range(16):
        at = LINES + 4 * i
        line = f"(i32.load offset={at} (i32.const 0))"
        yield f"(local.set $at (i32.shl (i32.add {line} (local.get $local)) (i32.const 1)))"
        slot = f"(i32.or (local.get $one) (i32.load16_u offset={SLOTS} (local.get $at)))"
        follower = f"(i32.load16_u offset={FOLLOWER} (i32.shl {slot} (i32.const 1)))"
        yield f"(i32.store16 offset={SLOTS} (local.get $at) {follower})"


def refinement_learns(name: str) -> str:
    """Return what moves the nearer number of a refinement, its address being in a global."""
    number = f"(i32.load16_u (local.get ${name}))"
    target = "(i32.sub (local.get $one) (local.get $bit))"
    step = f"(i32.shr_s (i32.sub {target} {number}) (i32.const 6))"
    return f"(i32.store16 (local.get ${name}) (i32.add {number} {step}))"


def module_source() -> str:
    """Return the module in the text format of WebAssembly."""
    return f"""(module
  (import "coder" "next" (func $next (result i32)))
  (memory (export "memory") 16)
  (global $mixed (mut i32) (i32.const 0))
  (global $near_at (mut i32) (i32.const 0))
  (global $near_size (mut i32) (i32.const 0))
  (global $near_shift (mut i32) (i32.const 0))

  (func (export "restart") (global.set $mixed (i32.const 0)))

  (func $decode (param $p i32) (result i32)
    (local $low i32) (local $high i32) (local $code i32) (local $middle i32) (local $bit i32)
    (local.set $low (i32.load offset={CODER} (i32.const 0)))
    (local.set $high (i32.load offset={CODER + 4} (i32.const 0)))
    (local.set $code (i32.load offset={CODER + 8} (i32.const 0)))
    (local.set $middle (i32.add (local.get $low) (i32.wrap_i64 (i64.shr_u (i64.mul
      (i64.extend_i32_u (i32.sub (local.get $high) (local.get $low)))
      (i64.extend_i32_u (local.get $p))) (i64.const 16)))))
    (local.set $bit (i32.le_u (local.get $code) (local.get $middle)))
    (local.set $high (select (local.get $middle) (local.get $high) (local.get $bit)))
    (local.set $low (select (local.get $low) (i32.add (local.get $middle) (i32.const 1))
      (local.get $bit)))
    (block $done (loop $shift
      (br_if $done
        (i32.shr_u (i32.xor (local.get $low) (local.get $high)) (i32.const 24)))
      (local.set $low (i32.shl (local.get $low) (i32.const 8)))
      (local.set $high (i32.or (i32.shl (local.get $high) (i32.const 8)) (i32.const 255)))
      (local.set $code (i32.or (i32.shl (local.get $code) (i32.const 8)) (call $next)))
      (br $shift)))
    (i32.store offset={CODER} (i32.const 0) (local.get $low))
    (i32.store offset={CODER + 4} (i32.const 0) (local.get $high))
    (i32.store offset={CODER + 8} (i32.const 0) (local.get $code))
    (local.get $bit))

  (func $decide (export "decide") (param $local i32) (param $wa i32) (param $wb i32)
    (param $ra i32) (param $rb i32) (result i32)
    (local $t0 v128) (local $t1 v128) (local $sums v128) (local $sa i32) (local $sb i32)
    (local $s i32) (local $f i32) (local $j i32) (local $p i32) (local $bit i32) (local $one i32)
    (local $shift i32) (local $at i32) (local $error v128) (local $shifts v128)
    (local.set $t0 {opinions(0)})
    (local.set $t1 {opinions(1)})
    (local.set $wa (i32.add (i32.const {WEIGHTS_A}) (i32.shl (local.get $wa) (i32.const 5))))
    (local.set $wb (i32.add (i32.const {WEIGHTS_B}) (i32.shl (local.get $wb) (i32.const 5))))
    {" ".join(weighed("wa", "sa"))}
    {" ".join(weighed("wb", "sb"))}
    (local.set $s (i32.shr_s (i32.add (local.get $sa) (local.get $sb)) (i32.const 1)))
    (local.set $sa {squashed("sa")})
    (local.set $sb {squashed("sb")})
    (local.set $f (i32.and (local.get $s) (i32.const 255)))
    (local.set $j
      (i32.shl (i32.shr_u (i32.add (local.get $s) (i32.const 3072)) (i32.const 8)) (i32.const 1)))
    (local.set $ra (i32.add (i32.add (i32.const {REFINEMENTS_A}) (local.get $j))
      (i32.mul (local.get $ra) (i32.const 52))))
    (local.set $rb (i32.add (i32.add (i32.const {REFINEMENTS_B}) (local.get $j))
      (i32.mul (local.get $rb) (i32.const 52))))
    (local.set $p (i32.shr_s (i32.add (i32.add
      (i32.shl {squashed("s")} (i32.const 1))
      (i32.shr_u (i32.add
        (i32.mul (i32.add (i32.load16_u (local.get $ra)) (i32.load16_u (local.get $rb)))
          (i32.sub (i32.const 256) (local.get $f)))
        (i32.mul
          (i32.add (i32.load16_u offset=2 (local.get $ra)) (i32.load16_u offset=2 (local.get $rb)))
          (local.get $f))) (i32.const 8))) (i32.const 2)) (i32.const 2)))
    (local.set $j (i32.shl (i32.ge_u (local.get $f) (i32.const 128)) (i32.const 1)))
    (local.set $ra (i32.add (local.get $ra) (local.get $j)))
    (local.set $rb (i32.add (local.get $rb) (local.get $j)))
    {clamped("p", 1, 65535)}
    (local.set $bit (call $decode (local.get $p)))
    (local.set $one (i32.shl (local.get $bit) (i32.const 16)))
    (local.set $shift
      (select (i32.const 1) (i32.const 2) (i32.lt_u (global.get $mixed) (i32.const 131072))))
    (global.set $mixed (i32.add (global.get $mixed) (i32.const 1)))
    (local.set $shifts (i32x4.splat (local.get $shift)))
    {" ".join(learned("wa", "sa"))}
    {" ".join(learned("wb", "sb"))}
    {" ".join(slots_learn())}
    {refinement_learns("ra")}
    {refinement_learns("rb")}
    (local.get $bit))
  {walk_source()})
"""


def module_text() -> str:
    """Return the JavaScript module that holds the compiled module and the places in its memory."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "mixer.wat", Path(folder) / "mixer.wasm"
        source.write_text(module_source(), "utf-8")
        subprocess.run(["wat2wasm", str(source), "-o", str(target)], check=True)
        text = base64.b64encode(target.read_bytes()).decode()
    lines = [text[at : at + 96] for at in range(0, len(text), 96)]
    places = {
        "CODER": CODER,
        "LINES": LINES,
        "OPINION": OPINION,
        "FOLLOWER": FOLLOWER,
        "SQUASH": SQUASH,
        "WEIGHTS_A": WEIGHTS_A,
        "WEIGHTS_B": WEIGHTS_B,
        "REFINEMENTS_A": REFINEMENTS_A,
        "REFINEMENTS_B": REFINEMENTS_B,
        "CHANCES": CHANCES,
        "CONTEXTS": CONTEXTS,
        "DISTANCE_CLASS": DISTANCE_CLASS,
        "GRADIENT_PLACES": GRADIENT_PLACES,
        "LEARNT_PLACES": LEARNT_PLACES,
        "NODES": NODES,
        "SLOTS": SLOTS,
    }
    return "".join(
        [
            "// Mixed decisions and walks (spec §7.3, §7.5.5) as WebAssembly, compiled by\n"
            "// tools/make_web_mixer.py"
            " from the text there; a test keeps them alike.\n\n",
            *(f"export const AT_{name} = {place};\n" for name, place in places.items()),
            "\nexport const MODULE = [\n",
            *(f'  "{line}",\n' for line in lines),
            '].join("");\n',
        ]
    )


def main() -> int:
    """Run the command line and return the exit status."""
    text = module_text()
    if "--check" in sys.argv[1:]:
        return 0 if MODULE.read_text("utf-8") == text else 1
    MODULE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

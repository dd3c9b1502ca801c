"""Write `tools/web/codec/mixer_module.js`: rows of a band as WebAssembly with SIMD.

    python tools/make_web_mixer.py            write the module; needs wat2wasm (wabt)
    python tools/make_web_mixer.py --check    write nothing; exit 1 if it would differ

Its text, here and in `web_module`, is what `plain_mixer.js` (spec §7.3), `plain_band.js` (§7.5),
`plain_walk.js` (§7.5.5), `prediction.js` and, for the local model (§7.5.8), the `plain_local_*.js`
do in plain JavaScript, eight opinions at a time, and four samples. The decoder takes the plain ones
where there is no WebAssembly; tests hold both to the same pixels. Loads whose results are dropped
have what is soon needed brought from the memory.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from web_module import places as all_places
from web_module.compiling import compiled
from web_module.local_rows import local_rows_source
from web_module.pixels import pixels_source
from web_module.places import (
    CODER,
    FOLLOWER,
    HELD,
    LINES,
    PLACES,
    REFINEMENTS_A,
    REFINEMENTS_B,
    SLOTS,
    SQUASH,
    TRUST,
    WEIGHTS_A,
    WEIGHTS_B,
)
from web_module.predicting import predicting_source
from web_module.walking import walk_source

HASHES = {"C_A": 0x2545F491, "C_B": 0x5851F42D, "C_C": 0x2C1B3C6D, "C_D": 0x9E3779B1}
CONSTANTS = HASHES | {name: place for name, place in vars(all_places).items() if name.isupper()}

# What the JavaScript beside the module writes or reads.
TOLD = ["CODER", "LINES", "BAND", "TRUST", "FOLLOWER", "SQUASH", "CHANCES", "NODES", "COLORS"]
TOLD += ["WEIGHTS_A", "WEIGHTS_B", "REFINEMENTS_A", "REFINEMENTS_B", "PREDICTING", "SLOTS"]
TOLD += ["SIDES", "DISTANCE_CLASS", "RUN_CLASS", "ERROR_CLASS", "LENGTH_CLASS", "ACTIVITY"]

MODULE = Path(__file__).resolve().parent / "web" / "codec" / "mixer_module.js"

MIRROR = 0xFFF0  # the bits of a slot's state


def places() -> Iterator[str]:
    """Yield what finds where the slots 3 to 15 are."""
    yield "(local.set $sums (i32x4.splat (local.get $local)))"
    line = f"(i32.add (i32.load offset={LINES + 12} (i32.const 0)) (local.get $local))"
    yield f"(i32.store offset={PLACES + 12} (i32.const 0) (i32.shl {line} (i32.const 1)))"
    for four in (1, 2, 3):
        line = f"(v128.load offset={LINES + 16 * four} (i32.const 0))"
        place = f"(i32x4.shl (i32x4.add {line} (local.get $sums)) (i32.const 1))"
        yield f"(v128.store offset={PLACES + 16 * four} (i32.const 0) {place})"


def place(i: int) -> str:
    """Return the expression of where slot i is."""
    return f"(i32.load offset={PLACES + 4 * i} (i32.const 0))"


def gathered(half: int) -> str:
    """Return the expression of eight slots, lane after lane."""
    text = "(v128.const i64x2 0 0)"
    for lane in range(8):
        text = f"(v128.load16_lane offset={SLOTS} {lane} {place(8 * half + lane)} {text})"
    return text


def opinions() -> Iterator[str]:
    """Yield what sets both halves of the opinions by those of the slots."""
    steps = (f"(v128.and (local.get $s{half}) (i16x8.splat (i32.const 15)))" for half in (0, 1))
    yield f"(local.set $sums (i8x16.narrow_i16x8_u {' '.join(steps)}))"
    for name, at in (("lows", TRUST), ("highs", TRUST + 16)):
        table = f"(v128.load offset={at} (i32.shl (local.get $pace) (i32.const 5)))"
        yield f"(local.set ${name} (i8x16.swizzle {table} (local.get $sums)))"
    for half in (0, 1):
        lanes = " ".join(f"{lane} {lane + 16}" for lane in range(8 * half, 8 * half + 8))
        trust = f"(i8x16.shuffle {lanes} (local.get $lows) (local.get $highs))"
        yield f"(local.set $sums {trust})"
        state = f"(v128.and (local.get $s{half}) (i16x8.splat (i32.const {MIRROR})))"
        yield f"(local.set $t{half} (i16x8.sub {state} (i16x8.splat (i32.const 32760))))"
        parts = (
            f"(i32x4.shr_s (i32x4.extmul_{part}_i16x8_s (local.get $t{half}) (local.get $sums))"
            " (i32.const 16))"
            for part in ("low", "high")
        )
        yield f"(local.set $t{half} (i16x8.narrow_i32x4_s {' '.join(parts)}))"


def weighed() -> Iterator[str]:
    """Yield what sets both logits to the sums of the opinions by the sets at `wa` and `wb`."""
    for weights, sums in (("wa", "sums"), ("wb", "sums_b")):
        halves = (
            f"(i32x4.dot_i16x8_s (v128.load offset={16 * half} (local.get ${weights}))"
            f" (local.get $t{half}))"
            for half in (0, 1)
        )
        yield f"(local.set ${sums} (i32x4.add {' '.join(halves)}))"
    both = "(local.get $sums) (local.get $sums_b)"
    low = f"(i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 {both})"
    high = f"(i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 {both})"
    yield f"(local.set $sums (i32x4.add {low} {high}))"
    turned = (
        "(i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $sums) (local.get $sums))"
    )
    yield f"(local.set $sums (i32x4.add (local.get $sums) {turned}))"
    logits = "(i32x4.shr_s (local.get $sums) (i32.const 13))"
    above = f"(i32x4.max_s {logits} (i32x4.splat (i32.const -3072)))"
    yield f"(local.set $sums (i32x4.min_s {above} (i32x4.splat (i32.const 3072))))"
    for lane, logit in enumerate(("sa", "sb")):
        yield f"(local.set ${logit} (i32x4.extract_lane {lane} (local.get $sums)))"


def clamped(name: str, least: int, most: int) -> str:
    """Return what keeps a local within bounds."""
    value, low, high = f"(local.get ${name})", f"(i32.const {least})", f"(i32.const {most})"
    above = f"(select {value} {low} (i32.gt_s {value} {low}))"
    below = f"(select {value} {high} (i32.lt_s {value} {high}))"
    return f"(local.set ${name} {above}) (local.set ${name} {below})"


def squashed(logit: str) -> str:
    """Return the expression of a logit's probability."""
    place = f"(i32.shl (i32.add (local.get ${logit}) (i32.const 3072)) (i32.const 1))"
    return f"(i32.load16_u offset={SQUASH} {place})"


def learned(shift: int) -> Iterator[str]:
    """Yield what moves both sets of weights by their errors.

    Each opinion stands beside 2 · shift, each error beside 16,384, so that the sum of the products
    is the opinion's, and what it is to be rounded by.
    """
    beside = f"(i32x4.splat (i32.const {2 * shift << 16}))"
    for half in (0, 1):
        for four, part in enumerate(("low", "high")):
            wide = f"(i32x4.extend_{part}_i16x8_u (local.get $t{half}))"
            yield f"(local.set $u{2 * half + four} (v128.or {wide} {beside}))"
    for weights, chance in (("wa", "sa"), ("wb", "sb")):
        error = f"(i32.shr_s (i32.sub (local.get $one) (local.get ${chance})) (i32.const 1))"
        pair = f"(i32.or (i32.and {error} (i32.const 0xffff)) (i32.const {16_384 << 16}))"
        yield f"(local.set $error (i32x4.splat {pair}))"
        for half in (0, 1):
            parts = (
                f"(i32x4.shr_s (i32x4.dot_i16x8_s (local.get $u{2 * half + four})"
                f" (local.get $error)) (i32.const {15 + shift}))"
                for four in (0, 1)
            )
            yield (
                f"(v128.store offset={16 * half} (local.get ${weights}) (i16x8.add_sat_s"
                f" (v128.load offset={16 * half} (local.get ${weights}))"
                f" (i16x8.narrow_i32x4_s {' '.join(parts)})))"
            )


def slots_learn() -> Iterator[str]:
    """Yield what gives every slot its follower."""
    yield f"(local.set $mirror (select (i32.const 0) (i32.const {MIRROR}) (local.get $bit)))"
    yield "(local.set $mirrors (i16x8.splat (local.get $mirror)))"
    yield "(local.set $sums (i32x4.splat (i32.shl (local.get $pace) (i32.const 17))))"
    for half in (0, 1):
        yield f"(local.set $s{half} (v128.xor (local.get $s{half}) (local.get $mirrors)))"
        for four, part in enumerate(("low", "high")):
            wide = f"(i32x4.extend_{part}_i16x8_u (local.get $s{half}))"
            at = f"(i32x4.add (i32x4.shl {wide} (i32.const 1)) (local.get $sums))"
            yield f"(v128.store offset={HELD + 32 * half + 16 * four} (i32.const 0) {at})"
    for i in range(16):
        held = f"(i32.load offset={HELD + 4 * i} (i32.const 0))"
        follower = f"(i32.load16_u offset={FOLLOWER} {held})"
        yield f"(i32.store16 offset={SLOTS} {place(i)} (i32.xor {follower} (local.get $mirror)))"


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

  (func $decide (param $local i32) (param $wa i32) (param $wb i32)
    (param $ra i32) (param $rb i32) (param $pace i32) (result i32)
    (local $s0 v128) (local $s1 v128)
    (local $t0 v128) (local $t1 v128) (local $sums v128) (local $sa i32) (local $sb i32)
    (local $s i32) (local $f i32) (local $j i32) (local $p i32) (local $bit i32) (local $one i32)
    (local $mirror i32) (local $mirrors v128) (local $error v128) (local $sums_b v128)
    (local $lows v128) (local $highs v128)
    (local $u0 v128) (local $u1 v128) (local $u2 v128) (local $u3 v128)
    (local.set $ra (i32.add (i32.const {REFINEMENTS_A})
      (i32.mul (local.get $ra) (i32.const 52))))
    (local.set $rb (i32.add (i32.const {REFINEMENTS_B})
      (i32.mul (local.get $rb) (i32.const 52))))
    (drop (i32.load16_u (local.get $rb)))
    (drop (i32.load16_u offset=50 (local.get $rb)))
    {" ".join(places())}
    (local.set $s0 {gathered(0)})
    (local.set $s1 {gathered(1)})
    {" ".join(opinions())}
    (local.set $wa (i32.add (i32.const {WEIGHTS_A}) (i32.shl (local.get $wa) (i32.const 5))))
    (local.set $wb (i32.add (i32.const {WEIGHTS_B}) (i32.shl (local.get $wb) (i32.const 5))))
    {" ".join(weighed())}
    (local.set $s (i32.shr_s (i32.add (local.get $sa) (local.get $sb)) (i32.const 1)))
    (local.set $sa {squashed("sa")})
    (local.set $sb {squashed("sb")})
    (local.set $f (i32.and (local.get $s) (i32.const 255)))
    (local.set $j
      (i32.shl (i32.shr_u (i32.add (local.get $s) (i32.const 3072)) (i32.const 8)) (i32.const 1)))
    (local.set $ra (i32.add (local.get $ra) (local.get $j)))
    (local.set $rb (i32.add (local.get $rb) (local.get $j)))
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
    (if (i32.lt_u (global.get $mixed) (i32.const 65536))
      (then {" ".join(learned(1))})
      (else {" ".join(learned(2))}))
    (global.set $mixed (i32.add (global.get $mixed) (i32.const 1)))
    {" ".join(slots_learn())}
    {refinement_learns("ra")}
    {refinement_learns("rb")}
    (local.get $bit))
  {walk_source()}
{compiled(pixels_source() + predicting_source() + local_rows_source(), CONSTANTS)})
"""


def module_text() -> str:
    """Return the JavaScript module that holds the compiled module and the places in its memory."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "mixer.wat", Path(folder) / "mixer.wasm"
        source.write_text(module_source(), "utf-8")
        subprocess.run(["wat2wasm", str(source), "-o", str(target)], check=True)
        text = base64.b64encode(target.read_bytes()).decode()
    lines = [text[at : at + 96] for at in range(0, len(text), 96)]
    places = {name: CONSTANTS[name] for name in TOLD}
    return "".join(
        [
            "// Mixed decisions and rows of a band (spec §7.3, §7.5) as WebAssembly, compiled by\n"
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

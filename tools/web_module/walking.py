"""The walk to a pixel's rank (spec §7.5.5), in the text format of WebAssembly."""

from __future__ import annotations

from web_module.places import (
    AT_DISTANCE,
    AT_FINE,
    AT_MATCHES,
    CHANCES,
    CUT,
    DEPTH,
    DIRECTION,
    DISTANCE_CLASS,
    FOLLOWER,
    GRADIENT_PLACES,
    GROUP,
    HIGH,
    INVERSE,
    LEARNT_PLACES,
    LEFT,
    LOCAL,
    LOW,
    MIDDLE,
    NODES,
    PLACES,
    RIGHT,
    SLOTS,
)


def side(rank: str) -> str:
    """Return the expression of where a neighbour's rank lies: 0, 1, or 2 where it is outside."""
    outside = f"(i32.lt_u (i32.sub (local.get ${rank}) (local.get $low)) (local.get $size))"
    return f"(select (i32.ge_s (local.get ${rank}) (local.get $middle)) (i32.const 2) {outside})"


def distance_class(name: str, distance: str) -> str:
    """Return what sets a local to the class of a distance from a node's cut."""
    sign = "(local.get $sign)"
    size = f"(i64.extend_i32_u (i32.sub (i32.xor (local.get $t) {sign}) {sign}))"
    scaled = f"(i32.wrap_i64 (i64.shr_u (i64.mul (local.get $inverse) {size}) (i64.const 16)))"
    most = "(i32.const 140)"
    kind = (
        f"(i32.load8_u offset={DISTANCE_CLASS}"
        f" (select (local.get $t) {most} (i32.lt_u (local.get $t) {most})))"
    )
    return (
        f"(local.set $t {distance}) (local.set $sign (i32.shr_s (local.get $t) (i32.const 31)))"
        f" (local.set $t {scaled})"
        f" (local.set ${name} (i32.add (i32.const 12) (i32.xor {sign} {kind})))"
    )


def walk_source() -> str:
    """Return the functions that walk a palette's tree; the lines of the first group are found."""

    def number(name: int) -> str:
        return f"(i32.load offset={NODES + name} (local.get $at))"

    def place(table: int) -> str:
        direction = f"(i32.shl {number(DIRECTION)} (i32.const 2))"
        return f"(i32.sub (i32.load offset={table} {direction}) (local.get $cut))"

    def learns(slot: str, place: str) -> str:
        turned = f"(i32.xor (local.get ${slot}) (local.get $t))"
        pace = "(i32.shl (local.get $pace) (i32.const 17))"
        at = f"(i32.add (i32.shl {turned} (i32.const 1)) {pace})"
        return (
            f"(i32.store16 offset={SLOTS} (local.get ${place})"
            f" (i32.xor (i32.load16_u offset={FOLLOWER} {at}) (local.get $t)))"
        )

    def is_sure(comparison: str, state: int) -> str:
        both = (f"(i32.{comparison} (local.get $s{i}) (i32.const {16 * state}))" for i in (0, 1))
        return f"(i32.and {' '.join(both)})"

    depth = f"(select {number(DEPTH)} (i32.const 15) (i32.lt_u {number(DEPTH)} (i32.const 15)))"
    return f"""
  (func $node_bit (param $node i32) (param $at i32) (param $expected i32) (param $activity i32)
    (param $W i32) (param $N i32) (param $NW i32) (param $NE i32) (param $matched i32)
    (param $length i32) (param $candidate i32) (param $kind i32)
    (param $pace i32) (result i32)
    (local $cut i32) (local $inverse i64) (local $learnt i32) (local $c1 i32) (local $c2 i32)
    (local $c3 i32) (local $p0 i32) (local $p1 i32) (local $s0 i32) (local $s1 i32)
    (local $bit i32) (local $local i32) (local $low i32) (local $middle i32) (local $size i32)
    (local $t i32) (local $sign i32) (local $said i32)
    (local.set $cut {number(CUT)})
    (local.set $inverse (i64.extend_i32_u {number(INVERSE)}))
    (local.set $learnt {place(LEARNT_PLACES)})
    {distance_class("c1", place(GRADIENT_PLACES))}
    {distance_class("c2", "(local.get $learnt)")}
    {distance_class("c3", "(i32.shl (local.get $learnt) (i32.const 1))")}
    (local.set $p0 (i32.add (i32.const {AT_DISTANCE}) (i32.add
      (i32.shl (i32.add (i32.shl (i32.add (i32.mul (local.get $c1) (i32.const 24))
        (local.get $c2)) (i32.const 3)) (local.get $activity)) (i32.const 4))
      {depth})))
    (local.set $p1 (i32.add (i32.const {AT_FINE}) (i32.add (i32.shl (i32.add (i32.mul
      (i32.and (local.get $node) (i32.const 1023)) (i32.const 24)) (local.get $c3)) (i32.const 3))
      (local.get $expected))))
    (local.set $s0 (i32.load16_u offset={SLOTS} (i32.shl (local.get $p0) (i32.const 1))))
    (local.set $s1 (i32.load16_u offset={SLOTS} (i32.shl (local.get $p1) (i32.const 1))))
    (if (i32.and (i32.and
        (i32.ge_u (i32.and (local.get $s0) (i32.const 15)) (i32.const 8))
        (i32.ge_u (i32.and (local.get $s1) (i32.const 15)) (i32.const 6)))
        (i32.or {is_sure("lt_u", 1196)} {is_sure("ge_u", 2900)}))
      (then
        (local.set $bit (call $decode (i32.load16_u offset={CHANCES} (i32.and (i32.add
          (i32.shr_u (local.get $s0) (i32.const 4)) (i32.shr_u (local.get $s1) (i32.const 4)))
          (i32.const -2)))))
        (local.set $p0 (i32.shl (local.get $p0) (i32.const 1)))
        (local.set $p1 (i32.shl (local.get $p1) (i32.const 1)))
        (local.set $t (select (i32.const 0) (i32.const 0xfff0) (local.get $bit)))
        {learns("s0", "p0")}
        {learns("s1", "p1")}
        (return (local.get $bit))))
    (local.set $local {number(LOCAL)})
    (i32.store offset={PLACES} (i32.const 0) (i32.shl (local.get $p0) (i32.const 1)))
    (i32.store offset={PLACES + 4} (i32.const 0) (i32.shl (local.get $p1) (i32.const 1)))
    (local.set $low {number(LOW)})
    (local.set $middle {number(MIDDLE)})
    (local.set $size (i32.sub {number(HIGH)} (local.get $low)))
    (local.set $said {side("matched")})
    (i32.store offset={PLACES + 8} (i32.const 0) (i32.shl (i32.add (i32.const {AT_MATCHES})
      (i32.add (i32.mul (i32.add (i32.mul (i32.add (i32.shl (i32.add (i32.mul
        (local.get $length) (i32.const 3)) (local.get $said)) (i32.const 4)) {depth})
        (i32.const 3)) {side("candidate")}) (i32.const 3)) (local.get $kind)))
      (i32.const 1)))
    (call $decide (local.get $local)
      (i32.add (i32.const 32) (i32.and (local.get $node) (i32.const 255)))
      (i32.add (select (i32.const 192) (select (i32.const 273) (i32.const 354)
        (i32.lt_u (local.get $length) (i32.const 8))) (i32.eq (local.get $said) (i32.const 2)))
        (i32.add (i32.add {side("W")}
        (i32.mul {side("N")} (i32.const 3))) (i32.add (i32.mul {side("NW")} (i32.const 9))
        (i32.mul {side("NE")} (i32.const 27)))))
      (i32.add (i32.const 128) (i32.and (local.get $node) (i32.const 511)))
      (i32.and (i32.add (i32.mul (local.get $node) (i32.const 24)) (local.get $c2))
        (i32.const 4095)) (local.get $pace)))

  (func $walk (param $excluded i32) (param $expected i32) (param $activity i32)
    (param $W i32) (param $N i32) (param $NW i32) (param $NE i32) (param $matched i32)
    (param $length i32) (param $candidate i32) (param $kind i32) (param $pace i32)
    (result i32)
    (local $node i32) (local $at i32) (local $group i32) (local $left i32) (local $right i32)
    (local $leaf i32) (local $bit i32)
    (local.set $leaf (select (i32.const 0) (i32.sub (i32.const -1) (local.get $excluded))
      (i32.lt_s (local.get $excluded) (i32.const 0))))
    (loop $next_node
      (local.set $at (i32.shl (local.get $node) (i32.const 6)))
      (local.set $left {number(LEFT)})
      (local.set $right {number(RIGHT)})
      (if (i32.eq (local.get $left) (local.get $leaf))
        (then (local.set $node (local.get $right)))
        (else (if (i32.eq (local.get $right) (local.get $leaf))
          (then (local.set $node (local.get $left)))
          (else
            (if (i32.ne {number(GROUP)} (local.get $group))
              (then
                (local.set $group {number(GROUP)})
                (call $find (local.get $group))))
            (local.set $bit (call $node_bit (local.get $node) (local.get $at)
              (local.get $expected) (local.get $activity)
              (local.get $W) (local.get $N) (local.get $NW) (local.get $NE) (local.get $matched)
              (local.get $length) (local.get $candidate) (local.get $kind) (local.get $pace)))
            (local.set $node (select (local.get $right) (local.get $left) (local.get $bit)))))))
      (br_if $next_node (i32.ge_s (local.get $node) (i32.const 0))))
    (i32.sub (i32.const -1) (local.get $node)))"""

"""Functions in the syntax of Python, written in the text format of WebAssembly.

Names are locals of 32 bits, vectors where they begin with `v_`; constants are given by name.
`a.b(…)` is the instruction a.b, `f(…)` a call of $f, `lanes(…)` a vector; `and_` and `or_` are and,
or. `a.load[…]` and `a.store[…] = …` go to the memory, `a.load16_lane[…, lane, vector]` and
`a.store16_lane[…, lane] = …` with one lane. Comparisons and `>>` take signed numbers,
`x if c else y` evaluates both, `while` is entered before its condition is looked at, and a
decorator exports.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping

_BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "shr_s",
}
_COMPARISONS = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt_s",
    ast.LtE: "le_s",
    ast.Gt: "gt_s",
    ast.GtE: "ge_s",
}
_LANES = ("extract_lane", "replace_lane")  # their second argument is part of the instruction


def compiled(source: str, constants: Mapping[str, int]) -> str:
    """Return the functions of a text."""
    functions = ast.parse(source).body
    return "\n".join(_Function(constants).text(function) for function in functions)


def filled(text: str, **parts: str) -> str:
    """Return a text with parts where comments name them, as far to the right as these."""

    def part(found: re.Match[str]) -> str:
        return textwrap.indent(textwrap.dedent(parts[found[2]]).strip("\n"), found[1])

    return re.sub(r"^( *)# ([A-Z_]+)$", part, text, flags=re.MULTILINE)


def _kind(name: str) -> str:
    return "v128" if name.startswith("v_") else "i32"


class _Function:
    def __init__(self, constants: Mapping[str, int]) -> None:
        self.constants = constants
        self.locals: dict[str, None] = {}

    def text(self, function: ast.stmt) -> str:
        assert isinstance(function, ast.FunctionDef)
        given = [argument.arg for argument in function.args.args]
        body = self.block(function.body)
        parts = [f"(func ${function.name}"]
        parts += [f'(export "{ast.unparse(word)}")' for word in function.decorator_list]
        parts += [f"(param ${name} {_kind(name)})" for name in given]
        if function.returns is not None:
            parts.append("(result i32)")
        for name in self.locals:
            if name not in given:
                parts.append(f"(local ${name} {_kind(name)})")
        return f"  {' '.join(parts)}\n{body})"

    def block(self, statements: list[ast.stmt]) -> str:
        return "\n".join(self.statement(statement) for statement in statements)

    def statement(self, node: ast.stmt) -> str:
        match node:
            case ast.Assign(targets=[target, *more]):
                text = self.assignment(target, self.value(node.value))
                return text + "".join(self.assignment(other, self.value(target)) for other in more)
            case ast.If():
                chosen = f"(then {self.block(node.body)})"
                if node.orelse:
                    chosen += f" (else {self.block(node.orelse)})"
                return f"(if {self.value(node.test)} {chosen})"
            case ast.While():
                again = f"(br_if $again {self.value(node.test)})"
                return f"(loop $again {self.block(node.body)} {again})"  # once at least
            case ast.Return(value=ast.expr() as value):
                return f"(return {self.value(value)})"
            case ast.Expr():
                return self.value(node.value)
        raise NotImplementedError(ast.dump(node))

    def assignment(self, target: ast.expr, value: str) -> str:
        if isinstance(target, ast.Name):
            self.locals[target.id] = None
            return f"(local.set ${target.id} {value})"
        return f"({self.access(target)} {value})"

    def access(self, node: ast.expr) -> str:
        assert isinstance(node, ast.Subscript)
        where, lane, rest = node.slice, "", ""
        if isinstance(where, ast.Tuple):
            where, number, *vectors = where.elts
            lane = f" {ast.unparse(number)}"
            rest = "".join(f" {self.value(vector)}" for vector in vectors)
        offset, place = self.apart(where)
        return f"{ast.unparse(node.value)} offset={offset}{lane} {place or '(i32.const 0)'}{rest}"

    def apart(self, node: ast.expr) -> tuple[int, str]:
        """Return the constant part of a sum, and the rest, which must not be negative."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            first, a = self.apart(node.left)
            second, b = self.apart(node.right)
            return first + second, f"(i32.add {a} {b})" if a and b else a or b
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value, ""
        if isinstance(node, ast.Name) and node.id in self.constants:
            return self.constants[node.id], ""
        return 0, self.value(node)

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=int() as number):
                return f"(i32.const {number})"
            case ast.Name() if node.id in self.constants:
                return f"(i32.const {self.constants[node.id]})"
            case ast.Name():
                return f"(local.get ${node.id})"
            case ast.UnaryOp(op=ast.Not()):
                return f"(i32.eqz {self.value(node.operand)})"
            case ast.BinOp():
                name = _BINARY[type(node.op)]
                return f"(i32.{name} {self.value(node.left)} {self.value(node.right)})"
            case ast.Compare(ops=[operation], comparators=[right]):
                name = _COMPARISONS[type(operation)]
                return f"(i32.{name} {self.value(node.left)} {self.value(right)})"
            case ast.IfExp():
                chosen = f"{self.value(node.body)} {self.value(node.orelse)}"
                return f"(select {chosen} {self.value(node.test)})"
            case ast.Subscript():
                return f"({self.access(node)})"
            case ast.Call():
                return self.call(ast.unparse(node.func).rstrip("_"), node.args)
        raise NotImplementedError(ast.dump(node))

    def call(self, name: str, arguments: list[ast.expr]) -> str:
        if name == "lanes":
            return f"(v128.const i32x4 {' '.join(map(ast.unparse, arguments))})"
        fixed = ""
        if name.endswith(_LANES):
            fixed = f" {ast.unparse(arguments.pop(1))}"
        elif name.endswith("shuffle"):
            fixed = "".join(f" {ast.unparse(lane)}" for lane in arguments[2:])
            arguments = arguments[:2]
        start = name + fixed if "." in name or name == "drop" else f"call ${name}"
        return f"({' '.join([start, *map(self.value, arguments)])})"

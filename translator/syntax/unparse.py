"""A tree back to text, in one canonical form.

What is printed parses to the same tree, places and node ids aside, and prints to the same
text.  Comments are not kept: this is for dumps and for comparing trees; `formatter.py`
lays out a user's script.  A hole prints as nothing a script could contain.
"""

from __future__ import annotations

from enum import IntEnum
from typing import assert_never

from translator.syntax import ast
from translator.syntax.lexer import string_literal

_INDENT = "    "
_HOLE = "‹?›"


class _Level(IntEnum):
    """How tightly an expression binds; the order is the grammar's."""

    ASSIGNMENT = 0
    CONDITIONAL = 1
    OR_ELSE = 2
    AND_THEN = 3
    BIT_OR = 4
    BIT_XOR = 5
    BIT_AND = 6
    MEMBERSHIP = 7
    COMPARISON = 8
    SHIFT = 9
    CONCATENATION = 10
    SUM = 11
    PRODUCT = 12
    UNARY = 13
    POSTFIX = 14
    VALUE = 15


_LEVELS = {
    ast.BinaryOp.OR_ELSE: _Level.OR_ELSE,
    ast.BinaryOp.AND_THEN: _Level.AND_THEN,
    ast.BinaryOp.BIT_OR: _Level.BIT_OR,
    ast.BinaryOp.BIT_XOR: _Level.BIT_XOR,
    ast.BinaryOp.BIT_AND: _Level.BIT_AND,
    ast.BinaryOp.EQUAL: _Level.COMPARISON,
    ast.BinaryOp.NOT_EQUAL: _Level.COMPARISON,
    ast.BinaryOp.LESS: _Level.COMPARISON,
    ast.BinaryOp.GREATER: _Level.COMPARISON,
    ast.BinaryOp.LESS_EQUAL: _Level.COMPARISON,
    ast.BinaryOp.GREATER_EQUAL: _Level.COMPARISON,
    ast.BinaryOp.SHIFT_LEFT: _Level.SHIFT,
    ast.BinaryOp.SHIFT_RIGHT: _Level.SHIFT,
    ast.BinaryOp.CONCAT: _Level.CONCATENATION,
    ast.BinaryOp.ADD: _Level.SUM,
    ast.BinaryOp.SUBTRACT: _Level.SUM,
    ast.BinaryOp.MULTIPLY: _Level.PRODUCT,
    ast.BinaryOp.DIVIDE: _Level.PRODUCT,
    ast.BinaryOp.MODULO: _Level.PRODUCT,
}
# An operator and the next character that would be read as one: "- -x" is no "--x".
_FUSED = {"++", "--", "!~"}


def unparse(decl: ast.Decl) -> str:
    """The declaration, without a line end after it."""
    match decl:
        case ast.Global(private=private, variables=variables):
            head = "private global " if private else "global "
            return head + ", ".join(map(_variable, variables))
        case ast.Function():
            return _function(decl)
        case ast.Probe(points=points, body=body):
            return f"probe {_points(points)} {_statement(body, '')}"
        case ast.Alias():
            return _alias(decl)
        case ast.EmbeddedCode(code=code):
            return f"%{{{code}%}}"
        case ast.BadDecl():
            return _HOLE
        case _:
            assert_never(decl)


def _variable(variable: ast.GlobalVariable) -> str:
    text = variable.name.text + ("%" if variable.wrap else "")
    if variable.size:
        text += f"[{variable.size.value}]"
    return text + (f" = {_literal(variable.value)}" if variable.value else "")


def _literal(value: ast.Number | ast.String) -> str:
    match value:
        case ast.Number(value=number):
            return str(number)
        case ast.String(value=text):
            return string_literal(text)
        case _:
            assert_never(value)


def _function(function: ast.Function) -> str:
    typed = f":{function.type.value}" if function.type else ""
    parameters = ", ".join(
        parameter.name.text + (f":{parameter.type.value}" if parameter.type else "")
        for parameter in function.parameters
    )
    priority = "" if function.priority is None else f":{function.priority}"
    head = "private function " if function.private else "function "
    return f"{head}{function.name.text}{typed}({parameters}){priority} {_statement(function.body, '').removesuffix(';')}"


# --- probe points ----------------------------------------------------------------------


def _alias(alias: ast.Alias) -> str:
    op = "+=" if alias.prologue is None else "="
    bodies = [_statement(body, "") for body in (alias.prologue, alias.epilogue) if body]
    return f"probe {_points(alias.names)} {op} {_points(alias.points)} {', '.join(bodies)}"


def _points(points: tuple[ast.ProbePoint, ...]) -> str:
    return ", ".join(map(unparse_point, points))


def unparse_point(point: ast.ProbePoint) -> str:
    """A probe point as a script spells it."""
    text = _components(point.components)
    text += "?" if point.optional else "!" if point.sufficient else ""
    return text + (f" if ({unparse_expr(point.condition)})" if point.condition else "")


def _components(components: tuple[ast.Component | ast.Alternatives, ...]) -> str:
    return ".".join(map(_component, components))


def _component(component: ast.Component | ast.Alternatives) -> str:
    match component:
        case ast.Component(name=name, argument=None, has_parentheses=parentheses):
            return name + ("()" if parentheses else "")
        case ast.Component(name=name, argument=argument):
            assert argument is not None
            return f"{name}({_literal(argument)})"
        case ast.Alternatives(choices=choices, suffixes=suffixes):
            marks = [suffix.value if suffix else "" for suffix in suffixes] or [""] * len(choices)
            return "{" + ", ".join(map(str.__add__, map(_components, choices), marks)) + "}"
        case _:
            assert_never(component)


# --- statements ------------------------------------------------------------------------


def unparse_statement(stmt: ast.Stmt) -> str:
    """A statement; its inner lines are indented by four spaces a level."""
    return _statement(stmt, "")


def _statement(stmt: ast.Stmt, indent: str) -> str:
    """``stmt`` without leading space; its further lines start with ``indent``.

    A simple statement ends with a semicolon, so that the next cannot continue it.
    """
    match stmt:
        case ast.Block(body=body):
            inner = indent + _INDENT
            lines = [f"{inner}{_statement(item, inner)}\n" for item in body]
            return "{\n" + "".join(lines) + indent + "}"
        case ast.ExprStmt(expr=expr):
            return unparse_expr(expr) + ";"
        case ast.Empty():
            return ";"
        case ast.If(condition=condition, then=then, otherwise=otherwise):
            text = f"if ({unparse_expr(condition)}) {_statement(then, indent)}"
            if otherwise is not None:
                text += f" else {_statement(otherwise, indent)}"
            return text
        case ast.While(condition=condition, body=loop):
            return f"while ({unparse_expr(condition)}) {_statement(loop, indent)}"
        case ast.For(start=start, condition=test, step=step, body=loop):
            clauses = "; ".join(
                "" if item is None else unparse_expr(item) for item in (start, test, step)
            )
            return f"for ({clauses}) {_statement(loop, indent)}"
        case ast.Foreach():
            return _foreach(stmt, indent)
        case ast.Break():
            return "break;"
        case ast.Continue():
            return "continue;"
        case ast.Next():
            return "next;"
        case ast.Return(value=value):
            return "return;" if value is None else f"return {unparse_expr(value)};"
        case ast.Try(body=body_, variable=variable, handler=handler):
            caught = f" ({variable.name})" if variable else ""
            return f"try {_statement(body_, indent)} catch{caught} {_statement(handler, indent)}"
        case ast.Delete(target=target):
            return f"delete {unparse_expr(target)};"
        case ast.EmbeddedStmt(code=code):
            return f"%{{{code}%}};"
        case ast.BadStmt():
            return _HOLE
        case _:
            assert_never(stmt)


def _foreach(loop: ast.Foreach, indent: str) -> str:
    sort = loop.sort
    keys = [
        key.name + (sort.order.value if sort and sort.key == number else "")
        for number, key in enumerate(loop.keys)
    ]
    array = unparse_expr(loop.array)
    if loop.slices:
        array += f"[{_list(loop.slices)}]"
    if sort and sort.key is None:
        array += f" {sort.extractor.value}" if sort.extractor else ""
        array += sort.order.value
    value = f"{loop.value.name} = " if loop.value else ""
    limit = "" if loop.limit is None else f" limit {unparse_expr(loop.limit)}"
    names = f"[{', '.join(keys)}]" if len(keys) != 1 else keys[0]
    return f"foreach ({value}{names} in {array}{limit}) {_statement(loop.body, indent)}"


# --- expressions -----------------------------------------------------------------------


def unparse_expr(expr: ast.Expr) -> str:
    """An expression with the parentheses that it needs and no others."""
    return _expr(expr, _Level.ASSIGNMENT)


def _list(items: tuple[ast.Expr, ...]) -> str:
    return ", ".join(map(unparse_expr, items))


def _expr(expr: ast.Expr, level: _Level) -> str:
    """``expr`` where the grammar wants something at least as tight as ``level``."""
    own, text = _bound(expr)
    return text if own >= level else f"({text})"


def _bound(expr: ast.Expr) -> tuple[_Level, str]:
    match expr:
        case ast.Number(value=value):
            return (
                (_Level.VALUE, str(value)) if value >= 0 else (_Level.VALUE, hex(value + (1 << 64)))
            )
        case ast.String(value=text):
            return _Level.VALUE, string_literal(text)
        case ast.Name(name=name):
            return _Level.VALUE, name
        case ast.Target(name=name, pretty=pretty):
            return _Level.VALUE, name + "$" * pretty
        case ast.AtCall(op=op, arguments=arguments, pretty=pretty):
            return _Level.VALUE, f"{op.value}({_list(arguments)}){'$' * pretty}"
        case ast.Arrow(base=base, member=member, pretty=pretty):
            return _Level.VALUE, f"{_expr(base, _Level.VALUE)}->{member.text}{'$' * pretty}"
        case ast.Index(base=base, indexes=indexes, pretty=pretty):
            return _Level.VALUE, f"{_expr(base, _Level.VALUE)}[{_list(indexes)}]{'$' * pretty}"
        case ast.AddressOf(operand=operand):
            inner = _expr(operand, _Level.UNARY)
            return _Level.UNARY, f"& {inner}" if inner.startswith("&") else f"&{inner}"
        case ast.Extract(extractor=extractor, operand=operand, parameters=parameters):
            return _Level.VALUE, f"{extractor.value}({_list((operand, *parameters))})"
        case ast.Call(function=function, arguments=arguments):
            return _Level.VALUE, f"{function.text}({_list(arguments)})"
        case ast.Print(function=function, arguments=arguments):
            return _Level.VALUE, f"{function.text}({_list(arguments)})"
        case ast.Unary(op=unary, operand=operand):
            inner = _expr(operand, _Level.UNARY)
            space = " " if unary.value + inner[:1] in _FUSED else ""
            return _Level.UNARY, f"{unary.value}{space}{inner}"
        case ast.Step(op=step, operand=operand, prefix=True):
            return _Level.UNARY, f"{step.value}{_expr(operand, _Level.UNARY)}"
        case ast.Step(op=step, operand=operand):
            return _Level.POSTFIX, f"{_expr(operand, _Level.POSTFIX)}{step.value}"
        case ast.Binary(op=op_, left=left, right=right):
            own = _LEVELS[op_]
            tighter = _Level(own + 1)
            return own, f"{_expr(left, own)} {op_.value} {_expr(right, tighter)}"
        case ast.RegexMatch(operand=operand, regex=regex, negated=negated):
            left_text = _expr(operand, _Level.COMPARISON)
            op_text = "!~" if negated else "=~"
            return _Level.COMPARISON, f"{left_text} {op_text} {_expr(regex, _Level.SHIFT)}"
        case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
            return _Level.CONDITIONAL, (
                f"{_expr(condition, _Level.OR_ELSE)} ? {unparse_expr(then)}"
                f" : {_expr(otherwise, _Level.CONDITIONAL)}"
            )
        case ast.Assign(op=assign, target=target, value=right):
            left_text = _expr(target, _Level.CONDITIONAL)
            return _Level.ASSIGNMENT, f"{left_text} {assign.value} {unparse_expr(right)}"
        case ast.Membership(indexes=indexes, array=array):
            return _Level.MEMBERSHIP, f"[{_list(indexes)}] in {_expr(array, _Level.VALUE)}"
        case ast.Wildcard():
            return _Level.VALUE, "*"
        case ast.EmbeddedExpr(code=code):
            return _Level.VALUE, f"%{{{code}%}}"
        case ast.BadExpr():
            return _Level.VALUE, _HOLE
        case _:
            assert_never(expr)

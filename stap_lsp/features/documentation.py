"""Declarations as people read them: signatures, and their doc comments in Markdown."""

from __future__ import annotations

from translator.core.types import Type
from translator.elaborate.lookup import Declared, Kind, Variable
from translator.syntax import ast
from translator.syntax.doc import Doc, parse_doc

_SHOWN = 6  # declarations of one name, probe points of one wildcard


def fenced(text: str) -> str:
    return f"```systemtap\n{text}\n```"


def function_head(function: ast.Function) -> str:
    """``function name:type (a:long, b)``, as it is declared."""
    private = "private " if function.private else ""
    return f"{private}function {function.name.text}{_typed(function.type)} {parameters(function)}"


def parameters(function: ast.Function) -> str:
    return f"({', '.join(parameter(each) for each in function.parameters)})"


def parameter(each: ast.Parameter) -> str:
    return each.name.text + _typed(each.type)


def function_markdown(declared: tuple[Declared, ...]) -> str:
    """All declarations of one name; the documentation of the first that has any."""
    heads = [function_head(each.decl) for each in declared if isinstance(each.decl, ast.Function)]
    doc = next((each.doc for each in declared if each.decl.doc), Doc())
    return _joined(fenced("\n".join(heads[:_SHOWN])), doc_markdown(doc))


def alias_head(declared: Declared) -> str:
    """``probe name = points``."""
    alias = declared.decl
    assert isinstance(alias, ast.Alias)
    text = declared.source.text
    points = [
        " ".join(text[each.span.start + declared.offset : each.span.end + declared.offset].split())
        for each in alias.points
    ]
    shown = ", ".join(points[:_SHOWN]) + (", …" if len(points) > _SHOWN else "")
    return f"probe {declared.label} = {shown}"


def alias_markdown(declared: tuple[Declared, ...]) -> str:
    """One alias in full, or the first few of those that a wildcard means."""
    if len(declared) == 1:
        variables = "Sets"
        return _joined(
            fenced(alias_head(declared[0])), doc_markdown(declared[0].doc, variables=variables)
        )
    rows = [f"- `{each.label}`{_dash(summary(each.decl.doc))}" for each in declared[:_SHOWN]]
    if len(declared) > _SHOWN:
        rows.append(f"- … and {len(declared) - _SHOWN} more")
    return _joined(f"{len(declared)} probe aliases:", "\n".join(rows))


def variable_head(variable: Variable) -> str:
    """``global counts[string, long]: stats``."""
    keys = f"[{', '.join(map(type_name, variable.keys))}]" if variable.keys else ""
    known = "" if variable.type is Type.UNKNOWN else f": {type_name(variable.type)}"
    return f"{_WORDS[variable.kind]}{variable.name}{keys}{known}"


def variable_markdown(variable: Variable) -> str:
    origin = f"Set by `{variable.alias}`." if variable.alias else ""
    return _joined(fenced(variable_head(variable)), variable.doc, origin)


def type_name(kind: Type) -> str:
    return kind.value


def summary(comment: str | None) -> str:
    return parse_doc(comment).summary if comment else ""


def doc_markdown(doc: Doc, variables: str = "Arguments") -> str:
    """A doc comment; its own words stay as they are, for they are plain text."""
    named = "\n".join(f"- `{item.name}`{_dash(item.text)}" for item in doc.arguments)
    sections = [
        item.text if item.title == "Description" else f"**{item.title}:** {item.text}"
        for item in doc.sections
    ]
    return _joined(doc.summary, f"**{variables}**\n{named}" if named else "", *sections)


_WORDS = {
    Kind.GLOBAL: "global ",
    Kind.PARAMETER: "",
    Kind.LOCAL: "",
    Kind.CONTEXT: "",
}


def _typed(kind: ast.TypeName | None) -> str:
    return "" if kind is None else f":{kind.value}"


def _dash(text: str) -> str:
    return f" — {' '.join(text.split())}" if text else ""


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)

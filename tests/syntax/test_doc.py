from __future__ import annotations

from translator.syntax.ast import Function, Global
from translator.syntax.doc import ArgumentDoc, Doc, Section, Subject, parse_doc
from translator.syntax.parser import parse_declaration

FACTOR = """/**
 * sfunction factor - Largest proper factor,
 * or one
 *
 * @n: the number, which
 *     may be negative
 * @deep : how far
 *
 * Description: First paragraph.
 *
 * Second paragraph.
 * Context:
 *  The current process.
 */
function factor:long(n:long, deep:long) { return 1 }
"""


def test_the_format() -> None:
    decl = parse_declaration(FACTOR).decl
    assert isinstance(decl, Function)
    assert decl.doc is not None
    doc = parse_doc(decl.doc)
    assert (doc.subject, doc.name) == (Subject.FUNCTION, "factor")
    assert doc.summary == "Largest proper factor, or one"
    assert doc.arguments == (
        ArgumentDoc("n", "the number, which\nmay be negative"),
        ArgumentDoc("deep", "how far"),
    )
    assert doc.description == "First paragraph.\n\nSecond paragraph."
    assert doc.section("Context") == "The current process."


def test_probe_and_text_without_a_heading() -> None:
    doc = parse_doc("/**\n * probe disk.io - Each request\n *\n * Long text.\n */")
    assert doc == Doc(
        Subject.PROBE, "disk.io", "Each request", (), (Section("Description", "Long text."),)
    )


def test_plain_comments() -> None:
    assert parse_doc("# counts\n# calls").summary == "counts calls"
    assert parse_doc("/* one\n *\n * two */").sections == (Section("Description", "two"),)
    assert parse_doc("//") == Doc()
    assert parse_doc("") == Doc()


def test_which_comment_belongs_to_a_declaration() -> None:
    for text, doc in [
        ("# far\n\n# near\n# nearer\nglobal a", "# near\n# nearer"),
        ("# far\n\nglobal a", None),
        ("#!/usr/bin/stap\nglobal a", None),
        ("/* licence */\n/** doc */\nglobal a", "/** doc */"),
    ]:
        decl = parse_declaration(text).decl
        assert isinstance(decl, Global)
        assert decl.doc == doc

"""The server as an editor meets it: a process, standard input and output."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

from tests.server.client import at, change, messages, open_text, replaced, within

URI = "file:///scripts/a.stp"
pytestmark = pytest.mark.asyncio


async def test_diagnostics_follow_the_text(client: LanguageClient) -> None:
    open_text(client, URI, "probe begin {\n  lgo()\n}\n")
    await messages(client, URI, "no function is called 'lgo'")
    found = client.diagnostics[URI][0]
    assert (found.code, found.source) == ("unresolved-function", "stap-lsp")
    assert (found.range.start.line, found.range.start.character) == (1, 2)
    change(client, URI, 2, replaced(1, 2, 7, "exit()"))
    await messages(client, URI, None)
    client.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI))
    )


async def test_syntax_and_meaning_together(client: LanguageClient) -> None:
    open_text(client, URI, "probe begin { lgo() }\nprobe end { x = }\n")
    await messages(client, URI, "lgo")
    assert any(each.code == "syntax-error" for each in client.diagnostics[URI])


async def test_edits_count_as_the_client_counts(client: LanguageClient) -> None:
    open_text(client, URI, 'probe begin { log("😀😀") }\n')
    # Each face is two units of UTF-16: the closing quote stands at column 23.
    change(client, URI, 2, replaced(0, 19, 23, "x"), replaced(0, 20, 21, '") lgo('))
    await messages(client, URI, "'lgo'")
    found = next(each for each in client.diagnostics[URI] if "'lgo'" in each.message)
    assert found.range.start.character == 23
    other = "file:///scripts/b.stp"
    open_text(client, other, 'probe begin { log("😀") lgo() }\n')
    await messages(client, other, "'lgo'")
    assert client.diagnostics[other][0].range.start.character == 24


async def test_many_changes_at_once_end_in_the_last_text(client: LanguageClient) -> None:
    open_text(client, URI, "probe begin { }\n")
    for version in range(2, 200):
        change(client, URI, version, replaced(0, 13, 13, "x"))
    change(client, URI, 200, types.TextDocumentContentChangeWholeDocument("probe begin { last() }"))
    assert await messages(client, URI, "'last'")


async def test_hover_and_definition_into_the_library(client: LanguageClient) -> None:
    open_text(client, URI, 'probe begin { log("x") }\n')
    shown = await within(client.text_document_hover_async(types.HoverParams(**at(URI, 0, 15))))
    assert shown is not None
    assert isinstance(shown.contents, types.MarkupContent)
    assert "write a line" in shown.contents.value
    found = await within(
        client.text_document_definition_async(types.DefinitionParams(**at(URI, 0, 15)))
    )
    assert isinstance(found, list)
    assert isinstance(found[0], types.Location)
    assert found[0].uri.endswith("/tapsets/logging.stp")


async def test_completion_of_target_variables(client: LanguageClient, program: str) -> None:
    text = f'probe process("{program}").function("area") {{ $ }}\n'
    open_text(client, URI, text)
    column = text.index("$") + 1
    found = await within(
        client.text_document_completion_async(types.CompletionParams(**at(URI, 0, column)))
    )
    assert isinstance(found, types.CompletionList)
    assert [each.label for each in found.items[:3]] == ["$corner", "$product", "$scale"]
    assert found.items[0].detail == "struct point*"
    edit = found.items[0].text_edit
    assert isinstance(edit, types.TextEdit)
    assert (edit.range.start.character, edit.new_text) == (column - 1, "$corner")


async def test_completion_documents_an_item_when_asked(client: LanguageClient) -> None:
    open_text(client, URI, "probe begin { lo }\n")
    found = await within(
        client.text_document_completion_async(types.CompletionParams(**at(URI, 0, 16)))
    )
    assert isinstance(found, types.CompletionList)
    item = next(each for each in found.items if each.label == "log")
    assert item.documentation is None
    whole = await within(client.completion_item_resolve_async(item))
    assert "write a line" in str(whole.documentation)


async def test_requests_are_answered_while_a_big_script_is_judged(client: LanguageClient) -> None:
    text = "".join(f"probe syscall.* {{ log(name) x{at} = 1 }}\n" for at in range(8))
    open_text(client, URI, text)
    for version in range(2, 12):
        change(client, URI, version, replaced(0, 0, 0, "\n"))
        shown = await within(
            client.text_document_hover_async(types.HoverParams(**at(URI, version - 1, 19)))
        )
        assert shown is not None


@pytest.mark.parametrize("position", [(0, 5000), (5000, 0), (5000, 5000), (0, 0)])
async def test_places_beyond_the_text(client: LanguageClient, position: tuple[int, int]) -> None:
    open_text(client, URI, "probe begin { }")
    await within(client.text_document_hover_async(types.HoverParams(**at(URI, *position))))
    await within(
        client.text_document_completion_async(types.CompletionParams(**at(URI, *position)))
    )


async def test_unknown_documents_are_answered_empty(client: LanguageClient) -> None:
    change(client, "file:///nowhere.stp", 2, replaced(0, 0, 0, "x"))
    shown = await within(
        client.text_document_hover_async(types.HoverParams(**at("file:///nowhere.stp", 0, 0)))
    )
    assert shown is None


async def test_a_text_that_is_no_file(client: LanguageClient) -> None:
    open_text(client, "untitled:Untitled-1", "probe begin { lgo() }\n")
    await messages(client, "untitled:Untitled-1", "'lgo'")


async def test_an_unknown_method_is_refused(client: LanguageClient) -> None:
    with pytest.raises(JsonRpcException, match="Method Not Found"):
        await within(client.protocol.send_request_async("stap/unheardOf", {}))  # type: ignore[no-untyped-call]


async def test_structure(client: LanguageClient) -> None:
    open_text(client, URI, "global a\nprobe begin {\n  a = 1\n  log(\n}\n")
    document = types.TextDocumentIdentifier(URI)
    outline = await within(
        client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    )
    assert outline is not None
    assert [each.name for each in outline] == ["a", "begin"]
    folded = await within(
        client.text_document_folding_range_async(types.FoldingRangeParams(document))
    )
    assert folded is not None
    assert [(each.start_line, each.end_line) for each in folded] == [(1, 3)]
    marked = await within(
        client.text_document_document_highlight_async(
            types.DocumentHighlightParams(**at(URI, 2, 2))
        )
    )
    assert marked is not None
    assert [each.range.start.line for each in marked] == [0, 2]
    context = types.ReferenceContext(include_declaration=False)
    used = await within(
        client.text_document_references_async(
            types.ReferenceParams(context=context, **at(URI, 2, 2))
        )
    )
    assert used is not None
    assert [each.range.start.line for each in used] == [2]
    call = await within(
        client.text_document_signature_help_async(types.SignatureHelpParams(**at(URI, 3, 6)))
    )
    assert call is not None
    assert call.signatures[0].label == "log(msg:string)"

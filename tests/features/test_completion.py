from __future__ import annotations

import pytest

from stap_lsp.features.answers import ItemKind
from tests.features.checks import check_completion, check_item_documentation, completed


@pytest.mark.parametrize("text", ["$0", "global a\n$0", "probe begin {}\n$0", "pro$0"])
def test_declarations(text: str) -> None:
    assert "probe" in check_completion(text)


@pytest.mark.parametrize(
    ("text", "first", "replaced"),
    [
        ("probe beg$0", ["begin"], "beg"),
        ("probe begin, syscall.ope$0 {}", ["open"], "ope"),
        ("probe syscall.open.$0", ["return"], ""),
        ("probe timer.m$0 { }", ["ms", "msec"], "m"),
        ("probe timer.{s(1),m$0", ["ms", "msec"], "m"),
        ("probe my.alias = syscall.ope$0", ["open"], "ope"),
        ("probe my.alias = begin { }\nprobe my.$0", ["alias"], ""),
    ],
)
def test_probe_points(text: str, first: list[str], replaced: str) -> None:
    check_completion(text, offers=first, replaces=replaced)


def test_a_component_with_an_argument_is_a_snippet() -> None:
    assert check_completion("probe timer.m$0")["ms"].snippet == "ms(${1:N})"
    assert check_completion("probe timer.m$0(5)")["ms"].snippet == ""


def test_many_candidates_are_cut_and_said_to_be() -> None:
    found = completed("probe syscall.$0")
    assert found is not None
    assert found.incomplete
    assert len(found.items) == 200


def test_internal_names_are_not_offered() -> None:
    check_completion("probe $0", refuses=["__syscall"])


def test_paths_and_functions_of_a_program(program: str) -> None:
    check_completion(f'probe process("{program[:-2]}$0', offers=[program], replaces=program[:-2])
    check_completion(f'probe process("{program}").func$0', offers=["function"])
    check_completion(f'probe process("{program}").function("ar$0")', offers=["area"], replaces="ar")


def test_target_variables_of_a_program(program: str) -> None:
    found = check_completion(
        f'probe process("{program}").function("area") {{ $$0',
        offers=["$corner", "$product", "$scale"],
        replaces="$",
    )
    assert found["$corner"].detail == "struct point*"
    assert found["$scale"].detail == "int"
    check_completion(
        f'probe process("{program}").function("area").return {{ printf("%d", $re$0',
        offers=["$return"],
    )


@pytest.mark.parametrize("rest", ["", " }", "\n  x = 1 }", ') }\nprobe end { log("x") }'])
def test_members(program: str, rest: str) -> None:
    head = f'probe process("{program}").function("area") {{ '
    found = check_completion(f"{head}$corner->$0{rest}", offers=["x", "y", "next"], replaces="")
    assert found["next"].detail == "struct point*"
    check_completion(f"{head}$corner->next->n$0{rest}", offers=["next"], replaces="n")


def test_context_variables_of_an_alias() -> None:
    found = check_completion("probe syscall.open { log(fil$0", offers=["filename"])
    assert (found["filename"].kind, found["filename"].detail) == (ItemKind.CONTEXT, "string")
    check_completion("probe mine = syscall.open { a = fil$0", offers=["filename"])


def test_variables_come_first_with_their_types() -> None:
    found = check_completion(
        """
        global counts
        function twice(count) { counted = count * 2; return cou$0 }
        probe begin { counts["a"] <<< twice(1) }
        """,
        offers=["count", "counted", "counts"],
    )
    assert found["count"].detail == "long"
    assert found["counts"].detail == "[string] stats"


def test_the_name_being_typed_is_no_variable() -> None:
    check_completion("probe begin { unheard$0 }", refuses=["unheard"])


def test_functions_with_signature_and_documentation() -> None:
    text = "probe begin { lo$0"
    item = check_completion(text)["log"]
    assert (item.signature, item.snippet) == ("(msg:string)", "log($1)")
    check_item_documentation(text, "log", "function log (msg:string)", "write a line")
    check_item_documentation("probe syscall.ope$0", "open", "probe syscall.open", "filename")


def test_statements_only_where_one_begins() -> None:
    assert "foreach" in check_completion("probe begin { $0 }")
    check_completion("probe begin { x = $0 }", refuses=["foreach"])


def test_operators_and_types() -> None:
    check_completion("probe end { print(@hist$0", offers=["@hist_linear", "@hist_log"])
    check_completion("function f:$0", offers=["long", "string"])


@pytest.mark.parametrize(
    "text",
    [
        'probe begin { log("a$0") }',
        "probe begin { /* a$0 */ }",
        "probe begin { # a$0",
        "probe begin { x = 12$0 }",
        "global a$0",
        "function f$0",
        "probe begin $0",
        "%{ a$0",
    ],
)
def test_nothing_where_nothing_fits(text: str) -> None:
    assert completed(text) is None

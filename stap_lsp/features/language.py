"""The words of the language itself: what each is for, and a snippet of its form.

Snippets are in LSP's syntax; words of declarations stand apart from those of statements.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """``form`` shows its use; ``snippet`` is "" where the bare word is all."""

    text: str
    form: str
    summary: str
    snippet: str = ""


# One word a line: a table.
# fmt: off
DECLARATIONS = (
    Word("probe", "probe POINT { … }", "A handler that runs when the probe point is hit.", "probe ${1:begin} {\n\t$0\n}"),
    Word("global", "global NAME[, NAME …]", "Variables shared by all handlers: scalars, arrays, aggregates.", "global ${1:name}"),
    Word("function", "function NAME[:TYPE] (ARGUMENTS) { … }", "A function that handlers may call.", "function ${1:name} ($2) {\n\t$0\n}"),
    Word("private", "private global NAME, private function NAME …", "Visible only in this file.", "private "),
)

STATEMENTS = (
    Word("if", "if (CONDITION) STATEMENT [else STATEMENT]", "Runs the statement if the condition is not 0.", "if (${1:condition}) {\n\t$0\n}"),
    Word("else", "else STATEMENT", "What runs if the condition was 0."),
    Word("while", "while (CONDITION) STATEMENT", "Repeats; a handler that runs too long is stopped.", "while (${1:condition}) {\n\t$0\n}"),
    Word("for", "for (START; CONDITION; STEP) STATEMENT", "C's loop.", "for (${1:i = 0}; ${2:i < n}; ${3:i++}) {\n\t$0\n}"),
    Word("foreach", "foreach ([KEY, …] in ARRAY[+-] [limit N]) STATEMENT", "Walks an array's elements; + and - sort, limit ends early.", "foreach (${1:key} in ${2:array}) {\n\t$0\n}"),
    Word("limit", "foreach (… limit N)", "How many elements are walked at most."),
    Word("in", "[KEY, …] in ARRAY", "Whether the array has that element; in foreach, which array is walked."),
    Word("break", "break", "Leaves the innermost loop."),
    Word("continue", "continue", "Begins the next round of the innermost loop."),
    Word("return", "return [VALUE]", "Leaves a function."),
    Word("next", "next", "Leaves a probe handler; in a function, tries the next overload."),
    Word("delete", "delete ARRAY[KEY], delete ARRAY, delete NAME", "Removes an element, all elements, or sets a variable to 0 or \"\".", "delete ${1:array}"),
    Word("try", "try { … } catch (MESSAGE) { … }", "Catches run-time errors of its body.", "try {\n\t$1\n} catch (${2:message}) {\n\t$0\n}"),
    Word("catch", "catch (MESSAGE) { … }", "Runs when the try block had an error; the message is a string."),
)

TYPES = (
    Word("long", "NAME:long", "A signed number of 64 bits."),
    Word("string", "NAME:string", "Text of bounded length."),
)

_PRINTS = "Prints its arguments"
PRINTS = (
    Word("print", "print(VALUE, …)", f"{_PRINTS}, of any type, one after the other."),
    Word("println", "println(VALUE, …)", f"{_PRINTS} and ends the line."),
    Word("printf", 'printf("FORMAT", VALUE, …)', f"{_PRINTS} by a format: %d %u %x %o %s %c %p %b %m.", 'printf("${1:%s\\\\n}", $0)'),
    Word("printd", 'printd("DELIMITER", VALUE, …)', f"{_PRINTS} with the delimiter between them."),
    Word("printdln", 'printdln("DELIMITER", VALUE, …)', f"{_PRINTS} with the delimiter between them and ends the line."),
    Word("sprint", "sprint(VALUE, …)", "The text that print would print."),
    Word("sprintln", "sprintln(VALUE, …)", "The text that println would print."),
    Word("sprintf", 'sprintf("FORMAT", VALUE, …)', "The text that printf would print.", 'sprintf("${1:%s}", $0)'),
    Word("sprintd", 'sprintd("DELIMITER", VALUE, …)', "The text that printd would print."),
    Word("sprintdln", 'sprintdln("DELIMITER", VALUE, …)', "The text that printdln would print."),
)

OPERATORS = (
    Word("@count", "@count(AGGREGATE)", "How many values it has.", "@count(${1:aggregate})"),
    Word("@sum", "@sum(AGGREGATE)", "The sum of its values.", "@sum(${1:aggregate})"),
    Word("@min", "@min(AGGREGATE)", "Its smallest value.", "@min(${1:aggregate})"),
    Word("@max", "@max(AGGREGATE)", "Its largest value.", "@max(${1:aggregate})"),
    Word("@avg", "@avg(AGGREGATE)", "The mean of its values.", "@avg(${1:aggregate})"),
    Word("@variance", "@variance(AGGREGATE[, SHIFT])", "The variance of its values.", "@variance(${1:aggregate})"),
    Word("@hist_log", "@hist_log(AGGREGATE)", "A histogram with buckets of powers of two.", "@hist_log(${1:aggregate})"),
    Word("@hist_linear", "@hist_linear(AGGREGATE, LOW, HIGH, STEP)", "A histogram with buckets of one width.", "@hist_linear(${1:aggregate}, ${2:0}, ${3:100}, ${4:10})"),
    Word("@cast", '@cast(POINTER, "TYPE"[, "MODULE"])', "The pointer as one to the C type.", '@cast(${1:pointer}, "${2:type}")'),
    Word("@defined", "@defined($VARIABLE)", "1 if the variable can be read here, else 0.", "@defined(${1:\\$variable})"),
    Word("@entry", "@entry(EXPRESSION)", "In a return probe: the value at the function's entry.", "@entry(${1:expression})"),
    Word("@var", '@var("NAME[@FILE]"[, "MODULE"])', "A global variable of the probed program.", '@var("${1:name}")'),
    Word("@perf", '@perf("COUNTER")', "The counter that a perf.….counter probe names.", '@perf("${1:counter}")'),
    Word("@const", '@const("C EXPRESSION")', "A constant of the kernel's headers.", '@const("${1:name}")'),
    Word("@enum", '@enum("NAME"[, "MODULE"])', "An enumerator's value.", '@enum("${1:name}")'),
    Word("@enumname", '@enumname(VALUE, "TYPE"[, "MODULE"])', "The enumerator's name.", '@enumname(${1:value}, "${2:type}")'),
    Word("@probewrite", "@probewrite($VARIABLE)", "1 if the script writes the variable.", "@probewrite(${1:\\$variable})"),
    Word("@kderef", "@kderef(SIZE, ADDRESS)", "Reads kernel memory.", "@kderef(${1:8}, ${2:address})"),
    Word("@uderef", "@uderef(SIZE, ADDRESS)", "Reads user memory.", "@uderef(${1:8}, ${2:address})"),
    Word("@kregister", "@kregister(DWARF NUMBER)", "A register of the probed kernel code.", "@kregister(${1:0})"),
    Word("@uregister", "@uregister(DWARF NUMBER)", "A register of the probed user code.", "@uregister(${1:0})"),
    Word("@define", "@define NAME(ARGUMENTS) %( … %)", "Declares a macro.", "@define ${1:NAME} %( $0 %)"),
)

# fmt: on

WORDS = {each.text: each for each in (*DECLARATIONS, *STATEMENTS, *TYPES, *PRINTS, *OPERATORS)}

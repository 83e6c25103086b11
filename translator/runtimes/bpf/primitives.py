"""Primitives of user space that know which process an event was in, and symbol tables.

The rest are the host runtime's.  A name with ``_bpf_`` is what staging makes of a primitive
whose first part was done at the event.
"""

from __future__ import annotations

from translator.runtimes.host import primitives as host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from translator.runtimes.bpf.symbols import Symbols
    from translator.runtimes.host.primitives import Primitive
    from translator.runtimes.host.state import Run

NAMES = host.NAMES


class Primitives:
    """Binds primitives of one session.

    ``process`` is the event's while a record is finished, and 0 for handlers without one.
    """

    def __init__(self, run: Run, symbols: Symbols) -> None:
        self._run = run
        self._symbols = symbols
        self.process = 0
        here = self._here
        self._own: dict[str, Primitive] = {
            "_bpf_process": self._set_process,
            "_bpf_quoted": self._quoted,
            "symname": symbols.kernel_name,
            "symdata": symbols.kernel_data,
            "modname": symbols.kernel_module,
            "sprint_stack": self._kernel_lines,
            "print_stack": lambda stack: run.output.write(self._kernel_lines(stack)),
            "print_ustack": lambda stack: run.output.write(self._user_lines(self.process, stack)),
            "sprint_ustack": here(self._user_lines),
            "usymname": here(symbols.user_name),
            "usymdata": here(symbols.user_data),
            "umodname": here(symbols.user_module),
            "usymfileline": here(symbols.user_line),
            "_bpf_sprint_ustack": self._user_lines,
            "_bpf_usymname": symbols.user_name,
            "_bpf_usymdata": symbols.user_data,
            "_bpf_umodname": symbols.user_module,
            "_bpf_usymfileline": symbols.user_line,
        }

    def bind(self, name: str) -> Primitive:
        """A primitive as generated code calls it."""
        own = self._own.get(name)
        return host.bind(self._run, name) if own is None else own

    def _here(self, function: Callable[..., str]) -> Primitive:
        return lambda *arguments: function(self.process, *arguments)

    def _set_process(self, process: int) -> None:
        self.process = process

    def _kernel_lines(self, stack: str) -> str:
        data = self._symbols.kernel_data
        return "".join(f" {word} : {data(int(word, 16))}\n" for word in stack.split())

    def _user_lines(self, process: int, stack: str) -> str:
        data = self._symbols.user_data
        return "".join(f" {word} : {data(process, int(word, 16))}\n" for word in stack.split())

    def _quoted(self, octets: str, readable: int, address: int, given: int, shown: int) -> str:
        from translator.runtimes.host.primitives.words import quote
        from translator.runtimes.host.strings import encode

        if not readable:
            return f"0x{address & (1 << 64) - 1:x}"
        return quote(encode(octets)[: max(0, given)], shown, self._run.string_limit, 1)

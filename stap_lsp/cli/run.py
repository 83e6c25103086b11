"""`stap-lsp run`: the five passes, with stap's own option letters."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from typing import Any

import click

from stap_lsp import passes, plan
from stap_lsp.cli import rendering
from stap_lsp.cli.workspace import existing, standard_input, unreadable
from stap_lsp.passes import Later, Usage, say
from translator.analysis import Analysis, Settings, bundled_library
from translator.base.cache import digest
from translator.base.diagnostics import Severity, StapError, UsageError
from translator.base.system import RealSystem
from translator.core.ir import Limits
from translator.elaborate.options import Options
from translator.elaborate.program import Elaborated
from translator.runtimes.registry import NAMES
from translator.runtimes.session import Session

# stap's options that we know and do not take yet, with why.
_NOT_YET = {
    "-l": "use 'stap-lsp list -l PATTERN'",
    "-L": "use 'stap-lsp list -L PATTERN'",
    "-F": "the flight recorder is not supported yet",
    "-S": "output rotation is not supported yet",
    "-t": "per-probe timing is not supported yet",
    "-E": "additional scripts are not supported yet",
    "-r": "other kernels than the running one are not supported yet",
    "-R": "there is no runtime directory: runtimes are built in",
    "-d": "not needed: symbols are read when they are asked for",
    "--ldd": "not needed: symbols are read when they are asked for",
    "--all-modules": "not needed: symbols are read when they are asked for",
    "-u": "unoptimised translation is not supported",
    "-b": "bulk mode is not needed: records are per event already",
    "-i": "interactive mode is not supported",
    "--monitor": "monitor mode is not supported yet",
    "--remote": "remote runs are not supported yet",
    "--use-server": "compile servers are not needed: nothing is compiled",
    "--dyninst": "there is no dyninst runtime",
    "--privilege": "privileges are the kernel's: run as root or with CAP_BPF and CAP_PERFMON",
    "--unprivileged": "privileges are the kernel's: run as root or with CAP_BPF and CAP_PERFMON",
    "--skip-badvars": "not supported yet",
    "--suppress-handler-errors": "not supported yet",
}
# What `%( runtime == "…" %? %)` compares with, where SystemTap has a name for it.
_CONDITION_NAMES = {"auto": "bpf", "kmod": "kernel"}
_LIMITS = {
    "MAXSTRINGLEN": "string",
    "MAXACTION": "action",
    "MAXNESTING": "nesting",
    "MAXERRORS": "errors",
    "MAXSKIPPED": "skipped",
    "MAXMAPENTRIES": "map_entries",
    "MAXBACKTRACE": "backtrace",
}

_LARGEST = 2**31 - 1
_RANGES = {
    "MAXSTRINGLEN": (8, 65536),
    "MAXACTION": (1, _LARGEST),
    "MAXNESTING": (1, _LARGEST),
    "MAXMAPENTRIES": (1, _LARGEST),
}


class _Command(click.Command):
    """Refuses what stap knows and we do not take yet by its name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            reason = _NOT_YET.get(error.option_name)
            if reason is not None:
                raise click.UsageError(f"option {error.option_name}: {reason}", ctx) from None
            raise


@dataclass(frozen=True, slots=True)
class _Request:
    """The command line, read."""

    source: str  # the script's path, "-" or "<input>"
    text: str | None  # of -e
    last_pass: int
    verbosity: int
    runtime: str
    keep: bool
    settings: Settings
    session: Session


@click.command(
    cls=_Command,
    context_settings={
        "help_option_names": ["-h", "--help"],
    },
)
@click.option("-e", "script", metavar="SCRIPT", help="Run this text instead of a file.")
@click.option("-v", "verbosity", count=True, help="Say what each pass does; more for more.")
@click.option(
    "-p",
    "last_pass",
    type=click.IntRange(1, 5),
    default=5,
    metavar="N",
    help="Stop after pass N, 1 to 5, and print its product.",
)
@click.option(
    "-c",
    "target_command",
    metavar="CMD",
    help="Start CMD when the probes are in place; end with it.",
)
@click.option("-x", "target_pid", type=int, metavar="PID", help="What target() answers.")
@click.option(
    "-T", "timeout", type=click.IntRange(min=1), metavar="SEC", help="End after SEC seconds."
)
@click.option("-o", "output", metavar="FILE", help="Write the script's output to FILE.")
@click.option("-w", "quiet", is_flag=True, help="No warnings.")
@click.option("-g", "guru", is_flag=True, help="Guru mode: allow what can do harm.")
@click.option("-k", "keep", is_flag=True, help="Say where the products of passes 3 and 4 are.")
@click.option(
    "-s", "buffer_mb", type=click.IntRange(1, 2048), metavar="MB", help="Size of the output buffer."
)
@click.option("-G", "overrides", multiple=True, metavar="NAME=VALUE", help="Set a global variable.")
@click.option(
    "-D", "macros", multiple=True, metavar="NAME=VALUE", help="Set a limit, such as MAXACTION."
)
@click.option("-I", "libraries", multiple=True, metavar="DIR", help="Look for tapsets here first.")
@click.option("-m", "module", default="stap", metavar="NAME", help="What module_name() says.")
@click.option(
    "--runtime",
    "runtime_name",
    type=click.Choice(["auto", *NAMES]),
    default="auto",
    help="Where to run it; auto takes the first that can.",
)
@click.option("--bpf", "runtime_name", flag_value="bpf", help="Same as --runtime=bpf.")
@click.option("--compatible", default="5.6", metavar="VERSION", help="As that SystemTap reads it.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT] [ARGUMENT]...")
def command(**given: Any) -> int:
    """Run SCRIPT: a file, - for standard input, or the text of -e.

    In it, $1 and @1 are the first ARGUMENT.  Exit status: 0 after a run, 1 if a pass or
    the run failed, 2 if the command line is wrong.
    """
    return _run(_read(given))


def _read(given: dict[str, Any]) -> _Request:
    arguments: tuple[str, ...] = given["arguments"]
    text: str | None = given["script"]
    if text is not None:
        source = "<input>"
    elif arguments:
        source, arguments = arguments[0], arguments[1:]
    else:
        raise click.UsageError("no script: name a file, '-' for standard input, or give -e TEXT")
    if given["target_command"] is not None and given["target_pid"] is not None:
        raise click.UsageError("-c and -x exclude each other")
    options = Options(
        arguments=arguments,
        limits=_limits(given["macros"]),
        guru=given["guru"],
        runtime=_CONDITION_NAMES.get(given["runtime_name"], given["runtime_name"]),
        compatible=_version(given["compatible"]),
    )
    system = RealSystem()
    program = None
    if given["target_command"] is not None:
        program = _program_named(given["target_command"], system)
    elif given["target_pid"] is not None:
        program = _program_of(given["target_pid"])
    settings = Settings(
        libraries=(*existing(given["libraries"]), bundled_library()),
        options=options,
        target_path=program,
        target_pid=given["target_pid"],
    )
    session = Session(
        command=given["target_command"],
        target=given["target_pid"],
        output=given["output"],
        timeout_ms=None if given["timeout"] is None else given["timeout"] * 1000,
        quiet=given["quiet"],
        verbosity=given["verbosity"],
        globals=tuple(_pair(item, "-G") for item in given["overrides"]),
        module=_module(given["module"]),
        buffer_bytes=(given["buffer_mb"] or 16) << 20,
    )
    return _Request(
        source,
        text,
        given["last_pass"],
        given["verbosity"],
        given["runtime_name"],
        given["keep"],
        settings,
        session,
    )


def _program_named(command: str, system: RealSystem) -> str | None:
    """The program that a -c command starts; None where only a shell could say."""
    from translator.runtimes.host.command import arguments

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"-c {command}: {str(error).lower()}") from None
    if not words:
        raise UsageError("-c: the command is empty")
    program = system.find_program(words[0])
    if program is None and arguments(command) == words:
        raise UsageError(f"-c {command}: there is no program '{words[0]}'")
    return program


def _version(text: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", text):
        raise UsageError(f"--compatible {text}: give a version of SystemTap, such as 5.0")
    return text


def _module(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise UsageError(f"-m {name}: a module's name is letters, digits and '_'")
    return name


def _program_of(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except FileNotFoundError:
        raise UsageError(f"-x {pid}: there is no such process") from None
    except PermissionError:
        raise UsageError(f"-x {pid}: may not look at that process: run as root") from None


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"{option} {text}: give it as NAME=VALUE")
    return name, value


def _limits(macros: tuple[str, ...]) -> Limits:
    values: dict[str, int] = {}
    for item in macros:
        name, value = _pair(item, "-D")
        if name not in _LIMITS:
            known = ", ".join(_LIMITS)
            raise click.UsageError(f"-D {name}: not a limit we have (they are {known})")
        try:
            number = int(value, 0)
        except ValueError:
            raise click.UsageError(f"-D {item}: '{value}' is not a number") from None
        least, most = _RANGES.get(name, (0, _LARGEST))
        if not least <= number <= most:
            raise click.UsageError(f"-D {item}: must be from {least} to {most}")
        values[_LIMITS[name]] = number
    return Limits(**values)


def _run(request: _Request) -> int:
    verbose = request.verbosity > 0
    path = request.source
    with passes.measured() as usage:
        analysis = Analysis(RealSystem(), request.settings)
        if request.text is not None:
            analysis.set_text(path, request.text)
        elif path == "-":
            path = "<input>"
            analysis.set_text(path, standard_input())
        elif not analysis.load_file(path):
            raise unreadable(path)
        tree = analysis.tree(path)
    if verbose:
        say(passes.pass_1(len(analysis.library.files), usage))
    if request.last_pass == 1:
        from translator.syntax.unparse import unparse

        if any(item.severity is Severity.ERROR for item in analysis.syntax(path)):
            return _report(analysis, path, "1: parse")
        for placed in tree.declarations:
            click.echo(unparse(placed.decl))
        return 0
    with passes.measured() as usage:
        found = analysis.elaborated(path)
        findings = analysis.findings(path)
        analysis.save()
    if any(item.diagnostic.severity is Severity.ERROR for item in findings):
        parse = any(item.severity is Severity.ERROR for item in analysis.syntax(path))
        return _report(analysis, path, "1: parse" if parse else "2: elaboration")
    if not request.session.quiet:
        # Notes are for those who write a script, not for those who run it.
        shown = (item for item in findings if item.diagnostic.severity is not Severity.NOTE)
        rendering.show(analysis, shown)
    if verbose:
        say(passes.pass_2(found, usage))
    assert found.program is not None
    if not found.program.probes:
        raise StapError(f"{path}: no probes")
    if request.last_pass == 2:
        from translator.core.printer import print_program

        click.echo(print_program(found.program), nl=False)
        return 0
    return _later(request, analysis, found, path)


def _report(analysis: Analysis, path: str, where: str) -> int:
    rendering.show(analysis, analysis.findings(path))
    say(f"Pass {where} failed.")
    return 1


def _later(request: _Request, analysis: Analysis, found: Elaborated, path: str) -> int:
    verbose = request.verbosity > 0
    program = found.program
    assert program is not None
    choice = passes.choose(program, request.runtime)
    if request.verbosity > 1:
        say(f"Runtime: {choice.reason}.")
    # The printed program is its content; what it reads of binaries is in it as addresses.
    later = Later(choice.runtime, program, analysis.cache, digest(repr(program)))
    with passes.measured() as usage:
        translated, code = later.translate()
    if verbose or request.keep:
        _say_product(3, f"translated for {choice.runtime.name} into", translated, usage)
    if request.last_pass == 3:
        click.echo(code.text, nl=False)
        return 0
    with passes.measured() as usage:
        image = later.compile(code)
    if verbose or request.keep:
        _say_product(4, "compiled into", image, usage)
    if request.last_pass == 4:
        click.echo(image.name)
        return 0
    # Standard input is no file that a plan could look at again, and a pid may be another's.
    again = request.source != "-" and request.session.target is None
    if not verbose and not request.keep and again:
        depends = _dependencies(request, analysis, path)
        plan.keep(sys.argv[1:], depends, choice.runtime.name, request.session, image.name)
    if verbose:
        say("Pass 5: starting run.")
    with passes.measured() as usage:
        status = plan.perform(choice.runtime.name, image.value, request.session)
    if verbose:
        say(f"Pass 5: run completed in {usage.user}usr/{usage.system}sys/{usage.real}real ms.")
    if status:
        say("Pass 5: run failed.")
    return status


def _say_product(number: int, doing: str, product: passes.Product, usage: Usage) -> None:
    if product.cached:
        say(f"Pass {number}: using cached {product.name}")
    else:
        say(f'Pass {number}: {doing} "{product.name}" {usage}')


def _dependencies(request: _Request, analysis: Analysis, path: str) -> list[str]:
    """Files and directories that the passes looked at."""
    depends = list(analysis.library.files)
    depends += {os.path.dirname(file) for file in analysis.library.files}
    depends += request.settings.libraries
    depends += analysis.binaries()
    if request.text is None:
        depends.append(os.path.abspath(path))
    return depends

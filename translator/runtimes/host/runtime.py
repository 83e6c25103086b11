"""The host runtime: programs as Python, in this process.

No privileges and no kernel: begin, end, error and timers.  It is the reference of what core
means; everything that needs an event source it refuses, by probe.
"""

from __future__ import annotations

from translator.runtimes.host.session import run_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.core.ir import Program
    from translator.runtimes.protocol import Code, Plain, Refusal, Session

_FILENAME = "<translated>"


class HostRuntime:
    """A `protocol.Runtime`."""

    name = "host"

    def refusals(self, program: Program) -> tuple[Refusal, ...]:
        from translator.runtimes.host.refusals import refusals

        return refusals(program)

    def translate(self, program: Program) -> Code:
        from translator.runtimes.host.image import global_rows, probe_rows
        from translator.runtimes.host.translate import translate
        from translator.runtimes.protocol import Code

        text = translate(program)
        data = {
            "text": text,
            "globals": global_rows(program),
            "probes": probe_rows(program.probes),
            "limits": (program.limits.string, program.limits.errors),
        }
        return Code(text, data)

    def compile(self, code: Code) -> Plain:
        assert isinstance(code.data, dict), code.data
        image = dict(code.data)
        image["code"] = compile(image.pop("text"), _FILENAME, "exec", dont_inherit=True)
        return image

    def run(self, image: Plain, session: Session) -> int:
        return run_image(image, session)  # type: ignore[arg-type]

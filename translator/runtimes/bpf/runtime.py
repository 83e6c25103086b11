"""The bpf runtime: handlers as programs in the kernel, the rest on the host runtime.

A program that has no event source but begin, end and timers touches no kernel object and
needs no privilege: it is the host runtime's.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.core.ir import Program
    from translator.runtimes.protocol import Code, Plain, Refusal, Session

_FILENAME = "<translated>"


class BpfRuntime:
    """A `protocol.Runtime`."""

    name = "bpf"

    def refusals(self, program: Program) -> tuple[Refusal, ...]:
        from translator.runtimes.bpf.refusals import refusals

        return refusals(program)

    def translate(self, program: Program) -> Code:
        from translator.runtimes.bpf.image import listing_of, plain, user_space_text
        from translator.runtimes.bpf.translate import translate
        from translator.runtimes.protocol import Code

        made = translate(program)
        text = user_space_text(made)
        return Code(listing_of(made, text), plain(made, text))

    def compile(self, code: Code) -> Plain:
        assert isinstance(code.data, dict), code.data
        image = dict(code.data)
        image["code"] = compile(image.pop("text"), _FILENAME, "exec", dont_inherit=True)
        return image

    def run(self, image: Plain, session: Session) -> int:
        assert isinstance(image, dict), image
        if image["units"]:
            from translator.runtimes.bpf.run import run_image

            return run_image(image, session)
        from translator.runtimes.host import session as host

        alone = image | {"limits": image["limits"][:2]}
        return host.run_image(alone, session)  # type: ignore[arg-type]

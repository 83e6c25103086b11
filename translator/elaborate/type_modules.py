"""Where the types of ``@cast(value, "type", "module")`` are, and whose memory they describe.

Modules are tried in the order given, parted by colons.  Refuses to compile header files: a
header is taken only where what it declares is known to the kernel or the probed program anyway.
"""

from __future__ import annotations

from translator.base.diagnostics import StapError
from translator.core import ir
from translator.elaborate.kernel_frame import kernel_frame
from translator.probes.point import Environment
from translator.semantics.casts import find_named_type
from translator.semantics.reads import Frame, Unreadable


def cast_frame(
    module: str | None,
    type_name: str,
    own: Frame | Unreadable | None,
    environment: Environment,
    place: ir.Place,
) -> Frame | Unreadable:
    """The frame of the first module that has the type.

    ``own`` is the probed code's, which no module means; without one the kernel is meant.
    """
    if not module:
        frames = [own if own is not None else kernel_frame(environment, place)]
    else:
        frames = [module_frame(each, own, environment, place) for each in module.split(":")]
    refusal: Unreadable | None = None
    for frame in frames:
        if isinstance(frame, Unreadable):
            refusal = refusal or frame
        elif find_named_type(frame.types, type_name) is not None:
            return frame
    if refusal is not None:
        return refusal
    return Unreadable(f"{_described(frames, module)} has no type '{type_name}'")


def module_frame(
    module: str, own: Frame | Unreadable | None, environment: Environment, place: ir.Place
) -> Frame | Unreadable:
    """What one module's objects are read against."""
    name, opened, header = module.partition("<")
    if opened and name != "kernel":
        return Unreadable(
            f"the header <{header} would have to be compiled, which is not done: name the program "
            "or library whose debug information has the type, by its whole path"
        )
    if name == "kernel":
        # The kernel's own types are those of its headers.
        return kernel_frame(environment, place)
    if not name.startswith("/"):
        return kernel_frame(environment, place, name)
    path = environment.system.real_path(name)
    if path is None:
        return Unreadable(f"there is no file '{name}'")
    if isinstance(own, Frame) and getattr(own.types, "path", None) == path:
        return own
    try:
        info = environment.debuginfo(path)
    except StapError as error:
        return Unreadable(str(error))
    if not info.has_types:
        return Unreadable(info.why_no_types or f"{path} has no debug information")
    return Frame(info, ir.Space.USER, None, place)


def _described(frames: list[Frame | Unreadable], module: str | None) -> str:
    paths = [str(getattr(each.types, "path", "")) for each in frames if isinstance(each, Frame)]
    if module and "<" in module:
        return f"the kernel (headers are not compiled) in {paths[0]}"
    return " or ".join(paths)

"""netfilter.hook("HOOK").pf("FAMILY"): packets at the kernel's netfilter hooks."""

from __future__ import annotations

from collections.abc import Iterator

from translator.probes.attachment import Netfilter
from translator.probes.pattern import spelled
from translator.probes.point import (
    Candidate,
    CandidateKind,
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    ResolvedProbe,
    Rule,
    found,
    refused,
    unknown_name,
)
from translator.probes.targets import PacketTargets

_INET = ("PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING")
_HOOKS: dict[str, tuple[str, ...]] = {
    "NFPROTO_IPV4": tuple(f"NF_INET_{each}" for each in _INET),
    "NFPROTO_IPV6": tuple(f"NF_INET_{each}" for each in _INET),
    "NFPROTO_ARP": ("NF_ARP_IN", "NF_ARP_OUT", "NF_ARP_FORWARD"),
    "NFPROTO_BRIDGE": (*(f"NF_BR_{each}" for each in _INET), "NF_BR_BROUTING"),
}

# linux/netfilter_ipv4.h and linux/netfilter_ipv6.h; both have the same order and values.
_PRIORITIES = {
    "FIRST": -(2**31),
    "RAW_BEFORE_DEFRAG": -450,
    "CONNTRACK_DEFRAG": -400,
    "RAW": -300,
    "SELINUX_FIRST": -225,
    "CONNTRACK": -200,
    "MANGLE": -150,
    "NAT_DST": -100,
    "FILTER": 0,
    "SECURITY": 50,
    "NAT_SRC": 100,
    "SELINUX_LAST": 225,
    "CONNTRACK_HELPER": 300,
    "LAST": 2**31 - 1,
}


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    del environment
    hook, family = match.string("hook"), match.string("pf")
    assert hook is not None, match
    assert family is not None, match
    hooks = _HOOKS.get(family)
    if hooks is None:
        message = f"no such protocol family: `{family}`"
        return unknown_name(Rule.BAD_ARGUMENT, message, match.index("pf"), family, _HOOKS)
    if hook not in hooks:
        message = f"{family} has no hook `{hook}`"
        return unknown_name(Rule.BAD_ARGUMENT, message, match.index("hook"), hook, hooks)
    text = match.string("priority") or "0"
    priority = _priority(text)
    if priority is None:
        message = f"`{text}` is no priority: write a number or NF_IP_PRI_… or NF_IP6_PRI_…"
        return refused(Rule.BAD_ARGUMENT, message, match.index("priority"))
    attachment = Netfilter(hook, family, priority)
    return found(ResolvedProbe(attachment, spelled(match.components), targets=PacketTargets()))


def _priority(text: str) -> int | None:
    for prefix in ("NF_IP_PRI_", "NF_IP6_PRI_"):
        if text.startswith(prefix):
            return _PRIORITIES.get(text.removeprefix(prefix))
    try:
        value = int(text, 0)
    except ValueError:
        return None
    return value if -(2**31) <= value < 2**31 else None


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    del environment
    names: tuple[str, ...]
    match match.components[-1].name:
        case "pf":
            names = tuple(_HOOKS)
        case "hook":
            family = match.string("pf")
            known = _HOOKS.values() if family is None else (_HOOKS.get(family, ()),)
            names = tuple(dict.fromkeys(hook for hooks in known for hook in hooks))
        case _:
            names = tuple(f"NF_IP_PRI_{each}" for each in _PRIORITIES)
    for name in names:
        if name.startswith(partial):
            yield Candidate(name, CandidateKind.VALUE)


FAMILY = Family(
    "netfilter",
    tuple(
        Pattern(f"netfilter.{order}{priority}", "A packet passes a netfilter hook.")
        for order in ('hook("HOOK").pf("FAMILY")', 'pf("FAMILY").hook("HOOK")')
        for priority in ("", '.priority("PRIORITY")')
    ),
    resolve,
    complete,
)

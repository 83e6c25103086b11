"""Encoding and listing of instructions, no kernel needed."""

from __future__ import annotations

import pytest

from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R6,
    Alu,
    Assembler,
    Atomic,
    Jump,
    ProgramTooLarge,
)
from translator.runtimes.bpf.disassembler import instruction_at, listing
from translator.runtimes.bpf.helper import Helper

LISTING = """\
      ; load and compare
    0  r6 = *(u32 *)(r1 +8)
    1  r2 = 0x123456789abcdef0 ll
    3  if r6 s> r2 goto L2
  L1:
    4  r6 += -1
    5  *(u64 *)(r10 -8) = r6
    6  *(u16 *)(r10 -16) = 7
    7  lock fetch_add *(u64 *)(r10 -8), r6
    8  r1 = map[events]
   10  r2 = map[globals] value + 24
   12  call ringbuf_output#130
   13  if r0 != 0 goto L1
  L2:
   14  r2 = be16 r2
   15  r1 s/= r2
   16  w1 = w2
   17  call double
   18  exit

double:
   19  r0 = r1
   20  r0 <<= 1
   21  exit
"""


def example() -> Assembler:
    code = Assembler()
    again, out, double = code.label(), code.label(), code.label()
    code.comment("load and compare")
    code.load(4, R6, R1, 8)
    code.set(R2, 0x123456789ABCDEF0)
    code.jump_if(Jump.SGT, R6, R2, out)
    code.place(again)
    code.alu_value(Alu.ADD, R6, -1)
    code.store(8, FRAME, -8, R6)
    code.store_value(2, FRAME, -16, 7)
    code.atomic(Atomic.FETCH_ADD, 8, FRAME, -8, R6)
    code.load_map(R1, "events")
    code.load_map_value(R2, "globals", 24)
    code.call(Helper.RINGBUF_OUTPUT)
    code.jump_if_value(Jump.NE, R0, 0, again)
    code.place(out)
    code.big_endian(R2, 2)
    code.divide_signed(Alu.DIV, R1, R2)
    code.copy_unsigned32(R1, R2)
    code.call_function(double)
    code.leave()
    code.function(double, "double")
    code.copy(R0, R1)
    code.alu_value(Alu.LSH, R0, 1)
    code.leave()
    return code


def test_listing_shows_labels_maps_and_subprograms() -> None:
    assert listing(example().finish()) == LISTING


def test_one_instruction_with_what_it_is_for() -> None:
    assert instruction_at(example().finish(), 4) == "r6 += -1  ; load and compare"


def test_binding_fills_descriptors_in() -> None:
    bound = example().finish().bound({"events": 5, "globals": 6})
    assert bound[8 * 8 : 9 * 8] == bytes.fromhex("1811000005000000")
    assert bound[10 * 8 : 12 * 8] == bytes.fromhex("18220000060000000000000018000000")


def test_a_jump_too_far_is_the_script_s_size() -> None:
    code = Assembler()
    end = code.label()
    code.jump(end)
    for _ in range(33000):
        code.set(R0, 0)
    code.place(end)
    code.leave()
    with pytest.raises(ProgramTooLarge, match="33000 instructions"):
        code.finish()

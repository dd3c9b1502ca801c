"""The lanes of `lanes.h`, of 9 slots or 16: vector instructions do what the plain loops do."""

from __future__ import annotations

from pathlib import Path

from programs import printed_by
from suite import ROOT

HEADER = ROOT / "kqformat/codec/lanes.h"

PROGRAM = r"""
#include <stdio.h>
#include "lanes.h"

static unsigned int state = 1;

static int next(void)
{
    state = state * 1664525u + 1013904223u;
    return (int)(state >> 16);
}

int main(void)
{
    static unsigned short slots[4096], following[65536];
    static unsigned char trust[32];
    unsigned short held[16];
    unsigned int places[16], lines[16], rows[16], hash = 2166136261u;
    unsigned int around[8];
    short a[16], b[16], inputs[16];
    int i, round, sum_a, sum_b, energy, activity, colors[1024], weights[32];
    int offsets[32], gradient[4], learnt[4], low, middle, high;
    for (i = 0; i < 65536; i++)
        following[i] = (unsigned short)next();
    for (i = 0; i < 16; i++) {
        int factor = i ? 4815 - next() % 300 : 0;
        trust[i] = (unsigned char)(factor & 255);
        trust[16 + i] = (unsigned char)(factor >> 8);
    }
    for (i = 0; i < 4096; i++)
        slots[i] = (unsigned short)next();
    for (i = 0; i < 1024; i++)
        colors[i] = next() % 3 ? next() & 255 : 255 * (next() & 1);
    for (round = 0; round < 20000; round++) {
        int error = next() - 32768;
        for (i = 0; i < 16; i++) {
            places[i] = (unsigned int)(16 * (next() & 255) + i);
            rows[i] = 16u * (unsigned int)i;
            if (round % 100 == 0) {
                a[i] = (short)(next() - 32768);
                b[i] = (short)(round % 200 ? 32767 : -32768);
            }
        }
        kq_sum(slots, places, trust, a, b, held, inputs, &sum_a, &sum_b, round % 3 ? 16 : 9);
        kq_train(a, inputs, error, 1 + (round & 1));
        kq_train(b, inputs, -32768, 1 + (round & 1));
        kq_learn(slots, places, held, following, round & 1, round % 3 ? 16 : 9);
        if (round % 3)
            kq_find_lines(lines, places, rows, state, 25, slots);
        else
            kq_find_local_lines(lines, places, rows, state, state >> 9, 25, 127, slots);
        for (i = 0; i < 8; i++)
            around[i] = (unsigned int)(next() & 255);
        for (i = 0; i < 32; i++)
            weights[i] = round % 3 ? next() * 4 - 131072 : 131072 * (2 * (next() & 1) - 1);
        kq_predict(colors, around, weights, offsets, gradient, learnt, &energy, &activity);
        low = next();
        middle = low + next() % 300 + 1;
        high = middle + next() % 300 + 1;
        for (i = 0; i < 4; i++)
            around[i] = (unsigned int)((low + next() % 700 - 50) & 65535);
        hash = (hash ^ (unsigned int)kq_sides(around, low, middle, high)) * 16777619u;
        hash = (hash ^ (unsigned int)energy) * 16777619u;
        hash = (hash ^ (unsigned int)activity) * 16777619u;
        for (i = 0; i < 4; i++) {
            hash = (hash ^ (unsigned int)gradient[i]) * 16777619u;
            hash = (hash ^ (unsigned int)learnt[i]) * 16777619u;
        }
        for (i = 0; i < 32; i++)
            hash = (hash ^ (unsigned int)offsets[i]) * 16777619u;
        hash = (hash ^ (unsigned int)sum_a) * 16777619u;
        hash = (hash ^ (unsigned int)sum_b) * 16777619u;
        for (i = 0; i < 16; i++) {
            hash = (hash ^ (unsigned short)inputs[i]) * 16777619u;
            hash = (hash ^ (unsigned short)a[i]) * 16777619u;
            hash = (hash ^ (unsigned short)b[i]) * 16777619u;
            hash = (hash ^ slots[places[i]]) * 16777619u;
            hash = (hash ^ lines[i]) * 16777619u;
        }
    }
    printf("%08x\n", hash);
    return 0;
}
"""


def test_vectors_do_what_loops_do(tmp_path: Path) -> None:
    """Opinions, sums, steps, lines, sides, predictions are the same bit by bit, at ends too."""
    plain = printed_by(PROGRAM, HEADER, tmp_path, "-DKQ_PLAIN_LANES")
    assert len(plain) == 9
    assert printed_by(PROGRAM, HEADER, tmp_path) == plain
    assert printed_by(PROGRAM, HEADER, tmp_path, "-DKQ_NO_SSSE3") == plain

"""The lanes of the quantizer: vector instructions do what the plain loops do."""

from __future__ import annotations

from pathlib import Path

from programs import printed_by
from suite import ROOT

HEADER = ROOT / "kqformat/quantizer/lanes.h"

PROGRAM = r"""
#include <stdio.h>
#include "lanes.h"

static unsigned int state = 1;

static int next(int below)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 8) % (unsigned int)below);
}

int main(void)
{
    static short centroids[400];
    static int listed[100], kept[100];
    static unsigned char bytes[64];
    unsigned int hash = 2166136261u;
    unsigned long long which;
    int round, i, c;
    for (round = 0; round < 20000; round++) {
        /* Some on a coarse grid, where there are ties, some at the ends of the range. */
        const int step = round % 3 == 0 ? 4080 : round % 3 == 1 ? 16320 : 1;
        const int length = 1 + next(round % 2 ? 8 : 40);
        int number = 0, distance, best, count;
        short point[4], box[8];
        for (i = 0; i < 400; i++)
            centroids[i] = (short)(next(16320 / step + 1) * step);
        for (i = 0; i < length; i++) {
            listed[i] = number;
            number += 1 + next(2);
        }
        for (c = 0; c < 4; c++) {
            int low = next(16321), high = next(16321);
            if (round % 5 == 0)
                low = 0, high = 16320;
            box[c] = (short)(low < high ? low : high);
            box[c + 4] = (short)(low < high ? high : low);
            point[c] = (short)((box[c] + box[c + 4]) >> 1);
        }
        for (i = 0; i < 64; i++)
            bytes[i] = (unsigned char)(next(round % 4 + 1) ? 0 : next(256));
        which = kq_which(bytes);
        hash = (hash ^ (unsigned int)(which ^ which >> 32)) * 16777619u;
        if (which)
            hash = (hash ^ (unsigned int)kq_trailing_zeros(which)) * 16777619u;
        best = kq_nearest(point, centroids, listed, length, &distance);
        count = kq_filter(centroids, box, best, listed, length, kept);
        hash = (hash ^ (unsigned int)kq_distance(box, box + 4)) * 16777619u;
        hash = (hash ^ (unsigned int)best) * 16777619u;
        hash = (hash ^ (unsigned int)distance) * 16777619u;
        for (i = 0; i < count; i++)
            hash = (hash ^ (unsigned int)kept[i]) * 16777619u;
    }
    printf("%08x\n", hash);
    return 0;
}
"""


def test_vectors_do_what_loops_do(tmp_path: Path) -> None:
    """Distances, nearest centroids, those kept, at ties and ends; which bytes are 0."""
    plain = printed_by(PROGRAM, HEADER, tmp_path, "-DKQ_PLAIN_LANES")
    assert len(plain) == 9
    assert printed_by(PROGRAM, HEADER, tmp_path) == plain

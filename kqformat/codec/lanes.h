/* Several numbers at once, for the entropy coder's kernels (spec 7.3, 7.5): what Cython cannot say.

   With SSE2, which every x86-64 has, sums and steps take a few instructions; GCC is told to use
   SSSE3, too, which kq_is_supported looks for. Elsewhere the same numbers come of plain loops,
   which compilers make vectors of where they can. Nothing is rounded or clipped otherwise in one
   than in the other; tests/codec/test_lanes.py compares them. */

#ifndef KQ_LANES_H
#define KQ_LANES_H

#if (defined(__SSE2__) || defined(_M_X64)) && !defined(KQ_PLAIN_LANES)
#define KQ_SSE2
#if defined(__GNUC__) && !defined(__clang__) && !defined(KQ_NO_SSSE3)
#pragma GCC target("ssse3")
#endif
#include <emmintrin.h>
#if defined(__SSSE3__) && !defined(KQ_NO_SSSE3)
#define KQ_SSSE3
#include <tmmintrin.h>
#endif
#endif

#include "../compilers.h"

/* Whether this processor has the instructions that are used here. */
KQ_INLINE int kq_is_supported(void)
{
#if defined(KQ_SSSE3) && (defined(__GNUC__) || defined(__clang__))
    return __builtin_cpu_supports("ssse3") != 0;
#else
    return 1;
#endif
}

#ifdef KQ_SSE2
/* Return the opinions of eight slots. */
KQ_INLINE __m128i kq_opinions(__m128i slots, const unsigned char *trust)
{
    const __m128i steps = _mm_set1_epi16(15);
    const __m128i states = _mm_sub_epi16(_mm_andnot_si128(steps, slots), _mm_set1_epi16(32760));
    __m128i step = _mm_and_si128(slots, steps), factors;
#ifdef KQ_SSSE3
    const __m128i low = _mm_loadu_si128((const __m128i *)trust);
    const __m128i high = _mm_loadu_si128((const __m128i *)trust + 1);
    step = _mm_or_si128(step, _mm_set1_epi16(-256)); /* of which comes a byte of zeros */
    factors = _mm_or_si128(_mm_shuffle_epi8(low, step),
                           _mm_slli_epi16(_mm_shuffle_epi8(high, step), 8));
#else
    short found[8];
    int i;
    _mm_storeu_si128((__m128i *)found, step);
    for (i = 0; i < 8; i++)
        found[i] = (short)(trust[found[i]] | trust[16 + found[i]] << 8);
    factors = _mm_loadu_si128((const __m128i *)found);
#endif
    return _mm_mulhi_epi16(states, factors);
}
#endif

/* Let held[i] = slots[places[i]] and inputs[i] its opinion, and sum these by two sets of weights;
   `trust` is the low bytes of 16 factors, then their high bytes. There are `count` slots, 9 or 16;
   what is behind them has no opinion. */
KQ_INLINE void kq_sum(const unsigned short *slots, const unsigned int *places,
                      const unsigned char *trust, const short *a, const short *b,
                      unsigned short *held, short *inputs, int *sum_a, int *sum_b, int count)
{
#ifdef KQ_SSE2
    /* the first two are known last */
    __m128i low = _mm_slli_si128(_mm_cvtsi32_si128(slots[places[2]]), 4);
    __m128i high = _mm_cvtsi32_si128(slots[places[8]]);
    __m128i of_a, of_b;
    low = _mm_insert_epi16(low, slots[places[3]], 3);
    low = _mm_insert_epi16(low, slots[places[4]], 4);
    low = _mm_insert_epi16(low, slots[places[5]], 5);
    low = _mm_insert_epi16(low, slots[places[6]], 6);
    low = _mm_insert_epi16(low, slots[places[7]], 7);
    if (count == 16) {
        high = _mm_insert_epi16(high, slots[places[9]], 1);
        high = _mm_insert_epi16(high, slots[places[10]], 2);
        high = _mm_insert_epi16(high, slots[places[11]], 3);
        high = _mm_insert_epi16(high, slots[places[12]], 4);
        high = _mm_insert_epi16(high, slots[places[13]], 5);
        high = _mm_insert_epi16(high, slots[places[14]], 6);
        high = _mm_insert_epi16(high, slots[places[15]], 7);
    }
    low = _mm_insert_epi16(low, slots[places[0]], 0);
    low = _mm_insert_epi16(low, slots[places[1]], 1);
    _mm_storeu_si128((__m128i *)held, low);
    _mm_storeu_si128((__m128i *)held + 1, high);
    low = kq_opinions(low, trust);
    high = kq_opinions(high, trust);
    _mm_storeu_si128((__m128i *)inputs, low);
    _mm_storeu_si128((__m128i *)inputs + 1, high);
    of_a = _mm_add_epi32(_mm_madd_epi16(_mm_loadu_si128((const __m128i *)a), low),
                         _mm_madd_epi16(_mm_loadu_si128((const __m128i *)a + 1), high));
    of_b = _mm_add_epi32(_mm_madd_epi16(_mm_loadu_si128((const __m128i *)b), low),
                         _mm_madd_epi16(_mm_loadu_si128((const __m128i *)b + 1), high));
    low = _mm_add_epi32(_mm_unpacklo_epi32(of_a, of_b), _mm_unpackhi_epi32(of_a, of_b));
    low = _mm_add_epi32(low, _mm_shuffle_epi32(low, 0x4e));
    *sum_a = _mm_cvtsi128_si32(low);
    *sum_b = _mm_cvtsi128_si32(_mm_shuffle_epi32(low, 0x55));
#else
    int i, of_a = 0, of_b = 0;
    for (i = 0; i < 16; i++)
        held[i] = i < count ? slots[places[i]] : 0;
    for (i = 0; i < 16; i++) {
        int factor = trust[held[i] & 15] | trust[16 + (held[i] & 15)] << 8;
        inputs[i] = (short)((((held[i] & 0xfff0) - 32760) * factor) >> 16);
    }
    for (i = 0; i < 16; i++) {
        of_a += a[i] * inputs[i];
        of_b += b[i] * inputs[i];
    }
    *sum_a = of_a;
    *sum_b = of_b;
#endif
}

/* Move weights along their inputs, by an error of 16 bits; `shift` is 1 or 2. */
KQ_INLINE void kq_train(short *weights, const short *inputs, int error, int shift)
{
#ifdef KQ_SSE2
    const __m128i by = _mm_set1_epi16((short)error), half = _mm_set1_epi16((short)shift);
    const __m128i count = _mm_cvtsi32_si128(shift);
    int i;
    for (i = 0; i < 2; i++) {
        __m128i step = _mm_loadu_si128((const __m128i *)inputs + i);
        __m128i held = _mm_loadu_si128((const __m128i *)weights + i);
        step = _mm_mulhi_epi16(_mm_add_epi16(step, step), by);
        step = _mm_sra_epi16(_mm_add_epi16(step, half), count);
        _mm_storeu_si128((__m128i *)weights + i, _mm_adds_epi16(held, step));
    }
#else
    int i;
    for (i = 0; i < 16; i++) {
        int moved = weights[i] + ((((2 * inputs[i] * error) >> 16) + shift) >> shift);
        weights[i] = (short)(moved < -32768 ? -32768 : (moved > 32767 ? 32767 : moved));
    }
#endif
}

/* Put in each of `count` places the slot that follows the one held; `following` is by slots that
   get a 1. */
KQ_INLINE void kq_learn(unsigned short *slots, const unsigned int *places,
                        const unsigned short *held, const unsigned short *following, int bit,
                        int count)
{
    const unsigned int mirror = bit ? 0 : 0xfff0;
#define KQ_FOLLOW(i) slots[places[i]] = (unsigned short)(following[held[i] ^ mirror] ^ mirror)
    KQ_FOLLOW(0);
    KQ_FOLLOW(1);
    KQ_FOLLOW(2);
    KQ_FOLLOW(3);
    KQ_FOLLOW(4);
    KQ_FOLLOW(5);
    KQ_FOLLOW(6);
    KQ_FOLLOW(7);
    KQ_FOLLOW(8);
    if (count == 9)
        return;
    KQ_FOLLOW(9);
    KQ_FOLLOW(10);
    KQ_FOLLOW(11);
    KQ_FOLLOW(12);
    KQ_FOLLOW(13);
    KQ_FOLLOW(14);
    KQ_FOLLOW(15);
#undef KQ_FOLLOW
}

/* Find lines of 16 slots by what is left of context + offset after a shift, counted from `rows`,
   and ask for their memory; the first three are no lines. */
KQ_INLINE void kq_find_lines(unsigned int *places, const unsigned int *context,
                             const unsigned int *rows, unsigned int offset, int shift,
                             const unsigned short *slots)
{
    int i;
#ifdef KQ_SSE2
    const __m128i by = _mm_set1_epi32((int)offset), count = _mm_cvtsi32_si128(shift);
    for (i = 0; i < 4; i++) {
        __m128i line = _mm_add_epi32(_mm_loadu_si128((const __m128i *)context + i), by);
        line = _mm_slli_epi32(_mm_srl_epi32(line, count), 4);
        line = _mm_add_epi32(line, _mm_loadu_si128((const __m128i *)rows + i));
        _mm_storeu_si128((__m128i *)places + i, line);
    }
#else
    for (i = 0; i < 16; i++)
        places[i] = rows[i] + (((context[i] + offset) >> shift) << 4);
#endif
    for (i = 3; i < 16; i++)
        kq_prefetch(slots + places[i]);
}

/* Find the local model's lines: of pairs by what is left of context + by after a shift, of neighbours
   by what a mask leaves of context + ordinal, both counted from `rows`; and ask for their memory. The
   first two are no lines, and what is behind the ninth is of no use. */
KQ_INLINE void kq_find_local_lines(unsigned int *places, const unsigned int *context,
                                   const unsigned int *rows, unsigned int by, unsigned int ordinal,
                                   int shift, unsigned int mask, const unsigned short *slots)
{
    int i;
#ifdef KQ_SSE2
    __m128i line = _mm_add_epi32(_mm_loadu_si128((const __m128i *)context),
                                 _mm_set1_epi32((int)by));
    line = _mm_slli_epi32(_mm_srl_epi32(line, _mm_cvtsi32_si128(shift)), 4);
    line = _mm_add_epi32(line, _mm_loadu_si128((const __m128i *)rows));
    _mm_storeu_si128((__m128i *)places, line);
    for (i = 1; i < 3; i++) {
        line = _mm_add_epi32(_mm_loadu_si128((const __m128i *)context + i),
                             _mm_set1_epi32((int)ordinal));
        line = _mm_slli_epi32(_mm_and_si128(line, _mm_set1_epi32((int)mask)), 4);
        line = _mm_add_epi32(line, _mm_loadu_si128((const __m128i *)rows + i));
        _mm_storeu_si128((__m128i *)places + i, line);
    }
#else
    for (i = 0; i < 4; i++)
        places[i] = rows[i] + (((context[i] + by) >> shift) << 4);
    for (i = 4; i < 12; i++)
        places[i] = rows[i] + (((context[i] + ordinal) & mask) << 4);
#endif
    for (i = 2; i < 9; i++)
        kq_prefetch(slots + places[i]);
}

/* Say by one number of 81 on which side of a node four ranks are: 1, 3, 9 and 27 times 0 for left,
   1 for right, 2 for neither. Numbers are less than 65,536. */
KQ_INLINE int kq_sides(const unsigned int *ranks, int low, int middle, int high)
{
#ifdef KQ_SSE2
    const __m128i held = _mm_loadu_si128((const __m128i *)ranks);
    const __m128i inside = _mm_andnot_si128(_mm_cmplt_epi32(held, _mm_set1_epi32(low)),
                                            _mm_cmplt_epi32(held, _mm_set1_epi32(high)));
    const __m128i left = _mm_cmplt_epi32(held, _mm_set1_epi32(middle));
    __m128i side = _mm_andnot_si128(inside, _mm_set1_epi32(2));
    side = _mm_or_si128(side, _mm_andnot_si128(left, _mm_and_si128(inside, _mm_set1_epi32(1))));
    side = _mm_madd_epi16(side, _mm_set_epi32(27, 9, 3, 1));
    side = _mm_add_epi32(side, _mm_shuffle_epi32(side, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(side, _mm_shuffle_epi32(side, 0xb1)));
#else
    int i, sides = 0;
    for (i = 3; i >= 0; i--) {
        int rank = (int)ranks[i];
        sides = 3 * sides + (rank < low || rank >= high ? 2 : rank >= middle);
    }
    return sides;
#endif
}

/* Predict four samples by those of the eight colours around (spec 7.5.4): offsets from four times
   their mean, the two predictions, and, as sums over the samples, energy and activity. */
KQ_INLINE void kq_predict(const int *colors, const unsigned int *around, const int *weights,
                          int *offsets, int *gradient, int *learnt, int *energy, int *activity)
{
    int i;
#ifdef KQ_SSE2
    const __m128i w = _mm_loadu_si128((const __m128i *)(colors + 4 * around[0]));
    const __m128i n = _mm_loadu_si128((const __m128i *)(colors + 4 * around[1]));
    const __m128i nw = _mm_loadu_si128((const __m128i *)(colors + 4 * around[2]));
    const __m128i ne = _mm_loadu_si128((const __m128i *)(colors + 4 * around[3]));
    const __m128i mean = _mm_add_epi32(_mm_add_epi32(w, n), _mm_add_epi32(nw, ne));
    const __m128i low_half = _mm_set1_epi32(0xffff), zero = _mm_setzero_si128();
    __m128i squares = zero, even = zero, odd = zero;
    for (i = 0; i < 8; i++) {
        __m128i weight = _mm_loadu_si128((const __m128i *)weights + i);
        __m128i offset = _mm_loadu_si128((const __m128i *)(colors + 4 * around[i]));
        offset = _mm_sub_epi32(_mm_slli_epi32(offset, 2), mean);
        _mm_storeu_si128((__m128i *)offsets + i, offset);
        squares = _mm_add_epi32(squares,
                                _mm_madd_epi16(offset, _mm_and_si128(offset, low_half)));
        /* of products of 32 bits, and of their sums, only the low halves are of use */
        even = _mm_add_epi64(even, _mm_mul_epu32(weight, offset));
        odd = _mm_add_epi64(odd, _mm_mul_epu32(_mm_srli_epi64(weight, 32),
                                               _mm_srli_epi64(offset, 32)));
    }
    {
        __m128i sums = _mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0x08),
                                          _mm_shuffle_epi32(odd, 0x08));
        __m128i wide = _mm_packs_epi32(w, w), north = _mm_packs_epi32(n, n);
        __m128i corner = _mm_packs_epi32(nw, nw), east = _mm_packs_epi32(ne, ne);
        __m128i plane = _mm_sub_epi16(_mm_add_epi16(wide, north), corner);
        __m128i across = _mm_sub_epi16(wide, corner), down = _mm_sub_epi16(north, corner);
        __m128i along = _mm_sub_epi16(east, north);
        sums = _mm_add_epi32(_mm_srai_epi32(sums, 15), _mm_slli_epi32(mean, 1));
        sums = _mm_packs_epi32(sums, sums);
        sums = _mm_min_epi16(_mm_max_epi16(sums, zero), _mm_set1_epi16(2040));
        _mm_storeu_si128((__m128i *)learnt, _mm_unpacklo_epi16(sums, zero));
        plane = _mm_min_epi16(plane, _mm_max_epi16(wide, north));
        plane = _mm_max_epi16(plane, _mm_min_epi16(wide, north));
        _mm_storeu_si128((__m128i *)gradient, _mm_slli_epi32(_mm_unpacklo_epi16(plane, zero), 3));
        across = _mm_max_epi16(across, _mm_sub_epi16(zero, across));
        down = _mm_max_epi16(down, _mm_sub_epi16(zero, down));
        along = _mm_max_epi16(along, _mm_sub_epi16(zero, along));
        across = _mm_add_epi16(_mm_add_epi16(across, down), along);
        across = _mm_madd_epi16(_mm_unpacklo_epi16(across, zero), _mm_set1_epi32(1));
        across = _mm_add_epi32(_mm_unpacklo_epi32(squares, across),
                               _mm_unpackhi_epi32(squares, across));
        across = _mm_add_epi32(across, _mm_shuffle_epi32(across, 0x4e));
        *energy = _mm_cvtsi128_si32(across);
        *activity = _mm_cvtsi128_si32(_mm_shuffle_epi32(across, 0x55));
    }
#else
    int j, w, n, nw, ne, mean, total, plane, least, most;
    *energy = *activity = 0;
    for (j = 0; j < 4; j++) {
        w = colors[4 * around[0] + j];
        n = colors[4 * around[1] + j];
        nw = colors[4 * around[2] + j];
        ne = colors[4 * around[3] + j];
        mean = w + n + nw + ne;
        total = 0;
        for (i = 0; i < 8; i++) {
            int offset = 4 * colors[4 * around[i] + j] - mean;
            offsets[4 * i + j] = offset;
            *energy += offset * offset;
            total += weights[4 * i + j] * offset;
        }
        total = (total >> 15) + 2 * mean;
        learnt[j] = total < 0 ? 0 : (total > 2040 ? 2040 : total);
        least = w < n ? w : n;
        most = w < n ? n : w;
        plane = w + n - nw;
        gradient[j] = 8 * (plane < least ? least : (plane > most ? most : plane));
        *activity += (w < nw ? nw - w : w - nw) + (n < nw ? nw - n : n - nw);
        *activity += ne < n ? n - ne : ne - n;
    }
#endif
}

#endif

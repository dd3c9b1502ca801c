/* Several numbers at once, for the quantizer's kernels: what Cython cannot say.

   With SSE2, which every x86-64 has, that takes a few instructions; elsewhere the same numbers come
   of plain loops. Distances are squared and of four dimensions, whose coordinates are from 0 to
   16,320, so that no sum here reaches 2^31. tests/quantizer/test_lanes_of_the_quantizer.py compares
   both ways. */

#ifndef KQ_QUANTIZER_LANES_H
#define KQ_QUANTIZER_LANES_H

#if (defined(__SSE2__) || defined(_M_X64)) && !defined(KQ_PLAIN_LANES)
#define KQ_SSE2
#include <emmintrin.h>
#endif

#include "../compilers.h"

#ifdef KQ_SSE2
/* Return a point twice. */
KQ_INLINE __m128i kq_twice(const short *point)
{
    const __m128i one = _mm_loadl_epi64((const __m128i *)point);
    return _mm_unpacklo_epi64(one, one);
}

/* Return two of the centroids. */
KQ_INLINE __m128i kq_pair(const short *centroids, const int *listed)
{
    return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(centroids + 4 * (long long)listed[0])),
                              _mm_loadl_epi64((const __m128i *)(centroids + 4 * (long long)listed[1])));
}

/* Return the sums of two products each, of what two registers have. */
KQ_INLINE __m128i kq_sums(__m128i a, __m128i b)
{
    const __m128 one = _mm_castsi128_ps(a), other = _mm_castsi128_ps(b);
    return _mm_add_epi32(_mm_castps_si128(_mm_shuffle_ps(one, other, 0x88)),
                         _mm_castps_si128(_mm_shuffle_ps(one, other, 0xdd)));
}

/* Return the squared distances to four of the centroids. */
KQ_INLINE __m128i kq_four(__m128i point, const short *centroids, const int *listed)
{
    const __m128i a = _mm_sub_epi16(kq_pair(centroids, listed), point);
    const __m128i b = _mm_sub_epi16(kq_pair(centroids, listed + 2), point);
    return kq_sums(_mm_madd_epi16(a, a), _mm_madd_epi16(b, b));
}
#endif

/* Return which of 64 bytes are not 0, the first in the lowest bit. */
KQ_INLINE unsigned long long kq_which(const unsigned char *bytes)
{
    unsigned long long found = 0;
    int i;
#ifdef KQ_SSE2
    for (i = 0; i < 64; i += 16) {
        const __m128i some = _mm_loadu_si128((const __m128i *)(bytes + i));
        const int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
        found |= (unsigned long long)(zeros ^ 0xffff) << i;
    }
#else
    for (i = 0; i < 64; i++)
        found |= (unsigned long long)(bytes[i] != 0) << i;
#endif
    return found;
}

/* Return the squared distance of two points. */
KQ_INLINE int kq_distance(const short *a, const short *b)
{
#ifdef KQ_SSE2
    __m128i d = _mm_sub_epi16(_mm_loadl_epi64((const __m128i *)a),
                              _mm_loadl_epi64((const __m128i *)b));
    d = _mm_madd_epi16(d, d);
    return _mm_cvtsi128_si32(d) + _mm_cvtsi128_si32(_mm_shuffle_epi32(d, 1));
#else
    const int d0 = a[0] - b[0], d1 = a[1] - b[1], d2 = a[2] - b[2], d3 = a[3] - b[3];
    return d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
#endif
}

/* Return which of the centroids listed, in rising order, is nearest, of equally near ones the
   first; and how far it is. */
KQ_INLINE int kq_nearest(const short *point, const short *centroids, const int *listed, int length,
                         int *distance)
{
    int best = listed[0], smallest, j = 1;
#ifdef KQ_SSE2
    if (length >= 12) {
        const __m128i twice = kq_twice(point);
        __m128i numbers = _mm_loadu_si128((const __m128i *)listed);
        __m128i least = kq_four(twice, centroids, listed);
        int found[4], distances[4];
        for (j = 4; j + 4 <= length; j += 4) {
            const __m128i some = kq_four(twice, centroids, listed + j);
            const __m128i less = _mm_cmpgt_epi32(least, some);
            least = _mm_or_si128(_mm_and_si128(less, some), _mm_andnot_si128(less, least));
            numbers = _mm_or_si128(
                _mm_and_si128(less, _mm_loadu_si128((const __m128i *)(listed + j))),
                _mm_andnot_si128(less, numbers));
        }
        _mm_storeu_si128((__m128i *)found, numbers);
        _mm_storeu_si128((__m128i *)distances, least);
        best = found[0];
        smallest = distances[0];
        for (int lane = 1; lane < 4; lane++) {
            if (distances[lane] < smallest
                || (distances[lane] == smallest && found[lane] < best)) {
                smallest = distances[lane];
                best = found[lane];
            }
        }
    } else
#endif
        smallest = kq_distance(point, centroids + 4 * (long long)best);
    for (; j < length; j++) {
        const int one = kq_distance(point, centroids + 4 * (long long)listed[j]);
        best = one < smallest ? listed[j] : best;
        smallest = one < smallest ? one : smallest;
    }
    *distance = smallest;
    return best;
}

/* Copy the centroids listed that may be nearest to a point of a box; return how many.

   Of these, `best` is nearest to one; another is not kept if `best` is nearer to that corner of
   the box which favours the other most. A tie belongs to the lower number. */
KQ_INLINE int kq_filter(const short *centroids, const short *box, int best, const int *listed,
                        int length, int *kept)
{
    const short *to = centroids + 4 * (long long)best;
    int j = 0, count = 0;
#ifdef KQ_SSE2
    const __m128i zero = _mm_setzero_si128(), twice = kq_twice(to), number = _mm_set1_epi32(best);
    const __m128i low = _mm_slli_epi16(kq_twice(box), 1);
    const __m128i high = _mm_slli_epi16(kq_twice(box + 4), 1);
    for (; j + 4 <= length; j += 4) {
        __m128i gaps, ties, numbers, step[2];
        int i, keep;
        for (i = 0; i < 2; i++) {
            const __m128i pair = kq_pair(centroids, listed + j + 2 * i);
            __m128i upper, corner;
            step[i] = _mm_sub_epi16(pair, twice);
            upper = _mm_cmpgt_epi16(step[i], zero);
            corner = _mm_or_si128(_mm_and_si128(upper, high), _mm_andnot_si128(upper, low));
            step[i] = _mm_madd_epi16(step[i], _mm_sub_epi16(_mm_add_epi16(pair, twice), corner));
        }
        gaps = kq_sums(step[0], step[1]);
        numbers = _mm_loadu_si128((const __m128i *)(listed + j));
        ties = _mm_andnot_si128(_mm_cmpgt_epi32(numbers, number), _mm_cmpeq_epi32(gaps, zero));
        keep = _mm_movemask_ps(_mm_castsi128_ps(_mm_or_si128(gaps, ties)));
        for (i = 0; i < 4; i++) {
            kept[count] = listed[j + i];
            count += keep >> i & 1;
        }
    }
#endif
    for (; j < length; j++) {
        const short *z = centroids + 4 * (long long)listed[j];
        int gap = 0, c;
        for (c = 0; c < 4; c++) {
            const int one = z[c] - to[c];
            gap += one * (z[c] + to[c] - 2 * (one > 0 ? box[c + 4] : box[c]));
        }
        kept[count] = listed[j];
        count += gap < 0 || (gap == 0 && listed[j] <= best);
    }
    return count;
}

#endif

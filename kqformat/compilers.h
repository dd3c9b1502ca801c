/* What compilers say each in their own way. */

#ifndef KQ_COMPILERS_H
#define KQ_COMPILERS_H

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define KQ_INLINE static __forceinline
#else
#define KQ_INLINE static inline __attribute__((always_inline))
#endif

/* Ask for the memory at `address` to be near soon. */
KQ_INLINE void kq_prefetch(const void *address)
{
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(address);
#elif defined(_M_X64)
    _mm_prefetch((const char *)address, _MM_HINT_T0);
#else
    (void)address;
#endif
}

/* Return how many zeros are below the lowest 1 of a number, which is not 0. */
KQ_INLINE int kq_trailing_zeros(unsigned long long number)
{
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll(number);
#else
    int zeros = 0;
    while ((number >> zeros & 1) == 0)
        zeros++;
    return zeros;
#endif
}

#endif

/* Memory in large pages: less is spent on the first use of each. */

#ifndef KQ_LARGE_PAGES_H
#define KQ_LARGE_PAGES_H

#include <stddef.h>

#include "../compilers.h"

#if defined(__linux__)
#include <stdint.h>
#include <sys/mman.h>
#endif

/* Ask for large pages if there is room for some, as NumPy does for arrays of 4 MiB and more. */
KQ_INLINE void kq_ask_for_large_pages(void *memory, size_t length)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t page = 1 << 16; /* a multiple of the small ones of every processor */
    const uintptr_t first = ((uintptr_t)memory + page - 1) / page * page;
    const uintptr_t end = ((uintptr_t)memory + length) / page * page;
    if (length >= (size_t)1 << 22)
        (void)madvise((void *)first, (size_t)(end - first), MADV_HUGEPAGE);
#else
    (void)memory;
    (void)length;
#endif
}

#endif

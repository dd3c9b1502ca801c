cdef extern from "large_pages.h" nogil:
    void kq_ask_for_large_pages(void* memory, size_t length)

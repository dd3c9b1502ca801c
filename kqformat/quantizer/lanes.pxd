cdef extern from "lanes.h" nogil:
    void kq_prefetch(const void* address)
    unsigned long long kq_which(const unsigned char* bytes)
    int kq_trailing_zeros(unsigned long long number)
    int kq_distance(const short* a, const short* b)
    int kq_nearest(
        const short* point, const short* centroids, const int* listed, int length, int* distance
    )
    int kq_filter(
        const short* centroids, const short* box, int best, const int* listed, int length, int* kept
    )

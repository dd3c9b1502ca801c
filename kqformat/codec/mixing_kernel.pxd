"""A bit at a time by mixed probabilities (spec §7.1, §7.3): what the coding kernels share, inlined.

What a model knows is in arrays that its owner makes; `attach` takes pointers to them, and whoever
chooses slots, sets and refinements keeps them within. `places` are distances from `slots`.
"""

ctypedef unsigned int* uint_p
ctypedef unsigned short* ushort_p
ctypedef short* short_p
ctypedef int* int_p
ctypedef const unsigned char* bytes_p
ctypedef const unsigned char* trust_p
ctypedef const unsigned short* following_p
ctypedef const unsigned short* squash_p

cdef extern from "lanes.h" nogil:
    void kq_prefetch(const void* address)
    int kq_is_supported()
    void kq_sum(
        const unsigned short* slots,
        const unsigned int* places,
        const unsigned char* trust,
        const short* a,
        const short* b,
        unsigned short* held,
        short* inputs,
        int* sum_a,
        int* sum_b,
        int count,
    )
    void kq_train(short* weights, const short* inputs, int error, int shift)
    void kq_learn(
        unsigned short* slots,
        const unsigned int* places,
        const unsigned short* held,
        const unsigned short* following,
        int bit,
        int count,
    )
    void kq_find_lines(
        unsigned int* places,
        const unsigned int* context,
        const unsigned int* rows,
        unsigned int offset,
        int shift,
        const unsigned short* slots,
    )
    void kq_find_local_lines(
        unsigned int* places,
        const unsigned int* context,
        const unsigned int* rows,
        unsigned int by,
        unsigned int ordinal,
        int shift,
        unsigned int mask,
        const unsigned short* slots,
    )
    int kq_sides(const unsigned int* ranks, int low, int middle, int high)
    void kq_predict(
        const int* colors,
        const unsigned int* around,
        const int* weights,
        int* offsets,
        int* gradient,
        int* learnt,
        int* energy,
        int* activity,
    )

cdef struct Model:
    unsigned int low
    unsigned int high
    unsigned int code
    bint decoding
    bytes_p source
    unsigned char* target
    Py_ssize_t at
    Py_ssize_t end
    squash_p squash
    trust_p trusts
    trust_p trust
    following_p followings
    following_p following
    following_p chance
    unsigned short held[16]
    short inputs[16]
    short_p weights_a
    short_p weights_b
    ushort_p refined_a
    ushort_p refined_b
    short_p used_a
    short_p used_b
    ushort_p cell_a
    ushort_p cell_b
    int error_a
    int error_b
    unsigned int mixed

cdef int attach(
    Model* m,
    const unsigned char[::1] source,
    unsigned char[::1] target,
    bint decoding,
    short[:, ::1] weights_a,
    short[:, ::1] weights_b,
    unsigned short[:, ::1] refined_a,
    unsigned short[:, ::1] refined_b,
) except -1
cdef void start(Model* m) noexcept nogil
cdef Py_ssize_t finish(Model* m) noexcept nogil


cdef inline void set_pace(Model* m, unsigned int pace) noexcept nogil:
    """Let slots be trusted and learn by pace 0 or 1, from here on."""
    m.trust = m.trusts + 32 * pace
    m.following = m.followings + 65536 * pace


cdef inline unsigned short after(Model* m, unsigned int slot, int bit) noexcept nogil:
    """Return what a slot becomes."""
    cdef unsigned int mirror = 0 if bit else 0xFFF0
    return <unsigned short>(m.following[slot ^ mirror] ^ mirror)


cdef inline int code(Model* m, int bit, unsigned int p) noexcept nogil:
    """Encode a bit, or decode one, whose probability of being 1 is p / 65,536; return it."""
    cdef unsigned long long span = m.high - m.low
    cdef unsigned int middle = m.low + <unsigned int>((span * p) >> 16)
    if m.decoding:
        bit = m.code <= middle
    if bit:
        m.high = middle
    else:
        m.low = middle + 1
    while (m.low ^ m.high) >> 24 == 0:
        if m.decoding:
            m.code = (m.code << 8) | (m.source[m.at] if m.at < m.end else 0)
        elif m.at < m.end:
            m.target[m.at] = <unsigned char>(m.high >> 24)
        m.at += 1
        m.low = m.low << 8
        m.high = (m.high << 8) | 255
    return bit


cdef inline int mix(
    Model* m,
    ushort_p slots,
    uint_p places,
    int set_a,
    int set_b,
    int refinement_a,
    int refinement_b,
    int count,
) noexcept nogil:
    """Return the probability that the slots chosen, 9 or 16, give for a 1, in 1/65,536."""
    cdef int sum_a
    cdef int sum_b
    m.used_a = m.weights_a + 16 * set_a
    m.used_b = m.weights_b + 16 * set_b
    kq_prefetch(m.refined_b + 26 * refinement_b)
    kq_prefetch(m.refined_b + 26 * refinement_b + 25)
    kq_sum(slots, places, m.trust, m.used_a, m.used_b, m.held, m.inputs, &sum_a, &sum_b, count)
    sum_a >>= 13
    sum_b >>= 13
    sum_a = -3072 if sum_a < -3072 else (3072 if sum_a > 3072 else sum_a)
    sum_b = -3072 if sum_b < -3072 else (3072 if sum_b > 3072 else sum_b)
    m.error_a = -m.squash[3072 + sum_a]
    m.error_b = -m.squash[3072 + sum_b]
    cdef int place = 3072 + ((sum_a + sum_b) >> 1)
    cdef int part = place & 255
    cdef ushort_p a = m.refined_a + 26 * refinement_a + (place >> 8)
    cdef ushort_p b = m.refined_b + 26 * refinement_b + (place >> 8)
    m.cell_a = a + (part >> 7)
    m.cell_b = b + (part >> 7)
    cdef int p = ((a[0] + b[0]) * (256 - part) + (a[1] + b[1]) * part) >> 8
    p = (2 * m.squash[place] + p + 2) >> 2
    return 1 if p < 1 else (65535 if p > 65535 else p)


cdef inline void adapt(
    Model* m, ushort_p slots, uint_p places, int bit, int count
) noexcept nogil:
    """Learn what came after `mix`: weights, refinements and slots."""
    cdef int shift = 2
    if m.mixed < 65536:
        m.mixed += 1
        shift = 1
    kq_train(m.used_a, m.inputs, (65536 * bit + m.error_a) >> 1, shift)
    kq_train(m.used_b, m.inputs, (65536 * bit + m.error_b) >> 1, shift)
    m.cell_a[0] += (65535 * bit - m.cell_a[0]) >> 6
    m.cell_b[0] += (65535 * bit - m.cell_b[0]) >> 6
    kq_learn(slots, places, m.held, m.following, bit, count)

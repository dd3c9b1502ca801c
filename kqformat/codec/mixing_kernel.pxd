"""What the kernels that code by mixed probabilities share; `mixing_kernel.py` says what each does."""

ctypedef unsigned int* uint_p
ctypedef unsigned short* ushort_p
ctypedef short* short_p
ctypedef int* int_p
ctypedef const unsigned char* bytes_p

cdef struct Model:
    unsigned int low
    unsigned int high
    unsigned int code
    bint decoding
    bytes_p source
    unsigned char* target
    Py_ssize_t at
    Py_ssize_t end
    uint_p slots[16]
    short inputs[16]
    short_p weights_a
    short_p weights_b
    ushort_p refined_a
    ushort_p refined_b
    short_p used_a
    short_p used_b
    ushort_p cell_a
    ushort_p cell_b
    int p_a
    int p_b
    unsigned int mixed

cdef void attach(
    Model* m,
    const unsigned char[::1] source,
    unsigned char[::1] target,
    bint decoding,
    short[:, ::1] weights_a,
    short[:, ::1] weights_b,
    unsigned short[:, ::1] refined_a,
    unsigned short[:, ::1] refined_b,
)
cdef void start(Model* m) noexcept nogil
cdef Py_ssize_t finish(Model* m) noexcept nogil
cdef int code(Model* m, int bit, unsigned int p) noexcept nogil
cdef void learn(uint_p slot, int bit) noexcept nogil
cdef int mix(Model* m, int set_a, int set_b, int place_a, int place_b) noexcept nogil
cdef void adapt(Model* m, int bit) noexcept nogil

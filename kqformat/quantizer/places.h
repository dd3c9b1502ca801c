/* Where opaque colours are in the tables of all of them: in the order of the Morton codes of red,
   green and blue, whose bits take turns, the highest of red first. */

#ifndef KQ_PLACES_H
#define KQ_PLACES_H

#include "../compilers.h"

/* A byte with two zeros between its bits. */
#define KQ_SPREAD(v)                                                                              \
    (((v) & 1u) | ((v) & 2u) << 2 | ((v) & 4u) << 4 | ((v) & 8u) << 6 | ((v) & 16u) << 8          \
     | ((v) & 32u) << 10 | ((v) & 64u) << 12 | ((v) & 128u) << 14)
#define KQ_SPREAD4(v) KQ_SPREAD(v), KQ_SPREAD(v + 1), KQ_SPREAD(v + 2), KQ_SPREAD(v + 3)
#define KQ_SPREAD16(v) KQ_SPREAD4(v), KQ_SPREAD4(v + 4), KQ_SPREAD4(v + 8), KQ_SPREAD4(v + 12)
#define KQ_SPREAD64(v) KQ_SPREAD16(v), KQ_SPREAD16(v + 16), KQ_SPREAD16(v + 32), KQ_SPREAD16(v + 48)

static const unsigned int kq_spread[256] = {KQ_SPREAD64(0u), KQ_SPREAD64(64u), KQ_SPREAD64(128u),
                                            KQ_SPREAD64(192u)};

KQ_INLINE unsigned int kq_place(unsigned int red, unsigned int green, unsigned int blue)
{
    return kq_spread[red] << 2 | kq_spread[green] << 1 | kq_spread[blue];
}

/* Return bits 0, 3, 6, ... 21 side by side. */
KQ_INLINE unsigned int kq_every_third(unsigned int bits)
{
    bits &= 0x249249;
    bits = (bits | bits >> 2) & 0x0c30c3;
    bits = (bits | bits >> 4) & 0x00f00f;
    return (bits | bits >> 8) & 255;
}

/* Return the key of a place's colour, R << 24 | G << 16 | B << 8, without alpha. */
KQ_INLINE unsigned int kq_key_of_place(unsigned int place)
{
    return kq_every_third(place >> 2) << 24 | kq_every_third(place >> 1) << 16
           | kq_every_third(place) << 8;
}

/* Return the Morton code of a place's colour and an alpha of 255. */
KQ_INLINE unsigned int kq_with_alpha(unsigned int place)
{
    place = (place & 0xfff000) << 4 | (place & 0xfff);
    place = (place & 0x0fc00fc0) << 2 | (place & 0x003f003f);
    place = (place & 0x38383838) << 1 | (place & 0x07070707);
    return place << 1 | 0x11111111;
}

#endif

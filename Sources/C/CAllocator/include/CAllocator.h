/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WARD_ALLOCATOR_H
#define WARD_ALLOCATOR_H

#include <stddef.h>

/* Octets that the allocator holds and nobody uses. Looks at every free piece. */
size_t ward_unused_memory(void);

/* Gives the pages that nobody uses back to the system. Returns 1 when there were any. */
int ward_return_unused_memory(void);

/* How many arenas the allocator makes at most; more threads share them. Returns 1 when it is set. */
int ward_limit_arenas(int count);

#endif

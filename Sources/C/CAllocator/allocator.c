/* SPDX-License-Identifier: Apache-2.0 */
#include "CAllocator.h"

#include <malloc.h>

size_t ward_unused_memory(void) { return mallinfo2().fordblks; }

int ward_return_unused_memory(void) { return malloc_trim(0); }

int ward_limit_arenas(int count) { return mallopt(M_ARENA_MAX, count); }
